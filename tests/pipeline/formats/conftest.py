"""The session the format tests export."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes_clip import write_clip
from fakes_session import make_session

from pipeline.formats import ExportSource


@pytest.fixture(scope="session")
def _clip(tmp_path_factory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "walk.mp4", sound=True)


@pytest.fixture
def source(_clip, tmp_path) -> ExportSource:
    video = tmp_path / _clip.name
    video.write_bytes(_clip.read_bytes())
    return make_session(video)
