"""What every measurement of the 4D-Humans engine needs, in that engine's own Python."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import torch

from pipeline.engines.engine import EngineSettings
from pipeline.engines.humans4d.device import peak_memory
from pipeline.engines.humans4d.engine import Humans4DEngine
from pipeline.engines.humans4d.passes import Passage
from pipeline.engines.humans4d.weights import MISSING, Weights
from pipeline.errors import MissingFile
from pipeline.loading import Loading, StageError
from pipeline.structures import Plan

Numbers = dict[str, Any]
COUNTS = (1, 3, 10)
_NEEDED = ("hmr2_checkpoint", "hmr2_config", "hmr2_mean_params", "phalp_hmar", "phalp_pose_predictor",
           "phalp_pose_config", "phalp_mean_std", "phalp_mean_params", "phalp_bmap", "phalp_fmap")  # fmt: skip


class Absent(Exception):  # noqa: N818 - what is the matter
    """What is to be measured is not on this machine."""


def load(chosen: argparse.Namespace) -> tuple[Humans4DEngine, Numbers]:
    """A loaded engine, and how long its stages took."""
    check_weights(*_NEEDED, chosen.detector)
    engine = Humans4DEngine()
    extra = {"detector": chosen.detector, "budget_gb": chosen.budget, "precision": chosen.precision}
    loading = Loading(engine.stages(EngineSettings(device=chosen.device, extra=extra)))
    try:
        loading.run(lambda _statuses: None)
    except StageError as error:
        if isinstance(error.__cause__, MissingFile):
            raise Absent(error.message) from error
        raise
    assert engine._loaded is not None
    stages = {status.title: round(status.seconds, 3) for status in loading.statuses}
    stages["PyTorch imported"] += round(chosen.torch_s, 3)  # by the measuring program, before the stage
    return engine, {
        "device": engine._loaded.device.title,
        "stages_s": stages,
        "load_s": sum(stages.values()),
        "loaded_gb": peak_memory(engine._loaded.device) / 1e9,
    }


def check_weights(*keys: str) -> Weights:
    """Where the weights are; nothing is fetched for a measurement."""
    weights = Weights()
    for key in keys:
        if (problem := weights.problem(key)) == MISSING:
            raise Absent(f"{weights.path(key)} is missing; RETAKE_WEIGHTS may name another folder")
        if problem:
            raise SystemExit(f"{weights.path(key)} {problem}")
    return weights


def timed(work: Callable[[], object], rounds: int) -> list[float]:
    """Seconds of each round. On a GPU, or if there are several, one more before them makes kernels."""
    seconds = []
    for _round in range(rounds + (rounds > 1 or torch.cuda.is_available())):
        settle()
        start = time.perf_counter()
        work()
        settle()
        seconds.append(time.perf_counter() - start)
    return seconds[-rounds:]


def settle() -> None:
    """Wait for what the GPU was given."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def raise_error(passage: Passage) -> None:
    """A frame that failed is no measure."""
    if passage.error:
        raise passage.error[1]


def in_words(plan: Plan) -> str:
    """A plan on one line."""
    stay = "all resident" if plan.resident else "taking turns"
    masks = "masks" if plan.masks else "no masks"
    return (
        f"{plan.device}, {plan.precision}, {plan.batch_size} people, {plan.detector_size} px, {masks}, {stay}"
    )
