"""A session to export: two people on frames 0–19; frame 7 failed, 12 was not run."""

from __future__ import annotations

from pathlib import Path

from fakes_people import walk

from pipeline.formats import ExportSource
from pipeline.session.open import session_path
from pipeline.session.record import record
from pipeline.session.store import Store
from pipeline.structures import FrameFailure, RunOptions

FRAMES = [frame for frame in range(20) if frame not in (7, 12)]


def make_session(video: Path, frames=FRAMES) -> ExportSource:
    path = session_path(video)
    store = Store(path)
    with store.transaction():
        run = store.start_run("made-up-1", RunOptions(), "Run 20 frames")
    for frame in frames:
        record(store, walk(frame, masks=frame % 2 == 0), run)
    record(
        store,
        FrameFailure(7, "detect", "out_of_memory", "Out of memory.", "Close programs.", {"free": 1.0}),
        run,
    )
    store.close()
    return ExportSource(path, video)
