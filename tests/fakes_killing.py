"""The real command, killed with SIGKILL in the middle of its work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from fakes_waiting import wait_until

from pipeline.errors import SessionError
from pipeline.session.open import session_path
from pipeline.session.store import Store

_ROOT = Path(__file__).resolve().parents[1]


def start_run(clip: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """`retake run CLIP`, in a process group of its own, its output in CLIP.log."""
    command = [sys.executable, "-m", "app.cli", "run", str(clip), *arguments]
    with clip.with_name(f"{clip.name}.log").open("ab") as log:
        return subprocess.Popen(command, cwd=_ROOT, stdout=log, stderr=log, start_new_session=True)


def run_to_the_end(clip: Path, *arguments: str) -> int:
    """The exit code of `retake run CLIP`."""
    return start_run(clip, *arguments).wait(300)


def run_and_kill(clip: Path, *arguments: str, after: int, seconds: float, with_engine: bool) -> int:
    """`retake run CLIP`, killed some seconds after so many frames of the session are done.

    Args:
        clip: The video.
        arguments: More arguments.
        after: Frames the session then has, from this run and from those before.
        seconds: Since then.
        with_engine: Whether the engine's process is killed at the same moment, as by a crash of the machine; else it
            finds out by itself that nobody is there any more.

    Returns:
        How many frames are stored.
    """
    process = start_run(clip, *arguments)
    try:
        wait_until(lambda: frames_done(clip) >= after or process.poll() is not None, 120)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    finally:
        with suppress(ProcessLookupError):  # it has ended by itself
            os.killpg(process.pid, signal.SIGKILL) if with_engine else process.kill()
        process.wait()
    return frames_done(clip)


def frames_done(clip: Path) -> int:
    """How many frames have a result."""
    try:
        with Store(session_path(clip), read_only=True) as store:
            return len(store.frames_with_results())
    except SessionError:
        return 0
