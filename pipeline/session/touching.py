"""How many frames an edit of tracks would touch: from memory, since menus say it wherever one stands."""

from __future__ import annotations

import numpy as np

from pipeline.session.edits import ReassignTrack
from pipeline.session.presence import Presence
from pipeline.session.track_edits import DeleteFromTrack, SplitTrack, SwapTracks
from pipeline.structures import Int

TrackEdit = SwapTracks | SplitTrack | DeleteFromTrack | ReassignTrack


def frames_touched(edit: TrackEdit, presence: Presence) -> Int:
    """The frames in which somebody moves, ascending: those of `edit.moves`, without reading the session."""
    mine = _within(presence.frames(edit.track_id), edit.first)
    if isinstance(edit, SwapTracks):
        return np.union1d(mine, _within(presence.frames(edit.other), edit.first))
    if isinstance(edit, SplitTrack):
        return mine if len(mine) < len(presence.frames(edit.track_id)) else mine[:0]
    mine = _within(mine, edit.first, edit.last)
    if isinstance(edit, ReassignTrack):
        return np.setdiff1d(mine, presence.frames(edit.to), assume_unique=True)
    return mine


def frames_kept(edit: ReassignTrack, presence: Presence) -> Int:
    """The frames in which both tracks are, so that nobody moves, ascending."""
    mine = _within(presence.frames(edit.track_id), edit.first, edit.last)
    return np.intersect1d(mine, presence.frames(edit.to), assume_unique=True)


def _within(frames: Int, first: int, last: int | None = None) -> Int:
    begin = int(np.searchsorted(frames, first))
    return frames[begin:] if last is None else frames[begin : int(np.searchsorted(frames, last, "right"))]
