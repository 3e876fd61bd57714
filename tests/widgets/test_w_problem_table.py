"""The Problems tab with mouse and keys."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QMenu

from widgets.problem_model import FRAMES, SIGNAL, STATE, THRESHOLD, VALUE
from widgets.problem_table import ProblemPanel
from widgets.problem_values import ProblemRow, ThresholdRow

LEFT = Qt.MouseButton.LeftButton
BLUE, ORANGE = (86, 180, 233), (230, 159, 0)


def row(signal, title, track, first, last, severity, state="open", people=None) -> ProblemRow:
    people = people or ((f"Person {track}",) if track else ())
    chips = tuple((int(name.split()[1]), BLUE) for name in people)
    value, threshold = f"{10 * severity:.1f} % height", "10.0 % height"
    return ProblemRow(
        signal,
        title,
        f"What {title} means.",
        track,
        people,
        chips,
        first,
        last,
        first,
        severity,
        value,
        threshold,
        state,
    )


GAP = row("gap", "Track gap", 1, 10, 14, 3.0)
SPIKE = row("acceleration", "Acceleration spike", 2, 40, 40, 1.5)
SWITCH = row("switch", "Identity switch", 1, 70, 72, 1.2, "ignored", ("Person 1", "Person 2"))
FIXED = row("gap", "Track gap", 2, 90, 90, 1.1, "fixed")
ROWS = (GAP, SPIKE, SWITCH, FIXED)
THRESHOLDS = (
    ThresholdRow("gap", "Track gap", "Missing.", "s", True, 0.5, 0.5, 0.0, 5.0, 0.05, 2),
    ThresholdRow("acceleration", "Acceleration spike", "Jerked.", "σ", True, 12.0, 10.0, 2, 50, 1, 1),
    ThresholdRow("box", "Box jump", "Little.", "", False, 0.5, 0.5, 0, 0.95, 0.05, 2),
)
SIGNALS = ("problem_selected", "ignore_requested", "run_requested", "verify_requested", "threshold_changed")


@pytest.fixture
def panel(qtbot) -> ProblemPanel:
    made = ProblemPanel()
    qtbot.addWidget(made)
    made.resize(348, 560)
    made.set_rows(ROWS)
    made.set_thresholds(THRESHOLDS)
    with qtbot.waitActive(made):
        made.show()
    return made


@pytest.fixture
def said(panel) -> list:
    log: list = []
    for name in SIGNALS:
        getattr(panel, name).connect(lambda *values, name=name: log.append((name, *values)))
    return log


def place(panel, number: int, column: int = SIGNAL) -> QPoint:
    return panel.view.visualRect(panel.view.model().index(number, column)).center()


def titles(panel) -> list[str]:
    model = panel.view.model()
    return [model.index(number, SIGNAL).data() for number in range(model.rowCount())]


def click(panel, qtbot, number: int, column: int = SIGNAL) -> None:
    qtbot.mouseClick(panel.view.viewport(), LEFT, pos=place(panel, number, column))


def choose(panel, rows, text: str) -> None:
    menu = panel.view.menu_for(list(rows))
    next(action for action in menu.actions() if action.text().startswith(text)).trigger()
    menu.close()


def test_problems_are_listed_by_frame_with_numbers_and_units(panel):
    model = panel.view.model()
    assert titles(panel) == ["Track gap", "Acceleration spike", "Identity switch", "Track gap"]
    assert [model.index(n, FRAMES).data() for n in range(3)] == ["10–14", "40", "70–72"]
    assert model.index(0, VALUE).data() == "30.0 %"
    assert model.index(0, THRESHOLD).data() == "10.0 %"
    assert model.index(2, STATE).data(Qt.ItemDataRole.AccessibleTextRole) == "Ignored"


def test_everything_fits_into_a_narrow_dock(panel):
    view = panel.view
    used = sum(view.columnWidth(column) for column in range(6))
    assert used <= view.viewport().width()
    for column in (FRAMES, VALUE, THRESHOLD):
        widest = max(
            view.fontMetrics().horizontalAdvance(view.model().index(n, column).data()) for n in range(4)
        )
        assert view.columnWidth(column) >= widest + 10


def test_the_counts_of_each_state_are_said(panel):
    assert [chip.text() for chip in panel.chips.values()] == ["2 open", "1 fixed", "1 ignored"]


def test_a_click_asks_to_go_there_and_says_why(panel, said, qtbot):
    click(panel, qtbot, 1)
    assert said == [("problem_selected", SPIKE.key)]
    assert panel.why.text() == (
        "Acceleration spike of Person 2, frame 40, open\n"
        "15.0 % height in frame 40, the threshold is 10.0 % height\nWhat Acceleration spike means."
    )


def test_arrows_walk_all_rows_and_return_asks_again(panel, said, qtbot):
    click(panel, qtbot, 1)
    qtbot.keyClick(panel.view, Qt.Key.Key_Down)
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    assert [key for _name, key in said] == [SPIKE.key, SWITCH.key, SWITCH.key]


def test_being_told_does_not_answer(panel, said):
    panel.set_current(SWITCH.key)
    assert said == []
    assert panel.view.currentIndex().row() == 2
    panel.set_current(None)
    assert said == []
    assert not panel.view.selectionModel().hasSelection()


def test_the_selection_stays_when_problems_come_and_go(panel, said):
    panel.set_current(SPIKE.key)
    panel.set_rows((row("depth", "Depth jump", 1, 1, 2, 2.0), *ROWS))
    assert panel.view.current() == SPIKE
    assert panel.view.currentIndex().row() == 2
    assert said == []


def test_states_are_hidden_by_their_chips(panel, qtbot):
    qtbot.mouseClick(panel.chips["open"], LEFT)
    assert titles(panel) == ["Identity switch", "Track gap"]
    qtbot.mouseClick(panel.chips["fixed"], LEFT)
    qtbot.mouseClick(panel.chips["ignored"], LEFT)
    assert panel.message.isVisible()
    assert panel.message.text() == "None of 4 problems is listed."


def test_signal_and_person_filter(panel, qtbot):
    panel.signal_box.setFocus()
    qtbot.keyClicks(panel.signal_box, "Track")
    qtbot.keyClick(panel.signal_box, Qt.Key.Key_Return)
    panel.signal_box.activated.emit(panel.signal_box.currentIndex())
    assert titles(panel) == ["Track gap", "Track gap"]
    panel.person_box.setCurrentText("Person 2")
    panel.person_box.activated.emit(panel.person_box.currentIndex())
    assert panel.rows == [FIXED]


def test_a_filter_for_what_is_gone_is_taken_back(panel):
    panel.signal_box.setCurrentText("Identity switch")
    panel.signal_box.activated.emit(panel.signal_box.currentIndex())
    panel.set_rows((GAP, SPIKE))
    assert panel.signal_box.currentText() == "All signals"
    assert panel.rows == [GAP, SPIKE]


def test_values_are_sorted_by_how_far_they_are_beyond(panel, qtbot):
    head = panel.view.horizontalHeader()
    middle = head.sectionViewportPosition(VALUE) + head.sectionSize(VALUE) // 2
    for _twice in range(2):
        qtbot.mouseClick(head.viewport(), LEFT, pos=QPoint(middle, head.height() // 2))
    assert [one.severity for one in panel.rows] == [3.0, 1.5, 1.2, 1.1]


def test_the_menu_says_how_many_frames_it_is_about(panel, said):
    texts = [
        action.text() for action in panel.view.menu_for([GAP, replace(SPIKE, first=12, last=17)]).actions()
    ]
    assert texts == [
        "Run Again: 8 frames",
        "Mark Verified: 8 frames",
        "Ignore 2 Problems: 8 frames",
        "",
        "Change the Threshold of Track gap…",
    ]


def test_the_menu_asks_for_what_is_chosen(panel, said):
    choose(panel, [GAP, SPIKE], "Run Again")
    choose(panel, [SPIKE], "Mark Verified")
    choose(panel, [SPIKE], "Ignore")
    choose(panel, [SWITCH], "No Longer Ignore")
    assert said == [
        ("run_requested", [GAP.key, SPIKE.key]),
        ("verify_requested", [SPIKE.key]),
        ("ignore_requested", [SPIKE.key], True),
        ("ignore_requested", [SWITCH.key], False),
    ]


def test_several_are_selected_with_shift_and_the_menu_key_is_about_them(panel, qtbot):
    click(panel, qtbot, 0)
    shift = Qt.KeyboardModifier.ShiftModifier
    qtbot.mouseClick(panel.view.viewport(), LEFT, shift, place(panel, 1))
    qtbot.keyClick(panel.view, Qt.Key.Key_F10, shift)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert menu.actions()[2].text() == "Ignore 2 Problems: 6 frames"
    menu.close()


def test_a_threshold_is_typed_in_a_small_window(panel, said, qtbot):
    click(panel, qtbot, 1, THRESHOLD)
    qtbot.mouseDClick(panel.view.viewport(), LEFT, pos=place(panel, 1, THRESHOLD))
    qtbot.waitUntil(lambda: panel._popup is not None and panel._popup.isVisible())
    form = panel._popup.form
    box = form.boxes["acceleration"]
    assert isinstance(box, QDoubleSpinBox)
    assert box.text() == "≥ 12.0 σ"
    assert form.boxes["box"].text() == "≤ 0.50"
    box.selectAll()
    qtbot.keyClicks(box, "25")
    assert ("threshold_changed", "acceleration", 25.0) not in said
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert ("threshold_changed", "acceleration", 25.0) in said


def test_defaults_are_offered_only_where_something_was_changed(panel, qtbot):
    qtbot.mouseClick(panel.thresholds_button, LEFT)
    popup = panel._popup
    asked = []
    panel.defaults_requested.connect(lambda: asked.append(1))
    qtbot.mouseClick(popup.form.defaults, LEFT)
    assert asked == [1]
    panel.set_thresholds(tuple(replace(one, value=one.default) for one in THRESHOLDS))
    assert not popup.form.defaults.isEnabled()
    popup.close()
    qtbot.waitUntil(lambda: panel._popup is None)


def test_empty_states_differ(panel):
    panel.set_rows(())
    panel.set_empty_text("No problems found in 180 frames.")
    assert panel.message.isVisible()
    assert panel.message.text() == "No problems found in 180 frames."


def test_progress_comes_and_goes_without_moving_the_table(panel):
    top = panel.view.y()
    panel.set_progress(0.4)
    assert panel.progress.isVisible()
    assert panel.progress.value() == 400
    panel.set_progress(None)
    assert not panel.progress.isVisible()
    assert panel.view.y() == top
