"""Files dropped on the window, and the menu of recent ones."""

from __future__ import annotations

import shutil

import cv2
import pytest
from fakes_clips import picture
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.settings import Settings


def drop(widget, *paths) -> bool:
    """Drag files over a widget and let go; whether it welcomed them."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    action, left, none = (
        Qt.DropAction.CopyAction,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    enter = QDragEnterEvent(QPoint(9, 9), action, data, left, none)
    QApplication.sendEvent(widget, enter)
    QApplication.sendEvent(widget, QDropEvent(QPointF(9, 9), action, data, left, none))
    return enter.isAccepted()


@pytest.mark.parametrize("where", ["picture", "window"])
def test_a_video_is_opened(start, clip, where):
    drive = start()
    assert drop(getattr(drive, where), clip)
    drive.at(0)
    assert drive.program.session.path == clip


def test_a_session_opens_the_video_beside_it(start, clip):
    first = start()
    first.open(clip)
    first.window.close()
    drive = start()
    drop(drive.picture, clip.with_name(clip.name + ".retake"))
    drive.until(lambda: drive.program.session.path == clip)


def test_a_session_without_its_video_says_which_is_missing(start, tmp_path):
    drive = start()
    session = tmp_path / "gone.mp4.retake"
    session.touch()
    drop(drive.picture, session)
    assert drive.said("there is no video to it")
    assert "“gone.mp4”, which is not beside it" in drive.messages[-1][1]
    assert drive.program.session.path is None


def test_of_several_videos_the_first_is_opened_and_the_others_are_at_hand(start, clip, tmp_path):
    others = [tmp_path / "b.mp4", tmp_path / "c.mp4"]
    for other in others:
        shutil.copy(clip, other)
    drive = start()
    drop(drive.window, clip, *others)
    assert drive.said("Opened numbers.mp4.")
    assert drive.messages[-1][1] == "The other 2 are under File › Open Recent."
    drive.until(lambda: drive.program.session.path == clip)
    assert drive.program.settings.recent == (clip, *others)


def test_a_video_and_its_session_are_one(start, clip):
    first = start()
    first.open(clip)
    first.window.close()
    drive = start()
    drop(drive.picture, clip.with_name(clip.name + ".retake"), clip)
    drive.until(lambda: drive.program.session.path == clip)
    assert not drive.said("Opened")


def test_pictures_of_one_folder_are_one_series(start, tmp_path):
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"img_{number:03}.png"), picture(number))
    drive = start()
    drop(drive.picture, *sorted(tmp_path.glob("*.png")))
    drive.until(lambda: drive.program.view.frame_count == 3)
    assert not drive.said("Opened")


def test_a_folder_of_pictures_is_opened(start, tmp_path):
    for number in range(2):
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture(number))
    drive = start()
    drop(drive.picture, tmp_path)
    drive.until(lambda: drive.program.view.frame_count == 2)


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("notes.txt", "“notes.txt” is no video.", "can be dropped here"),
        ("SMPL_NEUTRAL.pkl", "may be a body model", "Models panel"),
        ("camera.json", "“camera.json” may be a solved camera.", "Camera panel"),
        ("missing.mp4", "“missing.mp4” is no video.", "can be dropped here"),
    ],
)
def test_what_is_no_video_says_so_and_nothing_is_closed(drive, clip, tmp_path, name, text, hint):
    path = tmp_path / name
    if "missing" not in name:
        path.write_text("something")
    drop(drive.picture, path)
    drive.until(lambda: drive.said(text))  # what may hold results is looked into first
    assert hint in drive.messages[-1][1]
    assert drive.program.session.path == clip


def test_a_good_one_among_bad_ones_is_opened_and_the_bad_ones_are_named(start, clip, tmp_path):
    drive = start()
    bad = tmp_path / "notes.txt"
    bad.write_text("x")
    drop(drive.picture, bad, clip)
    assert drive.said("“notes.txt” is no video.")
    drive.until(lambda: drive.program.session.path == clip)


def test_a_file_that_only_looks_like_a_video_says_what_is_wrong(start, tmp_path):
    drive = start()
    fake = tmp_path / "fake.mp4"
    fake.write_text("no video at all " * 100)
    drop(drive.picture, fake)
    drive.until(lambda: drive.said("fake.mp4"))


def test_recent_videos_that_are_gone_are_not_offered_but_come_back_with_their_drive(start, clip, tmp_path):
    drive, away = start(), tmp_path / "drive"
    drive.open(clip)
    away.mkdir()
    other = away / "other.mp4"
    shutil.copy(clip, other)
    drive.program.settings.add_recent(other)
    menu = drive.window.menus["Recent"]
    assert any("other.mp4" in action.text() for action in menu.actions())
    away.rename(tmp_path / "unplugged")
    menu.aboutToShow.emit()
    assert not any("other.mp4" in action.text() for action in menu.actions())
    drive.program.settings.add_recent(clip)
    (tmp_path / "unplugged").rename(away)
    menu.aboutToShow.emit()
    assert any("other.mp4" in action.text() for action in menu.actions())


def test_the_recent_menu_with_the_keys_and_clearing_it(start, clip, tmp_path):
    drive = start()
    drive.open(clip)
    other = tmp_path / "other.mp4"
    shutil.copy(clip, other)
    drive.open(other)
    menu = drive.window.menus["Recent"]
    menu.popup(QPoint(0, 0))
    QTest.keyPress(menu, Qt.Key.Key_2)
    drive.until(lambda: drive.program.session.path == clip)
    menu.popup(QPoint(0, 0))
    QTest.keyPress(menu, Qt.Key.Key_C)
    assert drive.program.settings.recent == ()
    assert not menu.isEnabled()


def test_a_spoilt_list_of_recent_videos_is_no_reason_not_to_start(tmp_path):
    path = tmp_path / "settings.ini"
    path.write_text("[General]\nrecent=no json\nshortcuts=[1]\ncommands={}\ntour_seen=7\n")
    settings = Settings(path)
    assert settings.recent == ()
    assert settings.shortcuts == {}
    assert settings.used_commands == ()
    assert not settings.tour_seen
