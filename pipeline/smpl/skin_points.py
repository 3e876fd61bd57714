"""Named places on the skin of a body, found by the geometry of its rest pose.

The nose is the most forward point of the head, the heel the rearmost of the foot, so any mesh in SMPL's format
will do; vertex numbers would fit one mesh only. The rest pose has y up, z forward, x to the subject's left.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.smpl.body import BodyModel

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# Face, in multiples of the distance from ear to ear: beside and above the nose.
_FACE = {
    "eye_inner": (0.11, 0.22), "eye": (0.21, 0.23), "eye_outer": (0.30, 0.22), "mouth": (0.16, -0.20),
}  # fmt: skip

_NOT_HUMAN = "The body model has no head, hands or feet where SMPL has them."


def skin_points(body: BodyModel) -> dict[str, tuple[int, int]]:
    """Joint and vertex of each named place.

    The names: nose, chin, head_top, mouth_left, mouth_right, and with left_ or right_ before it eye, eye_inner,
    eye_outer, ear, heel, foot_index (the big toe), small_toe, index, pinky (knuckles) and thumb.

    Raises:
        ValueError: The body's weights are not those of a human body.
    """
    vertices = body.v_template.astype(np.float64)
    marks = _face(vertices, body.weights[:, 15] > 0.5)
    for side, sign, first in (("left", 1.0, 0), ("right", -1.0, 1)):
        foot = body.weights[:, 7 + first] + body.weights[:, 10 + first] > 0.5
        hand = body.weights[:, 22 + first] > 0.5
        palm = body.weights[:, 20 + first] + body.weights[:, 22 + first] > 0.5
        knuckles = sign * float(body.J_template[22 + first, 0])
        marks |= {f"{side}_{name}": (7 + first, at) for name, at in _foot(vertices, foot, sign).items()}
        marks |= {
            f"{side}_{name}": (20 + first, at)
            for name, at in _hand(vertices, hand, palm, sign, knuckles).items()
        }
    return marks


def _face(vertices: Array, head: Mask) -> dict[str, tuple[int, int]]:
    nose = _extreme(vertices[:, 2], head & (np.abs(vertices[:, 0]) < 0.02))
    level = np.abs(vertices[:, 1] - vertices[nose, 1] - 0.01) < 0.03
    ears = {
        side: _extreme(sign * vertices[:, 0], head & level) for side, sign in (("left", 1), ("right", -1))
    }
    below = head & (np.abs(vertices[:, 0]) < 0.02) & (vertices[:, 1] < vertices[nose, 1] - 0.04)
    marks = {
        "nose": (15, nose),
        "head_top": (15, _extreme(vertices[:, 1], head)),
        "chin": (15, _extreme(vertices[:, 2] - vertices[:, 1] / 2, below)),
        "left_ear": (15, ears["left"]),
        "right_ear": (15, ears["right"]),
    }
    width = float(vertices[ears["left"], 0] - vertices[ears["right"], 0])
    front = head & (vertices[:, 2] > vertices[ears["left"], 2])
    for name, (beside, above) in _FACE.items():
        for side, sign in (("left", 1), ("right", -1)):
            place = vertices[nose, :2] + np.array([sign * beside, above]) * width
            apart = np.linalg.norm(vertices[:, :2] - place, axis=1)
            marks[f"mouth_{side}" if name == "mouth" else f"{side}_{name}"] = (15, _extreme(-apart, front))
    return marks


def _foot(vertices: Array, foot: Mask, sign: float) -> dict[str, int]:
    height, forward = vertices[:, 1], vertices[:, 2]
    low = foot & (height < height[foot].min() + 0.6 * np.ptp(height[foot]))
    outward = sign * vertices[:, 0]
    outer = low & (outward > np.median(outward[low]))
    return {
        "heel": _extreme(-forward, low),
        "foot_index": _extreme(forward, low),
        "small_toe": _extreme(forward + outward, outer),
    }


def _hand(vertices: Array, hand: Mask, palm: Mask, sign: float, knuckles: float) -> dict[str, int]:
    """At rest the palms face down and the thumbs forward; the knuckles begin at the hand's joint."""
    out = sign * vertices[:, 0]
    row = hand & (out > knuckles - 0.005) & (out < knuckles + 0.02)
    if not row.any():
        raise ValueError(_NOT_HUMAN)
    low, high = np.percentile(vertices[row, 2], [8, 92])
    near = np.abs(out - knuckles)
    return {
        "index": _extreme(-np.abs(vertices[:, 2] - high) - near, row),
        "pinky": _extreme(-np.abs(vertices[:, 2] - low) - near, row),
        "thumb": _extreme(vertices[:, 2], palm),
    }


def _extreme(values: Array, among: Mask) -> int:
    """Index of the largest of some values.

    Raises:
        ValueError: There are none; the body's weights are not those of a human body.
    """
    if not among.any():
        raise ValueError(_NOT_HUMAN)
    return int(np.where(among, values, -np.inf).argmax())
