from __future__ import annotations

import shutil
from pathlib import Path

import av
import pytest
from fakes_clips import encode, x264
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel

from pipeline.session.open import open_session, session_path
from widgets.values import Preferences


def drop(widget, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    entering = QDragEnterEvent(widget.rect().center(), *how)
    QApplication.sendEvent(widget, entering)
    assert entering.isAccepted()
    QApplication.sendEvent(widget, QDropEvent(QPointF(widget.rect().center()), *how))


def test_reopening_is_where_one_left_off(start, clip):
    first = start()
    first.open(clip)
    first.load()
    first.program.view.set_range((3, 8))
    first.press("Shift+R")
    first.until(lambda: first.results() == list(range(3, 9)))
    first.program.view.set_frame(7)
    first.press("2")
    assert first.program.view.selected_track == 2
    first.window.close()
    again = start()
    again.open(clip)
    view = again.program.view
    assert (view.frame_index, view.selected_track, view.range) == (7, 2, (3, 8))
    view.set_hidden(True)  # the bodies may already be there, over the number
    assert again.shown_number() == 7
    view.set_hidden(False)
    again.until(lambda: again.overlay_is_on(7))
    assert len(again.window.timeline.lanes._lanes) == 2


def test_where_one_is_is_kept_while_the_window_is_open(start, clip):
    drive = start()
    drive.open(clip)
    drive.program.view.set_frame(31)
    drive.until(lambda: drive.program.session.store.view_state().get("frame") == 31)


def test_a_second_window_shows_but_changes_nothing(start, clip):
    first = start()
    first.open(clip)
    first.load()
    first.press("R")
    first.until(lambda: first.results() == [0])
    second = start()
    second.open(clip)
    assert second.said("open in another window")
    assert "read-only" in second.window.windowTitle()
    second.until(lambda: second.overlay_is_on(0))
    second.press("R")
    second.press("Ctrl+1")
    second.program.editing.rename(1, "Nobody")
    assert second.messages[-1][0].startswith("Nothing can be edited. numbers.mp4 is open in another window")
    assert "Close the other window" in second.messages[-1][1]
    assert not second.window.actions_table["run_frame"].isEnabled()
    assert "another window" in second.window.actions_table["run_frame"].toolTip()
    assert first.program.session.tracks()[0].name == ""
    assert len(first.program.session.store.versions(0)) == 1
    second.press("Right")
    second.at(1)
    second.window.close()
    first.activate()
    first.press("Right")
    first.at(1)


def test_what_is_no_video_is_said_and_what_is_open_stays(drive, tmp_path):
    drive.program.view.set_frame(5)
    drive.at(5)
    text = tmp_path / "notes.txt"
    text.write_text("no video at all")
    drive.program.open(text)
    drive.until(lambda: drive.window.message_bar.isVisible())
    assert "notes.txt" in drive.window.message_bar.text
    assert drive.window.message_bar._hint.text()
    assert drive.picture.frame_index == 5
    drive.press("Right")
    drive.at(6)


def test_a_missing_file_is_said(start, tmp_path):
    drive = start()
    drive.program.open(tmp_path / "nowhere.mp4")
    drive.until(lambda: drive.said("nowhere.mp4"))
    assert drive.picture.frame_index is None


@pytest.mark.parametrize("where", ["picture", "window"])
def test_dropping_a_file_opens_it(start, clip, where):
    drive = start()
    drop(getattr(drive, where), clip)
    drive.at(0)
    assert drive.program.session.path == clip
    assert drive.window.windowTitle().startswith("numbers.mp4")


def test_dropping_another_one_replaces_it(drive, tmp_path):
    drive.program.view.set_frame(50)
    drive.at(50)
    other = encode(tmp_path / "other.mp4", 20, options=x264(10)).path
    drop(drive.picture, other)
    drive.until(lambda: drive.program.session.path == other and drive.picture.frame_index == 0)
    drive.press("End")
    drive.at(19)
    assert drive.shown_number() == 19


def test_closing_the_video_empties_the_window(drive):
    drive.press("Ctrl+W")
    drive.until(lambda: drive.picture.frame_index is None)
    assert drive.window.windowTitle() == "Retake"
    assert not drive.window.actions_table["play"].isEnabled()
    assert drive.window.actions_table["open"].isEnabled()
    drive.until(lambda: drive.program.io_lane.unfinished == 0)


def test_a_video_that_changed_on_disk_is_noticed(start, clip, tmp_path):
    first = start()
    first.open(clip)
    first.until(lambda: first.program.session.store.identity().index_hash)
    first.window.close()
    other = encode(tmp_path / "shorter.mp4", 40, options=x264(10)).path
    shutil.copy(other, clip)
    second = start()
    second.open(clip)
    second.until(lambda: any(kind == "warning" for _text, _hint, kind, _action in second.messages))
    assert "numbers.mp4" in second.messages[-1][0]


def test_a_damaged_session_leaves_the_video_to_look_at(start, clip):
    session_path(clip).write_bytes(b"SQLite format 3\x00" + b"nonsense" * 100)
    drive = start()
    drive.open(clip)
    assert drive.said("damaged") or drive.said("not a Retake session")
    assert drive.shown_number() == 0
    drive.press("Right")
    drive.at(1)
    assert not drive.program.session.writable
    for id in ("run_frame", "export"):
        action = drive.window.actions_table[id]
        assert not action.isEnabled()
        assert "numbers.mp4.retake" in action.toolTip()
        assert "another window" not in action.toolTip()
    drive.program.inference.run_frame(0)
    text, _hint, kind, _action = drive.messages[-1]
    assert text.startswith("Nothing can be run. numbers.mp4.retake")
    assert kind == "warning"


def test_the_video_panel_says_what_is_open(drive, clip):
    said = "\n".join(label.text() for label in drive.window.video_panel.findChildren(QLabel))
    for part in ("numbers.mp4", "160 × 96 px", "30 fps", "h264", "numbers.mp4.retake", "reading and writing"):
        assert part in said


def test_the_index_is_kept_beside_the_session(drive, clip):
    assert [path.name for path in clip.parent.iterdir() if path.name.endswith("-index")]


def test_opened_videos_are_remembered(start, clip, tmp_path):
    first = start()
    first.open(clip)
    first.window.close()
    second = start()
    menu = second.window.menus["Recent"]
    assert "numbers.mp4" in menu.actions()[0].text()
    menu.actions()[0].trigger()
    second.at(0)
    assert second.program.session.path == clip


def test_two_videos_opened_at_once_end_with_the_last(start, clip, tmp_path):
    other = encode(tmp_path / "other.mp4", 20, options=x264(10)).path
    drive = start()
    drive.program.open(clip)
    drive.program.open(other)
    drive.until(lambda: drive.program.session.path == other and drive.picture.frame_index == 0)
    drive.until(lambda: drive.program.io_lane.unfinished == 0)
    assert drive.program.session.path == other


def test_closing_while_a_range_runs_keeps_what_is_done(start, clip):
    drive = start(seconds="0.05")
    drive.open(clip)
    drive.load()
    drive.press("Ctrl+R")
    drive.until(lambda: len(drive.results()) >= 3)
    done = drive.results()
    drive.window.close()
    opened = open_session(clip)
    kept = opened.store.frames_with_results().tolist()
    opened.store.close()
    assert kept[: len(done)] == done


@pytest.mark.parametrize("open_first", [False, True])
def test_closing_leaves_nothing_open(start, clip, open_first):
    drive = start()
    if open_first:
        drive.open(clip)
    drive.window.close()
    assert all(not lane.isRunning() for lane in drive.program.lanes)


def test_a_video_that_was_cut_off_is_said_once_its_index_is_made(start, tmp_path):
    clip = encode(tmp_path / "cut.mp4", 90, options=x264(10), container={"movflags": "faststart"}).path
    clip.write_bytes(clip.read_bytes()[:-2000])
    drive = start()
    for _ in range(2):  # the second time the index is there already
        drive.messages.clear()
        drive.open(clip)
        drive.until(lambda: drive.said("ends early"))
        assert len([text for text, *_ in drive.messages if "ends early" in text]) == 1


def test_a_session_damaged_inside_leaves_the_video_to_be_seen(start, clip):
    first = start()
    first.open(clip)
    first.load()
    first.program.view.set_range((3, 8))
    first.press("Shift+R")
    first.until(lambda: len(first.results()) == 6 and not first.program.inference.running)
    first.window.close()
    session = session_path(clip)
    content = bytearray(session.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    session.write_bytes(content)
    again = start()
    again.open(clip)
    assert again.said("is damaged")
    assert again.shown_number() == 0
    assert session.read_bytes()[4096:] == content[4096:]


def break_frames(path: Path, broken: tuple[int, ...]) -> Path:
    """A clip in which each frame stands for itself and some cannot be decoded."""
    encode(path, 60, "mjpeg", pix_fmt="yuvj420p")
    with av.open(str(path)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    for index in broken:
        data[places[index][0] : sum(places[index])] = bytes(places[index][1])
    path.write_bytes(data)
    return path


def noted(drive) -> str:
    return "\n".join(label.text() for label in drive.window.video_panel.findChildren(QLabel))


def test_damage_that_playback_finds_is_said_and_listed(start, tmp_path):
    drive = start()
    drive.program.settings.set_preferences(Preferences(prefetch=False))
    drive.open(break_frames(tmp_path / "lost.avi", (17, 40)))
    drive.program.view.set_frame(17)
    drive.until(lambda: drive.said("The file is damaged: frame 17 cannot be decoded."))
    assert drive.window.message_bar.text == "Frame 17 cannot be shown."
    drive.until(lambda: "frame 17 cannot be decoded" in noted(drive))
    drive.program.view.set_frame(40)
    drive.until(lambda: "frames 17, 40 cannot be decoded" in noted(drive))
    assert len([text for text, *_ in drive.messages if "cannot be decoded" in text]) == 1, (
        "said once, listed whole"
    )


def test_damage_that_a_run_finds_is_said_and_listed(start, tmp_path):
    drive = start()
    drive.program.settings.set_preferences(Preferences(prefetch=False))
    drive.open(break_frames(tmp_path / "lost.avi", (17,)))
    drive.load()
    drive.program.view.set_range((16, 18))
    drive.press("Shift+R")
    drive.until(lambda: drive.results() == [16, 18])
    drive.until(lambda: drive.said("The file is damaged: frame 17 cannot be decoded."))
    drive.until(lambda: "frame 17 cannot be decoded" in noted(drive))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs a folder in which nobody can write")
def test_where_no_session_can_be_kept_the_video_is_shown(start, clip, monkeypatch):
    monkeypatch.setenv("RETAKE_HOME", "/proc/nowhere")
    drive = start()
    with clip.open("rb") as file:
        drive.open(Path(f"/proc/self/fd/{file.fileno()}"))
        assert drive.said("will not be kept")
        assert drive.shown_number() == 0
        drive.press("End")
        drive.at(89)
        drive.press("R")
        assert not drive.program.session.writable
        assert not drive.program.inference.running
        drive.press("Ctrl+W")
        drive.until(lambda: drive.picture.frame_index is None)
