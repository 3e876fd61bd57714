"""A walking person, as SMPL rotations: feet that stand still while they stand, and legs that reach them.

The feet are planned first: where each stands, how it rolls from heel to toe, how it swings. The legs
follow by two-bone inverse kinematics. Pelvis, spine, arms and head swing with the step, with
amplitudes chosen by eye.

World frame: y up, metres, floor at 0; x and z along the floor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import convolve1d, minimum_filter1d
from scipy.spatial.transform import Rotation

from pipeline.smpl import JOINT_NAMES, PARENTS, BodyModel

Array = npt.NDArray[np.float64]

AT = {name: index for index, name in enumerate(JOINT_NAMES)}
STANCE = 0.62  # share of the cycle a foot stands
BELOW = 0.26  # share of the cycle after which the pelvis is above the standing foot
REACH = 0.998  # share of its full length a leg is stretched to at most
STEP_WIDTH = 0.055  # m, of each foot from the middle
LIFT = 0.045  # m, of the swinging foot
ARMS_DOWN = 1.25  # rad, from the T-pose

# How far the toes point up over the cycle, in rad: heel strike, flat, heel off, swing.
_PITCH = PchipInterpolator(
    [0, 0.1, 0.2, 0.36, 0.5, STANCE, 0.74, 0.87, 0.95, 1.0], [0.3, 0, 0, 0, -0.3, -0.85, -0.5, 0.1, 0.3, 0.3]
)


@dataclass(frozen=True)
class Motion:
    """A body in motion.

    Attributes:
        rotations: (T, 24, 3, 3) relative to the parent, the first in the world.
        pelvis: (T, 3) m, where the pelvis joint is in the world.
    """

    rotations: Array
    pelvis: Array


def about(axis: str, angle: Array | float) -> Array:
    """Rotation matrices (..., 3, 3) about an axis, angles in rad."""
    vector = np.asarray(angle, float)[..., None] * np.eye(3)["xyz".index(axis)]
    return Rotation.from_rotvec(vector.reshape(-1, 3)).as_matrix().reshape(*vector.shape, 3)


def between(start: Array, end: Array, share: Array) -> Array:
    """Rotations (T, 3, 3) on the way from some (T, 3, 3) to others, by shares (T,)."""
    vectors = Rotation.from_matrix(start.transpose(0, 2, 1) @ end).as_rotvec()
    return start @ Rotation.from_rotvec(vectors * share[:, None]).as_matrix()


class Walk:
    """One person's walk along a straight line."""

    def __init__(
        self,
        body: BodyModel,
        betas: Array,
        start: tuple[float, float],
        end: tuple[float, float],
        cycle: float,
        offset: float,
    ) -> None:
        """Plan a walk from one place (x, z) to another.

        The cycle is the time of two steps in s, the offset where in it the walk begins.
        """
        self.joints = body.rest_joints(betas[None].astype(np.float32))[0].astype(np.float64)
        self.sole = float(body.rest_vertices(betas[None].astype(np.float32))[0, :, 1].min())
        self.start, self.end = np.array(start), np.array(end)
        self.cycle, self.offset = cycle, offset
        way = self.end - self.start
        self.heading = about("y", np.arctan2(way[0], way[1]))
        self.length = float(np.linalg.norm(way))

    def motion(self, times: Array) -> Motion:
        """The person at times (T,) in s, of which the last ends the way."""
        speed = self.length / times[-1]
        phase = times / self.cycle + self.offset
        local = np.repeat(np.eye(3)[None, None], len(times), 0).repeat(24, 1)
        local[:, 0] = self.heading @ self._pelvis_turn(phase)
        feet = {side: self._foot(phase + half, speed) for side, half in (("left", 0.0), ("right", 0.5))}
        pelvis = self._pelvis_path(times, phase, speed, local[:, 0], feet)
        self._swing_trunk(local, phase)
        for side, half in (("left", 0.0), ("right", 0.5)):
            self._swing_arm(local, side, phase + half)
            self._reach(local, pelvis, side, *feet[side])
        return Motion(local, pelvis)

    def _pelvis_turn(self, phase: Array) -> Array:
        """The hip of the leading leg goes ahead, the hip of the swinging leg drops."""
        wave = 2 * np.pi * phase
        return about("y", -0.09 * np.cos(wave)) @ about("z", 0.04 * np.sin(wave))

    def _foot(self, phase: Array, speed: float) -> tuple[Array, Array]:
        """Ankle (T, 3) along the way, up and ahead of the walk's start, and pitch (T,), of one foot."""
        step, share = np.floor(phase), phase % 1.0
        pitch = _PITCH(share)
        stand, lift, strike = (self._rolled(_PITCH(at)) for at in (share, STANCE, 0.0))
        middle = (step - phase[0] + BELOW) * self.cycle * speed
        swing = np.clip((share - STANCE) / (1 - STANCE), 0, 1)
        eased = swing**3 * (10 - 15 * swing + 6 * swing**2)
        ahead = np.stack([np.zeros_like(phase), np.zeros_like(phase), middle], 1)
        after = ahead + np.array([0, 0, self.cycle * speed])
        up = np.array([0, 1, 0]) * (LIFT * np.sin(np.pi * swing) ** 2)[:, None]
        swung = (1 - eased)[:, None] * (ahead + lift) + eased[:, None] * (after + strike) + up
        return np.where((share < STANCE)[:, None], ahead + stand, swung), pitch

    def _rolled(self, pitch: Array | float) -> Array:
        """Ankle relative to where it is in a flat foot, rolled about heel (toes up) or ball (heel up)."""
        ankle, ball = self.joints[AT["left_ankle"]], self.joints[AT["left_foot"]]
        height = ankle[1] - self.sole
        heel = np.array([0, -height, -0.05])
        ball = np.array([0, -height, ball[2] - ankle[2]])
        pitch = np.asarray(pitch)[..., None]
        pivot = np.where(pitch > 0, heel, ball)
        turned = (about("x", -pitch[..., 0]) @ -pivot[..., None])[..., 0]
        return pivot + turned + np.array([0, height, 0])

    def _pelvis_path(
        self, times: Array, phase: Array, speed: float, turn: Array, feet: dict[str, tuple[Array, Array]]
    ) -> Array:
        """The pelvis as high as both legs reach at all times, which makes it bob, and with the sway of a walk."""
        along, sway = times * speed, 0.02 * np.sin(2 * np.pi * phase)
        flat = np.stack([sway, np.zeros_like(sway), along], 1)
        highest = np.full(len(times), np.inf)
        for side in ("left", "right"):
            ankle = self._in_world(feet[side][0], side)
            hip = self._in_world(flat, "") + turn @ self._bone("pelvis", f"{side}_hip")
            across = np.linalg.norm((ankle - hip)[:, [0, 2]], axis=1)
            reach = REACH * self._leg_length(side)
            highest = np.minimum(highest, ankle[:, 1] - hip[:, 1] + np.sqrt(reach**2 - across**2))
        # The lower envelope, and a smoothing no wider than it: smooth and within reach at all times.
        width = round(0.1 * self.cycle / (times[1] - times[0])) | 1
        low = minimum_filter1d(highest, width, mode="nearest")
        window = np.hanning(width + 2)[1:-1]
        flat[:, 1] = convolve1d(low, window / window.sum(), mode="nearest")
        return self._in_world(flat, "")

    def _in_world(self, walked: Array, side: str) -> Array:
        """World places of (T, 3) sideways to the left, up and along the way; feet stand apart."""
        sideways = {"left": STEP_WIDTH, "right": -STEP_WIDTH, "": 0.0}[side]
        flat = np.array([self.start[0], 0, self.start[1]])
        return (walked + np.array([sideways, 0, 0])) @ self.heading.T + flat

    def _bone(self, start: str, end: str) -> Array:
        return self.joints[AT[end]] - self.joints[AT[start]]

    def _leg_length(self, side: str) -> float:
        bones = (self._bone(f"{side}_hip", f"{side}_knee"), self._bone(f"{side}_knee", f"{side}_ankle"))
        return float(sum(np.linalg.norm(bone) for bone in bones))

    def _reach(self, local: Array, pelvis: Array, side: str, walked: Array, pitch: Array) -> None:
        """Turn hip, knee, ankle and toes so that the foot is where it is planned."""
        ankle = self._in_world(walked, side)
        hip = pelvis + local[:, 0] @ self._bone("pelvis", f"{side}_hip")
        thigh, shin = self._bone(f"{side}_hip", f"{side}_knee"), self._bone(f"{side}_knee", f"{side}_ankle")
        knee = bent_middle(hip, ankle, np.linalg.norm(thigh), np.linalg.norm(shin), self.heading[:, 2])
        upper = aimed(thigh, knee - hip, self.heading[:, 0])
        lower = aimed(shin, ankle - knee, self.heading[:, 0])
        foot = self.heading @ about("x", -pitch)
        for name, parent, turn in (
            ("hip", local[:, 0], upper),
            ("knee", upper, lower),
            ("ankle", lower, foot),
            ("foot", foot, self.heading @ about("x", -np.maximum(pitch, 0))),  # toes stay on the floor
        ):
            local[:, AT[f"{side}_{name}"]] = np.swapaxes(parent, 1, 2) @ turn

    def _swing_trunk(self, local: Array, phase: Array) -> None:
        """The shoulders turn against the hips; the head stays ahead."""
        wave = np.cos(2 * np.pi * phase)
        for name in ("spine1", "spine2", "spine3"):
            local[:, AT[name]] = about("y", 0.065 * wave) @ about("x", np.full_like(wave, 0.02))
        local[:, AT["spine1"]] = local[:, AT["spine1"]] @ about("z", 0.04 * np.sin(2 * np.pi * phase))
        for name in ("neck", "head"):
            local[:, AT[name]] = about("y", -0.05 * wave) @ about("x", np.full_like(wave, -0.03))

    def _swing_arm(self, local: Array, side: str, phase: Array) -> None:
        """An arm swings against its own side's leg, and bends more in front."""
        sign = 1 if side == "left" else -1
        swing = -0.38 * np.cos(2 * np.pi * phase - 0.2)
        local[:, AT[f"{side}_collar"]] = about("z", np.full_like(swing, -sign * 0.05))
        local[:, AT[f"{side}_shoulder"]] = about("x", -swing) @ about("z", -sign * ARMS_DOWN)
        local[:, AT[f"{side}_elbow"]] = about("y", -sign * (0.35 + 0.5 * np.maximum(swing, -0.2)))


