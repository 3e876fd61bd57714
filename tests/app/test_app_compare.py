"""Two versions compared on the picture, by mouse and keys; and old versions removed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fakes_pixels import pixels
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton

from pipeline.session.layered import shown
from pipeline.session.record import record
from pipeline.structures import RunOptions
from widgets.compare_pane import ComparePane

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def twice(start, clip):
    """Frames 0 to 2 run; in frames 0 and 1 a newer version has everybody 6 cm to the right."""
    drive = start()
    drive.open(clip)
    drive.load()
    drive.program.inference.run_frames("Some", range(3))
    drive.until(lambda: drive.results() == [0, 1, 2])
    store = drive.program.session.store
    run = store.start_run("made-up-2", RunOptions(), "Again", step="Run again")
    for frame in (0, 1):
        result = store.result(frame)
        people = replace(result.people, cam_t=result.people.cam_t + np.float32((0.06, 0, 0)))
        drive.program.session.tell(record(store, replace(result, people=people, engine_id="made-up-2"), run))
    drive.until(lambda: drive.overlay_is_on(0))
    return drive


def pane(drive) -> ComparePane:
    found = drive.window.panes.findChildren(ComparePane)
    return found[0] if found else None


def compared(drive, frame) -> bool:
    """Whether both overlays of a frame are there."""
    return (
        drive.picture._wipe.frame == frame == drive.picture.frame_index
        and drive.picture._wipe.overlay is not None
    )


def grabbed(drive) -> np.ndarray:
    drive.picture.repaint()
    return pixels(drive.picture.grab().toImage()).astype(int)


def test_a_wipe_shows_one_version_left_and_the_other_right_of_a_line_that_is_dragged(twice):
    twice.press("Ctrl+Alt+C")
    twice.until(lambda: compared(twice, 0))
    assert twice.window.actions_table["compare_wipe"].isChecked()
    place, wipe = twice.picture._place, twice.picture._wipe
    target = place.target()
    half, middle = grabbed(twice), target.center()
    start = QPoint(round(wipe.line(place)), round(middle.y()))
    QTest.mousePress(twice.picture, LEFT, pos=start)
    QTest.mouseMove(twice.picture, start + QPoint(-20, 0))
    end = QPoint(round(target.left() + 0.02 * target.width()), start.y())
    QTest.mouseMove(twice.picture, end)
    QTest.mouseRelease(twice.picture, LEFT, pos=end)
    assert wipe.share == pytest.approx(0.02, abs=0.005)
    right = grabbed(twice)
    assert (np.abs(half - right).max(axis=2) > 30).mean() > 0.005
    twice.picture.setFocus()
    QTest.keyClick(twice.picture, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert wipe.share == pytest.approx(0.07, abs=0.005)
    twice.press("Ctrl+Alt+C", twice.picture)
    assert twice.picture._wipe.mode == ""
    assert pane(twice) is None or not pane(twice).isVisible()
    assert not twice.window.actions_table["compare_wipe"].isChecked()


def test_the_picture_is_as_bright_as_without_a_comparison(twice):
    """With the focus on it, whose frame is drawn last."""
    twice.picture.setFocus(Qt.FocusReason.OtherFocusReason)
    place = twice.picture._place.to_widget(QPointF(4, 4)).toPoint()
    before = grabbed(twice)[place.y(), place.x()]
    twice.press("Ctrl+Alt+C")
    twice.until(lambda: compared(twice, 0))
    place = twice.picture._place.to_widget(QPointF(4, 4)).toPoint()
    assert twice.picture.hasFocus()
    np.testing.assert_allclose(grabbed(twice)[place.y(), place.x()], before, atol=12)


def test_the_numbers_are_those_of_the_shift(twice):
    twice.press("1")
    twice.press("Ctrl+Alt+C")
    twice.until(lambda: pane(twice).table.rowCount() == 24)
    table = pane(twice).table
    assert [table.item(0, column).text() for column in range(3)] == ["Pelvis", "0", "60"]
    assert table.item(15, 2).text() == "60"
    assert pane(twice).summary.text().startswith("Person 1: mean 0 mm in pose, 60 mm in place, ")
    pane(twice).people.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(pane(twice).people, Qt.Key.Key_Down)
    assert pane(twice).summary.text().startswith("Person 2: mean 0 mm in pose, 60 mm in place, ")


def test_it_follows_the_frames_and_says_when_there_is_nothing_to_compare(twice):
    twice.press("Ctrl+Alt+C")
    twice.until(lambda: compared(twice, 0))
    twice.press("Right", twice.picture)
    twice.until(lambda: compared(twice, 1))
    twice.press("Right", twice.picture)
    twice.until(lambda: "one version" in pane(twice).summary.text())
    assert twice.picture._wipe.overlay is None
    twice.program.view.set_frame(50)
    twice.until(lambda: "has not been run" in pane(twice).summary.text())
    twice.program.view.set_frame(0)
    twice.until(lambda: compared(twice, 0))


def test_flicker_shows_them_in_turn(twice):
    twice.press("Ctrl+Alt+F")
    twice.until(lambda: compared(twice, 0))
    pane(twice).rate.setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(7):
        QTest.keyClick(pane(twice).rate, Qt.Key.Key_Up)
    assert pane(twice).rate.value() == 10
    seen = set()
    twice.until(lambda: seen.add(twice.picture._wipe.mode) or seen == {"this", "other"})
    twice.until(lambda: twice.picture._wipe.mode == "this")
    this = grabbed(twice)
    twice.until(lambda: twice.picture._wipe.mode == "other")
    assert (np.abs(this - grabbed(twice)).max(axis=2) > 30).mean() > 0.005
    twice.press("Ctrl+Alt+F", twice.picture)
    assert twice.picture._wipe.mode == ""


def test_side_by_side_has_both_pictures_at_the_same_zoom(twice):
    twice.press("Ctrl+Alt+S")
    twice.until(lambda: compared(twice, 0) and pane(twice).canvas.frame_index == 0)
    canvas = pane(twice).canvas
    assert canvas.isVisible()
    twice.picture.zoom_in()
    assert canvas._place.zoom == twice.picture._place.zoom
    twice.press("Right", twice.picture)
    twice.until(lambda: canvas.frame_index == 1 and canvas._overlay_index == 1)
    mine, other = (pixels(one.visible_image()).astype(int) for one in (twice.picture, canvas))
    assert (np.abs(mine - other).max(axis=2) > 30).sum() > 50


def test_the_other_version_is_put_to_use_and_undone(twice):
    store = twice.program.session.store
    first = store.counting_version(0)
    twice.press("Ctrl+Alt+C")
    twice.until(lambda: compared(twice, 0))
    QTest.mouseClick(pane(twice).use, LEFT)
    assert store.counting_version(0) != first
    twice.press("Ctrl+Z", twice.picture)
    assert store.counting_version(0) == first


def test_from_the_inspector_and_without_layers(twice):
    twice.window.show_dock("inspector")
    inspector = twice.window.inspector
    twice.until(lambda: any(b.text() == "Compare" for b in inspector.widget().findChildren(QPushButton)))
    link = next(b for b in inspector.widget().findChildren(QPushButton) if b.text() == "Compare")
    QTest.mouseClick(link, LEFT)
    twice.until(lambda: compared(twice, 0))
    assert pane(twice).other.currentText().startswith("Version 1 · ")
    twice.press("1", twice.picture)
    twice.window.actions_table["smooth"].trigger()
    twice.until(lambda: shown(twice.program.session.store, 0).made)
    twice.until(lambda: pane(twice).other.findText("Without layers") >= 0)
    pane(twice).other.setCurrentIndex(pane(twice).other.findText("Without layers"))
    pane(twice).other.activated.emit(pane(twice).other.currentIndex())
    twice.until(lambda: twice.picture._wipe.captions[1] == "Without layers")


def test_an_undone_run_can_be_compared(twice):
    from pipeline.session.history import History

    twice.program.session.tell(History(twice.program.session.store).undo())
    twice.press("Ctrl+Alt+C")
    twice.until(lambda: compared(twice, 0))
    assert pane(twice).other.currentText().startswith("Version 2, undone · made-up-2")


def remove(drive, text):
    drive.window.actions_table["prune"].trigger()
    boxes = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible()]
    box = boxes[0]
    button = next(b for b in box.buttons() if b.text().replace("&", "") == text)
    said = f"{box.text()} {box.informativeText()}"
    QTest.mouseClick(button, LEFT)
    return said


def test_old_versions_are_removed_only_when_that_is_confirmed(twice):
    store = twice.program.session.store
    assert len(store.versions(0)) == 2
    said = remove(twice, "Cancel")
    assert said.startswith("Remove 2 versions that do not count? This frees ")
    assert "2 steps of the history" in said
    assert len(store.versions(0)) == 2
    remove(twice, "Remove")
    assert len(store.versions(0)) == 1
    assert not twice.window.actions_table["undo"].isEnabled()
    assert twice.said("Removed 2 versions that do not count")
    twice.window.actions_table["prune"].trigger()
    assert twice.said("There is no old version to remove.")


def test_a_point_beside_the_line_still_picks_a_person(twice):
    twice.press("Ctrl+Alt+C")
    twice.until(lambda: compared(twice, 0))
    boxes = twice.program.session.store.result(0).people.detections.boxes
    x, y = ((boxes[1, :2] + boxes[1, 2:]) / 2).tolist()
    at = twice.picture._place.to_widget(QPointF(x, y)).toPoint()
    if abs(at.x() - twice.picture._wipe.line(twice.picture._place)) < 20:
        at += QPoint(20, 0)
    QTest.mouseClick(twice.picture, LEFT, pos=at)
    assert twice.program.view.selected_track == 2
