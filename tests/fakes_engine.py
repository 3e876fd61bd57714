"""An engine without a model, which does on cue what engines do at their worst.

Cues stand in `EngineSettings.extra`; frames are given as "3" or "3,7,9". The worker's target is
`fakes_engine:StandIn`; `stand_in_command()` starts it.

| cue | meaning |
|---|---|
| people | how many are found; 2 by default |
| seconds | time a frame takes, told in ten steps |
| stage_seconds | time each stage takes |
| stage_fail | the second stage fails so many times, then works |
| stage_import | the second stage finds a module missing |
| stage_die, stage_hang, stage_lost | the second stage ends the process; says nothing for ever; loses the GPU |
| fail_on, bad_input_on, oom_on, memory_error_on, torch_oom_on | frames that raise |
| die_on, die_once_on | frames that kill the process, always or only the first time |
| lost_on, lost_once_on | frames on which the GPU is lost, always or only the first time |
| hang_on | frames on which it says nothing for ever |
| stall_on | as hang_on, and holding the interpreter, so that no thread of the worker runs |
| print_on | frames on which Python and C print to stdout and read stdin |
| wrong_frame_on | frames answered with another frame's number |
| once | a folder that remembers across processes what was done once |
| masks | "1": people have masks |
| tracks | run in order, the people have the engine's own tracks from this number on |
| warn_on | frames whose results come with a warning |

`fakes_chunks:ChunkStandIn` works on several frames at once and has some cues of its own.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.engines.command import WORKER, EngineCommand
from pipeline.engines.engine import DeviceLost, EngineInfo, EngineSettings, OutOfMemory, Report
from pipeline.engines.memory import system_memory
from pipeline.errors import UserError
from pipeline.loading import Stage, Tell
from pipeline.masks import encode_mask
from pipeline.memory import Memory
from pipeline.structures import (
    Detections,
    Frame,
    FrameResult,
    Mask,
    People,
    Plan,
    Rejected,
    RunOptions,
    SmplParams,
)

STAGES = ("Stand-in imported", "Weights read", "Warm-up")
_STEPS = 10
_UPRIGHT = np.diag([1.0, -1.0, -1.0])  # SMPL's y up, z forward → the camera's y down, facing it
_LEFT_SHOULDER, _RIGHT_SHOULDER, _LEFT_HIP, _RIGHT_HIP = 15, 16, 0, 1  # rows of body_pose


def stand_in_command(python: str = sys.executable, target: str = "fakes_engine:StandIn") -> EngineCommand:
    """Starts a worker with the stand-in, whatever folder the caller is in."""
    tests = Path(__file__).resolve().parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tests.parent), str(tests)))}
    return EngineCommand((python, "-m", WORKER, target), environment, tests.parent)


class OutOfMemoryError(RuntimeError):
    """Named as torch's own."""


