"""The engine's steps one by one: loading, finding, reconstructing, tracking."""

from __future__ import annotations

import argparse
import platform
import statistics
from dataclasses import replace

import numpy as np
import torch
from humans4d_crowd import boxes_of, frame
from humans4d_measuring import COUNTS, Numbers, in_words, load, raise_error, timed

from pipeline.engines.humans4d.device import peak_memory
from pipeline.engines.humans4d.engine import Humans4DEngine
from pipeline.engines.humans4d.passes import Passage
from pipeline.engines.probe import version_of
from pipeline.structures import RunOptions


def machine(_chosen: argparse.Namespace) -> Numbers:
    """What this is measured on."""
    there = torch.cuda.is_available()
    facts = torch.cuda.get_device_properties(0) if there else None
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "gpu": facts.name if facts else "",
        "gpu_gb": round(facts.total_memory / 1e9, 1) if facts else 0.0,
        **{name: version_of(name) for name in ("detectron2", "hmr2", "phalp", "smplx")},
    }


def steps(chosen: argparse.Namespace) -> Numbers:
    """Seconds of each stage of loading, ms of each step for 1, 3 and 10 people, and memory."""
    engine, numbers = load(chosen)
    loaded, passes = engine._loaded, engine._passes
    assert loaded is not None
    assert passes is not None
    options = RunOptions(sequence="steps")
    detected = timed(lambda: passes.detect(Passage(frame(0, 3)), options, _silent), chosen.rounds)
    numbers["detect_ms"] = statistics.median(detected) * 1e3
    for count in COUNTS:
        # Boxes for what is found; the name of the sequence so that appearance is made for tracking.
        given = replace(options, boxes=tuple(map(tuple, boxes_of(0, count).tolist())))
        passage = Passage(frame(0, count))

        def reconstruct(passage: Passage = passage, given: RunOptions = given) -> None:
            passes.detect(passage, given, _silent)
            passes.reconstruct([passage], given, _silent)

        numbers[f"reconstruct_{count}_ms"] = statistics.median(timed(reconstruct, chosen.rounds)) * 1e3
        numbers[f"track_{count}_ms"] = tracked(engine, passage, f"steps {count}") * 1e3
    return numbers | {"plan": in_words(loaded.ladder.preferred), "peak_gb": peak_memory(loaded.device) / 1e9}


def tracked(engine: Humans4DEngine, passage: Passage, sequence: str, frames: int = 4) -> float:
    """Median seconds of tracking the same people on, after the frame in which they are new."""
    assert engine._passes is not None
    took = []
    for index in range(frames):
        again = Passage(replace(passage.frame, index=index), people=list(passage.people))
        engine._passes.track(again, sequence, lambda share: None)
        raise_error(again)
        took.append(again.seconds["track"])
    return statistics.median(took[1:])


def _silent(share: float) -> None:
    """Nobody watches."""
