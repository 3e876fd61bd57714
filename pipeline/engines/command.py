"""How an engine's worker is started."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.places import engines_folder

WORKER = "pipeline.engines.worker"
_ROOT = Path(__file__).resolve().parents[2]
_FLOORS = ("pipeline", "resources")
# What would make another Python look into this one's folders.
_OURS = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")


@dataclass(frozen=True, slots=True)
class EngineCommand:
    """A command line that ends in a worker.

    Attributes:
        argv: The program and its arguments.
        env: The whole environment it gets.
        cwd: The folder it runs in; None means this process's.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    cwd: Path | None = None


def command_for(name: str) -> EngineCommand:
    """What starts the worker of an engine: its own environment, or what `engines use` said.

    Raises:
        EngineError: There is no such engine, or it is not installed (kind "not_installed").
    """
    from pipeline.engines.environment import place_of

    return place_of(name).worker()


def worker_environment(*, with_users_path: bool) -> dict[str, str]:
    """The environment of a process in an engine's Python, which finds `pipeline` and nothing else of ours.

    Args:
        with_users_path: Whether the user's own PYTHONPATH counts, as it may for a Python of the user's.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _OURS}
    paths = [str(code_folder())]
    if with_users_path and (theirs := os.environ.get("PYTHONPATH")):
        paths.append(theirs)
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    environment["PYTHONUTF8"] = "1"
    # numpy's threads cost an engine more than they give on the small systems it solves: twice the time, measured.
    environment.setdefault("OPENBLAS_NUM_THREADS", "1")
    environment["PYTHONFAULTHANDLER"] = "1"  # a crash in C leaves its traceback in the log
    if sys.platform == "win32":  # pass it, translated, to a Python in WSL
        environment["WSLENV"] = f"{os.environ.get('WSLENV', '')}:PYTHONPATH/l:PYTHONUTF8".lstrip(":")
    return environment


def code_folder() -> Path:
    """A folder that holds `pipeline` and `resources` and no package of the window's environment.

    In a checkout that is the checkout. Once installed it is a copy, because on a PYTHONPATH
    site-packages would give an engine this environment's numpy.
    """
    if (_ROOT / "pyproject.toml").is_file():
        return _ROOT
    return copy_code(_ROOT, engines_folder() / "code")


def copy_code(source: Path, parent: Path) -> Path:
    """Copy the floors an engine needs into a folder named after version and content; once for each."""
    folder = parent / f"{_version()}-{_fingerprint(source)}"
    if folder.is_dir():
        return folder
    parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=parent))
    try:
        for floor in _FLOORS:
            shutil.copytree(source / floor, making / floor, ignore=shutil.ignore_patterns("__pycache__"))
        making.rename(folder)
    except OSError:
        shutil.rmtree(making, ignore_errors=True)
        if not folder.is_dir():  # else another process was quicker
            raise
    return folder


def _version() -> str:
    try:
        return importlib.metadata.version("retake")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _fingerprint(source: Path) -> str:
    text = "\n".join(sorted(_states(source)))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _states(source: Path) -> Iterator[str]:
    for floor in _FLOORS:
        for path in (source / floor).rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                state = path.stat()
                yield f"{path.relative_to(source).as_posix()} {state.st_size} {state.st_mtime_ns}"
