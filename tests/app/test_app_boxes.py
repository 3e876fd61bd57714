"""Boxes drawn by hand and people left out, taken in with mouse and keys; everybody else stays as they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolTip


@pytest.fixture
def ready(start, clip):
    """Starts a program with the clip open and the stand-in loaded, given its cues."""

    def ready(**cues):
        drive = start(**cues)
        drive.open(clip)
        drive.load()
        return drive

    return ready


def on_screen(drive, x: float, y: float) -> QPoint:
    """Where an image point is in the picture's widget."""
    return drive.picture.on_screen((x, y, x, y)).topLeft()


def draw(drive, box) -> None:
    drive.press("B", drive.picture)
    start, end = on_screen(drive, *box[:2]), on_screen(drive, *box[2:])
    QTest.mousePress(drive.picture, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(drive.picture, (start + end) / 2)
    QTest.mouseMove(drive.picture, end)
    QTest.mouseRelease(drive.picture, Qt.MouseButton.LeftButton, pos=end)


def run(drive, first, last) -> None:
    drive.program.inference.run_frames("Some", range(first, last + 1))
    drive.until(lambda: len(drive.results()) >= last - first + 1 and not drive.program.inference.running)


def show(drive, frame) -> None:
    drive.program.view.set_frame(frame)
    drive.at(frame)


def versions(drive, frame):
    return drive.program.session.store.versions(frame)


def tracks(drive, frame):
    return [(a.track_id, a.by) for a in drive.program.session.store.assignments(frame)]


def undo_text(drive) -> str:
    return drive.window.actions_table["undo"].text()


EDGE = (4.0, 30.0, 24.0, 90.0)
"""A box where nobody is."""


def same_rows(one, other, count) -> bool:
    """Whether the first people of two results are the same, bit for bit."""
    pairs = (
        (one.people.detections.boxes, other.people.detections.boxes),
        (one.people.detections.scores, other.people.detections.scores),
        (one.people.smpl.global_orient, other.people.smpl.global_orient),
        (one.people.smpl.body_pose, other.people.smpl.body_pose),
        (one.people.smpl.betas, other.people.smpl.betas),
        (one.people.cam_t, other.people.cam_t),
        (one.people.features, other.people.features),
    )
    return all(a[:count].tobytes() == b[:count].tobytes() for a, b in pairs)


def test_a_drawn_box_adds_a_person_and_leaves_the_others_bit_for_bit(ready):
    drive = ready(masks="1")
    run(drive, 0, 0)
    store = drive.program.session.store
    drive.program.editing.do(_assign(0, 1, 7))
    before, who = store.result(0), tracks(drive, 0)
    draw(drive, EDGE)
    assert drive.program.view.tool == "select"
    drive.until(lambda: len(versions(drive, 0)) == 2)
    after = store.result(0)
    assert len(after.people) == 3
    assert same_rows(before, after, 2)
    assert after.people.detections.masks[:2] == before.people.detections.masks
    assert tracks(drive, 0)[:2] == who == [(1, "tracker"), (7, "reviewer")]
    assert np.abs(after.people.detections.boxes[2] - EDGE).max() < 2
    (asked,) = versions(drive, 0)[1].options.boxes
    assert np.abs(np.array(asked) - EDGE).max() < 2
    assert after.plan.notes[-1] == "One person added from a box drawn by hand."
    drive.until(lambda: drive.program.view.selected_track == 8)
    assert undo_text(drive) == "Undo draw box"


def _assign(frame, slot, track):
    from pipeline.session.edits import AssignPerson

    return AssignPerson(frame, slot, track)


def test_a_drawn_box_is_one_step_to_undo_and_redo(ready):
    drive = ready()
    run(drive, 0, 0)
    store = drive.program.session.store
    before, who = store.result(0), tracks(drive, 0)
    draw(drive, EDGE)
    drive.until(lambda: len(versions(drive, 0)) == 2)
    drive.press("Ctrl+Z")
    assert store.result(0) is before
    assert tracks(drive, 0) == who
    assert undo_text(drive) == "Undo run some"
    drive.press("Ctrl+Shift+Z", drive.picture)
    assert len(store.result(0).people) == 3


def test_the_menu_offers_who_is_missing_nearest_first_and_is_answered_by_keys(ready):
    drive = ready(people="4")
    run(drive, 0, 0)
    store = drive.program.session.store
    boxes = store.result(0).people.detections.boxes.tolist()
    drive.program.settings.set_preferences(replace(drive.program.settings.preferences, max_people=2))
    show(drive, 1)
    drive.press("R", drive.picture)
    drive.until(lambda: 1 in drive.results())
    assert [track for track, _by in tracks(drive, 1)] == [1, 2]
    draw(drive, boxes[3])
    menu = drive.program.box_drawing.menu
    assert menu.isVisible()
    assert menu.rows.hasFocus()
    offered = [choice.track_id for choice in menu._choices]
    assert offered == [4, 3, 0], "nearest first, then somebody new"
    assert menu._choices[0].detail == "expected here"
    assert menu.rows.currentRow() == 0
    drive.until(lambda: len(versions(drive, 1)) == 2)
    assert tracks(drive, 1)[2] == (4, "tracker"), "nobody has said so yet"
    drive.press("Down", menu.rows)
    drive.press("Return", menu.rows)
    assert not menu.isVisible()
    assert drive.picture.hasFocus()
    assert tracks(drive, 1)[2] == (3, "reviewer")
    assert drive.program.view.selected_track == 3
    assert undo_text(drive) == "Undo draw box", "the answer belongs to the box"
    drive.press("Ctrl+Z", drive.picture)
    assert len(tracks(drive, 1)) == 2
    drive.press("Ctrl+Y", drive.picture)
    assert tracks(drive, 1)[2] == (3, "reviewer")


def test_the_menu_is_answered_before_the_mesh_is_there(ready):
    drive = ready(people="3", seconds="0.3")
    run(drive, 0, 0)
    draw(drive, EDGE)
    menu = drive.program.box_drawing.menu
    drive.press("1", menu.rows)
    assert len(versions(drive, 0)) == 1
    drive.until(lambda: len(versions(drive, 0)) == 2)
    assert tracks(drive, 0)[3] == (4, "reviewer")


def test_a_row_of_the_menu_is_clicked(ready):
    drive = ready(people="3")
    run(drive, 0, 0)
    drive.program.settings.set_preferences(replace(drive.program.settings.preferences, max_people=2))
    show(drive, 1)
    drive.press("R", drive.picture)
    drive.until(lambda: 1 in drive.results())
    draw(drive, EDGE)
    drive.until(lambda: len(versions(drive, 1)) == 2)
    menu = drive.program.box_drawing.menu
    place = menu.rows.visualItemRect(menu.rows.item(0)).center()
    QTest.mouseMove(menu.rows.viewport(), place)
    QTest.mouseClick(menu.rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert tracks(drive, 1)[2] == (3, "reviewer")


def test_the_selected_track_is_taken_if_it_is_missing_here(ready):
    drive = ready(people="3")
    run(drive, 0, 0)
    drive.program.settings.set_preferences(replace(drive.program.settings.preferences, max_people=2))
    show(drive, 1)
    drive.press("R", drive.picture)
    drive.until(lambda: 1 in drive.results())
    drive.program.view.select(3)
    draw(drive, EDGE)
    drive.until(lambda: len(versions(drive, 1)) == 2)
    assert tracks(drive, 1)[2] == (3, "reviewer")


def test_going_on_leaves_the_menu_and_transport_keys_work_in_it(ready):
    drive = ready()
    run(drive, 0, 0)
    draw(drive, EDGE)
    menu = drive.program.box_drawing.menu
    assert menu.isVisible()
    drive.press("Right", menu.rows)
    drive.at(1)
    assert not menu.isVisible()
    drive.until(lambda: len(versions(drive, 0)) == 2)
    assert drive.program.view.selected_track is None, "nothing is selected behind one's back"


def test_a_box_round_somebody_replaces_that_person(ready):
    drive = ready()
    run(drive, 0, 1)
    store = drive.program.session.store
    before = store.result(0)
    x1, y1, x2, y2 = before.people.detections.boxes[0].tolist()
    draw(drive, (x1 + 1, y1 + 2, x2 + 1, y2 + 1))
    menu = drive.program.box_drawing.menu
    assert menu._title.text() == "Person 1 is replaced. Who is it?"
    drive.until(lambda: len(versions(drive, 0)) == 2)
    after = store.result(0)
    assert len(after.people) == 2
    assert [track for track, _by in tracks(drive, 0)] == [1, 2]
    assert before.people.smpl.body_pose[1].tobytes() == after.people.smpl.body_pose[1].tobytes()
    assert abs(float(after.people.detections.boxes[0, 0]) - (x1 + 1)) < 2
    assert menu.isVisible()
    drive.press("Ctrl+Z", menu.rows)
    assert store.result(0) is before
    assert not menu.isVisible(), "of a box that was undone nobody has to say whose it is"


def test_a_box_in_a_frame_that_was_never_run_is_one_person(ready):
    drive = ready()
    draw(drive, EDGE)
    drive.until(lambda: drive.results() == [0])
    assert tracks(drive, 0) == [(1, "tracker")]


def test_a_box_without_a_loaded_engine_loads_it_and_says_so(start, clip):
    drive = start()
    drive.open(clip)
    draw(drive, EDGE)
    assert drive.said("The engine is loaded first")
    drive.until(lambda: drive.results() == [0])


def test_a_failing_box_says_why(ready):
    drive = ready(oom_on="1")
    run(drive, 0, 0)
    show(drive, 1)
    draw(drive, EDGE)
    drive.until(lambda: drive.said("The box could not be run: The GPU is full."))
    assert drive.program.session.store.failures() == {}
    assert not drive.program.box_drawing.menu.isVisible()
    assert undo_text(drive) == "Undo run some"


def test_who_was_left_out_is_accepted_with_a_click(ready):
    drive = ready()
    settings = drive.program.settings
    settings.set_preferences(replace(settings.preferences, score_threshold=0.8))
    run(drive, 0, 0)
    store = drive.program.session.store
    before = store.result(0)
    assert before.rejected.reasons == ("score 0.60 below 0.80",)
    x1, y1, x2, y2 = before.rejected.boxes[0].tolist()
    here = on_screen(drive, (x1 + x2) / 2, (y1 + y2) / 2)
    QTest.mouseClick(drive.picture, Qt.MouseButton.LeftButton, pos=here)
    assert not drive.program.inference.running, "the layer is off"
    view = drive.program.view
    view.set_layers(replace(view.layers, rejected=True))
    QTest.mouseMove(drive.picture, here + QPoint(1, 1))
    QTest.mouseMove(drive.picture, here)
    drive.until(lambda: QToolTip.text() == "Left out: score 0.60 below 0.80.\nClick to accept.")
    assert drive.picture.cursor().shape() == Qt.CursorShape.PointingHandCursor
    QTest.mouseClick(drive.picture, Qt.MouseButton.LeftButton, pos=here)
    drive.until(lambda: len(versions(drive, 0)) == 2)
    after = store.result(0)
    assert len(after.people) == 2
    assert same_rows(before, after, 1)
    assert after.rejected.reasons == ()
    assert undo_text(drive) == "Undo accept person"
    drive.press("Esc", drive.program.box_drawing.menu.rows)
    drive.press("Ctrl+Z", drive.picture)
    assert store.result(0) is before
    assert undo_text(drive) == "Undo run some"


def test_accepting_by_row_joins_the_track_that_is_expected_there(ready):
    drive = ready()
    settings = drive.program.settings
    run(drive, 0, 2)
    settings.set_preferences(replace(settings.preferences, score_threshold=0.8))
    show(drive, 3)
    drive.press("R", drive.picture)
    drive.until(lambda: 3 in drive.results())
    assert tracks(drive, 3) == [(1, "tracker")]
    drive.program.accepting.accept(3, 5)
    assert not drive.program.inference.running
    drive.program.accepting.accept(3, 0)
    drive.program.accepting.accept(3, 0)
    drive.until(lambda: len(versions(drive, 3)) == 2 and not drive.program.inference.running)
    assert tracks(drive, 3) == [(1, "tracker"), (2, "tracker")]
