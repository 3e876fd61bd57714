"""From the people found to the frame's result: choosing, fitting, masks, colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.engines.mediapipe.appearance import FEATURE_SIZE, appearance
from pipeline.engines.mediapipe.camera import focal_length_for, towards
from pipeline.engines.mediapipe.finding import Found
from pipeline.engines.mediapipe.fit import Fit, Seen, fit_body
from pipeline.engines.mediapipe.following import Follower
from pipeline.engines.mediapipe.landmarks import LANDMARK_COUNT, Pose
from pipeline.engines.mediapipe.markers import Markers
from pipeline.engines.mediapipe.shape import betas_from
from pipeline.engines.selection import choose, rejected
from pipeline.masks import encode_mask
from pipeline.smpl import BodyModel
from pipeline.structures import (
    Detections,
    Float,
    Image,
    Keypoints,
    Mask,
    People,
    Rejected,
    RunOptions,
    SmplParams,
)

# Below this the network sees no person even where a reviewer drew a box.
DRAWN_PRESENT = 0.05
# How far one frame's shape may be from the median of the person's shapes so far, in units of betas.
_SHAPE_ERROR_FOLLOWED = 0.15


def selected(found: Sequence[Found], options: RunOptions) -> tuple[list[Found], Rejected]:
    """Who stays by the options' thresholds, best first, and who does not and why."""
    kept, dropped = choose([one.score for one in found], [one.pose.height for one in found], options)
    return [found[index] for index in kept], _rejected([(found[index], reason) for index, reason in dropped])


def recognised(found: Sequence[Found]) -> tuple[list[Found], Rejected]:
    """Of boxes drawn by hand: those that hold a person, in the order drawn, and those that do not."""
    kept = [one for one in found if one.pose.score >= DRAWN_PRESENT]
    reason = "no person recognised in this box (score {:.2f})"
    missed = [one for one in found if one.pose.score < DRAWN_PRESENT]
    return kept, _rejected([(one, reason.format(one.pose.score)) for one in missed])


def _rejected(dropped: Sequence[tuple[Found, str]]) -> Rejected:
    return rejected(
        [one.pose.box for one, _ in dropped],
        [one.score for one, _ in dropped],
        [reason for _, reason in dropped],
    )


@dataclass(frozen=True)
class Builder:
    """Makes the `People` of a frame.

    Attributes:
        body: The body model to fit.
        markers: The landmarks on it.
        follower: Remembers shapes within a sequence.
        options: The run's.
    """

    body: BodyModel
    markers: Markers
    follower: Follower
    options: RunOptions

    def build(self, image: Image, found: Sequence[Found], tell: Callable[[float], None]) -> People:
        """Fit a body to each person; `tell` hears the fraction done."""
        size = (image.shape[1], image.shape[0])
        focal = focal_length_for(size, self.options.focal_length)
        fits, masks, features = [], [], []
        for index, one in enumerate(found):
            tell(index / len(found))
            fits.append(self._fit(one, size, focal))
            masks.append(self._mask(one.pose, size))
            features.append(appearance(image, one.pose))
        poses = [one.pose for one in found]
        return People(
            detections=Detections(
                _stack([pose.box for pose in poses], (4,)),
                np.array([one.score for one in found], np.float32),
                tuple(masks) if self.options.masks else (),
            ),
            smpl=SmplParams(
                _stack([fit.local[0] for fit in fits], (3, 3)),
                _stack([fit.local[1:] for fit in fits], (23, 3, 3)),
                _stack([fit.betas for fit in fits], (10,)),
            ),
            cam_t=_stack([fit.cam_t for fit in fits], (3,)),
            focal_length=focal,
            image_size=size,
            body_model=self.body.id,
            features=np.array(features, np.float16).reshape(-1, FEATURE_SIZE),
            keypoints=_keypoints(poses, size, focal),
        )

    def _fit(self, one: Found, size: tuple[int, int], focal: float) -> Fit:
        seen = seen_of(one.pose, size, focal)
        shape = self.follower.settled_shape(one.identity)
        if shape is None:
            alone = fit_body(seen, self.markers, betas_from(seen.world, seen.visibility, self.markers))
            if not one.identity:
                return alone
            shape = self.follower.add_shape(one.identity, alone.betas)
        return fit_body(seen, self.markers, shape, _SHAPE_ERROR_FOLLOWED)

    def _mask(self, pose: Pose, size: tuple[int, int]) -> Mask | None:
        return encode_mask(pose.full_mask(size)) if self.options.masks else None


def seen_of(pose: Pose, size: tuple[int, int], focal: float) -> Seen:
    """A pose as the fit wants it."""
    extent = float(np.linalg.norm(np.ptp(pose.points, axis=0)))
    return Seen(
        points=pose.points.astype(np.float64),
        visibility=pose.visibility.astype(np.float64),
        world=pose.world.astype(np.float64),
        size=size,
        focal=focal,
        extent=max(extent, 1.0),
    )


def _keypoints(poses: Sequence[Pose], size: tuple[int, int], focal: float) -> Keypoints:
    def in_camera(pose: Pose) -> npt.NDArray[np.float64]:
        middle = (pose.points[23] + pose.points[24]).astype(np.float64) / 2
        return np.asarray(pose.world @ towards(middle, size, focal).T, np.float64)

    return Keypoints(
        "mediapipe_33",
        image=_stack([pose.points for pose in poses], (LANDMARK_COUNT, 2)),
        scores=_stack([pose.visibility for pose in poses], (LANDMARK_COUNT,)),
        body=_stack([in_camera(pose) for pose in poses], (LANDMARK_COUNT, 3)),
    )


def _stack(rows: Sequence[npt.ArrayLike], shape: tuple[int, ...]) -> Float:
    return np.array(rows, np.float32).reshape(-1, *shape)
