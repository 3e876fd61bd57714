"""What loading leaves behind: the networks, the device they work on, the plans they work by."""

from __future__ import annotations

import gc
from dataclasses import dataclass

from pipeline.engines.humans4d.detector import Detector
from pipeline.engines.humans4d.device import Device, free_caches, memory_numbers
from pipeline.engines.humans4d.hmr import Hmr2
from pipeline.engines.humans4d.placement import Crew
from pipeline.engines.humans4d.pose_prediction import PosePredictor
from pipeline.engines.humans4d.texture import Appearance
from pipeline.engines.ladder import Ladder
from pipeline.smpl import BodyModel
from pipeline.structures import Plan


@dataclass(eq=False)
class Loaded:
    """Everything the passes work with.

    Attributes:
        device: Where they work.
        body: The body model the results are for.
        detector: Finds people.
        hmr: Reconstructs them.
        appearance: Says what they look like.
        predictor: Guesses poses for tracking.
        crew: All networks, and where they are.
        ladder: The plans.
    """

    device: Device
    body: BodyModel
    detector: Detector
    hmr: Hmr2
    appearance: Appearance
    predictor: PosePredictor
    crew: Crew
    ladder: Ladder


def make_ladder(device: Device, crew: Crew, plan: Plan, half: str) -> Ladder:
    """The ladder that starts with a plan; between attempts it gives everything back that nobody holds."""

    def free() -> None:
        gc.collect()
        crew.tidy()
        free_caches(device)

    return Ladder(plan, half, free, lambda: memory_numbers(device))
