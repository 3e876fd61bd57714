"""The inspector says everything with its unit."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QPushButton, QRadioButton

from widgets.inspector import Inspector, frame_rows, person_rows
from widgets.inspector_parts import BetaBars
from widgets.theme import colors
from widgets.values import Details, FrameDetails, PersonDetails, RejectedRow, VersionRow

LEFT = Qt.MouseButton.LeftButton
PERSON = PersonDetails(
    "Goalkeeper",
    (230, 159, 0),
    2,
    1,
    0.931,
    (812.3, 140.1, 1011.8, 902.0),
    1.784,
    (2.0, -1.5, 0.0, 4.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6),
    (-0.31, 0.22, 4.92),
    1920.0,
    "Anny neutral",
    True,
    True,
)
FRAME = FrameDetails(
    131,
    "0:04.367",
    "mediapipe 0.10.21",
    (("Device", "cpu"),),
    (("Lowest score", "0.50"),),
    {"detect": 0.0123},
    412 * 2**20,
    (RejectedRow(0.31, "score 0.31 below 0.50"),),
    (
        VersionRow(3, "mediapipe", "24 Nov 12:01", 2, 0.06, True),
        VersionRow(1, "mediapipe", "24 Nov 11:58", 1, 0.05),
    ),
)


@pytest.fixture
def inspector(qtbot):
    made = Inspector()
    qtbot.addWidget(made)
    made.resize(300, 400)
    made.show()
    return made


def words(inspector) -> set[str]:
    return {label.text() for label in inspector.widget().findChildren(QLabel)}


def test_every_length_of_a_person_has_its_unit():
    rows = {name: value.replace("\N{NO-BREAK SPACE}", " ") for name, value in person_rows(PERSON)}
    assert rows["Box"] == "812, 140 to 1012, 902 px"
    assert rows["Box size"] == "200 × 762 px"
    assert rows["Height"] == "1.78 m"
    assert rows["Position"] == "−0.31, 0.22, 4.92 m"
    assert re.fullmatch(r"1\s920 px", rows["Focal length"])
    assert rows["Track"] == "2, by hand"
    assert rows["Mask"] == "yes"


def test_a_person_without_track_or_height_says_so():
    rows = dict(person_rows(replace(PERSON, track_id=None, height=None, edited=False, mask=False)))
    assert (rows["Track"], rows["Height"], rows["Mask"]) == ("none", "unknown", "no")


def test_timings_and_memory_of_a_frame_have_their_units():
    rows = dict(frame_rows(FRAME))
    assert rows["Detect"] == "12 ms"
    assert rows["Peak memory"] == "412 MB"


def test_person_frame_versions_and_those_left_out_are_all_there(inspector):
    inspector.set_details(Details(PERSON, FRAME))
    assert {
        "Goalkeeper",
        "Frame 131   0:04.367",
        "Versions",
        "Left out (1)",
        "score 0.31 below 0.50",
    } <= words(inspector)
    assert "2 people · 0.1 s · 24 Nov 12:01" in words(inspector)


def test_a_warning_stands_on_its_own_ground_above_how_the_frame_was_run(inspector, shot):
    inspector.set_details(Details(None, replace(FRAME, warning="The GPU spills into main memory.")))
    label = next(one for one in inspector.widget().findChildren(QLabel) if "spills" in one.text())
    card = label.parentWidget()
    assert QColor(*shot(card)(card.width() - 4, card.height() / 2)).name() == colors().warn_tint
    assert "cpu" in words(inspector)


def test_several_notes_are_several_lines(inspector):
    inspector.set_details(Details(None, replace(FRAME, plan=(("Notes", "caches freed\nmasks off"),))))
    label = next(one for one in inspector.widget().findChildren(QLabel) if "caches" in one.text())
    assert label.sizeHint().height() >= 2 * label.fontMetrics().height()


def test_another_version_is_asked_for_and_the_tick_waits_for_the_answer(inspector, qtbot):
    asked = []
    inspector.version_requested.connect(asked.append)
    inspector.set_details(Details(None, FRAME))
    counting, other = inspector.widget().findChildren(QRadioButton)
    assert (counting.isChecked(), other.isChecked()) == (True, False)
    assert (counting.text(), other.text()) == ("Version 2", "Version 1")  # ids are the whole session's
    qtbot.mouseClick(counting, LEFT, pos=counting.rect().center())
    qtbot.mouseClick(other, LEFT, pos=other.rect().center())
    assert asked == [1]
    assert (counting.isChecked(), other.isChecked()) == (True, False)


@pytest.mark.parametrize(("failure", "button"), [("", "Run this frame"), ("Out of memory.", "Run again")])
def test_a_frame_without_a_result_can_be_run(inspector, qtbot, failure, button):
    asked = []
    inspector.run_requested.connect(lambda: asked.append(True))
    inspector.set_details(Details(None, FrameDetails(12, failure=failure, failure_hint="Close programs.")))
    assert ({"Out of memory.", "Close programs."} <= words(inspector)) == bool(failure)
    run = inspector.widget().findChild(QPushButton)
    assert run.text() == button
    qtbot.mouseClick(run, LEFT)
    assert asked == [True]


def test_it_scrolls_when_small_and_stays_where_one_has_scrolled_to(inspector, qtbot):
    inspector.set_details(Details(PERSON, FRAME))
    bar = inspector.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 100)
    bar.setValue(80)
    inspector.set_details(Details(PERSON, replace(FRAME, frame_index=132)))
    qtbot.waitUntil(lambda: bar.value() == 80)
    assert inspector.horizontalScrollBar().maximum() == 0


def test_betas_go_up_down_and_out_of_the_usual(qtbot, shot):
    bars = BetaBars(PERSON.betas)
    qtbot.addWidget(bars)
    bars.resize(300, 64)
    look, theme = shot(bars), colors()

    def at(index: int, y: int) -> str:
        return QColor(*look(index * 30 + 15, y)).name()

    assert at(0, 16) == theme.accent  # +2.0: above the middle
    assert at(0, 32) == theme.groove
    assert at(1, 30) == theme.accent  # -1.5: below
    assert at(1, 16) == theme.groove
    assert at(3, 5) == theme.warn  # 4.0: more than three standard deviations


def test_nothing_is_said_without_a_video(inspector):
    inspector.set_details(Details(PERSON, FRAME))
    inspector.set_details(None)
    assert words(inspector) == {"Nothing to inspect yet"}


def test_somebody_left_out_is_taken_in_with_a_click(inspector, qtbot):
    inspector.set_details(Details(None, FRAME))
    take = next(b for b in inspector.widget().findChildren(QPushButton) if b.text() == "Take in")
    assert "score 0.31 below 0.50" in take.accessibleName()
    with qtbot.waitSignal(inspector.accept_requested) as asked:
        qtbot.mouseClick(take, Qt.MouseButton.LeftButton)
    assert asked.args == [0]


def test_of_hundreds_left_out_a_dozen_are_listed(inspector):
    many = tuple(RejectedRow(0.3 - k / 1000, f"score {0.3 - k / 1000:.2f} below 0.50") for k in range(200))
    inspector.set_details(Details(None, replace(FRAME, rejected=many)))
    assert sum(b.text() == "Take in" for b in inspector.widget().findChildren(QPushButton)) == 12
    assert any("and 188 more" in text for text in words(inspector))


def test_an_undone_version_says_so_and_can_be_chosen(inspector, qtbot):
    rows = (replace(FRAME.versions[0], undone=True, counts=False, plan="cpu, float32"),)
    inspector.set_details(Details(None, replace(FRAME, versions=rows)))
    assert {"undone", "cpu, float32"} <= words(inspector)