class StandIn:
    """Finds people who walk in circles."""

    def __init__(self) -> None:
        self._extra: Mapping[str, str] = {}
        self._failures = 0
        self._body_model = "stand-in"

    def stages(self, settings: EngineSettings) -> Sequence[Stage]:
        self._extra = settings.extra
        self._failures = int(self._extra.get("stage_fail", 0))
        self._body_model = self._extra.get("body_model", self._body_model)
        runs = (self._import, self._read, self._warm)
        return [Stage(title, run) for title, run in zip(STAGES, runs, strict=True)]

    def info(self) -> EngineInfo:
        return EngineInfo("stand-in", "1", "stand-in-1-cafe", "cpu", self._body_model, "no model at all")

    def infer(self, frame: Frame, options: RunOptions, report: Report) -> FrameResult:
        start = time.perf_counter()
        report("detect", 0.0)
        self._misbehave(frame.index)
        self._take_time(report)
        index = frame.index + 1 if self._cued("wrong_frame_on", frame.index) else frame.index
        height, width = frame.image.shape[:2]
        people, rejected = _found(frame.index, (width, height), options, self._extra, self._body_model)
        return FrameResult(
            frame_index=index,
            people=people,
            rejected=rejected,
            engine_id=self.info().engine_id,
            plan=Plan(detector_size=64, masks=bool(self._extra.get("masks")) and options.masks),
            timings={"detect": time.perf_counter() - start},
            peak_memory=system_memory().peak,
            tracks=self._own_tracks(len(people)) if options.sequence else None,
            warning="The GPU spills into main memory." if self._cued("warn_on", frame.index) else "",
        )

    def _own_tracks(self, count: int) -> npt.NDArray[np.int64] | None:
        first = self._extra.get("tracks")
        return None if first is None else np.arange(count, dtype=np.int64) + int(first)

    def memory(self) -> Memory:
        return system_memory()

    def close(self) -> None:
        sys.stderr.write("stand-in closed\n")

    def _import(self, made: dict[str, Any], tell: Tell) -> dict[str, Any]:
        return {"imports": 1 + self._wait(tell)}

    def _read(self, made: dict[str, Any], tell: Tell) -> dict[str, Any]:
        assert made["imports"] == 1
        if self._extra.get("stage_die"):
            os.kill(os.getpid(), signal.SIGKILL)
        if self._extra.get("stage_lost"):
            _lose()
        if self._extra.get("stage_import"):
            raise ImportError("libGL.so.1: cannot open shared object file")
        if self._extra.get("stage_hang"):
            threading.Event().wait()
        self._wait(tell)
        if self._failures > 0:
            self._failures -= 1
            raise UserError("The weights are damaged.", "Fetch them again.")
        tell(bytes_done=10, bytes_total=10, detail="weights.bin")
        return {"weights": b""}

    def _warm(self, made: dict[str, Any], tell: Tell) -> dict[str, Any]:
        assert "weights" in made
        self._wait(tell)
        return {}

    def _wait(self, tell: Tell) -> int:
        seconds = float(self._extra.get("stage_seconds", 0))
        for step in range(_STEPS if seconds else 0):
            time.sleep(seconds / _STEPS)
            tell(fraction=step / _STEPS)
        return 0

    def _take_time(self, report: Report) -> None:
        seconds = float(self._extra.get("seconds", 0))
        for step in range(_STEPS):
            time.sleep(seconds / _STEPS)
            report("reconstruct", step / _STEPS)

    def _cued(self, cue: str, index: int) -> bool:
        return str(index) in self._extra.get(cue, "").split(",")

    def _first_time(self, index: int) -> bool:
        mark = Path(self._extra["once"]) / f"died at {index}"
        if mark.exists():
            return False
        mark.touch()
        return True

    def _misbehave(self, index: int) -> None:
        for cue, act in _CUES.items():
            if self._cued(cue, index):
                act()
        for cue, act in _ONCE_CUES.items():
            if self._cued(cue, index) and self._first_time(index):
                act()


def _fail() -> None:
    raise KeyError("left_knee")


def _refuse() -> None:
    raise UserError("The picture is too small.", "Use a larger one.")


def _run_out() -> None:
    raise OutOfMemory("The GPU is full.", {"requested": 2**31, "free": np.int64(5)}, "Close other programs.")


def _memory_error() -> None:
    raise MemoryError("Unable to allocate 4.00 GiB")


def _torch_oom() -> None:
    raise OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _lose() -> None:
    raise DeviceLost(
        "CUDA error: an illegal memory access was encountered\nCUDA kernel errors might be late."
    )


def _hang() -> None:
    threading.Event().wait()


def _stall() -> None:
    ctypes.PyDLL(None).sleep(1000)  # PyDLL keeps the interpreter's lock


def _print() -> None:
    print("printed by Python")  # noqa: T201 - as libraries do
    os.write(1, b"printed by C\n")
    assert sys.stdin.read() == ""


_CUES = {
    "fail_on": _fail,
    "bad_input_on": _refuse,
    "oom_on": _run_out,
    "memory_error_on": _memory_error,
    "torch_oom_on": _torch_oom,
    "die_on": _die,
    "lost_on": _lose,
    "hang_on": _hang,
    "stall_on": _stall,
    "print_on": _print,
}

_ONCE_CUES = {"die_once_on": _die, "lost_once_on": _lose}


