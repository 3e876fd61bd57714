"""What a lane says to those who point at it, and to those who hear it."""

from __future__ import annotations

import numpy as np

from widgets.units import format_count
from widgets.values import Int, Lane


def lane_words(lane: Lane) -> str:
    """A track in one line."""
    frames = _many(_frames_in(lane.segments), "frame")
    if lane.deleted:
        return f"People you deleted, in {frames}"
    gaps = len(lane.segments) - 1
    parts = [
        f"{lane.title}: {frames}",
        _many(gaps, "gap") if gaps > 0 else "",
        f"{format_count(len(lane.edited))} assigned by hand" if len(lane.edited) else "",
        f"{format_count(_frames_in(lane.filled))} filled in" if len(lane.filled) else "",
        f"{format_count(_frames_in(lane.smoothed))} smoothed" if len(lane.smoothed) else "",
        "" if lane.visible else "hidden",
    ]
    return ", ".join(part for part in parts if part)


def frame_words(lane: Lane, frame: int, time: str) -> str:
    """A track at a frame: what is there, where that is and when."""
    return f"{lane.title}: {_state(lane, frame)}\nFrame {format_count(frame)}   {time}"


def _state(lane: Lane, frame: int) -> str:
    if lane.deleted:
        return "somebody was deleted" if _covers(lane.segments, frame) else "nobody was deleted"
    states = [
        "found by the engine" if _covers(lane.segments, frame) else "",
        "assigned by hand" if _holds(lane.edited, frame) else "",
        "filled in" if _covers(lane.filled, frame) else "",
        "smoothed" if _covers(lane.smoothed, frame) else "",
    ]
    return ", ".join(state for state in states if state) or "not in this frame"


def _frames_in(runs: Int) -> int:
    return int(np.sum(runs[:, 1] - runs[:, 0] + 1))


def _covers(runs: Int, frame: int) -> bool:
    row = int(np.searchsorted(runs[:, 0], frame, side="right")) - 1
    return row >= 0 and frame <= runs[row, 1]


def _holds(frames: Int, frame: int) -> bool:
    place = int(np.searchsorted(frames, frame))
    return place < len(frames) and frames[place] == frame


def _many(count: int, what: str) -> str:
    return f"{format_count(count)} {what}{'' if count == 1 else 's'}"
