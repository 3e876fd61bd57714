"""Where a session is, who may write it, and whether it fits its video."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from fakes_walkers import Walker, seen

from pipeline.errors import SessionError
from pipeline.places import data_folder
from pipeline.session.open import check_identity, index_path, open_session, session_path
from pipeline.session.record import record
from pipeline.session.store import Store
from pipeline.structures import RunOptions

ROOT = Path(__file__).resolve().parents[3]
NOWHERE = Path("/proc/self/clip.mp4")  # nobody, root included, can make a file there


@pytest.fixture
def video(tmp_path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"pictures")
    return path


@dataclass
class Clip:
    """What `check_identity` looks at of a video."""

    path: Path
    frame_count: int = 180
    identity: str = "abc"

    @property
    def info(self):
        return SimpleNamespace(path=self.path)


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def fill(store: Store, frames=range(3)) -> None:
    run = store.start_run("made-up-1", RunOptions(), "Run")
    for frame in frames:
        record(store, seen(frame, [Walker(0, 5)]), run)


def test_a_session_is_one_file_beside_the_video(video):
    opened = open_session(video)
    assert opened.notices == ()
    assert opened.store.path == video.with_name("clip.mp4.retake") == session_path(video)
    fill(opened.store)
    opened.store.close()
    assert files(video.parent) == ["clip.mp4", "clip.mp4.retake"]
    again = open_session(video)
    assert again.store.frames_with_results().tolist() == [0, 1, 2]
    again.store.close()


def test_closing_twice_does_nothing(video):
    opened = open_session(video)
    opened.store.close()
    opened.store.close()
    assert files(video.parent) == ["clip.mp4", "clip.mp4.retake"]


def test_a_second_window_looks_on(video):
    first = open_session(video)
    fill(first.store)
    second = open_session(video)
    assert second.store.read_only
    assert any("another window" in notice for notice in second.notices)
    fill(first.store, [3])
    assert second.store.frames_with_results().tolist() == [0, 1, 2, 3]
    second.store.close()
    third = open_session(video)
    assert third.store.read_only
    third.store.close()
    first.store.close()
    fourth = open_session(video)
    assert not fourth.store.read_only
    assert fourth.notices == ()
    fourth.store.close()


def test_the_first_window_may_close_first(video):
    first = open_session(video)
    fill(first.store)
    second = open_session(video)
    first.store.close()
    assert second.store.frames_with_results().tolist() == [0, 1, 2]
    third = open_session(video)
    assert not third.store.read_only
    fill(third.store, [3])
    assert second.store.frames_with_results().tolist() == [0, 1, 2, 3]
    second.store.close()
    third.store.close()
    assert "clip.mp4.retake" in files(video.parent)


_HOLDER = """
import sys
from pathlib import Path
from pipeline.session.open import open_session
opened = open_session(Path(sys.argv[1]))
print(opened.store.read_only, flush=True)
sys.stdin.read()
"""


def test_a_killed_window_leaves_no_lock_behind(video):
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", _HOLDER, str(video)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, text=True
    ) as holder:
        assert holder.stdout.readline() == "False\n"
        looking = open_session(video)
        assert looking.store.read_only
        looking.store.close()
        holder.send_signal(signal.SIGKILL)
    assert ".clip.mp4.retake-lock" in files(video.parent)
    opened = open_session(video)
    assert not opened.store.read_only
    opened.store.close()
    assert files(video.parent) == ["clip.mp4", "clip.mp4.retake"]


def test_looking_needs_a_session_and_no_lock(video):
    with pytest.raises(SessionError, match="There is no session"):
        open_session(video, read_only=True)
    assert files(video.parent) == ["clip.mp4"]
    writer = open_session(video)
    looking = open_session(video, read_only=True)
    assert (looking.store.read_only, looking.notices) == (True, ())
    looking.store.close()
    writer.store.close()


def test_a_damaged_session_is_kept_and_gives_back_its_lock(video):
    session_path(video).write_bytes(b"oh no" * 1000)
    with pytest.raises(SessionError, match="damaged") as caught:
        open_session(video)
    assert "Rename it" in caught.value.hint
    assert session_path(video).read_bytes() == b"oh no" * 1000
    assert files(video.parent) == ["clip.mp4", "clip.mp4.retake"]


@pytest.mark.skipif(not NOWHERE.parent.is_dir(), reason="needs /proc")
def test_where_the_folder_cannot_be_written_the_session_is_in_the_data_folder():
    opened = open_session(NOWHERE)
    assert opened.store.path.parent == data_folder() / "sessions"
    assert opened.store.path.name.endswith("-clip.mp4.retake")
    assert index_path(NOWHERE).parent == data_folder() / "sessions"
    assert any("cannot be written" in notice for notice in opened.notices)
    fill(opened.store)
    opened.store.close()
    again = open_session(NOWHERE)
    assert again.store.frames_with_results().tolist() == [0, 1, 2]
    again.store.close()


@pytest.mark.skipif(not NOWHERE.parent.is_dir(), reason="needs /proc")
@pytest.mark.parametrize("home", ["/proc/nowhere", "a file"])
def test_where_nothing_can_be_written_at_all_it_is_said(monkeypatch, tmp_path, home):
    (tmp_path / "a file").touch()
    monkeypatch.setenv("RETAKE_HOME", str(tmp_path / home))
    with pytest.raises(SessionError, match="will not be kept") as caught:
        open_session(NOWHERE)
    assert "RETAKE_HOME" in caught.value.hint
    assert index_path(NOWHERE).name.endswith("-index")


def _mounted(folder: Path, *options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)]
    return (
        sys.platform == "linux"
        and bool(shutil.which("mount"))
        and not subprocess.run(command, capture_output=True).returncode
    )


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not _mounted(folder, "size=1m"):
        pytest.skip("file systems cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_session_on_a_medium_that_cannot_be_written_is_shown(small_disk):
    video = small_disk / "clip.mp4"
    with Store(session_path(video)) as store:
        fill(store)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    opened = open_session(video)
    assert opened.store.read_only
    assert any("nothing can be written" in notice for notice in opened.notices)
    with pytest.raises(SessionError, match="where nothing can be written"), opened.store.transaction():
        pass
    assert "another window" not in str(opened.store.locked)
    assert opened.store.frames_with_results().tolist() == [0, 1, 2]
    opened.store.close()


def test_a_session_left_in_wal_mode_is_read_from_such_a_medium(small_disk):
    path = session_path(small_disk / "clip.mp4")
    with Store(path) as store:
        fill(store)
        reader = Store(path, read_only=True)
        assert reader.result(0) is not None
    reader.close()  # it was there when the writer left, so the file stayed in WAL mode
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    assert path.read_bytes()[18] == 2
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with Store(path, read_only=True) as looking:
        assert looking.frames_with_results().tolist() == [0, 1, 2]


def test_a_disk_that_runs_full_loses_nothing(small_disk):
    opened = open_session(small_disk / "clip.mp4")
    store, stored = opened.store, 0
    run = store.start_run("made-up-1", RunOptions(), "Run")
    message = None
    while message is None:
        try:
            record(store, seen(stored, [Walker(0, 5), Walker(1, 5)], seed=1), run)
            stored += 1
        except SessionError as error:
            message = str(error)
    assert "disk is full" in message
    assert "Free some space" in message
    assert store.frames_with_results().tolist() == list(range(stored))
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    record(store, seen(stored, [Walker(0, 5)]), run)
    store.close()
    with Store(store.path) as again:
        assert again.frames_with_results().tolist() == list(range(stored + 1))
        assert again._value("PRAGMA integrity_check") == "ok"


@pytest.fixture
def store(video):
    with Store(session_path(video)) as store:
        yield store


def test_the_first_video_is_remembered(store, video):
    assert check_identity(store, Clip(video)) == ""
    identity = store.identity()
    assert (identity.name, identity.size_bytes, identity.frame_count) == ("clip.mp4", 8, 180)
    assert identity.mtime_ns == video.stat().st_mtime_ns


def test_what_is_known_later_is_added(store, video):
    assert check_identity(store, Clip(video, frame_count=170, identity="")) == ""
    assert store.identity().frame_count == 0
    assert check_identity(store, Clip(video)) == ""
    assert (store.identity().frame_count, store.identity().index_hash) == (180, "abc")


def test_a_copy_is_the_same_video(store, video):
    check_identity(store, Clip(video))
    os.utime(video, (1, 1))
    assert check_identity(store, Clip(video)) == ""
    assert store.identity().mtime_ns == 1_000_000_000


def test_a_video_that_changed_is_noticed_and_the_session_remembers_the_old(store, video):
    check_identity(store, Clip(video))
    before = store.identity()
    video.write_bytes(b"other pictures")
    notice = check_identity(store, Clip(video, frame_count=90, identity="def"))
    assert "clip.mp4 is not the video this session was made with" in notice
    assert "8 bytes then, 14 bytes now" in notice
    assert "180 frames then, 90 now" in notice
    assert store.identity() == before


def test_other_times_alone_are_noticed(store, video):
    check_identity(store, Clip(video))
    assert "other times" in check_identity(store, Clip(video, identity="def"))


def test_a_touched_video_is_noticed_while_its_times_are_unknown(store, video):
    check_identity(store, Clip(video, identity=""))
    os.utime(video, (1, 1))
    assert "changed 1970" in check_identity(store, Clip(video, identity=""))


def test_a_folder_of_pictures_and_a_series_have_identities(store, tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(3):
        (pictures / f"img_{number:04d}.png").write_bytes(b"12345")
    (pictures / "notes.txt").write_bytes(b"1")
    assert check_identity(store, Clip(pictures / "img_%04d.png")) == ""
    assert store.identity().size_bytes == 15
    assert session_path(pictures / "img_%04d.png").name == "img_%04d.png.retake"
    (pictures / "img_0003.png").write_bytes(b"12345")
    assert "15 bytes then, 20 bytes now" in check_identity(store, Clip(pictures / "img_%04d.png"))
    store.set_identity(store.identity().__class__("pictures", 21, 0))
    assert "changed" in check_identity(store, Clip(pictures))


def test_a_read_only_session_is_compared_and_not_changed(store, video):
    store.close()
    with Store(store.path, read_only=True) as looking:
        assert check_identity(looking, Clip(video)) == ""
        assert looking.identity() is None


def test_a_video_that_is_gone_is_said(store, tmp_path):
    with pytest.raises(SessionError, match="cannot be opened"):
        check_identity(store, Clip(tmp_path / "gone.mp4"))


def test_a_session_that_is_moved_while_open_is_not_written_into_nowhere(tmp_path):
    path = tmp_path / "clip.mp4.retake"
    with Store(path) as store:
        path.rename(tmp_path / "away")
        with pytest.raises(SessionError, match="moved or deleted"):
            store.set_view_state({"frame": 1})
        (tmp_path / "away").rename(path)
        store.set_view_state({"frame": 2})
        assert store.view_state() == {"frame": 2}
