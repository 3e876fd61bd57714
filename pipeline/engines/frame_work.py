"""One request's frames in the worker: each gets one outcome, told as soon as it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from pipeline.engines.engine import ChunkEngine, Engine, Outcome, OutOfMemory, Report
from pipeline.engines.exhaustion import is_out_of_memory
from pipeline.engines.messages import Failed, Infer, Result
from pipeline.errors import EngineError, UserError
from pipeline.memory import Memory
from pipeline.structures import Frame, FrameFailure, FrameResult

Explain = Callable[[Exception], Sequence[Failed]]


class FrameWork:
    """The frames of one request that have no outcome yet.

    The pieces it is done in fail apart from each other: all frames at once where the engine wants that,
    else frame after frame.
    """

    def __init__(self, request: Infer, send: Callable[[Any], None], memory: Callable[[], Memory]) -> None:
        """Nothing is done yet; `send` takes each outcome, with the memory at that moment."""
        self._request = request
        self._send = send
        self._memory = memory
        self._open = {frame.index for frame in request.frames}
        self._step = ""

    def pieces(self, engine: Engine | None, report: Report) -> Iterator[tuple[Callable[[], None], Explain]]:
        """What to do, piece by piece, and what to say of an error raised on the way; None is not loaded."""

        def tell(step: str, fraction: float) -> None:
            self._step = step
            report(step, fraction)

        frames = self._request.frames
        if len(frames) > 1 and isinstance(engine, ChunkEngine):
            yield partial(self._together, engine, tell), partial(self._explain, frames)
            return
        for frame in frames:
            self._step = ""
            yield partial(self._alone, engine, frame, tell), partial(self._explain, (frame,))

    def _together(self, engine: ChunkEngine, report: Report) -> None:
        engine.infer_chunk(self._request.frames, self._request.options, report, self._deliver)
        if self._open:
            raise TypeError(f"the engine left out frames {', '.join(map(str, sorted(self._open)))}")

    def _alone(self, engine: Engine | None, frame: Frame, report: Report) -> None:
        if engine is None:
            raise EngineError("The engine is not loaded.", kind="protocol")
        result = engine.infer(frame, self._request.options, report)
        if not isinstance(result, FrameResult) or result.frame_index != frame.index:
            given = getattr(result, "frame_index", type(result).__name__)
            raise TypeError(f"the engine answered frame {frame.index} with {given}")
        self._deliver(result)

    def _deliver(self, outcome: Outcome) -> None:
        if not isinstance(outcome, (FrameResult, FrameFailure)):
            raise TypeError(f"the engine answered with {type(outcome).__name__}")
        if outcome.frame_index not in self._open:
            raise TypeError(f"the engine answered frame {outcome.frame_index}, which was not open")
        self._open.discard(outcome.frame_index)
        request, memory = self._request.request, self._memory()
        if isinstance(outcome, FrameResult):
            self._send(Result(request, outcome, memory))
        else:
            self._send(Failed(request, outcome, memory))

    def _explain(self, frames: Sequence[Frame], error: Exception) -> tuple[Failed, ...]:
        """What an error makes of those of the frames that have no outcome."""
        memory = self._memory()
        left = [frame.index for frame in frames if frame.index in self._open]
        self._open.difference_update(left)
        step = self._step or "engine"
        return tuple(
            Failed(self._request.request, frame_failure(index, step, error, memory), memory) for index in left
        )


def frame_failure(frame_index: int, step: str, error: Exception, memory: Memory) -> FrameFailure:
    """What the client is told of an error an engine raised on a frame."""
    message, hint = say(error)
    if isinstance(error, OutOfMemory):
        return FrameFailure(frame_index, step, error.kind, message, hint, _plain(error.numbers))
    if is_out_of_memory(error):
        numbers = {"used": memory.used, "total": memory.total, "worker": memory.worker, "peak": memory.peak}
        return FrameFailure(frame_index, step, "out_of_memory", message, hint, numbers)
    if isinstance(error, EngineError):
        return FrameFailure(frame_index, step, error.kind, message, hint)
    kind = "bad_input" if isinstance(error, UserError) else "failed"
    return FrameFailure(frame_index, step, kind, message, hint)


def say(error: Exception) -> tuple[str, str]:
    """Message and hint of whatever an engine raises."""
    if isinstance(error, UserError):
        return error.message, error.hint
    if isinstance(error, ImportError):
        return f"The engine's program cannot be imported: {error}", ""
    return f"{type(error).__name__}: {error}", ""


def _plain(numbers: Mapping[str, float]) -> dict[str, float]:
    return {name: float(number) for name, number in numbers.items()}
