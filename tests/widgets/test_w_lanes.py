"""A second track, what is not as the engine found it, whom a reviewer deleted: on the lanes."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QContextMenuEvent
from PySide6.QtWidgets import QApplication

from widgets.lane_words import frame_words, lane_words
from widgets.lanes_paint import LANE
from widgets.theme import apply_theme, colors
from widgets.time_scale import GUTTER, MARGIN
from widgets.timeline import Timeline
from widgets.values import DELETED, Lane

LEFT = Qt.MouseButton.LeftButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
WIDTH = GUTTER + MARGIN + 900  # 180 frames of 5 px
SKY, ORANGE, GRAY = (86, 180, 233), (230, 159, 0), (158, 162, 168)


def runs(*each: tuple[int, int]) -> np.ndarray:
    return np.array(each, np.int64).reshape(-1, 2)


def x_of(frame: float) -> int:
    return round(GUTTER + 5 * (frame + 0.5))


def middle(row: int) -> int:
    return row * LANE + LANE // 2


def rgb(color: str) -> tuple[int, int, int]:
    return QColor(color).getRgb()[:3]


LANES = (
    Lane(1, "Anna", SKY, runs((0, 99)), np.arange(20, 60), True, runs((101, 110)), runs((70, 80))),
    Lane(7, "Ben", ORANGE, runs((10, 28), (40, 77))),
    Lane(9, "Cleo", GRAY, runs((3, 5)), visible=False),
    Lane(DELETED, "Deleted", GRAY, runs((30, 60)), deleted=True),
)


@pytest.fixture
def timeline(qtbot):
    made = Timeline()
    qtbot.addWidget(made)
    made.resize(WIDTH, 220)
    made.set_count(180)
    made.set_position(170)
    made.set_lanes(LANES)
    made.show()
    return made


@pytest.fixture
def lanes(timeline):
    return timeline.lanes


@pytest.fixture
def said(timeline):
    log = []
    for name in ("track_selected", "other_selected", "frame_requested", "range_selected", "menu_requested"):
        getattr(timeline, name).connect(lambda *values, name=name: log.append((name, *values)))
    return log


@pytest.mark.parametrize("held", [CTRL, SHIFT])
def test_a_click_with_ctrl_or_shift_marks_a_second_track(lanes, said, qtbot, held):
    qtbot.mouseClick(lanes.viewport(), LEFT, pos=QPoint(20, middle(0)))
    qtbot.mouseClick(lanes.viewport(), LEFT, held, QPoint(x_of(50), middle(1)))
    assert said == [("track_selected", 1), ("other_selected", 7)]


def test_a_drag_with_ctrl_marks_nothing(timeline, lanes, said, qtbot):
    timeline.zoom_in()
    qtbot.mousePress(lanes.viewport(), LEFT, CTRL, QPoint(600, middle(1)))
    qtbot.mouseMove(lanes.viewport(), QPoint(640, middle(1)))
    qtbot.mouseMove(lanes.viewport(), QPoint(680, middle(1)))
    qtbot.mouseRelease(lanes.viewport(), LEFT, CTRL, QPoint(680, middle(1)))
    assert said == []


def test_with_shift_the_keys_mark_a_second_track_and_step_over_the_selected(lanes, said, qtbot):
    lanes.set_selected(7)
    qtbot.keyClick(lanes, Qt.Key.Key_Down, SHIFT)
    lanes.set_other(9)
    qtbot.keyClick(lanes, Qt.Key.Key_Up, SHIFT)
    lanes.set_other(1)
    qtbot.keyClick(lanes, Qt.Key.Key_Up, SHIFT)  # there is none
    assert said == [("other_selected", 9), ("other_selected", 1)]


def test_the_keys_do_not_go_to_the_deleted(lanes, said, qtbot):
    lanes.set_selected(9)
    qtbot.keyClick(lanes, Qt.Key.Key_Down)
    assert said == [("track_selected", 9)]


def test_plus_and_minus_zoom_around_the_current_frame(lanes, timeline, qtbot):
    qtbot.keyClick(lanes, Qt.Key.Key_Plus)
    first, span = timeline.view
    assert span == pytest.approx(180 / 1.25)
    assert first <= 170 < first + span
    qtbot.keyClick(lanes, Qt.Key.Key_Minus)
    assert timeline.view == pytest.approx((0, 180))


def test_a_screen_reader_hears_the_track(lanes, qtbot):
    qtbot.keyClick(lanes, Qt.Key.Key_Down)
    assert lanes.accessibleDescription() == "Anna: 100 frames, 40 assigned by hand, 10 filled in, 11 smoothed"
    qtbot.keyClick(lanes, Qt.Key.Key_Down, SHIFT)
    assert lanes.accessibleDescription() == "Second: Ben: 57 frames, 1 gap"


def test_the_menu_key_asks_for_the_selected_track_at_the_current_frame(lanes, said):
    lanes.set_selected(7)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0), QPoint(5, 6))
    QApplication.sendEvent(lanes.viewport(), event)
    assert said == [("track_selected", 7), ("menu_requested", 7, 170, QPoint(5, 6))]


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_what_is_not_as_found_is_told_by_more_than_colour(lanes, shot, qapp, theme):
    apply_theme(qapp, theme)
    try:
        look, text, surface = shot(lanes.viewport()), rgb(colors().text), rgb(colors().surface)
        bar = (LANE - 12) // 2
        assert look(x_of(20) + 3, bar - 3) == text  # a line over what a reviewer assigned
        assert look(x_of(58), bar - 3) == text
        assert look(x_of(62), bar - 3) == surface
        assert look(x_of(20), middle(0)) == (255, 255, 255)  # with a diamond where it begins
        assert look(x_of(40), middle(0)) == SKY
        assert look(x_of(75), bar + 12 + 2) == text  # a line under what was smoothed
        row = {look(x, middle(0)) for x in range(x_of(102), x_of(109))}
        assert len(row) > 1  # hatched where it was filled in
        assert look(x_of(45), middle(3)) == surface  # nobody there any more: a dashed outline
        edge = [look(x, 3 * LANE + bar + 2) for x in range(x_of(35), x_of(55))]
        assert surface in edge
        assert len(set(edge)) > 1
    finally:
        apply_theme(qapp, "dark")


def test_a_gap_that_is_narrower_than_a_pixel_has_a_notch(timeline, shot):
    timeline.set_count(90_000)
    timeline.set_lanes((Lane(1, "Anna", SKY, runs((0, 44_999), (45_010, 89_999))),))
    look, bar = shot(timeline.lanes.viewport()), (LANE - 12) // 2
    assert rgb(colors().surface) in {look(x, bar + 1) for x in range(GUTTER + 445, GUTTER + 456)}
    assert look(GUTTER + 450, middle(0)) == SKY
    assert look(GUTTER + 300, bar + 1) == SKY


def test_the_second_track_is_marked_at_its_edge_and_in_its_title(lanes, shot):
    lanes.set_selected(1)
    lanes.set_other(7)
    look, accent = shot(lanes.viewport()), rgb(colors().accent)
    assert {look(1, y) for y in range(2, LANE - 2)} == {accent}
    assert len({look(1, LANE + y) for y in range(LANE)}) == 2  # dashed
    title = {look(x, middle(1)) for x in range(GUTTER - 40, GUTTER - 8)}
    lanes.set_other(None)
    plain = shot(lanes.viewport())
    assert accent not in {plain(1, LANE + y) for y in range(LANE)}
    assert {plain(x, middle(1)) for x in range(GUTTER - 40, GUTTER - 8)} != title


def test_what_an_operation_would_touch_is_lit_on_its_tracks_only(lanes, shot):
    before, top = shot(lanes.viewport()), 3
    lanes.set_preview(np.arange(50, 90), (7,))
    after = shot(lanes.viewport())
    assert after(x_of(60), LANE + top) != before(x_of(60), LANE + top)
    assert after(x_of(60), top) == before(x_of(60), top)
    assert after(x_of(100), LANE + top) == before(x_of(100), LANE + top)
    lanes.set_preview(np.zeros(0, np.int64))
    assert shot(lanes.viewport())(x_of(60), LANE + top) == before(x_of(60), LANE + top)


def test_words():
    anna, ben, cleo, gone = LANES
    assert lane_words(cleo) == "Cleo: 3 frames, hidden"
    assert lane_words(gone) == "People you deleted, in 31 frames"
    assert (
        frame_words(anna, 25, "0:01.000")
        == "Anna: found by the engine, assigned by hand\nFrame 25   0:01.000"
    )
    assert frame_words(anna, 105, "0:04.200").startswith("Anna: filled in\n")
    assert frame_words(anna, 75, "0:03.000").startswith("Anna: found by the engine, smoothed\n")
    assert frame_words(ben, 30, "0:01.200").startswith("Ben: not in this frame\n")
    assert frame_words(gone, 30, "0:01.200").startswith("Deleted: somebody was deleted\n")
    assert frame_words(gone, 29, "0:01.160").startswith("Deleted: nobody was deleted\n")
