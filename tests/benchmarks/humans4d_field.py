"""The case from the field: a clip of 30 frames on a GPU with a limit, of which four frames hold twelve people."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping

import numpy as np
import torch
from humans4d_crowd import boxes_of, clip, frame
from humans4d_measuring import Absent, Numbers, in_words, load

from pipeline.engines.engine import Outcome
from pipeline.engines.humans4d.crops import BoxMask
from pipeline.engines.humans4d.detector import Detector, People
from pipeline.engines.humans4d.device import peak_memory
from pipeline.engines.humans4d.engine import CHUNK, Humans4DEngine
from pipeline.structures import Float, FrameResult, Image, Plan, Rejected, RunOptions


class Crowd:
    """A detector that does its work and then says who is in a made-up frame: random weights find anybody or nobody.

    So time and memory are those of the network, and how many people there are is known.
    """

    def __init__(self, detector: Detector, boxes: Mapping[int, Float]) -> None:
        self.kind = detector.kind
        self._detector = detector
        self._boxes = boxes

    def find(self, image: Image, options: RunOptions, plan: Plan, tell: Callable[[float], None]) -> People:
        self._detector.find(image, options, plan, tell)
        boxes = self._boxes[id(image)]
        masks = tuple(_full(box) for box in boxes) if plan.masks else ()
        return People(boxes, np.full(len(boxes), 0.9, np.float32), masks, Rejected())


def _full(box: Float) -> BoxMask:
    x1, y1, x2, y2 = (int(value) for value in box)
    return BoxMask(x1, y1, np.ones((y2 - y1, x2 - x1), bool))


def field_case(chosen: argparse.Namespace) -> Numbers:
    """The clip under a budget, chunk by chunk: how each frame was run; then frames of 1, 3 and 10 people."""
    if chosen.device.startswith("cuda") and not torch.cuda.is_available():
        raise Absent(f"PyTorch {torch.__version__} in the engine's environment finds no CUDA device")
    engine, numbers = load(chosen)  # before anything else is asked of CUDA, as its allocator is set up then
    loaded = engine._loaded
    assert loaded is not None
    if loaded.device.is_gpu and float(chosen.budget or 0) * 1e9 > loaded.device.total:
        raise Absent(f"{loaded.device.title} has less than the {chosen.budget} GB of the budget")
    numbers["first_plan"] = in_words(loaded.ladder.preferred)
    film = list(clip(chosen.frames))
    detector = loaded.detector
    loaded.detector = Crowd(detector, {id(frame.image): boxes for frame, boxes in film})
    outcomes: list[Outcome] = []
    start = time.perf_counter()
    for first in range(0, len(film), CHUNK):
        some = [frame for frame, _boxes in film[first : first + CHUNK]]
        engine.infer_chunk(some, RunOptions(sequence="clip"), _quiet, outcomes.append)
    numbers["clip_s"] = time.perf_counter() - start
    numbers["frames"] = [_told(outcome) for outcome in outcomes]
    numbers["clip_peak_gb"] = peak_memory(loaded.device) / 1e9
    for count in chosen.people:
        numbers[f"frame_{count}_ms"] = _ms_a_frame(engine, detector, count, chosen.rounds)
    return numbers | {"peak_gb": peak_memory(loaded.device) / 1e9}


def _told(outcome: Outcome) -> Numbers:
    if not isinstance(outcome, FrameResult):
        return {
            "index": outcome.frame_index,
            "failure": f"{outcome.stage}: {outcome.message}",
            "numbers": dict(outcome.numbers),
        }
    impossible = sum("behind the camera" in reason for reason in outcome.rejected.reasons)
    return {
        "index": outcome.frame_index,
        "people": len(outcome.people) + impossible,
        "tracked": 0 if outcome.tracks is None else len(outcome.tracks),
        "plan": in_words(outcome.plan),
        "rungs": list(outcome.plan.notes),
        "seconds": dict(outcome.timings),
        "warning": outcome.warning,
    }


def _ms_a_frame(engine: Humans4DEngine, detector: Detector, count: int, rounds: int) -> float:
    """Median ms of a single frame in a range, the first one left out, in which everybody is new."""
    loaded = engine._loaded
    assert loaded is not None
    frames = [frame(index, count) for index in range(rounds + 1)]
    boxes = {id(made.image): boxes_of(made.index, count) for made in frames}
    loaded.detector = Crowd(detector, boxes)
    took = []
    for made in frames:
        start = time.perf_counter()
        engine.infer(made, RunOptions(sequence=f"frames {count}"), _quiet)
        took.append(time.perf_counter() - start)
    return statistics.median(took[1:]) * 1e3


def _quiet(step: str, share: float) -> None:
    """Nobody watches."""
