"""Which run in order a new one goes on with, so that an engine may take up its tracker where it was."""

from __future__ import annotations

import uuid
from dataclasses import replace

from pipeline.errors import SessionError
from pipeline.session.store import Store
from pipeline.structures import RunOptions

REACH = 50
"""Frames back in which an earlier run counts as the one that is gone on with."""


def sequence_for(store: Store, engine_id: str, options: RunOptions, first_frame: int) -> str:
    """The `RunOptions.sequence` for a run in order that begins at a frame.

    It is that of an earlier run that is gone on with (see `earlier_sequence`), else a new one, which no other
    session has.
    """
    return earlier_sequence(store, engine_id, options, first_frame) or uuid.uuid4().hex


def earlier_sequence(store: Store, engine_id: str, options: RunOptions, first_frame: int) -> str:
    """The name of the run in order that goes on at a frame, or nothing.

    It does if the nearest frame before that was run in order was run so by the same engine with the same
    options, and that run has not come further; frames run again on their own in between do not matter.
    """
    try:
        return _before(store, engine_id, options, first_frame)
    except SessionError:  # what cannot be read cannot be gone on with; the run itself can
        return ""


def _before(store: Store, engine_id: str, options: RunOptions, first_frame: int) -> str:
    """The name of the run that ends before a frame, or nothing."""
    for earlier in store.earlier(first_frame, REACH):
        name = earlier.options.sequence
        if name:
            same = earlier.engine_id == engine_id and _alike(earlier.options, options)
            # A tracker that has seen what follows cannot be asked about what was before.
            return name if same and store.last_in_order(name) < first_frame else ""
    return ""


def _alike(one: RunOptions, other: RunOptions) -> bool:
    return replace(one, sequence="") == replace(other, sequence="")
