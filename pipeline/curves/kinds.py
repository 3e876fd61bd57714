"""The curves there are, and how each is measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from pipeline.curves.rows import Rows
from pipeline.smpl.joints import JOINT_NAMES
from pipeline.structures import Float, Int


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of curve.

    Attributes:
        key: Its name in settings.
        title: Its name to show.
        unit: Of its values; empty for a share.
        lines: What its lines are called; one without a name if there is only one.
        meaning: How it is defined, in a sentence.
        measure: (L, K) values of K rows of one track, NaN where nothing can be said.
    """

    key: str
    title: str
    unit: str
    lines: tuple[str, ...]
    meaning: str
    measure: Callable[[Rows], Float]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line of one person.

    Attributes:
        key: The kind's.
        title: The kind's.
        unit: Of the values.
        line: Which of the kind's lines; may be empty.
        frames: (K,) ascending.
        times: (K,) s.
        values: (K,) NaN where nothing can be said.
        made: (K,) place in `pipeline.curves.rows.MADE`.
        follows: (K,) whether no gap lies before it.
    """

    key: str
    title: str
    unit: str
    line: str
    frames: Int
    times: npt.NDArray[np.float64]
    values: Float
    made: npt.NDArray[np.int8]
    follows: npt.NDArray[np.bool_]

    @property
    def heading(self) -> str:
        """Its name with the unit, as in a table: "Knee flexion left [deg]"."""
        unit = {"°": "deg", "m/s²": "m/s^2"}.get(self.unit, self.unit)
        return f"{self.title}{' ' if self.line else ''}{self.line}" + (f" [{unit}]" if unit else "")


def curves_of(rows: Rows, kind: Kind) -> tuple[Curve, ...]:
    """The curves of a kind, of one track."""
    values = kind.measure(rows)
    follows = rows.follows()
    return tuple(
        Curve(kind.key, kind.title, kind.unit, line, rows.frames, rows.times, of_line, rows.made, follows)
        for line, of_line in zip(kind.lines, values, strict=True)
    )


def speed(rows: Rows) -> Float:
    """(1, K) m/s of the pelvis: central differences over presentation times, one-sided next to a gap."""
    count, follows = len(rows), rows.follows()
    here = np.arange(count)
    before = np.where(follows, here - 1, here)
    after = np.where(np.append(follows[1:], False), here + 1, here)
    way = np.linalg.norm(rows.pelvis[after] - rows.pelvis[before], axis=1)
    return _shares(way, rows.times[after] - rows.times[before])[None]


def acceleration(rows: Rows) -> Float:
    """(2, K) m/s², mean and greatest over the joints, of their places from the pelvis in camera axes.

    The second difference on uneven times; that of the pelvis itself is left out, as depth is too uncertain.
    """
    values = np.full((2, len(rows)), np.nan, np.float32)
    if len(rows) < 3:
        return values
    joints, steps = rows.joints[:, 1:].astype(np.float64), np.diff(rows.times)
    steps = np.where(steps > 0, steps, np.nan)[:, None, None]
    change = np.diff(np.diff(joints, axis=0) / steps, axis=0) / ((steps[1:] + steps[:-1]) / 2)
    size = np.linalg.norm(change, axis=2)
    values[:, 1:-1] = np.stack([size.mean(1), size.max(1)])
    follows = rows.follows()
    values[:, ~(follows & np.append(follows[1:], False))] = np.nan
    return values


def _joint(rows: Rows, name: str) -> Float:
    place: Float = rows.joints[:, JOINT_NAMES.index(name)]
    return place


def _bend(first: tuple[str, str], second: tuple[str, str], rows: Rows) -> Float:
    """(2, K) degrees between two bones of either side; "{}" in a joint's name is the side."""
    return np.stack([_between(rows, first, second, side) for side in ("left", "right")])


def _between(rows: Rows, first: tuple[str, str], second: tuple[str, str], side: str) -> Float:
    one, other = (
        _joint(rows, end.format(side)) - _joint(rows, start.format(side)) for start, end in (first, second)
    )
    sine = np.linalg.norm(np.cross(one, other), axis=1)
    angle: Float = np.degrees(np.arctan2(sine, (one * other).sum(1))).astype(np.float32)
    return angle


def depth(rows: Rows) -> Float:
    """(1, K) m of the pelvis along the camera's axis."""
    return rows.pelvis[:, 2][None]


def drift(rows: Rows) -> Float:
    """(1, K) standard deviations between the body shape and the track's median one."""
    if not len(rows):
        return np.zeros((1, 0), np.float32)
    away: Float = np.linalg.norm(rows.betas - np.median(rows.betas, axis=0), axis=1)[None]
    return away


def _betas(rows: Rows) -> Float:
    return np.ascontiguousarray(rows.betas.T)


def _score(rows: Rows) -> Float:
    return rows.scores[None]


def _box(rows: Rows) -> Float:
    """(2, K) px."""
    boxes = rows.boxes
    return np.stack([boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]])


def _shares(of: Float, by: npt.NDArray[np.float64]) -> Float:
    out = np.full(len(of), np.nan)
    return np.asarray(np.divide(of, by, out=out, where=by > 0), np.float32)


_SIDES = ("left", "right")
_TRUNK = ("neck", "pelvis")
_THIGH, _SHANK = ("{}_hip", "{}_knee"), ("{}_knee", "{}_ankle")
_UPPER_ARM, _FOREARM = ("{}_shoulder", "{}_elbow"), ("{}_elbow", "{}_wrist")

KINDS: tuple[Kind, ...] = (
    Kind("speed", "Speed", "m/s", ("",), "Of the pelvis in the camera frame.", speed),
    Kind(
        "acceleration", "Joint acceleration", "m/s²", ("mean", "greatest"),
        "Of all joints' places from the pelvis: their mean and the greatest.", acceleration,
    ),
    Kind(
        "knees", "Knee flexion", "°", _SIDES,
        "Angle between thigh and shank; 0° is a straight leg.", partial(_bend, _THIGH, _SHANK),
    ),
    Kind(
        "hips", "Hip flexion", "°", _SIDES,
        "Angle between the trunk (neck to pelvis) and the thigh; 0° is standing upright.",
        partial(_bend, _TRUNK, _THIGH),
    ),
    Kind(
        "elbows", "Elbow flexion", "°", _SIDES,
        "Angle between upper arm and forearm; 0° is a straight arm.", partial(_bend, _UPPER_ARM, _FOREARM),
    ),
    Kind(
        "shoulders", "Shoulder elevation", "°", _SIDES,
        "Angle between the trunk (neck to pelvis) and the upper arm; 0° is hanging, 90° stretched out.",
        partial(_bend, _TRUNK, _UPPER_ARM),
    ),
    Kind("depth", "Depth", "m", ("",), "Of the pelvis along the camera's axis.", depth),
    Kind(
        "drift", "Body shape drift", "SD", ("",),
        "Distance of the ten betas from the track's median, in standard deviations.", drift,
    ),
    Kind(
        "betas", "Betas", "SD", tuple(f"β{k}" for k in range(1, 11)),
        "The ten numbers of the body's shape, in standard deviations.", _betas,
    ),
    Kind("score", "Detection score", "", ("",), "Of the detector, from 0 to 1.", _score),
    Kind("box", "Box size", "px", ("width", "height"), "Of the person's box in the picture.", _box),
)  # fmt: skip
BY_KEY = {kind.key: kind for kind in KINDS}
