"""The Camera panel by itself."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from fakes_drop import drop, hover
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtTest import QTest

from pipeline.camera.lens import VIEWS, film_of, focal_of, focal_of_film, side, view_of
from widgets.camera_panel import CameraPanel
from widgets.camera_values import CameraFacts
from widgets.theme import apply_theme

FACTS = CameraFacts(
    size=(1920, 1080),
    writable=True,
    focal_length=1500.0,
    said="This frame, as the engine ran it.",
    scope="Touches 180 frames: pixels stay, distances change.",
    track="Person 1",
)
SOLVED = replace(
    FACTS,
    solved="camera.json: 180 of 180 frames.",
    scale=0.37,
    scale_said="Measured from feet that do not slide.",
)


@pytest.fixture
def panel(qtbot):
    made = CameraPanel()
    qtbot.addWidget(made)
    made.resize(276, 640)
    with qtbot.waitExposed(made):
        made.show()
    made.set_facts(FACTS)
    return made


def heard(signal) -> list:
    """What a signal says from now on."""
    said: list = []
    signal.connect(lambda *what: said.append(what[0] if what else None))
    return said


def typed(field, text: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


sizes = st.tuples(st.integers(16, 8192), st.integers(16, 8192))


@given(st.floats(20, 100_000), sizes, st.sampled_from([key for key, _title in VIEWS]))
def test_the_three_words_for_a_focal_length_say_the_same(focal, size, view):
    length = side(size, view)
    assert focal_of(view_of(focal, length), length) == pytest.approx(focal)
    assert focal_of_film(film_of(focal, size), size) == pytest.approx(focal)


def test_known_lenses():
    assert view_of(1000, 2000) == pytest.approx(90)
    assert film_of(50 * 1920 / 36, (1920, 1280)) == pytest.approx(50)
    assert side((3, 4), "diagonal") == 5


def test_fields_follow_each_other_and_typing_is_one_change(panel):
    tried, chosen = heard(panel.focal_tried), heard(panel.focal_chosen)
    fields = panel.focal
    assert fields.pixels.text() == "1500 px"
    assert fields.angle.text() == f"{math.degrees(2 * math.atan(960 / 1500)):.1f}°"
    typed(fields.angle, "90")
    assert chosen == [pytest.approx(960)]
    assert tried == chosen
    assert fields.pixels.text() == "960 px"
    assert fields.film.text() == f"{film_of(960, (1920, 1080)):.1f} mm"
    typed(fields.film, "50")
    assert chosen[1] == pytest.approx(focal_of_film(50, (1920, 1080)))
    typed(fields.pixels, "2000")
    assert chosen[2] == 2000
    typed(fields.pixels, "2000")
    assert len(chosen) == 3


def test_another_angle_of_view_shows_another_number_and_changes_nothing(panel):
    chosen = heard(panel.focal_chosen)
    panel.focal.view.setFocus()
    QTest.keyClick(panel.focal.view, Qt.Key.Key_Down)
    assert panel.focal.view.currentData() == "vertical"
    assert panel.focal.angle.text() == f"{math.degrees(2 * math.atan(540 / 1500)):.1f}°"
    assert chosen == []


def test_steps_are_tried_at_once_and_chosen_when_they_are_over(panel, qtbot):
    tried, chosen = heard(panel.focal_tried), heard(panel.focal_chosen)
    panel.focal.pixels.setFocus()
    for _step in range(3):
        QTest.keyClick(panel.focal.pixels, Qt.Key.Key_Up)
    assert tried == [1510, 1520, 1530]
    assert panel.focal.busy
    panel.set_facts(replace(FACTS, focal_length=800.0))
    assert panel.focal.pixels.value() == 1530, "nothing is taken out of the hand of somebody who changes it"
    qtbot.waitUntil(lambda: chosen == [1530])
    assert not panel.focal.busy


def test_dragging_the_slider_is_live_and_one_change(panel, qtbot):
    tried, chosen = heard(panel.focal_tried), heard(panel.focal_chosen)
    slider = panel.focal.slider
    handle = QPoint(round(slider.width() * slider.value() / slider.maximum()), slider.height() // 2)
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=handle)
    for step in range(1, 6):
        QTest.mouseMove(slider, handle + QPoint(8 * step, 0))
    assert len(tried) >= 3
    assert tried == sorted(tried)
    assert chosen == []
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=handle + QPoint(40, 0))
    assert chosen == [tried[-1]]


def test_without_a_focal_length_there_is_nothing_to_change(panel):
    panel.set_facts(CameraFacts(said="Open a video first."))
    assert not panel.focal.isEnabled()
    assert panel.focal.pixels.text() == "–"
    assert not panel.reset.isEnabled()
    assert not panel.for_runs.isEnabled()
    assert not panel.choose.isEnabled()
    assert not panel.floor_feet.isEnabled()


def test_what_can_be_asked_for_with_the_mouse(panel):
    panel.set_facts(replace(FACTS, own=True, floor="Tilt 4°."))
    for button, signal in (
        (panel.reset, panel.focal_reset),
        (panel.choose, panel.import_requested),
        (panel.floor_feet, panel.floor_requested),
        (panel.floor_remove, panel.floor_removed),
    ):
        said = heard(signal)
        panel.ensureWidgetVisible(button)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        assert said == [None]
    ticks = heard(panel.for_runs_toggled)
    panel.ensureWidgetVisible(panel.for_runs)
    QTest.mouseClick(panel.for_runs, Qt.MouseButton.LeftButton, pos=QPoint(8, panel.for_runs.height() // 2))
    assert ticks == [True]


def test_a_solved_camera_says_the_focal_length_and_has_a_scale(panel, qtbot):
    panel.set_facts(SOLVED)
    assert not panel.focal.isEnabled()
    assert panel.scale.text() == "0.3700 m"
    scales = heard(panel.scale_chosen)
    typed(panel.scale, "0.5")
    assert scales == [0.5]
    panel.scale.setFocus()
    QTest.keyClick(panel.scale, Qt.Key.Key_Up)
    QTest.keyClick(panel.scale, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: scales == [0.5, 0.7])
    removed, asked = heard(panel.solved_removed), heard(panel.scale_requested)
    QTest.mouseClick(panel.remove, Qt.MouseButton.LeftButton)
    QTest.mouseClick(panel.scale_feet, Qt.MouseButton.LeftButton)
    assert (removed, asked) == ([None], [None])


def test_nobody_selected_says_what_to_do(panel):
    panel.set_facts(replace(SOLVED, track=""))
    for button in (panel.floor_feet, panel.scale_feet):
        assert not button.isEnabled()
        assert button.toolTip() == "Select a person who stands or walks first"


def test_while_something_is_measured_nothing_else_is(panel):
    panel.set_facts(replace(SOLVED, busy="Looking at the feet of Person 1…", busy_part="floor"))
    assert panel.floor_said.text() == "Looking at the feet of Person 1…"
    for widget in (panel.floor_feet, panel.scale_feet, panel.scale, panel.choose, panel.remove):
        assert not widget.isEnabled()
    panel.set_facts(SOLVED)
    assert panel.floor_said.text().startswith("Not known")
    assert panel.floor_feet.isEnabled()


def test_files_are_taken_anywhere_on_the_panel(panel, tmp_path):
    given_files = heard(panel.file_given)
    for place in (panel.viewport(), panel.drop_zone):
        drop(place, tmp_path / "camera.json")
    assert given_files == [str(tmp_path / "camera.json")] * 2
    panel.set_facts(CameraFacts())
    assert not hover(panel.viewport(), QUrl.fromLocalFile("/a.json"))


def test_what_was_not_done_is_shown_as_it_is_again(panel):
    typed(panel.focal.pixels, "2000")
    panel.set_facts(FACTS)
    assert panel.focal.pixels.value() == 2000
    panel.take_back()
    panel.set_facts(FACTS)
    assert panel.focal.pixels.value() == 1500


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_warnings_are_seen_in_both_themes(panel, theme, qapp, shot):
    before = qapp.styleSheet()
    try:
        apply_theme(qapp, theme)
        panel.set_facts(
            replace(FACTS, floor="Tilt 4°. Not for this camera: measure it again.", floor_old=True)
        )
        panel.ensureWidgetVisible(panel.floor_said)
        assert panel.floor_said.property("role") == "warn"
        look = shot(panel.floor_said)
        colors = {look(x, y) for x in range(4, 150, 2) for y in range(2, 14)}
        assert max(max(c) - min(c) for c in colors) > 60, "in colour"
    finally:
        apply_theme(qapp, "dark")
        qapp.setStyleSheet(before)


def test_nothing_is_cut_off_in_a_narrow_panel(panel):
    for width in (panel.minimumWidth(), 276):
        panel.resize(width, 700)
        panel.set_facts(
            replace(SOLVED, floor="Tilt 4°, height 0.39 m, from 117 frames of Person 1 (± 2 cm).")
        )
        room = panel.width() - panel.verticalScrollBar().sizeHint().width()
        assert panel.widget().minimumSizeHint().width() <= room
