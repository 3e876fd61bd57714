"""Makes the Python environment of an engine."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pipeline.engines.command import worker_environment
from pipeline.engines.installer import explain, run_logged
from pipeline.engines.registry import EngineSpec
from pipeline.errors import EngineError
from pipeline.job import Job
from pipeline.loading import Loading, Stage, Tell

STAMP = "retake-stamp.json"
_PIP = ("-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off")
_LAYOUT = 1  # raise it to have all environments made anew


@dataclass(frozen=True, slots=True)
class Needs:
    """What goes into an environment, as pip reads it.

    Attributes:
        resolved: Installed together, with what they depend on.
        alone: Installed afterwards, without what they claim to depend on.
        built_here: As `alone`, and built in the environment itself, whose packages they import on being built.
    """

    resolved: tuple[str, ...]
    alone: tuple[str, ...] = ()
    built_here: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Changes when anything about the needs does."""
        return hashlib.sha256(json.dumps(self._content()).encode()).hexdigest()

    def _content(self) -> list[object]:
        """What a fingerprint is taken of; an engine that builds nothing keeps the one it had."""
        built = [self.built_here] if self.built_here else []
        return [_LAYOUT, self.resolved, self.alone, *built]


def needs_of(spec: EngineSpec) -> Needs:
    """What an engine needs, from the package's own metadata.

    Raises:
        EngineError: The metadata do not know the engine.
    """
    try:
        lines = importlib.metadata.requires("retake") or []
    except importlib.metadata.PackageNotFoundError:
        lines = []
    wanted = [need for line in lines if _is_for(spec.extra, need := Requirement(line))]
    if not wanted:
        raise EngineError(
            f"Retake's own metadata say nothing of what “{spec.name}” needs.",
            "Install Retake again: pip install -e . in a checkout.",
        )
    built = _named(wanted, spec.without_isolation)
    alone = [need for need in _named(wanted, spec.without_dependencies) if need not in built]
    resolved = [need for need in wanted if need not in alone and need not in built]
    return Needs(*(tuple(_line(need) for need in needs) for needs in (resolved, alone, built)))


def _named(needs: Sequence[Requirement], names: Sequence[str]) -> list[Requirement]:
    chosen = {canonicalize_name(name) for name in names}
    return [need for need in needs if canonicalize_name(need.name) in chosen]


def _is_for(extra: str, need: Requirement) -> bool:
    if need.marker is None:
        return False
    return need.marker.evaluate({"extra": extra}) and not need.marker.evaluate({"extra": ""})


def _name(line: str) -> str:
    """Of a requirement from a repository only the package's name; its address is longer than a row."""
    return line.partition(" @ ")[0] if " @ " in line else line


def _line(need: Requirement) -> str:
    need.marker = None
    return str(need)


