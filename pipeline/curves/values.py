"""What a curve is: which there are, what they mean, and what is drawn of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.smpl.joints import JOINT_NAMES
from pipeline.structures import Int

Double = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]

MADE: tuple[str, ...] = ("", "filled", "smoothed")
"""What a code says of a frame: as an engine found it, filled in, or smoothed by a layer."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One thing that can be plotted of a person.

    Attributes:
        key: Its name in settings.
        title: Its name to show.
        unit: Of its values; empty for a bare number.
        meaning: How it is measured, in one or two sentences.
        lines: Names of the lines it has, such as left and right; one empty name for a single line.
        choices: What exactly may be chosen, as value and title; the first is the default.
        decimals: Digits to show behind the point.
        floor: A value the axis always shows, or NaN.
    """

    key: str
    title: str
    unit: str
    meaning: str
    lines: tuple[str, ...] = ("",)
    choices: tuple[tuple[str, str], ...] = ()
    decimals: int = 1
    floor: float = float("nan")

    def lines_of(self, choice: str) -> tuple[str, ...]:
        """Names of the lines of a choice."""
        return tuple(f"β{k + 1}" for k in range(10)) if choice == "all" else self.lines

    def title_of(self, choice: str) -> str:
        """The name to show of a choice."""
        named = dict(self.choices).get(choice, "")
        return f"{self.title}, {named[0].lower()}{named[1:]}" if named else self.title

    def unit_of(self, choice: str) -> str:
        """The unit of a choice."""
        return "" if self.key == "betas" and choice != "drift" else self.unit


def joint_title(joint: int) -> str:
    """A joint's name as people read it: "left knee"."""
    return JOINT_NAMES[joint].replace("_", " ").replace("spine", "spine ")


_BY_SIDE = sorted(range(1, len(JOINT_NAMES)), key=lambda j: (JOINT_NAMES[j].split("_")[-1] in ("hand",), j))
_JOINTS = tuple((str(j), joint_title(j).capitalize()) for j in _BY_SIDE)
_SIDES = ("left", "right")

CURVES: tuple[Curve, ...] = (
    Curve(
        "speed", "Speed", "m/s",
        "How fast the pelvis moves: in the world where the camera is solved, else as the camera sees it.",
        decimals=2, floor=0.0,
    ),
    Curve(
        "acceleration", "Acceleration", "m/s²",
        "How fast the velocity of the joints changes, as seen from the pelvis: the mean of all, the largest, or one.",
        choices=(("mean", "Mean"), ("max", "Largest"), *_JOINTS), floor=0.0,
    ),
    Curve("depth", "Depth", "m", "How far the pelvis is in front of the camera.", decimals=2),
    Curve(
        "knee", "Knee flexion", "°", "The angle between thigh and shank: 0° is a straight leg.", _SIDES, decimals=0,
    ),
    Curve(
        "elbow", "Elbow flexion", "°", "The angle between upper arm and forearm: 0° is a straight arm.", _SIDES,
        decimals=0,
    ),
    Curve(
        "hip", "Hip flexion", "°",
        "How far the thigh is raised to the front of the pelvis, in its sagittal plane: 0° points straight down, "
        "less than 0° to the back.",
        _SIDES, decimals=0,
    ),
    Curve(
        "shoulder", "Shoulder elevation", "°",
        "The angle between upper arm and trunk: 0° is a hanging arm, 90° a level one, 180° one straight up.",
        _SIDES, decimals=0,
    ),
    Curve(
        "rotation", "Joint rotation", "°",
        "By how much a joint is turned from its rest pose, about whatever axis, against its parent.",
        choices=_JOINTS, decimals=0,
    ),
    Curve(
        "betas", "Body shape", "mm",
        "Drift: how far the joints at rest are from where the track's median shape has them, as root of the mean "
        "square. Or the shape coefficients, which have no unit.",
        choices=(
            ("drift", "Drift"), ("all", "All ten"), *((str(k), f"β{k + 1}") for k in range(10)),
        ),
    ),
    Curve("score", "Score", "", "What the detector says how sure it is, from 0 to 1.", decimals=2),
    Curve("box", "Box size", "px", "Height and width of the box in the picture.", ("height", "width"), decimals=0),
)  # fmt: skip
"""All curves, in the order they are shown."""

BY_KEY: Mapping[str, Curve] = {curve.key: curve for curve in CURVES}


class Wish(NamedTuple):
    """A curve somebody wants to see.

    Attributes:
        key: Of the curve.
        choice: One of its choices; empty if it has none.
    """

    key: str
    choice: str = ""

    @property
    def curve(self) -> Curve:
        """What it is; an unknown key is a KeyError."""
        return BY_KEY[self.key]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """The numbers of one curve of one person.

    Attributes:
        track: The person; 0 for what is the frame's.
        frames: (K,) ascending.
        times: (K,) s, presentation times.
        values: (K, L) in the curve's unit, a column for each line; NaN where there is none.
        made: (K,) codes of MADE.
    """

    track: int
    frames: Int
    times: Double
    values: Double
    made: Codes


def joined_to_previous(frames: Int) -> Flags:
    """(K,) which of ascending frames follow the one before without a gap.

    A step is a gap if it is longer than the usual one: a track that was run on every fifth frame has none.
    """
    steps = np.diff(frames)
    usual = max(float(np.median(steps)), 1.0) if len(steps) else 1.0
    return np.concatenate([[False] * min(len(frames), 1), steps <= usual]).astype(bool)
