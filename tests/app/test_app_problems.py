"""Find, look, fix, verify: the problems of a session, with mouse and keys."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from fakes_faults import add, dropout, freeze, mirror, walkers, write
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from pipeline.session.edits import UseVersion
from pipeline.session.open import session_path
from pipeline.session.reviews import Ignored
from pipeline.structures import Changes, FrameFailure, RunOptions
from widgets.problem_model import SIGNAL, THRESHOLD
from widgets.time_scale import GUTTER

LEFT = Qt.MouseButton.LeftButton
CLEAN = walkers(90)


def faulty():
    """A freeze of the first person, a mirror of the second, ten frames without the third."""
    rng = np.random.default_rng(0)
    clip, _ = freeze(CLEAN, 20, 1, rng)
    clip, _ = mirror(clip, 40, 2, rng)
    clip, _ = dropout(clip, 60, 3, rng)
    return clip


FAULTY = faulty()


def lay(clip, *layers) -> None:
    """A session beside a video: each layer is a run whose frames count from then on."""
    store = write(layers[0], session_path(clip))
    with store.transaction():
        for before, after in pairwise(layers):
            run = store.start_run("made-up-2", RunOptions(), "Run again")
            for old, new in zip(before, after, strict=True):
                if new is not old:
                    add(store, new, run)
    store.close()


@pytest.fixture
def look(start, clip):
    """Opens the clip with a session, and waits until it was looked through."""

    def open_with(*layers):
        if layers:
            lay(clip, *layers)
        drive = start()
        drive.open(clip)
        settle(drive)
        drive.window.show_dock("problems")
        return drive

    return open_with


@pytest.fixture
def drive(look):
    return look(CLEAN, FAULTY)


def settle(drive) -> None:
    problems = drive.program.problems
    drive.until(lambda: problems.finder.findings is not None and not problems.busy)


def listed(drive, state: str = "open") -> set[tuple[str, int]]:
    return {(row.signal, row.track) for row in drive.program.problems.rows if row.state == state}


def panel(drive):
    return drive.window.problems


def place(drive, signal: str) -> QPoint:
    view, rows = panel(drive).view, panel(drive).rows
    number = next(n for n, row in enumerate(rows) if row.signal == signal)
    view.scrollTo(view.model().index(number, SIGNAL))
    return view.visualRect(view.model().index(number, SIGNAL)).center()


def click(drive, signal: str) -> None:
    QTest.mouseClick(panel(drive).view.viewport(), LEFT, pos=place(drive, signal))


def choose(drive, text: str) -> None:
    """From the menu of what is selected in the table."""
    view = panel(drive).view
    QTest.keyClick(view, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    menu = QApplication.activePopupWidget()
    action = next(one for one in menu.actions() if one.text().startswith(text))
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())


def test_injected_faults_are_in_the_table_and_in_the_strip(drive):
    assert {("frozen", 1), ("flip", 2), ("gap", 3)} <= listed(drive)
    rows = {row.signal: row for row in panel(drive).rows}
    assert 19 <= rows["frozen"].first <= 20 <= rows["frozen"].last <= 25
    assert (rows["gap"].first, rows["gap"].last) == (60, 69)
    assert rows["gap"].people == ("Person 3",)
    assert rows["gap"].value.endswith(" s")
    strip = drive.window.timeline.problem_strip
    assert strip.isVisible()
    assert {"frozen", "flip", "gap"} <= {row.signal for row in strip.rows}


def test_a_clean_session_and_one_without_results_say_so(look, clip):
    drive = look()
    assert panel(drive).message.text().startswith("Nothing has been run yet.")
    drive.window.close()
    drive = look(CLEAN)
    assert panel(drive).message.isVisible()
    assert panel(drive).message.text() == "No problems found in 90 frames."
    assert not drive.window.timeline.problem_strip.isVisible()
    drive.press("Down")
    assert drive.said("There is no open problem.")


def test_up_and_down_walk_the_open_problems_from_the_picture(drive):
    view, problems = drive.program.view, drive.program.problems
    order = [row.key for row in panel(drive).rows]
    drive.press("Down")
    assert problems.current.key == order[0]
    assert view.frame_index == problems.current.worst
    assert view.selected_track == problems.current.track
    drive.at(problems.current.worst)
    assert panel(drive).view.currentIndex().row() == 0
    assert panel(drive).why.text().startswith(problems.current.title)
    for key in order[1:]:
        drive.press("Down")
        assert problems.current.key == key
    drive.press("Down")
    assert problems.current.key == order[0]
    drive.press("Up")
    assert problems.current.key == order[-1]


def test_after_scrubbing_away_one_walks_on_from_there(drive):
    drive.press("Down")
    drive.program.view.set_frame(57)
    drive.press("Down")
    assert drive.program.problems.current.signal == "gap"
    drive.program.view.set_frame(34)
    drive.press("Up")
    assert drive.program.problems.current.first < 34


def test_walking_follows_the_order_and_the_filter_of_the_table(drive):
    box = panel(drive).signal_box
    box.setCurrentText("Track gap")
    box.activated.emit(box.currentIndex())
    for _twice in range(2):
        drive.press("Down")
        assert drive.program.problems.current.signal == "gap"
    QTest.mouseClick(panel(drive).chips["open"], LEFT)
    drive.press("Down")
    assert drive.said("No open problem is listed; the filter hides")


def test_where_up_and_down_mean_something_else_they_keep_that(drive):
    lanes = drive.window.timeline.lanes
    drive.program.view.select(1)
    lanes.setFocus()
    drive.until(lanes.hasFocus)
    drive.press("Down")
    assert drive.program.view.selected_track == 2
    assert drive.program.problems.current is None
    click(drive, "frozen")
    panel(drive).view.setFocus()
    drive.until(panel(drive).view.hasFocus)
    place_before = panel(drive).view.currentIndex().row()
    drive.press("Down")
    assert panel(drive).view.currentIndex().row() == place_before + 1
    drive.picture.setFocus()
    drive.until(drive.picture.hasFocus)
    drive.press("Up")
    assert drive.program.problems.current.signal == "frozen"


def test_selecting_tells_who_listens_and_the_curve_can_be_asked_for(drive):
    problems, told = drive.program.problems, []
    heard = []
    problems.problem_selected.connect(lambda: heard.append(problems.current))
    click(drive, "flip")
    assert heard[-1].signal == "flip"
    problems.ask_curve("flip", 2, told.append)
    drive.until(lambda: told)
    frames, values = told[0]
    assert heard[-1].worst in frames
    assert values.max() >= problems.thresholds.of("flip")


def test_a_click_in_the_strip_goes_to_the_problem(drive):
    strip = drive.window.timeline.problem_strip
    number = next(n for n, row in enumerate(strip.rows) if row.signal == "gap")
    strip.set_selected(("gap", 3, 60, 69))  # scrolls to it
    strip.set_selected(None)
    x = round(drive.window.timeline._scale.x_of(64.5, strip.width()))
    QTest.mouseClick(strip.viewport(), LEFT, pos=QPoint(x, round(strip._top_of(number)) + 6))
    assert drive.program.problems.current.signal == "gap"
    assert drive.program.view.selected_track == 3
    QTest.mouseClick(strip.viewport(), LEFT, pos=QPoint(GUTTER + 1, round(strip._top_of(number)) + 6))
    assert drive.program.view.frame_index == 0


def test_ignoring_is_an_edit_that_is_undone_and_survives_closing(drive, look):
    click(drive, "gap")
    choose(drive, "Ignore This Problem: 10 frames")
    store = drive.program.session.store
    assert store.ignored_problems() == {Ignored("gap", 3, 60, 69)}
    assert listed(drive, "ignored") == {("gap", 3)}
    assert panel(drive).chips["ignored"].text() == "1 ignored"
    assert drive.window.actions_table["undo"].text() == "Undo ignore problem"
    drive.press("Ctrl+Z", drive.picture)
    assert listed(drive, "ignored") == set()
    assert ("gap", 3) in listed(drive)
    drive.press("Ctrl+Y", drive.picture)
    drive.window.close()
    again = look()
    assert listed(again, "ignored") == {("gap", 3)}
    click(again, "gap")
    choose(again, "No Longer Ignore")
    assert again.program.session.store.ignored_problems() == frozenset()
    assert ("gap", 3) in listed(again)


def test_several_are_ignored_as_one_step(drive):
    view = panel(drive).view
    view.selectAll()
    view.setFocus()
    count = len(listed(drive))
    choose(drive, "Ignore")
    assert listed(drive) == set()
    assert drive.window.actions_table["undo"].text().startswith("Undo ignore ")
    drive.press("Ctrl+Z", drive.picture)
    assert len(listed(drive)) == count
    assert drive.program.session.store.ignored_problems() == frozenset()


def test_rows_selected_with_shift_and_ctrl_stay_selected(drive):
    view = panel(drive).view
    click(drive, "gap")
    QTest.mouseClick(view.viewport(), LEFT, Qt.KeyboardModifier.ControlModifier, place(drive, "frozen"))
    assert drive.program.problems.current.signal == "frozen"
    assert len(view.selectionModel().selectedRows()) == 2
    choose(drive, "Ignore 2 Problems")
    assert listed(drive, "ignored") == {("gap", 3), ("frozen", 1)}
    assert len(view.selectionModel().selectedRows()) == 2
    QTest.mouseClick(view.viewport(), LEFT, Qt.KeyboardModifier.ControlModifier, place(drive, "frozen"))
    assert len(view.selectionModel().selectedRows()) == 1


def test_coming_by_with_the_tab_key_goes_nowhere(drive):
    drive.program.view.set_frame(5)
    panel(drive).view.setFocus(Qt.FocusReason.TabFocusReason)
    drive.until(panel(drive).view.hasFocus)
    assert drive.program.view.frame_index == 5
    assert drive.program.problems.current is None
    drive.press("Return")
    assert drive.program.problems.current == panel(drive).rows[0]


def restore_gap(drive) -> None:
    """Let the run before the drop-out count again."""
    store = drive.program.session.store
    for frame in range(60, 70):
        first = store.versions(frame)[0].id
        drive.program.editing.do(UseVersion(frame, first))
    drive.until(lambda: ("gap", 3) not in listed(drive))


def test_what_an_edit_mends_is_fixed_until_it_is_undone(drive, look):
    click(drive, "gap")
    restore_gap(drive)
    assert ("gap", 3) in listed(drive, "fixed")
    assert panel(drive).chips["fixed"].text() == "1 fixed"
    assert drive.program.problems.current.state == "fixed"
    assert not any(row.signal == "gap" for row in drive.window.timeline.problem_strip.rows)
    others = listed(drive)
    drive.window.close()
    again = look()
    assert listed(again, "fixed") == {("gap", 3)}
    assert listed(again) == others
    for _frame in range(60, 70):
        again.press("Ctrl+Z", again.picture)
    again.until(lambda: ("gap", 3) in listed(again))
    settle(again)
    assert listed(again, "fixed") == set()


def test_an_edit_just_before_closing_counts_as_well(drive, look):
    store = drive.program.session.store
    for frame in range(60, 70):
        drive.program.editing.do(UseVersion(frame, store.versions(frame)[0].id))
    drive.window.close()
    again = look()
    assert ("gap", 3) in listed(again, "fixed")


def test_frames_with_problems_are_run_again_from_the_menu(look, clip):
    lay(clip, CLEAN)
    drive = look()
    store = drive.program.session.store
    run = store.start_run("made-up-3", RunOptions(), "Run")
    with store.transaction():
        for frame in (30, 31):
            store.add_failure(FrameFailure(frame, "detect", "bad_input", "Nothing to see.", {}), run)
    drive.program.session.tell(Changes(frozenset((30, 31))))
    drive.until(lambda: ("failed", 0) in listed(drive))
    assert drive.program.problems.open_frames() == [30, 31]
    drive.load()
    drive.window.actions_table["run_problems"].trigger()
    drive.until(lambda: not store.failures())
    drive.until(lambda: ("failed", 0) in listed(drive, "fixed"))
    drive.until(lambda: not drive.program.inference.running)
    while store.failures() == {}:
        drive.press("Ctrl+Z", drive.picture)
    drive.until(lambda: ("failed", 0) in listed(drive))


def test_running_a_problem_again_runs_its_frames_only(drive):
    click(drive, "frozen")
    row = drive.program.problems.current
    drive.load()
    store = drive.program.session.store
    before = {frame: len(store.versions(frame)) for frame in range(90)}
    choose(drive, "Run Again")
    frames = range(row.first, row.last + 1)
    drive.until(lambda: all(len(store.versions(frame)) == before[frame] + 1 for frame in frames))
    drive.until(lambda: not drive.program.inference.running)
    others = set(range(90)) - set(frames)
    assert all(len(store.versions(frame)) == before[frame] for frame in others)
    drive.until(lambda: ("frozen", 1) in listed(drive, "fixed"))


def test_verifying_marks_the_person_in_its_frames_or_the_frames_where_nobody_is(drive):
    store = drive.program.session.store
    click(drive, "frozen")
    row = drive.program.problems.current
    choose(drive, "Mark Verified")
    assert {store.verdict(frame, 1) for frame in range(row.first, row.last + 1)} == {"verified"}
    click(drive, "gap")
    choose(drive, "Mark Verified: 10 frames")
    assert store.verdict(64) == "verified"
    drive.press("Ctrl+Z", drive.picture)
    drive.press("Ctrl+Z", drive.picture)
    assert not len(store.verdicts().frames)


def test_a_threshold_counts_at_once_is_remembered_and_taken_back(drive, look):
    view = panel(drive).view
    here = QPoint(view.columnViewportPosition(THRESHOLD) + 10, place(drive, "gap").y())
    QTest.mouseClick(view.viewport(), LEFT, pos=here)
    QTest.mouseDClick(view.viewport(), LEFT, pos=here)
    drive.until(lambda: panel(drive)._popup is not None and panel(drive)._popup.isVisible())
    box = panel(drive)._popup.form.boxes["gap"]
    box.selectAll()
    QTest.keyClicks(box, "0.5")
    QTest.keyClick(box, Qt.Key.Key_Return)
    drive.until(lambda: ("gap", 3) not in listed(drive))
    assert listed(drive, "fixed") == set()
    panel(drive)._popup.close()
    drive.window.close()
    again = look()
    assert ("gap", 3) not in listed(again) | listed(again, "fixed")
    again.press("Ctrl+,")
    dialog = again.program.dialogs._open_ones["preferences"]
    dialog._tabs.setCurrentIndex(dialog._tabs.count() - 1)
    form = dialog._tabs.currentWidget().widget()
    assert form.boxes["gap"].value() == 0.5
    QTest.mouseClick(form.defaults, LEFT)
    again.until(lambda: ("gap", 3) in listed(again))
    assert form.boxes["gap"].value() == 0.01
    dialog.accept()


def test_another_video_has_other_problems(drive, start, clip):
    drive.program.session.close()
    assert drive.program.problems.rows == ()
    assert panel(drive).message.text() == "Open a video first."
    drive.open(clip)
    settle(drive)
    assert ("gap", 3) in listed(drive)