def _found(
    index: int, size: tuple[int, int], options: RunOptions, extra: Mapping[str, str], body_model: str
) -> tuple[People, Rejected]:
    count = len(options.boxes) or int(extra.get("people", 2))
    scores = (
        np.linspace(0.95, 0.6, count, dtype=np.float32) if count > 1 else np.full(count, 0.95, np.float32)
    )
    masks = bool(extra.get("masks")) and options.masks
    people = stand_in_people(index, count, size, body_model, masks=masks)
    boxes = np.asarray(options.boxes, np.float32).reshape(-1, 4) if options.boxes else people.detections.boxes
    reasons = [_reason(slot, boxes[slot], scores[slot], options) for slot in range(count)]
    kept = np.array([not reason for reason in reasons], bool)
    said = tuple(reason for reason in reasons if reason)
    detections = Detections(boxes, scores, people.detections.masks)
    return _of(people, detections, kept), Rejected(boxes[~kept], scores[~kept], said)


def _reason(slot: int, box: npt.NDArray[Any], score: float, options: RunOptions) -> str:
    """Why a person is left out. The pictures are tiny, so the default of the least height is none here."""
    if score < options.score_threshold:
        return f"score {score:.2f} below {options.score_threshold:.2f}"
    if options.min_size > RunOptions().min_size and box[3] - box[1] < options.min_size:
        return f"height {box[3] - box[1]:.0f} px below {options.min_size} px"
    if options.max_people and slot >= options.max_people:
        return f"not among the best {options.max_people}"
    return ""


def _of(people: People, detections: Detections, kept: npt.NDArray[np.bool_]) -> People:
    masks = tuple(mask for mask, keep in zip(detections.masks, kept, strict=False) if keep)
    smpl = people.smpl
    return People(
        Detections(detections.boxes[kept], detections.scores[kept], masks),
        SmplParams(smpl.global_orient[kept], smpl.body_pose[kept], smpl.betas[kept]),
        people.cam_t[kept],
        people.focal_length,
        people.image_size,
        people.body_model,
        people.features[kept],
    )


def stand_in_people(
    index: int, count: int, size: tuple[int, int], body_model: str = "stand-in", *, masks: bool = False
) -> People:
    """People side by side, facing the camera, who sway and swing arms and legs as frames go by."""
    width, height = size
    focal = float(max(size))
    slots = np.arange(count, dtype=np.float32)
    phase = index * 0.15 + slots * 2.1
    cam_t = np.stack(
        [(slots - (count - 1) / 2) * 1.1 + 0.2 * np.sin(phase), 0 * slots, 4.5 + 0 * slots], axis=1
    )
    centre = cam_t[:, :2] / cam_t[:, 2:] * focal + np.array([width / 2, height / 2])
    reach = np.array([0.45, 0.95]) / 4.5 * focal
    boxes = np.concatenate([centre - reach, centre + reach], axis=1)
    boxes = np.clip(boxes, 0, [width, height, width, height]).astype(np.float32)
    return People(
        detections=Detections(
            boxes, np.full(count, 0.9, np.float32), tuple(_mask(box, size) for box in boxes) if masks else ()
        ),
        smpl=SmplParams(
            np.repeat(_UPRIGHT[None].astype(np.float32), count, axis=0),
            _poses(phase),
            np.zeros((count, 10), np.float32),
        ),
        cam_t=cam_t.astype(np.float32),
        focal_length=focal,
        image_size=size,
        body_model=body_model,
        features=np.eye(8, dtype=np.float16)[np.arange(count) % 8],
    )


def _poses(phase: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    poses = np.tile(np.eye(3, dtype=np.float32), (len(phase), 23, 1, 1))
    for row, swing in enumerate(0.5 * np.sin(2 * phase)):
        poses[row, _LEFT_SHOULDER] = _turn_z(-1.3) @ _turn_x(swing)
        poses[row, _RIGHT_SHOULDER] = _turn_z(1.3) @ _turn_x(-swing)
        poses[row, _LEFT_HIP] = _turn_x(-swing)
        poses[row, _RIGHT_HIP] = _turn_x(swing)
    return poses


def _turn_x(angle: float) -> npt.NDArray[np.float64]:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def _turn_z(angle: float) -> npt.NDArray[np.float64]:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def _mask(box: npt.NDArray[Any], size: tuple[int, int]) -> Mask:
    width, height = size
    x1, y1, x2, y2 = (round(float(value)) for value in box)
    mask = np.zeros((height, width), bool)
    mask[y1:y2, x1:x2] = True
    return encode_mask(mask)
