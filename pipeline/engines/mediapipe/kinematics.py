"""From 33 landmarks in 3D to the 24 rotations of SMPL, limb by limb.

All directions are compared with those of the body at rest, so any body in SMPL's format will do:

* Pelvis: hip to hip line, and up the trunk. Thorax: shoulder to shoulder line, and up the trunk. The three
  spine joints share the rotation between them equally.
* Head: ear to ear line, and nose from between the ears; the neck takes half of the rotation from the thorax.
* Upper arm and thigh point from joint to joint (swing). How they are turned about themselves (twist) follows
  from the plane of the bent limb: elbow and knee are hinges and bend in one plane, the elbow forwards, the
  knee backwards. A straight limb has no such plane; then the arm keeps the twist of the shortest swing, and
  the leg takes it from the foot and the pelvis. In between the two blend.
* Elbow and knee: the bend about the hinge; a knee does not bend forwards.
* Hand: wrist to knuckles, and little finger to index finger. Half of its twist about the forearm goes to
  the elbow, as the two bones of the forearm do it. Foot: heel to toe, and up the shin.

Collar bones, toes and fingers stay at rest. `fit` refines the result against the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.engines.mediapipe.landmarks import INDEX
from pipeline.engines.mediapipe.markers import Rest
from pipeline.engines.mediapipe.rotations import (
    Array,
    arc,
    cross,
    exp,
    limited,
    part,
    turn_frame,
    twist_about,
    unit,
)
from pipeline.smpl import PARENTS

# A limb bent by less than the first says nothing about its hinge, by more than the second all (rad).
_STRAIGHT, _BENT = 0.15, 0.6
# How far the joints turn (rad); the landmarks of hands, feet and faces are noisy.
_HEAD_LIMIT, _WRIST_LIMIT, _ANKLE_LIMIT, _TWIST_LIMIT, _SPINE_LIMIT = 1.2, 1.0, 0.9, 1.3, 1.5


@dataclass(frozen=True)
class Limb:
    """An arm or a leg.

    Attributes:
        upper: SMPL joint it hangs from.
        hinge: SMPL joint that bends.
        end: SMPL joint at its end.
        points: The three landmarks.
        towards: Where the end goes when the hinge bends, at rest: an axis and its sign.
    """

    upper: int
    hinge: int
    end: int
    points: tuple[int, int, int]
    towards: tuple[float, float, float]

    def bones(self, points: Array) -> tuple[Array, Array]:
        """The upper and the lower bone (3,) between the limb's landmarks."""
        first, middle, last = (points[k] for k in self.points)
        return middle - first, last - middle

    def axis(self, rest: Rest) -> Array:
        """Unit axis (3,) of the hinge at rest; turning about it by a positive angle bends the limb."""
        return unit(cross(self.bones(rest.markers)[0], np.array(self.towards)))


_FORWARD, _BACKWARD = (0.0, 0.0, 1.0), (0.0, 0.0, -1.0)
ARMS = (Limb(16, 18, 20, (11, 13, 15), _FORWARD), Limb(17, 19, 21, (12, 14, 16), _FORWARD))
LEGS = (Limb(1, 4, 7, (23, 25, 27), _BACKWARD), Limb(2, 5, 8, (24, 26, 28), _BACKWARD))


def rotations(points: Array, rest: Rest) -> Array:
    """Joint rotations of a person.

    Args:
        points: (33, 3) landmarks in camera axes, any origin; only directions count.
        rest: The body to pose.

    Returns:
        (24, 3, 3) rotations relative to the parent; the first is `global_orient`.
    """
    turned = np.tile(np.eye(3), (24, 1, 1))
    turned[0], turned[9] = _girdle(points, rest, "hip"), _girdle(points, rest, "shoulder")
    _bend_spine(turned)
    _turn_head(turned, points, rest)
    for joint in (13, 14):
        turned[joint] = turned[9]
    for arm, side in zip(ARMS, ("left", "right"), strict=True):
        _reach(turned, arm, points, rest, side)
    for leg, side in zip(LEGS, ("left", "right"), strict=True):
        _step(turned, leg, points, rest, side)
    return relative(turned)


def relative(turned: Array) -> Array:
    """Rotations relative to the parent, of rotations in the camera's axes, (24, 3, 3) both."""
    local = turned.copy()
    local[1:] = turned[list(PARENTS[1:])].transpose(0, 2, 1) @ turned[1:]
    return local


def _between(points: Array, left: str, right: str) -> Array:
    middle: Array = (points[INDEX[left]] + points[INDEX[right]]) / 2
    return middle


def _girdle(points: Array, rest: Rest, name: str) -> Array:
    """The pelvis by the hips or the thorax by the shoulders, with the trunk for up."""

    def directions(at: Array) -> tuple[Array, Array]:
        across = at[INDEX[f"left_{name}"]] - at[INDEX[f"right_{name}"]]
        up = _between(at, "left_shoulder", "right_shoulder") - _between(at, "left_hip", "right_hip")
        return across, up

    (across, up), (rest_across, rest_up) = directions(points), directions(rest.markers)
    # The trunk's direction is surer than the line across, which is short and often seen from the side.
    return turn_frame((rest_up, rest_across), (up, across))


def _bend_spine(turned: Array) -> None:
    third = part(limited(turned[0].T @ turned[9], _SPINE_LIMIT), 1 / 3)
    for below, joint in ((0, 3), (3, 6), (6, 9)):
        turned[joint] = turned[below] @ third


