"""Putting the loaded networks together, and running them once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.engines.humans4d.budget import Needs, first_plan
from pipeline.engines.humans4d.device import DETECTOR_FLOP, HMR_FLOP, free_memory
from pipeline.engines.humans4d.journal import Journal
from pipeline.engines.humans4d.loaded import Loaded, make_ladder
from pipeline.engines.humans4d.passes import Passage, Passes
from pipeline.engines.humans4d.placement import Crew, Placed
from pipeline.engines.humans4d.tracker import PhalpTracker
from pipeline.places import data_folder
from pipeline.structures import Frame, RunOptions

_PICTURE = (720, 1280)
_BOXES = ((300.0, 100.0, 500.0, 700.0), (700.0, 100.0, 900.0, 700.0))


def assemble(detector: str, budget: int, made: dict[str, Any]) -> Loaded:
    """What the stages made, with the plan they begin with."""
    device = made["device"]
    crew = Crew(
        {
            "detector": Placed("the detector", made["detector"].model, made["detector"].backbone),
            "hmr": Placed("HMR 2.0", made["hmr"], made["hmr"].backbone),
            "appearance": Placed("PHALP's encoder", made["appearance"]),
            "predictor": Placed("PHALP's predictor", made["predictor"]),
        }
    )
    room = free_memory(device)
    plan = first_plan(
        device.name, device.half, min(budget, room) if budget else room, Needs(detector, crew.members)
    )
    return Loaded(
        device=device,
        body=made["body"],
        detector=made["detector"],
        hmr=made["hmr"],
        appearance=made["appearance"],
        predictor=made["predictor"],
        crew=crew,
        ladder=make_ladder(device, crew, plan, device.rescue),
    )


def try_out(loaded: Loaded, tell: Callable[[float, str], None]) -> float:
    """Run made-up people, and on a GPU the detector too; returns the seconds a frame with two people takes.

    A CPU takes up to a minute for the detector: there it is reckoned from the pace of one person, and nobody waits.
    """
    passes = Passes(loaded, Journal(PhalpTracker(loaded.predictor, loaded.appearance.encode), data_folder()))
    if not loaded.device.is_gpu:
        tell(0.0, "one person")
        pace = HMR_FLOP / _seconds_of_people(passes, 1)
        return (DETECTOR_FLOP[loaded.detector.kind] + 2 * HMR_FLOP) / pace
    tell(0.0, "first frame")  # which brings the networks to the GPU, and makes kernels
    _seconds_of_frame(passes)
    tell(0.5, "second frame")
    return _seconds_of_frame(passes)


def _seconds_of_frame(passes: Passes) -> float:
    start = time.perf_counter()
    passage = Passage(_picture())
    passes.detect(passage, RunOptions(), _silent)
    _raise(passage)
    _seconds_of_people(passes, 2)
    return time.perf_counter() - start


def _seconds_of_people(passes: Passes, count: int) -> float:
    start = time.perf_counter()
    passage = Passage(_picture())
    options = RunOptions(boxes=_BOXES[:count])
    passes.detect(passage, options, _silent)
    passes.reconstruct([passage], options, _silent)
    _raise(passage)
    return time.perf_counter() - start


def _picture() -> Frame:
    return Frame(0, 0, 0.0, np.zeros((*_PICTURE, 3), np.uint8))


def _raise(passage: Passage) -> None:
    if passage.error:
        raise passage.error[1]


def _silent(share: float) -> None:
    """Nobody waits for the parts of a warm-up."""
