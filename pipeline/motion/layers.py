"""Layers made from a track's motion, as edits to be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pipeline.motion.filling import fill_gaps
from pipeline.motion.reading import Motion, read_motion
from pipeline.motion.smoothing import Smoothing, smooth
from pipeline.session.edit_kinds import Several
from pipeline.session.edits import Edit
from pipeline.session.layer_edits import AddLayer, RemoveLayer
from pipeline.session.poses import Pose
from pipeline.session.store import Store

REACH = 60
"""Frames beyond a range that are looked at: what a gap at its end ends in, and what smoothing goes on with."""


def make_layer(
    store: Store,
    kind: str,
    track: int,
    first: int,
    last: int,
    options: Mapping[str, Any],
    label: str,
    time_of: Callable[[int], float],
    *,
    instead: int = 0,
) -> Edit | None:
    """The edit that fills gaps or smooths; None if there is nothing to do. It only reads.

    Args:
        store: The session.
        kind: "fill", with the option "longest" (frames), or "smooth", with "method" and "strength".
        track: The track.
        first: First frame.
        last: Last frame, inclusive.
        options: How.
        label: What the history calls it.
        time_of: Presentation time of a frame in s.
        instead: A layer that the new one takes the place of.
    """
    reach = int(options["longest"]) + 1 if kind == "fill" else REACH
    motion = read_motion(store, track, max(first - reach, 0), last + reach, without=instead)
    if motion is None:
        return None
    poses = tuple(pose for pose in _poses(kind, motion, options, time_of) if first <= pose.frame <= last)
    if not poses:
        return None
    all_options = {
        **options,
        "body_model": motion.body_model,
        "image_size": list(motion.image_size),
    }
    layer = AddLayer(kind, track, first, last, all_options, poses, label)
    return Several((RemoveLayer(instead, label), layer), label) if instead else layer


def _poses(
    kind: str, motion: Motion, options: Mapping[str, Any], time_of: Callable[[int], float]
) -> tuple[Pose, ...]:
    if kind == "fill":
        return fill_gaps(motion, time_of, int(options["longest"]))
    return smooth(motion, time_of, Smoothing(options["method"], options["strength"]))
