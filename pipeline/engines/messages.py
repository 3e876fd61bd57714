"""What client and worker say to each other. `request` ties an answer to its question."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.codec import STRUCTURES, Types
from pipeline.engines.engine import EngineInfo, EngineSettings
from pipeline.loading import StageStatus
from pipeline.memory import Memory
from pipeline.structures import Frame, FrameFailure, FrameResult, RunOptions


@dataclass(frozen=True, slots=True)
class Load:
    """Client: load, or go on loading, with these settings."""

    request: int
    settings: EngineSettings


@dataclass(frozen=True, slots=True)
class Infer:
    """Client: do these frames, in order."""

    request: int
    frames: tuple[Frame, ...]
    options: RunOptions


@dataclass(frozen=True, slots=True)
class Cancel:
    """Client: stop that request at its next report."""

    request: int


@dataclass(frozen=True, slots=True)
class Close:
    """Client: let go of everything and end."""


@dataclass(frozen=True, slots=True)
class Hello:
    """Worker: first message. The version of the protocol stands in front of every message."""

    python: str
    pid: int


@dataclass(frozen=True, slots=True)
class Stages:
    """Worker: how loading stands."""

    request: int
    statuses: tuple[StageStatus, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """Worker: ready."""

    request: int
    info: EngineInfo


@dataclass(frozen=True, slots=True)
class LoadFailed:
    """Worker: loading failed; `stage` says whether in one of the engine's stages or before them."""

    request: int
    message: str
    hint: str
    details: str
    stage: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """Worker: how far a frame is, or several that are worked on together."""

    request: int
    step: str
    fraction: float


@dataclass(frozen=True, slots=True)
class Result:
    """Worker: a frame is done."""

    request: int
    result: FrameResult
    memory: Memory


@dataclass(frozen=True, slots=True)
class Failed:
    """Worker: a frame is not to be had; the worker itself is well."""

    request: int
    failure: FrameFailure
    memory: Memory


@dataclass(frozen=True, slots=True)
class Done:
    """Worker: every frame of the request has its Result or Failed."""

    request: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """Worker: stopped as asked; what was told before counts."""

    request: int


@dataclass(frozen=True, slots=True)
class Lost:
    """Worker: last message. The GPU has failed this process, which ends now."""

    reason: str


@dataclass(frozen=True, slots=True)
class MemoryNow:
    """Worker: memory, unasked, about once a second."""

    memory: Memory


Request = Load | Infer
Answer = Loaded | LoadFailed | Done | Stopped
"""What ends a request."""

FINAL = (Loaded, LoadFailed, Done, Stopped)
OUTCOMES = (Result, Failed)

_ASKED = (Load, Infer, Cancel, Close, EngineSettings)
_TOLD = (Hello, Stages, Progress, MemoryNow, Lost, EngineInfo)
_OWN = (*_ASKED, *_TOLD, *FINAL, *OUTCOMES)
MESSAGES: Types = {**STRUCTURES, **{kind.__name__: kind for kind in _OWN}}
"""Everything that may be on the wire."""
