"""Engines' environments: where they are, whether they work, which one is used."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.engines.building import build, is_current, needs_of, python_in
from pipeline.engines.command import WORKER, EngineCommand, worker_environment
from pipeline.engines.conversation import SilentError, await_hello
from pipeline.engines.log import EngineLog
from pipeline.engines.process import WorkerEnded, WorkerProcess
from pipeline.engines.registry import EngineSpec, spec_of
from pipeline.engines.remote.address import USE, no_address, read_address, store_address, stored_address
from pipeline.engines.remote.looking import look
from pipeline.errors import EngineError
from pipeline.job import Job
from pipeline.places import data_folder, engines_folder

_PROBE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """Whether an engine can be used.

    Attributes:
        installed: It can, as far as can be told without loading it.
        python: The interpreter that runs it; None if a command does.
        version: Of the package that does the work, or of Python where only that is known.
        problem: Why it cannot be used, as part of a sentence; empty if it can.
        own: Installing makes it anew; otherwise it is an interpreter or a command that the user chose.
    """

    installed: bool
    python: Path | None = None
    version: str = ""
    problem: str = ""
    own: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """Where an engine runs.

    Attributes:
        spec: The engine.
        python: The interpreter, or None if a command is given.
        command: A command line that starts the worker.
        own: The environment is the one `install` makes.
    """

    spec: EngineSpec
    python: Path | None = None
    command: tuple[str, ...] = ()
    own: bool = False

    def worker(self) -> EngineCommand:
        """What starts the worker. A command gets the engine's target unless it ends in one."""
        if self.python is not None:
            argv: tuple[str, ...] = (str(self.python), "-m", WORKER, self.spec.target)
        else:
            argv = self.command if ":" in self.command[-1] else (*self.command, self.spec.target)
        return self._in_environment(argv)

    def probe(self, *flags: str) -> EngineCommand:
        """What looks at the environment."""
        argv = (str(self.python), "-m", "pipeline.engines.probe", self.spec.distribution, *self.spec.imports)
        return self._in_environment((*argv, *flags))

    def _in_environment(self, argv: tuple[str, ...]) -> EngineCommand:
        return EngineCommand(argv, worker_environment(with_users_path=not self.own), _standing_place())


def _standing_place() -> Path:
    """Where an engine's process stands: what it drops there is not the user's.

    Raises:
        EngineError: The data folder cannot be made.
    """
    folder = data_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(
            f"The data folder {folder} cannot be made: {error.strerror}.",
            "Check its permissions, or let RETAKE_HOME name another folder.",
            kind="load_failed",
        ) from error
    return folder


def place_of(name: str) -> Place:
    """Where an engine runs: where `use` said, else in its own environment.

    Raises:
        EngineError: There is no such engine, it is not installed, or this user may not use it.
    """
    spec = spec_of(name)
    if spec.remote:
        return _remote_place(spec)
    choice = _choices().get(name, {})
    if "python" in choice:
        return Place(spec, python=Path(choice["python"]))
    if "command" in choice:
        return Place(spec, command=_words(choice["command"]))
    python = python_in(engines_folder() / name)
    if not _is_there(python, spec):
        raise EngineError(
            f"{spec.title} is not installed.",
            f"Install it: retake engines install {name}",
            kind="not_installed",
        )
    return Place(spec, python=python, own=True)


def _is_there(python: Path, spec: EngineSpec) -> bool:
    try:
        return python.exists()
    except OSError as error:  # a folder, or what a link leads to, that this user may not look into
        raise EngineError(
            f"The environment of {spec.title} cannot be used by this user: {error.strerror}.",
            f"Give the user access to {python}, or let RETAKE_HOME name another folder and install it there.",
            kind="load_failed",
        ) from error


def _remote_place(spec: EngineSpec) -> Place:
    """What asks a service runs in this Python: it needs nothing that the window has not."""
    if stored_address() is None:
        raise no_address()
    return Place(spec, python=Path(sys.executable))


def _check_service() -> EngineStatus:
    """Ask the service itself."""
    address = stored_address()
    if address is None:
        return EngineStatus(False, problem="no address yet")
    answers, words = look(address)
    return EngineStatus(
        answers, version=words if answers else "", problem="" if answers else words, own=False
    )


def check(name: str) -> EngineStatus:
    """See whether an engine can be used; starts one short process.

    Raises:
        EngineError: There is no such engine, or the record of choices cannot be read.
    """
    if spec_of(name).remote:
        return _check_service()
    try:
        place = place_of(name)
    except EngineError as error:
        if error.kind == "load_failed":
            return EngineStatus(False, problem="its environment cannot be used by this user")
        if error.kind != "not_installed":
            raise
        return EngineStatus(False, problem="not installed")
    if place.own and not is_current(engines_folder() / name, needs_of(place.spec)):
        return EngineStatus(
            False, place.python, problem="installed in part, or for another version of Retake"
        )
    return replace(_greet(place) if place.python is None else _probe(place), own=place.own)