def _turn_head(turned: Array, points: Array, rest: Rest) -> None:
    def directions(at: Array) -> tuple[Array, Array]:
        return at[INDEX["left_ear"]] - at[INDEX["right_ear"]], at[0] - _between(at, "left_ear", "right_ear")

    head = turn_frame(directions(rest.markers), directions(points))
    nod = limited(turned[9].T @ head, _HEAD_LIMIT)
    turned[12] = turned[9] @ part(nod, 0.5)
    turned[15] = turned[9] @ nod


def _bend(limb: Limb, points: Array, rest: Rest) -> tuple[Array, Array, Array, float]:
    """Directions (3,) of both bones and of the hinge's axis, and how sure the axis is, in [0, 1]."""
    upper, lower = (unit(bone) for bone in limb.bones(points))
    angle = float(np.arccos(np.clip(upper @ lower, -1, 1)))
    share = float(np.clip((angle - _STRAIGHT) / (_BENT - _STRAIGHT), 0, 1))
    return upper, lower, _hinge(limb, upper, lower, rest), share * share * (3 - 2 * share)


def _hinge(limb: Limb, upper: Array, lower: Array, rest: Rest) -> Array:
    """Axis (3,) square to the upper bone about which the lower bone can reach its direction.

    The lower bone need not be square to the axis (knock knees): turning keeps its part along the axis.
    """
    along = float(limb.axis(rest) @ unit(limb.bones(rest.markers)[1]))
    normal = unit(cross(upper, lower))
    inward = cross(upper, normal)
    sine = float(np.clip(along / min(float(lower @ inward), -0.05), -0.7, 0.7))
    return np.asarray(normal * np.sqrt(1 - sine * sine) + inward * sine, np.float64)


def _swing(turned: Array, limb: Limb, upper: Array, hinge: Array, rest: Rest) -> None:
    """Point the upper bone, with the hinge's axis where it should be."""
    bone, _ = limb.bones(rest.markers)
    turned[limb.upper] = turn_frame((bone, limb.axis(rest)), (upper, hinge))


def _flex(turned: Array, limb: Limb, lower: Array, rest: Rest, least: float) -> None:
    """Bend the hinge so that the lower bone points as nearly as it can where it should."""
    axis = limb.axis(rest)
    _, bone = limb.bones(rest.markers)
    goal = turned[limb.upper].T @ lower
    flat, flat_goal = (vector - axis * (vector @ axis) for vector in (bone, goal))
    angle = float(np.arctan2(axis @ cross(flat, flat_goal), flat @ flat_goal))
    turned[limb.hinge] = turned[limb.upper] @ exp(axis * max(angle, least))


def _blended(sure: Array, other: Array, share: float) -> Array:
    """A direction between two; if they oppose each other the bend was read wrong, and the other holds."""
    return other if sure @ other < -0.5 and share < 1 else share * unit(sure) + (1 - share) * unit(other)


def _reach(turned: Array, arm: Limb, points: Array, rest: Rest, side: str) -> None:
    upper, lower, hinge, share = _bend(arm, points, rest)
    bone, _ = arm.bones(rest.markers)
    collar = turned[PARENTS[arm.upper]]
    relaxed = collar @ arc(bone, collar.T @ upper) @ arm.axis(rest)
    _swing(turned, arm, upper, _blended(hinge, relaxed, share), rest)
    _flex(turned, arm, lower, rest, least=-0.1)
    _turn_hand(turned, arm, points, rest, side)


def _turn_hand(turned: Array, arm: Limb, points: Array, rest: Rest, side: str) -> None:
    def directions(at: Array) -> tuple[Array, Array]:
        index, pinky = at[INDEX[f"{side}_index"]], at[INDEX[f"{side}_pinky"]]
        return (index + pinky) / 2 - at[INDEX[f"{side}_wrist"]], index - pinky

    forearm = turned[arm.hinge].copy()
    hand = forearm.T @ turn_frame(directions(rest.markers), directions(points))
    axis = unit(rest.joints[arm.end] - rest.joints[arm.hinge])
    twist = float(np.clip(twist_about(hand, axis), -_TWIST_LIMIT, _TWIST_LIMIT))
    swing = limited(hand @ exp(-axis * twist_about(hand, axis)), _WRIST_LIMIT)
    turned[arm.hinge] = forearm @ exp(axis * twist / 2)
    turned[arm.end] = forearm @ swing @ exp(axis * twist)
    turned[arm.end + 2] = turned[arm.end]


def _step(turned: Array, leg: Limb, points: Array, rest: Rest, side: str) -> None:
    upper, lower, hinge, share = _bend(leg, points, rest)
    across = turned[0] @ leg.axis(rest)
    toe = points[INDEX[f"{side}_foot_index"]] - points[INDEX[f"{side}_heel"]]
    straight = unit(across) + unit(cross(toe, lower))
    _swing(turned, leg, upper, _blended(hinge, straight, share), rest)
    _flex(turned, leg, lower, rest, least=0.0)
    _turn_foot(turned, leg, toe, lower, rest, side)


def _turn_foot(turned: Array, leg: Limb, toe: Array, shin: Array, rest: Rest, side: str) -> None:
    at = rest.markers
    rest_toe = at[INDEX[f"{side}_foot_index"]] - at[INDEX[f"{side}_heel"]]
    rest_shin = rest.joints[leg.end] - rest.joints[leg.hinge]
    foot = turn_frame((rest_toe, rest_shin), (toe, shin))
    turned[leg.end] = turned[leg.hinge] @ limited(turned[leg.hinge].T @ foot, _ANKLE_LIMIT)
    turned[leg.end + 3] = turned[leg.end]
