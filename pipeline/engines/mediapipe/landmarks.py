"""The 33 landmarks: their names, and reading them from a region of the picture.

Left and right are the subject's. Hands: 17 to 22 are the knuckles of the little and the index finger and
the thumb's second joint. Order from MediaPipe's `PoseLandmark`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.engines.mediapipe.graphs import LANDMARK_SIZE, LandmarkNetwork, RawPose
from pipeline.engines.mediapipe.regions import Region, region_of_axis
from pipeline.structures import Float, Image

LANDMARK_NAMES: tuple[str, ...] = (
    "nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer",
    "left_ear", "right_ear", "mouth_left", "mouth_right", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_pinky", "right_pinky", "left_index", "right_index",
    "left_thumb", "right_thumb", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle", "left_heel", "right_heel", "left_foot_index", "right_foot_index",
)  # fmt: skip
LANDMARK_COUNT = len(LANDMARK_NAMES)
INDEX = {name: index for index, name in enumerate(LANDMARK_NAMES)}

# Shoulders, elbows, wrists, hips, knees, ankles, left and right: what a body is compared by.
LIMBS = tuple(range(11, 17)) + tuple(range(23, 29))
_HIPS, _RIM = 33, 34


def _swapped() -> list[int]:
    """For each of the network's 39 points the one that stands for it in a mirrored picture."""
    other = {"left": "right", "right": "left"}
    names = ["_".join(other.get(word, word) for word in name.split("_")) for name in LANDMARK_NAMES]
    # 33 and 34 lie in the middle; 35 to 38 are hands' centres, which nothing here reads.
    return [INDEX[name] for name in names] + [33, 34, 36, 35, 38, 37]


_SWAPPED = _swapped()
# The landmarks stop at the eyes; the head goes on for about a quarter of shoulder to eye.
_PADDING = 0.12
_BODY = slice(11, 33)
# A region is 2.5 times the circle's radius and a standing person about two radii high.
PERSON_IN_REGION = 1.25
# Both looks agree on a part of the body when all its landmarks are that near: in heights of a person, and m.
_AGREES, _AGREES_DEPTH = 0.06, 0.15
_CLEARLY = 0.15
# Elbows, wrists, knees and ankles; when fewer of them lie on the mask it is worth another look, turned so far.
_LIMB_ENDS, _ON_MASK, _TURNS = [13, 14, 15, 16, 25, 26, 27, 28], 0.99, (0.15, -0.15)
_PARTS = ([*range(11)], [11, 12, 23, 24], [*range(13, 23)], [*range(25, 33)])
_SECOND_LOOK = 1.1