def bent_middle(start: Array, end: Array, first: float, second: float, forward: Array) -> Array:
    """The knee (T, 3) between hip and ankle, bending towards a direction, by the law of cosines."""
    way = end - start
    distance = np.minimum(np.linalg.norm(way, axis=1), (first + second) * 0.999)
    along = way / np.linalg.norm(way, axis=1, keepdims=True)
    cosine = (first**2 + distance**2 - second**2) / (2 * first * distance)
    ahead = forward - (along @ forward)[:, None] * along
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    return start + first * (cosine[:, None] * along + np.sqrt(1 - cosine**2)[:, None] * ahead)


def aimed(rest: Array, bone: Array, sideways: Array) -> Array:
    """Rotations (T, 3, 3) that turn a rest bone (3,) onto bones (T, 3) and x towards sideways (3,)."""
    return _frame(bone, sideways) @ _frame(rest[None], np.array([1.0, 0, 0])).transpose(0, 2, 1)


def _frame(bone: Array, sideways: Array) -> Array:
    """Right-handed axes (T, 3, 3) with the second along the bone and the first near sideways."""
    second = bone / np.linalg.norm(bone, axis=1, keepdims=True)
    first = sideways - (second @ sideways)[:, None] * second
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return np.stack([first, second, np.cross(first, second)], 2)


