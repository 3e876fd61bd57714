"""What there is to draw in one frame: bodies, who they are, and how they are marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from pipeline.palette import NO_TRACK, Color
from pipeline.smpl.body import BodyModel, project
from pipeline.structures import (
    Assignment,
    Changes,
    Float,
    FrameResult,
    Index,
    Keypoints,
    Meshes,
    People,
    Rejected,
    Track,
)


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """How one person is drawn.

    Attributes:
        slot: Row in the frame's meshes and keypoints.
        track_id: The track, or None.
        title: The name to write.
        color: (R, G, B) in 0..255.
        box: (4,) x1, y1, x2, y2 in px.
        score: Detection score in [0, 1].
        visible: Whether anything of the person is drawn.
        selected: Marked as selected, by more than colour.
        edited: A reviewer decided who this is; marked by more than colour.
        made: "filled" or "smoothed" where a layer made the pose; empty where an engine did.
        removed: The reviewer deleted the person from this frame, so nothing of it is drawn but, with
            whom the engine left out, its box.
    """

    slot: int
    track_id: int | None
    title: str
    color: Color
    box: Float
    score: float
    visible: bool = True
    selected: bool = False
    edited: bool = False
    made: str = ""
    removed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Everything an overlay may show of one frame.

    Attributes:
        frame_index: The frame.
        size: (W, H) of the picture in px.
        focal_length: px; the principal point is the picture's centre.
        meshes: Skinned bodies in the camera frame.
        faces: (F, 3) int32, counter-clockwise seen from outside; one array for all scenes of a body model.
        people: One per slot of `meshes`.
        keypoints: The engine's own landmarks, by slot.
        rejected: Detections the thresholds dropped.
        trails: By track (T, 2) px, oldest first, NaN where the track was not seen.
    """

    frame_index: int
    size: tuple[int, int]
    focal_length: float
    meshes: Meshes
    faces: Index
    people: tuple[Person, ...]
    keypoints: Keypoints | None = None
    rejected: Rejected = field(default_factory=Rejected)
    trails: Mapping[int, Float] = field(default_factory=dict)

    @property
    def drawn(self) -> tuple[Person, ...]:
        """The people that are visible."""
        return tuple(person for person in self.people if person.visible and not person.removed)


def build_scene(
    result: FrameResult,
    body: BodyModel,
    assignments: Sequence[Assignment],
    tracks: Sequence[Track],
    *,
    selected_slot: int | None = None,
    trails: Mapping[int, Float] | None = None,
    meshes: Meshes | None = None,
    made: Mapping[int, str] | None = None,
    removed: frozenset[int] = frozenset(),
) -> Scene:
    """Put together what one frame shows.

    Args:
        result: The frame's counting result.
        body: The model its parameters are for.
        assignments: Who the people of that result are.
        tracks: All tracks; of a track not among them nothing but its number is known.
        selected_slot: The person to mark as selected.
        trails: As `TrailIndex.trails` gives them.
        meshes: The skinned bodies, when the caller kept them from an earlier scene of the same result.
        made: By slot, what made the pose, if no engine did; see `Person.made`.
        removed: Slots of people the reviewer deleted from the frame.
    """
    who = {a.slot: a for a in assignments if a.frame_index == result.frame_index}
    known = {track.track_id: track for track in tracks}
    people = tuple(
        replace(
            _person(result.people, slot, who.get(slot), known, selected_slot),
            made=(made or {}).get(slot, ""),
            removed=slot in removed,
        )
        for slot in range(len(result.people))
    )
    people = tuple(replace(p, title=f"{p.title} · {p.made}") if p.made else p for p in people)
    hidden = {track.track_id for track in tracks if not track.visible}
    return Scene(
        frame_index=result.frame_index,
        size=result.people.image_size,
        focal_length=result.people.focal_length,
        meshes=meshes or body.meshes(result.people),
        faces=body.faces,
        people=people,
        keypoints=result.people.keypoints,
        rejected=left_out(result, removed),
        trails={track: path for track, path in (trails or {}).items() if track not in hidden},
    )


def left_out(result: FrameResult, removed: frozenset[int]) -> Rejected:
    """Whom the engine left out, and after them whom the reviewer deleted."""
    if not removed:
        return result.rejected
    left, found, slots = result.rejected, result.people.detections, sorted(removed)
    return Rejected(
        np.concatenate([left.boxes, found.boxes[slots]]),
        np.concatenate([left.scores, found.scores[slots]]),
        (*left.reasons, *["deleted by the reviewer"] * len(slots)),
    )


def _person(
    people: People,
    slot: int,
    assignment: Assignment | None,
    tracks: Mapping[int, Track],
    selected_slot: int | None,
) -> Person:
    track_id = assignment.track_id if assignment else None
    track = tracks.get(track_id) if track_id is not None else None
    unknown = "No track" if track_id is None else f"Person {track_id}"
    return Person(
        slot=slot,
        track_id=track_id,
        title=track.title if track else unknown,
        color=track.color if track else NO_TRACK,
        box=people.detections.boxes[slot],
        score=float(people.detections.scores[slot]),
        visible=track.visible if track else True,
        selected=slot == selected_slot,
        edited=assignment is not None and assignment.by == "reviewer",
    )


class Results(Protocol):
    """Where results and assignments are kept, such as `pipeline.session.store.Store`."""

    def result(self, frame: int) -> FrameResult | None:
        """The frame's counting result."""

    def assignments(self, frame: int) -> tuple[Assignment, ...]:
        """Who the people of that result are."""


class TrailIndex:
    """Where each track's pelvis was in the frames before, with one look at each frame.

    The pelvis is the root of the SMPL tree, so it is where the rest pose has it, moved by `cam_t`: no
    skinning is needed.
    """

    def __init__(self, results: Results, find_body: Callable[[str], BodyModel | None]) -> None:
        self._results = results
        self._find_body = find_body
        self._points: dict[int, dict[int, Float]] = {}

    def trails(self, frame: int, length: int = 30) -> dict[int, Float]:
        """By track (length + 1, 2) px, from `length` frames before `frame` to itself; NaN where not seen."""
        paths: dict[int, Float] = {}
        for row, index in enumerate(range(frame - length, frame + 1)):
            for track, point in self._frame(index).items():
                path = paths.setdefault(track, np.full((length + 1, 2), np.nan, np.float32))
                path[row] = point
        return paths

    def forget(self, changes: Changes) -> None:
        """Look again at frames that changed."""
        if changes.frames is None:
            self._points.clear()
            return
        for frame in changes.frames:
            self._points.pop(frame, None)

    def _frame(self, index: int) -> dict[int, Float]:
        if index < 0:
            return {}
        if index not in self._points:
            self._points[index] = self._read(index)
        return self._points[index]

    def _read(self, index: int) -> dict[int, Float]:
        result = self._results.result(index)
        body = self._find_body(result.people.body_model) if result is not None else None
        if result is None or body is None or not len(result.people):
            return {}
        points = _pelvis(body, result.people)
        return {
            a.track_id: points[a.slot] for a in self._results.assignments(index) if a.track_id is not None
        }


def _pelvis(body: BodyModel, people: People) -> Float:
    """(N, 2) px of the pelvis, NaN behind the camera."""
    points = body.rest_joints(people.smpl.betas)[:, 0] + people.cam_t
    points[points[:, 2] <= 0] = np.nan
    seen: Float = project(points, people.focal_length, people.image_size)
    return seen