@dataclass(frozen=True, eq=False)
class Pose:
    """A person's landmarks.

    Attributes:
        region: Where they were looked for.
        next_region: Where to look next: the region centred on what was found.
        score: The network's probability that a person fills the region, in [0, 1].
        points: (33, 2) px of the picture.
        visibility: (33,) in [0, 1].
        world: (33, 3) m relative to the middle of the hips, axes of the picture: x right, y down, z away.
        box: (4,) x1, y1, x2, y2 px around the person, within the picture.
        mask: (256, 256) probability by pixel of `region`.
        doubt: How far the landmarks of the mirrored region lie from these, as a share of the person's
            height (median); 0 where it was not asked.
    """

    region: Region
    next_region: Region
    score: float
    points: Float
    visibility: Float
    world: Float
    box: Float
    mask: Float
    doubt: float = 0.0

    @property
    def height(self) -> float:
        """Of the box, px."""
        return float(self.box[3] - self.box[1])

    def full_mask(self, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
        """The mask in a picture of size (W, H), without what lies far from the landmarks."""
        x1, y1, x2, y2 = (int(v) for v in np.round(self.box))
        mask: npt.NDArray[np.bool_] = np.zeros((size[1], size[0]), bool)
        if x2 > x1 and y2 > y1:
            mask[y1:y2, x1:x2] = self.region.paste(self.mask, (x1, y1), (x2 - x1, y2 - y1)) > 0.5
        return mask

    def covers(self, points: Float) -> float:
        """Share of points (K, 2) px that lie on the person's mask."""
        local = (points - self.region.centre) @ self.region.turn() * (len(self.mask) / self.region.size)
        places = np.floor(local + len(self.mask) / 2).astype(int)
        inside = ((places >= 0) & (places < len(self.mask))).all(1)
        columns, rows = places[inside].T
        return float((self.mask[rows, columns] > 0.5).sum()) / len(points)


def read_pose(network: LandmarkNetwork, image: Image, region: Region) -> Pose:
    """Look for one person's landmarks in a region; `score` says whether there is one."""
    return place(network.run(region.cut(image, LANDMARK_SIZE)), region, (image.shape[1], image.shape[0]))


def confirm(network: LandmarkNetwork, image: Image, pose: Pose, before: Pose | None = None) -> Pose:
    """Ask the network again about the mirrored, slightly larger region; what both agree on is their mean.

    The landmarks of a person are found mirrored too; what is read into a trolley is not. From the side the two
    looks may take the left leg for the right, and the mean would be neither: see `_likelier`.
    """
    region = replace(pose.next_region, size=pose.next_region.size * _SECOND_LOOK)
    flipped = mirrored(network.run(region.cut(image, LANDMARK_SIZE)[:, ::-1]))
    other = place(flipped, region, (image.shape[1], image.shape[0]))
    apart = np.linalg.norm(other.points - pose.points, axis=1) * PERSON_IN_REGION
    apart /= max(pose.next_region.size, 1.0)
    # Two looks, of which the network may miss a small person in one.
    score = 0.75 * max(pose.score, other.score) + 0.25 * min(pose.score, other.score)
    agreed = _agreed(pose, other, apart, before)
    agreed = replace(agreed, doubt=float(np.median(apart[_BODY])), score=score)
    return _looked_again(network, image, agreed) if agreed.doubt < _AGREES else agreed


def _looked_again(network: LandmarkNetwork, image: Image, pose: Pose) -> Pose:
    """With limbs that lie beside the person's own mask read anew, from regions turned a little."""
    for angle in _TURNS:
        if pose.covers(pose.points[_LIMB_ENDS]) >= _ON_MASK:
            return pose
        region = replace(pose.next_region, size=pose.next_region.size * _SECOND_LOOK)
        other = read_pose(network, image, replace(region, angle=region.angle + angle))
        for part in _PARTS[2:]:
            if pose.covers(other.points[part]) > pose.covers(pose.points[part]) + _CLEARLY:
                pose = _with_part(pose, other, part)
    return pose


def _with_part(pose: Pose, other: Pose, part: list[int]) -> Pose:
    points, world, visibility = pose.points.copy(), pose.world.copy(), pose.visibility.copy()
    points[part], world[part], visibility[part] = (
        other.points[part],
        other.world[part],
        other.visibility[part],
    )
    return replace(pose, points=points, world=world, visibility=visibility)


def _agreed(pose: Pose, other: Pose, apart: Float, before: Pose | None) -> Pose:
    """The mean of two looks part by part; where they are `apart` (33,) in picture or depth, one of them."""
    mean = replace(
        pose,
        points=_mean(pose.points, other.points),
        world=_mean(pose.world, other.world),
        visibility=_mean(pose.visibility, other.visibility),
    )
    for part in _PARTS:
        gap = np.abs(pose.world[part] - other.world[part]).max()
        if apart[part].max() >= _AGREES or gap >= _AGREES_DEPTH:
            mean = _with_part(mean, other if _likelier(other, pose, before, part) else pose, part)
    return mean


def _mean(one: Float, other: Float) -> Float:
    return ((one + other) / 2).astype(np.float32)


def _likelier(one: Pose, other: Pose, before: Pose | None, part: list[int]) -> bool:
    """Whether a part of the body is read better in one look than in another: it lies on the mask, it moved less."""
    on_mask = other.covers(one.points[part]) - other.covers(other.points[part])
    if abs(on_mask) > _CLEARLY:
        return on_mask > 0
    return before is not None and _change(one, before, part) < _change(other, before, part)


def _change(pose: Pose, before: Pose, part: list[int]) -> float:
    return float(np.linalg.norm(pose.world[part] - before.world[part], axis=1).mean())


def mirrored(raw: RawPose) -> RawPose:
    """What the network said of a mirrored region, as of the region itself."""
    points, world = raw.points[_SWAPPED], raw.world[_SWAPPED]
    points[:, 0] = LANDMARK_SIZE - points[:, 0]
    world[:, 0] = -world[:, 0]
    mask = np.ascontiguousarray(raw.mask[:, ::-1])
    return RawPose(raw.score, points, raw.visibility[_SWAPPED], raw.presence[_SWAPPED], world, mask)


def place(raw: RawPose, region: Region, size: tuple[int, int]) -> Pose:
    """Map what the network said of a region to a picture of size (W, H)."""
    points = region.to_picture(raw.points[:, :2], LANDMARK_SIZE)
    world = raw.world[:LANDMARK_COUNT].copy()
    world[:, :2] = world[:, :2] @ region.turn().T
    return Pose(
        region=region,
        next_region=region_of_axis(points[_HIPS], points[_RIM]),
        score=raw.score,
        points=points[:LANDMARK_COUNT],
        # A landmark outside the region is no evidence, however the network rates its visibility.
        visibility=np.minimum(raw.visibility, raw.presence)[:LANDMARK_COUNT],
        world=world - (world[INDEX["left_hip"]] + world[INDEX["right_hip"]]) / 2,
        box=_box(points[:LANDMARK_COUNT], raw.mask, region, size),
        mask=raw.mask,
    )


def _box(points: Float, mask: Float, region: Region, size: tuple[int, int]) -> Float:
    """Around the landmarks and the mask near them: the mask knows hair, hands and shoes, but may leak."""
    low, high = points.min(0), points.max(0)
    margin = _PADDING * float(np.linalg.norm(high - low))
    small = _inside(mask > 0.5, region, low - margin, high + margin)
    limit = np.array(size, np.float32)
    if len(small):
        low, high = np.minimum(low, small.min(0)), np.maximum(high, small.max(0))
    return np.concatenate([np.clip(low, 0, limit), np.clip(high, 0, limit)]).astype(np.float32)


def _inside(mask: npt.NDArray[np.bool_], region: Region, low: Float, high: Float) -> Float:
    """Outline pixels (K, 2) of the mask, in px of the picture, that lie between two corners."""
    eroded = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    rows, columns = np.nonzero(mask & ~eroded)
    pixels = np.stack([columns, rows], 1).astype(np.float32) + 0.5
    placed = region.to_picture(pixels, len(mask))
    kept: Float = placed[((placed >= low) & (placed <= high)).all(1)]
    return kept
