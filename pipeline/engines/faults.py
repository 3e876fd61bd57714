"""What to say when an engine's process ends, hangs or talks nonsense."""

from __future__ import annotations

from pipeline.engines.process import WorkerEnded
from pipeline.engines.registry import ENGINES
from pipeline.errors import EngineError
from pipeline.structures import FrameFailure

_LOG_HINT = "What it printed last is in the log."
_GPU_HINT = "Load it again; if it happens every time, update the GPU's driver or run on the CPU."
_MEMORY_HINT = f"{_LOG_HINT} A kill by the system mostly means that memory ran out."


def install_again(name: str) -> str:
    """What to do about an engine whose environment may be broken."""
    if name in ENGINES and ENGINES[name].remote:
        return "What it printed last is in the log; see also the log of the service."
    return f"If its environment is damaged, install it again: retake engines install {name}"


def load_error(name: str, ended: WorkerEnded, log: str) -> EngineError:
    """What to say of a worker that ended while loading."""
    if ended.protocol:
        return EngineError(
            f"The engine's program {ended.told}.",
            "Its environment holds another version of Retake; install the engine again, or update it there.",
            kind="protocol",
            details=log,
        )
    if ended.reason:
        said, hint = f": {ended.reason}", _GPU_HINT
    elif _by_the_system(ended):
        said, hint = "", _MEMORY_HINT
    else:
        last = [line.strip().rstrip(".") for line in log.splitlines() if line.strip()][-1:]
        said, hint = "".join(f": {line}" for line in last), install_again(name)
    return EngineError(
        f"The engine {ended.how} while loading{said}.",
        hint,
        kind="engine_died",
        details=log,
    )


def silent_error(log: str) -> EngineError:
    """What to say of a worker that had to be ended while loading."""
    return EngineError(
        "The engine said nothing for too long and was ended.", "Load it again.", kind="timeout", details=log
    )


def timed_out(frame_index: int, seconds: float) -> FrameFailure:
    """A frame on which the worker had to be ended."""
    return FrameFailure(
        frame_index,
        "engine",
        "timeout",
        f"The engine said nothing for {seconds:.0f} s.",
        "Run the frame again; if it happens again, try fewer people or a smaller detector.",
        {"seconds": seconds},
    )


def died_twice(frame_index: int, ended: WorkerEnded) -> FrameFailure:
    """A frame that takes the worker down every time."""
    hint = _MEMORY_HINT if _by_the_system(ended) else _LOG_HINT
    why = f": {ended.reason}" if ended.reason else ""
    return FrameFailure(
        frame_index, "engine", "engine_died", f"The engine {ended.how} twice on this frame{why}.", hint
    )


def _by_the_system(ended: WorkerEnded) -> bool:
    """Whether it was killed as Linux does when memory runs out; a crash of its own is another signal."""
    return "SIGKILL" in ended.how
