"""What the inspector says of a frame and of the person selected in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer

from app.selection import selected_slot, shown_frame
from app.session_control import SessionControl
from app.settings import Settings
from app.view_state import ViewState
from pipeline.palette import NO_TRACK
from pipeline.smpl import BodyModel, find_body
from pipeline.structures import Assignment, Changes, FrameFailure, FrameResult, Plan, RunOptions, Track
from widgets import values
from widgets.inspector import Inspector

if TYPE_CHECKING:
    from pipeline.session.store import Store
    from pipeline.session.versions import Version

_REFRESH_MS = 40
_GB = 2**30
_MEMORY = {
    "requested",
    "free",
    "reserved",
    "allocated",
    "total",
    "used",
    "worker",
    "peak",
    "budget",
    "needed",
}
"""What a failure counts in bytes."""


class InspectorContent(QObject):
    """Fills the inspector; while one drags, only as often as one could read."""

    def __init__(
        self,
        inspector: Inspector,
        view: ViewState,
        session: SessionControl,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._inspector = inspector
        self._view = view
        self._session = session
        self._settings = settings
        self._timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._timer.timeout.connect(self._refresh)
        for signal in (session.opened, session.closed, view.selection_changed):
            signal.connect(self._timer.start)
        view.frame_changed.connect(self._later)
        session.changed.connect(self._on_changes)

    def _later(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _on_changes(self, changes: Changes) -> None:
        if changes.tracks or changes.frames is None or self._view.frame_index in changes.frames:
            self._later()

    def _refresh(self) -> None:
        video, store, frame = self._session.video, self._session.store, self._view.frame_index
        if video is None or store is None:
            self._inspector.set_details(None)
            return
        seen = shown_frame(store, frame)
        result = seen.result if seen is not None else None
        slot = selected_slot(self._view, store, frame) if result is not None else None
        person = self._person(store, result, slot) if result is not None and slot is not None else None
        shown = frame_details(
            *(frame, video.time_of(frame), result, store.versions(frame), store.failures().get(frame)),
            scores=_scores(store, frame),
        )
        self._inspector.set_details(values.Details(person, shown))

    def _person(self, store: Store, result: FrameResult, slot: int) -> values.PersonDetails:
        chosen = self._settings.preferences.body_model
        body = find_body(result.people.body_model, (Path(chosen),) if chosen else ())
        height = None
        if body is not None:
            rest = body.rest_vertices(result.people.smpl.betas[slot : slot + 1])[0, :, 1]
            height = float(np.ptp(rest))
        seen = shown_frame(store, result.frame_index)
        assignments = {a.slot: a for a in seen.assignments} if seen is not None else {}
        tracks = {track.track_id: track for track in self._session.tracks()}
        name = _body_name(body) if body is not None else f"{result.people.body_model} (not here)"
        return person_details(result, slot, assignments.get(slot), tracks, height, name)


def _body_name(body: BodyModel) -> str:
    return body.name if body.gender in body.name.lower() else f"{body.name}, {body.gender}"


def person_details(
    result: FrameResult,
    slot: int,
    assignment: Assignment | None,
    tracks: dict[int, Track],
    height: float | None,
    body_name: str,
) -> values.PersonDetails:
    """One person of a result."""
    people = result.people
    track = tracks.get(assignment.track_id) if assignment and assignment.track_id is not None else None
    x1, y1, x2, y2 = people.detections.boxes[slot].tolist()
    x, y, z = people.cam_t[slot].tolist()
    return values.PersonDetails(
        title=track.title if track else f"Person in slot {slot}",
        color=track.color if track else NO_TRACK,
        track_id=track.track_id if track else None,
        slot=slot,
        score=float(people.detections.scores[slot]),
        box=(x1, y1, x2, y2),
        height=height,
        betas=tuple(people.smpl.betas[slot].tolist()),
        cam_t=(x, y, z),
        focal_length=people.focal_length,
        body_model=body_name,
        mask=bool(people.detections.masks) and people.detections.masks[slot] is not None,
        edited=assignment is not None and assignment.by == "reviewer",
    )


def frame_details(
    frame: int,
    time: float,
    result: FrameResult | None,
    versions: Sequence[Version],
    failure: FrameFailure | None,
    scores: Mapping[int, float] | None = None,
) -> values.FrameDetails:
    """One frame: how it was run, what came of it; `scores` has the mean score of each version with people."""
    versions = sorted(versions, key=lambda version: version.id)
    counting = next((version for version in versions if version.counts), None)
    rejected = result.rejected if result is not None else None
    return values.FrameDetails(
        frame_index=frame,
        time=f"{time:.3f} s",
        engine=result.engine_id if result is not None else "",
        plan=_plan(result.plan) if result is not None else (),
        options=_options(counting.options) if counting is not None else (),
        timings=result.timings if result is not None else {},
        peak_memory=result.peak_memory if result is not None else 0,
        rejected=tuple(
            values.RejectedRow(float(score), reason, (box[0], box[1], box[2], box[3]))
            for score, reason, box in zip(
                rejected.scores, rejected.reasons, rejected.boxes.tolist(), strict=True
            )
        )
        if rejected is not None
        else (),
        versions=tuple(
            _version(version, scores or {}) for version in sorted(versions, key=lambda v: v.id, reverse=True)
        ),
        failure=failure.message if failure is not None else "",
        failure_hint=failure.hint if failure is not None else "",
        failure_numbers=_numbers(failure.numbers) if failure is not None else (),
        warning=result.warning if result is not None else "",
    )


def _numbers(numbers: Mapping[str, float]) -> tuple[tuple[str, str], ...]:
    """Memory in GB, all alike, so that what was asked for and what was free can be compared."""
    return tuple(
        (name.replace("_", " ").capitalize(), f"{value / _GB:.2f} GB" if name in _MEMORY else f"{value:g}")
        for name, value in numbers.items()
    )


def _scores(store: Store, frame: int) -> dict[int, float]:
    """Mean score of each version of a frame that has people."""
    scores = {v.id: store.result_of(v.id).people.detections.scores for v in store.versions(frame)}
    return {version: float(found.mean()) for version, found in scores.items() if len(found)}


def _version(version: Version, scores: Mapping[int, float]) -> values.VersionRow:
    created = f"{datetime.fromisoformat(version.created).astimezone():%Y-%m-%d %H:%M:%S}"
    plan, asked = version.plan, version.options
    boxes = f", {len(asked.boxes)} given boxes" if asked.boxes else ""
    return values.VersionRow(
        *(version.id, version.engine_id, created, version.people, version.seconds, version.counts),
        version.shelved,
        f"{plan.device}, {plan.precision}, score from {asked.score_threshold:.2f}{boxes}",
        scores.get(version.id),
    )


def _plan(plan: Plan) -> tuple[tuple[str, str], ...]:
    rows = [
        ("Device", plan.device),
        ("Precision", plan.precision),
        ("Batch", "1 person" if plan.batch_size == 1 else f"{plan.batch_size} people"),
    ]
    if plan.detector_size:
        rows.append(("Detector input", f"{plan.detector_size} px"))
    rows.append(("Masks", "yes" if plan.masks else "no"))
    rows.append(("Models", "all stay loaded" if plan.resident else "take turns on the device"))
    if plan.notes:
        rows.append(("Notes" if len(plan.notes) > 1 else "Note", "\n".join(plan.notes)))
    return tuple(rows)


def _options(options: RunOptions) -> tuple[tuple[str, str], ...]:
    return (
        ("Score at least", f"{options.score_threshold:.2f}"),
        ("Height at least", f"{options.min_size} px"),
        ("People at most", str(options.max_people or "no limit")),
        (
            "Focal length",
            f"{options.focal_length:.0f} px" if options.focal_length else "chosen by the engine",
        ),
        ("Boxes", f"{len(options.boxes)} given" if options.boxes else "detected"),
        ("Run", "in order with its neighbours" if options.sequence else "on its own"),
    )