def python_in(folder: Path) -> Path:
    """The interpreter of a virtual environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def is_current(folder: Path, needs: Needs) -> bool:
    """Whether the environment was finished, and holds what is needed today."""
    try:
        stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
        return bool(stamp["needs"] == needs.fingerprint)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def build(spec: EngineSpec, folder: Path, job: Job, log: Callable[[str], None]) -> None:
    """Make the environment of an engine in `folder`, replacing what is there.

    Raises:
        StageError: A step failed; chained is an EngineError.
        EngineError: The needs are not known, or another process is making it.
        Cancelled: The job was cancelled.
    """
    needs = needs_of(spec)
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder.parent / f"{folder.name}.lock", timeout=0):
            build_from(spec, needs, folder, job, log)
    except Timeout as error:
        raise EngineError(
            f"{spec.title} is being installed by another window or command.", "Wait until it has finished."
        ) from error


def build_from(
    spec: EngineSpec,
    needs: Needs,
    folder: Path,
    job: Job,
    log: Callable[[str], None],
    python: Path | None = None,
) -> None:
    """As `build`, with given needs, and with a given interpreter or else a suitable one."""
    builder = _Builder(spec, needs, folder, job, log, python)
    Loading(tuple(builder.stages())).run(job.report)


@dataclass(frozen=True, slots=True)
class _Builder:
    spec: EngineSpec
    needs: Needs
    folder: Path
    job: Job
    log: Callable[[str], None]
    python: Path | None

    def stages(self) -> Iterator[Stage]:
        yield Stage("Python environment made", self._make)
        yield Stage("Packages installed", lambda made, tell: self._pip(tell, *self.needs.resolved))
        if self.needs.alone:
            title = f"{', '.join(map(_name, self.needs.alone))} installed"
            yield Stage(title, lambda made, tell: self._pip(tell, "--no-deps", *self.needs.alone))
        if self.needs.built_here:
            title = f"{', '.join(map(_name, self.needs.built_here))} built"
            yield Stage(title, lambda made, tell: self._build(tell))
        yield Stage("Environment checked", self._check)

    def _make(self, made: dict[str, Any], tell: Tell) -> dict[str, Any]:
        self._want_room()
        (self.folder / STAMP).unlink(missing_ok=True)
        python = self.python or find_python(self.spec)
        tell(detail=str(python))
        self._run([str(python), "-m", "venv", "--clear", str(self.folder)], tell)
        return {}

    def _pip(self, tell: Tell, *arguments: str) -> dict[str, Any]:
        self._run([str(python_in(self.folder)), *_PIP, *arguments], tell)
        return {}

    def _build(self, tell: Tell) -> dict[str, Any]:
        """Build without CUDA: what detectron2 would compile for it no engine uses, and it breaks on other versions."""
        # pip keeps what it built from a commit, and would take it again although torch has become another.
        python, options = str(python_in(self.folder)), ("--no-deps", "--no-build-isolation", "--no-cache-dir")
        environment = _clean_environment() | {"CUDA_VISIBLE_DEVICES": "", "FORCE_CUDA": "0"}
        self._run([python, *_PIP, *options, *self.needs.built_here], tell, environment)
        return {}

    def _check(self, made: dict[str, Any], tell: Tell) -> dict[str, Any]:
        probe = ("-m", "pipeline.engines.probe", self.spec.distribution, *self.spec.imports, "--import")
        self._run([str(python_in(self.folder)), *probe], tell, worker_environment(with_users_path=False))
        making = self.folder / f"{STAMP}.new"
        making.write_text(json.dumps({"needs": self.needs.fingerprint}), encoding="utf-8")
        making.replace(self.folder / STAMP)
        return {}

    def _run(self, argv: list[str], tell: Tell, environment: dict[str, str] | None = None) -> None:
        def hear(line: str) -> None:
            self.log(line)
            if line.startswith(("Collecting ", "Downloading ", "Building ", "Installing ")):
                tell(detail=line[:100])

        self.log(f"$ {' '.join(argv)}")
        code, lines = run_logged(argv, hear, self.job, environment or _clean_environment())
        if code != 0:
            raise explain(lines, code)

    def _want_room(self) -> None:
        free = shutil.disk_usage(self.folder.parent).free
        if free < self.spec.room:
            raise EngineError(
                f"The disk of {self.folder.parent} has {free / 2**20:.0f} MB free;"
                f" {self.spec.title} needs {self.spec.room / 2**20:.0f} MB.",
                "Free some space, or set RETAKE_ENGINES to a folder on another disk.",
            )


def _clean_environment() -> dict[str, str]:
    """Ours without what would make the new environment look into the old."""
    ours = {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__", "PIP_USER", "PIP_TARGET"}
    return {name: value for name, value in os.environ.items() if name not in ours} | {"PYTHONUTF8": "1"}


def find_python(spec: EngineSpec) -> Path:
    """An interpreter of a version that the engine's packages have wheels for: this one, or one on the path.

    Raises:
        EngineError: There is none.
    """
    first, last = spec.python
    if first <= sys.version_info[1] <= last:
        return Path(sys.executable)
    for minor in range(min(last, first + 20), first - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and _runs(found):
            return Path(found)
    raise EngineError(
        f"{spec.title} needs Python 3.{first} to 3.{last}, and this is {sys.version.split()[0]}.",
        f"Install Python 3.{last} (for instance: uv python install 3.{last}) so that python3.{last} is on the path.",
    )


def _runs(python: str) -> bool:
    """Shims of version managers stand on the path for versions that are not there."""
    try:
        return subprocess.run([python, "-c", "import venv"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
