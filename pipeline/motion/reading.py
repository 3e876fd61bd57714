"""One track's poses from a session, as arrays over time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pipeline.session.layered import all_shown
from pipeline.session.poses import NOBODY_THERE
from pipeline.session.store import Store
from pipeline.structures import Float, Int


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """The frames a track is in, ascending; T of them.

    Attributes:
        track: The track.
        frames: (T,) frames.
        versions: (T,) version that counts in each, 0 where a frame was never run.
        slots: (T,) the person's slot in it, -1 where a layer filled the person in.
        rotations: (T, 24, 3, 3) root in the camera frame, then relative to the parents.
        betas: (T, 10) shape.
        cam_t: (T, 3) m in the camera frame.
        boxes: (T, 4) x1, y1, x2, y2 in px.
        scores: (T,) in [0, 1].
        focal_lengths: (T,) px.
        body_model: What the poses are for; of several the one of the first frame.
        image_size: (W, H) px.
    """

    track: int
    frames: Int
    versions: Int
    slots: Int
    rotations: Float
    betas: Float
    cam_t: Float
    boxes: Float
    scores: Float
    focal_lengths: Float
    body_model: str
    image_size: tuple[int, int]

    def __len__(self) -> int:
        return len(self.frames)

    def part(self, chosen: Any) -> Motion:
        """Some of the frames, by a slice, a mask or positions."""
        columns = {name: getattr(self, name)[chosen] for name in _COLUMNS}
        return replace(self, **columns)


_COLUMNS = (
    *("frames", "versions", "slots", "rotations", "betas", "cam_t", "boxes", "scores", "focal_lengths"),
)


def read_motion(store: Store, track: int, first: int, last: int, *, without: int = 0) -> Motion | None:
    """A track's poses within a range as they are shown, layers that are on among them; None if it has none.

    Frames whose body model is another than the first one's are left out: their shapes cannot be mixed.

    Args:
        store: The session.
        track: The track.
        first: First frame.
        last: Last frame, inclusive.
        without: A layer to leave out, such as one that is to be made anew.
    """
    found, body, size = [], "", (0, 0)
    filled = store.layered_frames()
    wanted = sorted({*store.frames_of(track, first, last), *(f for f in filled if first <= f <= last)})
    for seen in all_shown(store, wanted, without=without):
        people, frame = seen.result.people, seen.result.frame_index
        slot = next((a.slot for a in seen.assignments if a.track_id == track), None)
        if slot is None or (body and people.body_model != body):
            continue
        body, size = people.body_model, people.image_size
        there = NOBODY_THERE if seen.made.get(slot) == "filled" else slot
        rotations = np.concatenate([people.smpl.global_orient[slot, None], people.smpl.body_pose[slot]])
        found.append(
            (
                *(frame, store.counting_version(frame) or 0, there, rotations, people.smpl.betas[slot]),
                *(people.cam_t[slot], people.detections.boxes[slot], people.detections.scores[slot]),
                people.focal_length,
            )
        )
    if not found:
        return None
    columns = dict(zip(_COLUMNS, (np.array(column) for column in zip(*found, strict=True)), strict=True))
    columns["focal_lengths"] = columns["focal_lengths"].astype(np.float32)
    return Motion(track=track, body_model=body, image_size=size, **columns)
