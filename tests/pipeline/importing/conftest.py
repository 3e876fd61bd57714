"""A session to import, the video it is of, and a fresh copy of that video to import into."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes_clip import write_clip
from fakes_imports import Desk, no_job
from fakes_session import make_session

from pipeline.formats import FORMATS, ExportSource


@pytest.fixture(scope="session")
def _walk(tmp_path_factory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "walk.mp4")


@pytest.fixture
def source(_walk, tmp_path) -> ExportSource:
    """A session with results, beside its video."""
    video = tmp_path / "made" / _walk.name
    video.parent.mkdir()
    video.write_bytes(_walk.read_bytes())
    return make_session(video)


@pytest.fixture
def desk(_walk, tmp_path) -> Desk:
    video = tmp_path / "fresh" / _walk.name
    video.parent.mkdir()
    video.write_bytes(_walk.read_bytes())
    return Desk(video)


@pytest.fixture
def exported(source, tmp_path):
    """Exports the session in a format; returns the files."""

    def export(key: str, name: str, **options: str) -> tuple[Path, ...]:
        return FORMATS[key].write(source, tmp_path / name, options, no_job()).paths

    return export