def wave(local: Array, side: str, times: Array, begin: float, end: float) -> None:
    """Raise a hand and wave between two times, in place."""
    sign = 1 if side == "left" else -1
    share = np.clip((times - begin) / 0.5, 0, 1) * np.clip((end - times) / 0.6, 0, 1)
    share = share**2 * (3 - 2 * share)
    shaking = 0.35 * np.sin(2 * np.pi * 1.9 * (times - begin))
    still = np.zeros_like(times)
    poses = {
        "shoulder": about("z", still - sign * 0.25)
        @ about("y", still - sign * 0.95)
        @ about("x", still - 1.45),
        "elbow": about("y", -sign * (1.35 + shaking)),
        "wrist": about("y", -sign * 0.5 * shaking),
    }
    for name, pose in poses.items():
        joint = AT[f"{side}_{name}"]
        local[:, joint] = between(local[:, joint], pose, share)


def look(local: Array, angle: Array) -> None:
    """Turn neck and head by angles (T,) in rad to the left, in place."""
    for name in ("neck", "head"):
        local[:, AT[name]] = about("y", angle / 2) @ local[:, AT[name]]


def joint_places(rotations: Array, rest: Array, pelvis: Array) -> Array:
    """World joints (T, 24, 3) of a motion."""
    turned, places = rotations.copy(), np.repeat(pelvis[:, None], 24, 1)
    for joint, parent in list(enumerate(PARENTS))[1:]:
        turned[:, joint] = turned[:, parent] @ rotations[:, joint]
        places[:, joint] = places[:, parent] + turned[:, parent] @ (rest[joint] - rest[parent])
    return places
