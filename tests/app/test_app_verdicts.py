"""Verdicts and notes, by keys and mouse, to the session, the seek bar and back."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest


def said(drive, track=0):
    table = drive.program.session.store.verdicts()
    chosen = table.tracks == track
    return dict(zip(table.frames[chosen].tolist(), table.verdicts[chosen].tolist(), strict=True))


def test_v_and_x_judge_the_frame_and_pressed_again_take_it_back(drive):
    first = drive.program.session.store.dump()
    drive.press("V")
    assert said(drive) == {0: 1}
    drive.press("X")
    assert said(drive) == {0: 2}
    drive.press("Alt+X")
    assert said(drive) == {0: 3}
    drive.press("Alt+X")
    assert said(drive) == {}
    assert drive.window.actions_table["undo"].text() == "Undo take the verdict on frame 0 back"
    for _ in range(4):
        drive.press("Ctrl+Z")
    assert drive.program.session.store.dump() == first


def test_a_range_is_judged_at_once_and_the_status_bar_counts(drive):
    drive.program.view.set_range((10, 54))
    drive.press("Shift+V")
    assert said(drive) == dict.fromkeys(range(10, 55), 1)
    assert drive.said("Marked frames 10–54 verified: 45 frames.")
    drive.until(lambda: drive.window.reviewed_label.text() == "Reviewed 50 %")
    assert "45 of 90 frames: 45 verified, 0 problem, 0 ignored" in drive.window.reviewed_label.toolTip()
    drive.until(lambda: drive.window.timeline.seek_bar._runs.verified.tolist() == [[10, 54]])
    drive.press("Shift+V")
    drive.until(lambda: drive.window.reviewed_label.text() == "Reviewed 0 %")


def test_without_a_range_nothing_is_judged(drive):
    drive.press("Shift+X")
    assert drive.said("There is no range.")
    assert said(drive) == {}


def test_a_track_is_judged_in_the_frames_it_is_in(drive):
    drive.load()
    drive.program.inference.run_frames("Some", range(4))
    drive.until(lambda: drive.results() == list(range(4)))
    drive.press("2")
    drive.window.actions_table["track_problem"].trigger()
    assert said(drive, 2) == dict.fromkeys(range(4), 2)
    drive.program.view.set_range((1, 2))
    drive.window.actions_table["track_ignored"].trigger()
    assert said(drive, 2) == {0: 2, 1: 3, 2: 3, 3: 2}
    assert said(drive) == {}
    drive.window.actions_table["range_ignored"].trigger()
    assert said(drive) == {1: 3, 2: 3}


def test_the_next_frame_not_reviewed(drive):
    drive.program.view.set_range((1, 5))
    drive.press("Shift+V")
    drive.press("U")
    drive.at(6)
    drive.program.view.set_range((0, 89))
    drive.press("Shift+V")
    drive.press("U")
    assert drive.said("Every frame is reviewed.")


def notes(drive):
    return [(n.first, n.last, n.track, n.text) for n in drive.program.session.store.notes()]


def test_a_note_is_written_changed_found_and_deleted(drive):
    drive.program.view.set_frame(7)
    drive.press("N")
    panel = drive.window.notes
    drive.until(panel.text.hasFocus)
    QTest.keyClicks(panel.text, "left arm through the body")
    QTest.keyClick(panel.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert notes(drive) == [(7, 7, None, "left arm through the body")]
    drive.until(lambda: panel.list.count() == 1)
    assert panel.list.item(0).text() == "Frame 7\nleft arm through the body"
    assert panel.text.toPlainText() == ""
    drive.program.view.set_range((20, 30))
    QTest.keyClicks(panel.text, "v")  # a letter in a text is no shortcut
    QTest.mouseClick(panel.save, Qt.MouseButton.LeftButton)
    drive.until(lambda: panel.list.count() == 2)
    assert notes(drive)[1] == (20, 30, None, "v")
    assert said(drive) == {}
    place = panel.list.visualItemRect(panel.list.item(1)).center()
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    drive.at(20)
    assert panel.text.toPlainText() == "v"
    QTest.keyClicks(panel.text, "ery bad ")
    QTest.mouseClick(panel.save, Qt.MouseButton.LeftButton)
    assert notes(drive)[1][3] == "ery bad v"
    drive.until(lambda: "ery bad" in panel.list.item(1).text())
    QTest.keyClicks(panel.filter, "ARM")
    assert [panel.list.item(k).isHidden() for k in range(2)] == [False, True]
    panel.filter.clear()
    QTest.mouseClick(panel.remove, Qt.MouseButton.LeftButton)
    drive.until(lambda: panel.list.count() == 1)
    drive.press("Ctrl+Z", drive.picture)
    assert notes(drive)[1][3] == "ery bad v"
    drive.until(lambda: drive.window.timeline.seek_bar._runs.notes.tolist() == [7, 20])


def test_notes_and_verdicts_survive_closing(drive, start, clip):
    drive.press("V")
    drive.program.window.notes.add_requested.emit("look again")
    drive.window.close()
    again = start()
    again.open(clip)
    assert said(again) == {0: 1}
    again.until(lambda: again.window.notes.list.count() == 1)
