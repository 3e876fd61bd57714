"""What an engine is, as seen by the worker that holds it and by the client that asks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from pipeline.errors import EngineError
from pipeline.loading import Stage
from pipeline.memory import Memory
from pipeline.structures import Frame, FrameFailure, FrameResult, RunOptions

Report = Callable[[str, float], None]
"""`report("detect", 0.4)`: the step and the share of the frame done; raises Cancelled when asked to stop."""

NOTICE = "! "
"""A step that begins so is something the user should know at once: it is told as a notice, too."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What is decided before an engine is loaded.

    Attributes:
        body_model: Path of the user's own SMPL file; empty means the built-in body.
        device: "cpu", "cuda:0", ...; empty lets the engine choose.
        extra: Settings of one engine only.
    """

    body_model: str = ""
    device: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine says of itself once it is loaded.

    Attributes:
        name: Its name in the registry.
        version: Of the package that does the work.
        engine_id: Name, version and a hash of weights and configuration; stored with every result.
        device: Where it runs, for the window.
        body_model: Id of the body model its parameters are for.
        detail: Anything else worth a line.
        gender: Of the body model: "neutral", "male" or "female"; empty if that is no choice.
        chunk: How many frames of a range it likes to get at once; 1 if it gains nothing by several.
        seconds_per_frame: What a frame with two people will take, as far as known before; 0 if unknown.
    """

    name: str
    version: str
    engine_id: str
    device: str = "cpu"
    body_model: str = ""
    detail: str = ""
    gender: str = ""
    chunk: int = 1
    seconds_per_frame: float = 0.0


@dataclass(frozen=True, slots=True)
class InferProgress:
    """How far a frame is.

    Attributes:
        frame_index: The frame.
        step: What is being done to it.
        fraction: Share done in [0, 1].
    """

    frame_index: int
    step: str
    fraction: float


class DeviceLost(EngineError):  # noqa: N818 - what happened
    """The GPU has failed this process for good; a new process may go on with the same frame."""

    def __init__(self, message: str) -> None:
        super().__init__(message, kind="device_lost")


class OutOfMemory(EngineError):  # noqa: N818 - what happened, as the engines' authors say it
    """An engine ran out of memory on a frame, after all it could do about it.

    Attributes:
        numbers: Such as requested, free and reserved bytes, and the rungs tried.
    """

    def __init__(self, message: str, numbers: Mapping[str, float] | None = None, hint: str = "") -> None:
        super().__init__(message, hint, kind="out_of_memory")
        self.numbers = dict(numbers or {})


class Engine(Protocol):
    """A class the worker makes without arguments and drives from its main thread.

    `infer` raises OutOfMemory when memory does not suffice, UserError for input it cannot use, DeviceLost
    when only a new process helps, and lets Cancelled from `report` pass. Anything else it raises fails the
    frame, not the worker. An engine that gains by several frames at once is a ChunkEngine as well.
    """

    def stages(self, settings: EngineSettings) -> Sequence[Stage]:
        """The stages of loading. They are run in order; after a failure only what is not done is repeated."""
        ...

    def info(self) -> EngineInfo:
        """What was loaded. Called after the last stage."""
        ...

    def infer(self, frame: Frame, options: RunOptions, report: Report) -> FrameResult:
        """Find and reconstruct the people of a frame."""
        ...

    def memory(self) -> Memory:
        """Memory now. Called about once a second from another thread; must be quick."""
        ...

    def close(self) -> None:
        """Let go of everything. Called once, also when loading failed."""
        ...


Outcome = FrameResult | FrameFailure


@runtime_checkable
class ChunkEngine(Protocol):
    """The part of an engine that works on several frames in passes."""

    def infer_chunk(
        self, frames: Sequence[Frame], options: RunOptions, report: Report, deliver: Callable[[Outcome], None]
    ) -> None:
        """Find and reconstruct the people of frames in order.

        Each frame's outcome is handed to `deliver` once, as soon as it stands; a frame that fails is a
        FrameFailure and does not stop the others. Raises as `Engine.infer`, but not for one frame.
        """
        ...
