"""Sessions kept elsewhere, beside a link to their video."""

import os
import sys

import pytest

from pipeline.errors import SessionError
from pipeline.session.linking import link_into
from pipeline.session.open import open_session, session_path


@pytest.fixture
def video(tmp_path):
    folder = tmp_path / "videos"
    folder.mkdir()
    made = folder / "clip.mp4"
    made.write_bytes(b"frames")
    return made


def test_the_link_is_the_video_and_its_session_is_beside_it(video, tmp_path):
    out = tmp_path / "a" / "b"
    link = link_into(video, out)
    assert link == out / "clip.mp4"
    assert link.samefile(video)
    assert session_path(link) == out / "clip.mp4.retake"
    open_session(link).store.close()
    assert [path.name for path in video.parent.iterdir()] == ["clip.mp4"]
    assert link_into(video, out) == link, "it is used again"


def test_its_own_folder_needs_no_link(video):
    assert link_into(video, video.parent) == video
    assert not video.is_symlink()


def test_a_folder_of_pictures_is_linked_too(tmp_path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "1.png").write_bytes(b"")
    assert [path.name for path in link_into(tmp_path / "pictures", tmp_path / "out").iterdir()] == ["1.png"]


def test_another_file_of_that_name_is_left_alone(video, tmp_path):
    other = tmp_path / "clip.mp4"
    other.write_bytes(b"others")
    with pytest.raises(SessionError, match="is there already"):
        link_into(video, tmp_path)
    assert other.read_bytes() == b"others"


def test_what_is_not_there_and_a_folder_that_cannot_be_made_are_said(video, tmp_path):
    with pytest.raises(SessionError, match="is not there"):
        link_into(tmp_path / "nowhere.mp4", tmp_path / "out")
    with pytest.raises(SessionError, match=r"clip\.mp4"):
        link_into(video, video / "folder")


def test_a_session_in_the_data_folder_does_not_keep_it_from_being_beside_the_link(video, tmp_path):
    from pipeline.session.open import _elsewhere

    link = link_into(video, tmp_path / "out")
    kept = _elsewhere(video)
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"")
    assert session_path(video) == kept
    assert session_path(link) == tmp_path / "out" / "clip.mp4.retake"


@pytest.mark.skipif(sys.platform == "win32", reason="takes links away")
def test_where_symbolic_links_are_refused_a_hard_link_does(video, tmp_path, monkeypatch):
    def refused(*args: object, **more: object) -> None:
        raise PermissionError(1, "not allowed")

    monkeypatch.setattr(os, "symlink", refused)
    link = link_into(video, tmp_path / "out")
    assert link.samefile(video)
    assert not link.is_symlink()
