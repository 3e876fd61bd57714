"""Runs pip and its like: every line told, ended when nobody wants it any more, failures explained."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import IO

from pipeline.errors import EngineError
from pipeline.job import Cancelled, Job

_POLL = 0.1  # s between looks at whether the job was cancelled
_GRACE = 5.0  # s between asking and killing
_KEPT = 200  # lines for the error


def run_logged(
    argv: Sequence[str], hear: Callable[[str], None], job: Job, environment: Mapping[str, str]
) -> tuple[int, list[str]]:
    """Run a program, telling every line it prints on this thread.

    Returns:
        Its exit code and its last lines.

    Raises:
        EngineError: It cannot be started.
        Cancelled: The job was cancelled; the program and what it started have ended.
    """
    process = _start(argv, environment)
    assert process.stdout is not None
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    pump = threading.Thread(target=_pump, args=(process.stdout, lines), name="installer", daemon=True)
    pump.start()
    kept: list[str] = []
    try:
        while (line := _next(lines, job)) is not None:
            kept = [*kept[-_KEPT:], line]
            hear(line)
        return process.wait(), kept
    except Cancelled:
        _end(process)
        raise
    finally:
        pump.join(_GRACE)
        process.stdout.close()


def _start(argv: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=dict(environment),
            start_new_session=sys.platform != "win32",  # so that git and compilers end with pip
        )
    except OSError as error:
        raise EngineError(f"{argv[0]} cannot be started: {error.strerror or error}.") from error


def _pump(pipe: IO[str], lines: queue.SimpleQueue[str | None]) -> None:
    for line in pipe:
        lines.put(line.rstrip())
    lines.put(None)


def _next(lines: queue.SimpleQueue[str | None], job: Job) -> str | None:
    while True:
        job.check()
        with contextlib.suppress(queue.Empty):
            return lines.get(timeout=_POLL)


def _end(process: subprocess.Popen[str]) -> None:
    for firm in (False, True):
        with contextlib.suppress(OSError):
            _signal(process, firm)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
            return


def _signal(process: subprocess.Popen[str], firm: bool) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL if firm else signal.SIGTERM)


_CAUSES: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("No space left on device", "[Errno 28]", "[Errno 122]"),
        "The disk is full.",
        "Free some space, or set RETAKE_ENGINES to a folder on another disk.",
    ),
    (
        ("ensurepip is not available", "No module named venv", "No module named ensurepip"),
        "This Python cannot make virtual environments.",
        "On Debian and Ubuntu: sudo apt install python3-venv",
    ),
    (
        ("fatal: unable to access 'http", "Could not resolve hostname"),
        "The repository of a package cannot be reached.",
        "Check the network, and HTTPS_PROXY if you need one; a machine without access to github.com needs a copy of"
        " the repositories and git's url.<copy>.insteadOf. Then install again.",
    ),
    (
        (
            "NewConnectionError",
            "Failed to establish a new connection",
            "Temporary failure in name resolution",
            "getaddrinfo failed",
            "Connection refused",
            "Network is unreachable",
            "ConnectTimeoutError",
            "ReadTimeoutError",
            "Could not resolve host",
        ),
        "The package index cannot be reached.",
        "Check the network, and HTTPS_PROXY if you need one; then install again.",
    ),
    (
        ("Cannot find command 'git'", "git: command not found", "No such file or directory: 'git'"),
        "git is missing, and this engine's packages come from repositories.",
        "On Debian and Ubuntu: sudo apt install git",
    ),
    (
        (
            "command 'g++' failed",
            "command 'gcc' failed",
            "command 'c++' failed",
            "c++: not found",  # as ninja's shell says it
            "c++: command not found",
            "Python.h: No such file",
            "Microsoft Visual C++ 14.0 or greater is required",
            "No such file or directory: 'g++'",
        ),
        "A C++ compiler is missing, with which detectron2 is built.",
        "On Debian and Ubuntu: sudo apt install g++ python3-dev. On Windows use WSL.",
    ),
    (
        ("Killed signal terminated program", "out of memory allocating", "virtual memory exhausted"),
        "Memory did not suffice to compile.",
        "Compile fewer files at once: set MAX_JOBS=1 and install again.",
    ),
    (
        (
            "were compiled with different CUDA",
            "operator torchvision::nms does not exist",
            "mismatches the version that was used to compile",
            "undefined symbol",
        ),
        "PyTorch and what was compiled for it are of different builds, such as for other versions of CUDA.",
        "Install again. If PIP_INDEX_URL or pip's settings name an index of PyTorch's, take torch and torchvision"
        " from the same one.",
    ),
    (
        ("libGL.so.1", "libEGL.so.1", "libGLESv2.so.2"),
        "A system library for graphics is missing.",
        "On Debian and Ubuntu: sudo apt install libgl1 libegl1 libgles2",
    ),
    (
        ("libportaudio", "PortAudio library not found"),
        "A system library for sound is missing, which MediaPipe wants on import.",
        "On Debian and Ubuntu: sudo apt install libportaudio2",
    ),
    (
        ("Permission denied", "[Errno 13]"),
        "A file or folder may not be written.",
        "Check who owns the folder, or set RETAKE_ENGINES to another one.",
    ),
)


def explain(lines: Sequence[str], code: int) -> EngineError:
    """What went wrong, from what pip, venv or a check printed."""
    text = "\n".join(lines)
    for signs, message, hint in _CAUSES:
        if any(sign in text for sign in signs):
            return EngineError(message, hint, kind="load_failed", details=text)
    errors = [line for line in lines if line.startswith("ERROR:")] or [line for line in lines if line.strip()]
    last = errors[-1].removeprefix("ERROR:").strip() if errors else f"it ended with exit code {code}"
    return EngineError(last, "The lines above say more.", kind="load_failed", details=text)
