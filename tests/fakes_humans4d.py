"""The 4D-Humans engine on stand-in packages: pictures it finds people in, and what starts it.

`standing_in` makes `tests/standins` importable for as long as it lasts; `humans4d_command` starts a worker with it.
The weight files it wants are written by `fakes_humans4d_files.write_weights`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.engines.command import WORKER, EngineCommand
from pipeline.engines.engine import EngineSettings
from pipeline.engines.registry import spec_of
from pipeline.loading import Loading
from pipeline.structures import Frame

TESTS = Path(__file__).resolve().parent
STANDINS = TESTS / "standins"
PACKAGES = ("hmr2", "phalp", "detectron2", "omegaconf", "yacs", "pkg_resources")

GREY = 128
# Colours of persons and the scores that the stand-in detectors give them: 0.6 red + 0.4 blue - green.
COLOURS = ((255, 25, 255), (255, 40, 100), (150, 0, 255), (255, 60, 180), (200, 0, 120), (220, 90, 255))
OTHER = (20, 240, 20)  # a thing that is no person

Box = tuple[float, float, float, float]


def score_of(colour: Sequence[int]) -> float:
    """What the detectors make of a colour."""
    red, green, blue = colour
    return (0.6 * red + 0.4 * blue - green) / 255


def humans4d_command(folder: Path) -> EngineCommand:
    """Starts a worker with the engine; `folder` is its user's home and holds the weight files."""
    left_out = ("FVCORE_CACHE", "PYTHONPATH")
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    environment |= {
        "PYTHONPATH": os.pathsep.join((str(TESTS.parent), str(STANDINS))),
        "HOME": str(folder),
        "RETAKE_HOME": str(folder / "retake"),
        "RETAKE_WEIGHTS": str(folder),
    }
    argv = (sys.executable, "-m", WORKER, spec_of("humans4d").target)
    return EngineCommand(argv, environment, TESTS.parent)


@contextlib.contextmanager
def standing_in() -> Iterator[None]:
    """The packages of `tests/standins`, for as long as this lasts; then nothing is left of them."""
    import torch

    before, grad, threads = set(sys.modules), torch.is_grad_enabled(), torch.get_num_threads()
    allowed = torch.serialization.get_safe_globals()
    sys.path.insert(0, str(STANDINS))
    torch.set_num_threads(1)  # for networks so small others only wait for each other
    try:
        yield
    finally:
        sys.path.remove(str(STANDINS))
        for name in set(sys.modules) - before:
            if name.partition(".")[0] in PACKAGES:
                del sys.modules[name]
        torch.serialization.clear_safe_globals()
        torch.serialization.add_safe_globals(allowed)
        torch.set_grad_enabled(grad)
        torch.set_num_threads(threads)


@contextlib.contextmanager
def own_process() -> Iterator[None]:
    """Undo what loading does to the worker's process, which is here the tests'."""
    root, environment = logging.getLogger(), dict(os.environ)
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = handlers
        root.setLevel(level)
        os.environ.clear()
        os.environ.update(environment)


def load_engine(settings: EngineSettings) -> Any:
    """The engine, loaded in this process; call it while `standing_in`."""
    from pipeline.engines.humans4d.engine import Humans4DEngine

    engine = Humans4DEngine()
    with own_process(), warnings.catch_warnings():
        Loading(engine.stages(settings)).run(lambda statuses: None)
    return engine


def painted(
    index: int,
    boxes: Sequence[Box],
    size: tuple[int, int] = (320, 240),
    colours: Sequence[Sequence[int]] = COLOURS,
    on: Any = None,
) -> Frame:
    """A grey picture, or another, with persons in it, each in a colour of their own with a darker middle."""
    width, height = size
    image = np.full((height, width, 3), GREY, np.uint8) if on is None else np.array(on)
    for number, box in enumerate(boxes):
        x1, y1, x2, y2 = (round(edge) for edge in box)
        colour = np.array(colours[number % len(colours)])
        image[y1:y2, x1:x2] = colour
        third = (y2 - y1) // 3
        image[y1 + third : y2 - third, x1:x2] = colour * 0.8
    return Frame(index, index, index / 25, image)


def row_of(count: int, size: tuple[int, int] = (320, 240), shift: float = 0.0) -> tuple[Box, ...]:
    """Boxes of people who stand apart, six in a row."""
    width, height = size
    wide, tall = width / 6, height / 2
    boxes = []
    for number in range(count):
        row, column = divmod(number, 6)
        x, y = column * wide + 0.2 * wide + shift, row * tall + 0.1 * tall
        boxes.append((x, y, x + 0.55 * wide, y + 0.8 * tall))
    return tuple(boxes)