def _probe(place: Place) -> EngineStatus:
    """One short process in the engine's Python."""
    command = place.probe("--files") if place.own else place.probe()
    try:
        done = subprocess.run(
            command.argv,
            env=dict(command.env),
            cwd=command.cwd,
            capture_output=True,
            text=True,
            timeout=_PROBE_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return EngineStatus(False, place.python, problem=f"its Python does not run ({error})")
    lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines() or ["it says nothing"]
    try:
        found = json.loads(lines[-1])
        return EngineStatus(not found["problem"], place.python, found["version"], found["problem"])
    except (ValueError, TypeError, KeyError):
        return EngineStatus(False, place.python, problem=f"its Python does not run ({lines[-1]})")


def _greet(place: Place) -> EngineStatus:
    """Start the worker of a command and wait for its first message."""
    log = EngineLog(f"{place.spec.name}-check")
    try:
        process = WorkerProcess(place.worker(), log)
    except EngineError as error:
        return EngineStatus(False, problem=error.message)
    try:
        hello = await_hello(process, Job(lambda job: None), _PROBE_SECONDS)
    except WorkerEnded as ended:
        return EngineStatus(False, problem=f"the command {ended.how}: {log.tail(1)}")
    except SilentError:
        return EngineStatus(False, problem="the command says nothing")
    finally:
        process.close()
        log.close()
    return EngineStatus(True, version=f"Python {hello.python}")


def install(
    name: str, job: Job | None = None, log: Callable[[str], None] | None = None, *, fresh: bool = False
) -> None:
    """Make an engine's own environment and use it; nothing is done if it is there and whole.

    Args:
        name: The engine.
        job: Reports tuples of StageStatus; its cancellation ends pip.
        log: Gets the lines that pip prints.
        fresh: Make it anew in any case.

    Raises:
        StageError: A step failed; message and hint say why. Chained is an EngineError.
        EngineError: There is no such engine, it is not one to install, or another process is installing it.
        Cancelled: The job was cancelled; the next install starts over.
    """
    spec = spec_of(name)
    if spec.remote:
        raise EngineError(f"{spec.title} is not installed, but told where to ask.", f"Say it: {USE}")
    use(name)
    if fresh or not check(name).installed:
        build(spec, engines_folder() / name, job or Job(lambda job: None), log or (lambda line: None))


def uninstall(name: str) -> None:
    """Delete an engine's own environment and forget what `use` said.

    Raises:
        EngineError: There is no such engine, or files cannot be deleted.
    """
    if spec_of(name).remote:
        store_address(None)
        return
    use(name)
    folder = engines_folder() / name
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise EngineError(
            f"{folder} cannot be deleted: {error}", "Close the programs that use it."
        ) from error


def use_service(name: str, url: str, token: str = "") -> None:
    """Say where the service is that a remote engine asks.

    Raises:
        EngineError: There is no such engine, or it is not remote; the address is none, or cannot be written.
    """
    if not spec_of(name).remote:
        raise EngineError(f"The {name} engine has no address.", f"To use a service: {USE}")
    store_address(read_address(url, token))


def use(name: str, *, python: Path | str | None = None, command: str | None = None) -> None:
    """Say where an engine runs; with neither argument, in its own environment.

    Args:
        name: The engine.
        python: An interpreter with the engine's packages.
        command: A command line that starts the worker, such as "wsl -d Ubuntu /home/me/env/bin/python
            -m pipeline.engines.worker" or "ssh gpu …"; the engine's target is added to it.

    Raises:
        EngineError: There is no such engine or interpreter, or the choice cannot be written.
    """
    if spec_of(name).remote:
        raise EngineError("A remote engine runs where its service is.", f"Say where that is: {USE}")
    choices = _choices()
    before = dict(choices)
    choices.pop(name, None)
    if python is not None:
        choices[name] = {"python": str(_interpreter(Path(python)))}
    elif command is not None:
        if not _words(command):
            raise EngineError("The command is empty.", "Say what starts the worker.")
        choices[name] = {"command": command}
    if choices != before:
        _write_choices(choices)


def _interpreter(path: Path) -> Path:
    # Not resolved: the link in a virtual environment is what makes it one.
    absolute = Path(os.path.abspath(path.expanduser()))  # noqa: PTH100
    with suppress(OSError):  # not for this user to look at
        if absolute.is_file() and os.access(absolute, os.X_OK):
            return absolute
    raise EngineError(
        f"{absolute} is no program.", "Give the path of a Python interpreter, such as env/bin/python."
    )


def _words(command: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(command, posix=os.name != "nt"))
    except ValueError as error:
        raise EngineError(
            f"The command {command} cannot be read: {error}.", "Close its quotation marks."
        ) from error


def _choices_file() -> Path:
    return data_folder() / "engines.json"


def _choices() -> dict[str, dict[str, str]]:
    path = _choices_file()
    try:
        choices: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
        return {name: dict(choice) for name, choice in choices.items()}
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise EngineError(f"{path} cannot be read: {error}", "Delete it and choose again.") from error


def _write_choices(choices: dict[str, dict[str, str]]) -> None:
    path = _choices_file()
    making = path.with_suffix(".json.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        making.write_text(json.dumps(choices, indent=2) + "\n", encoding="utf-8")
        making.replace(path)
    except OSError as error:
        raise EngineError(
            f"{path} cannot be written: {error}", "Free some disk space or check permissions."
        ) from error
