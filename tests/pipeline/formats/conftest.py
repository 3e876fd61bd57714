"""The session the format tests export."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fakes_clip import write_clip
from fakes_people import walk
from fakes_session import make_session
from fakes_smpl import official_arrays, write_official

from pipeline.formats import ExportSource
from pipeline.session.record import record
from pipeline.session.store import Store
from pipeline.smpl import read_body
from pipeline.structures import RunOptions


@pytest.fixture(scope="session")
def _clip(tmp_path_factory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "walk.mp4", sound=True)


@pytest.fixture
def source(_clip, tmp_path) -> ExportSource:
    video = tmp_path / _clip.name
    video.write_bytes(_clip.read_bytes())
    return make_session(video)


@pytest.fixture
def official(source, tmp_path) -> ExportSource:
    """Frame 19 of the session, run with a body in the format of SMPL's own files, correctives and all."""
    path = write_official(tmp_path / "SMPL_NEUTRAL.pkl", official_arrays(), 2)
    result = walk(19)
    with Store(source.store_path) as store:
        with store.transaction():
            run = store.start_run("made-up-2", RunOptions(), "Run a frame")
        record(store, replace(result, people=replace(result.people, body_model=read_body(path).id)), run)
    return replace(source, body_paths=(path,), frames=(19, 19))
