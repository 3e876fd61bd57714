"""The strip of problems under the seek bar, with the mouse."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor

from widgets.problem_strip import ProblemStrip
from widgets.problem_strip_paint import ROW, column_worst, merged
from widgets.problem_values import StripRow
from widgets.theme import colors
from widgets.time_scale import GUTTER, TimeScale

LEFT = Qt.MouseButton.LeftButton
WIDTH, COUNT = 1000, 200


def row(signal: str, title: str, open_ones=(), ignored=(), frames=None, severity=None) -> StripRow:
    frames = np.arange(COUNT) if frames is None else np.array(frames)
    return StripRow(
        signal,
        title,
        "10.0 σ",
        frames,
        np.zeros(len(frames), np.float32) if severity is None else np.array(severity, np.float32),
        np.array(open_ones, np.int64).reshape(-1, 2),
        np.array(ignored, np.int64).reshape(-1, 2),
        lambda share: f"{10 * share:.1f} σ",
    )


ROWS = (
    row("gap", "Track gap", [(20, 29), (100, 100)], frames=[20, 100], severity=[2.0, 1.5]),
    row("acceleration", "Acceleration spike", [(60, 61)], [(150, 159)], severity=np.linspace(0, 2, COUNT)),
)


@pytest.fixture
def scale() -> TimeScale:
    made = TimeScale()
    made.set_count(COUNT)
    return made


@pytest.fixture
def strip(qtbot, scale) -> ProblemStrip:
    made = ProblemStrip(scale)
    qtbot.addWidget(made)
    made.resize(WIDTH, 60)
    made.set_rows(ROWS)
    made.show()
    return made


@pytest.fixture
def said(strip) -> list:
    log: list = []
    strip.problem_requested.connect(lambda signal, frame: log.append((signal, frame)))
    strip.frame_requested.connect(lambda frame: log.append(frame))
    return log


def at(strip, scale, frame: float, place: int) -> QPoint:
    return QPoint(round(scale.x_of(frame + 0.5, strip.width())), 2 + place * ROW + ROW // 2)


def test_it_takes_no_room_without_problems_and_a_row_for_each_signal_with_some(strip):
    two = strip.height()
    strip.set_rows(ROWS[:1])
    assert strip.height() == two - ROW
    strip.set_rows(())
    assert not strip.isVisible()


def test_more_signals_than_fit_are_scrolled(strip):
    strip.set_rows(tuple(row(f"s{k}", f"Signal {k}", [(k, k)]) for k in range(12)))
    assert strip.height() < 12 * ROW
    strip.set_selected(("s11", 1, 11, 11))
    assert strip.verticalScrollBar().value() == strip.verticalScrollBar().maximum() > 0


def test_a_click_on_a_problem_asks_for_it_and_beside_it_for_the_frame(strip, scale, said, qtbot):
    qtbot.mouseClick(strip.viewport(), LEFT, pos=at(strip, scale, 25, 0))
    qtbot.mouseClick(strip.viewport(), LEFT, pos=at(strip, scale, 155, 1))
    qtbot.mouseClick(strip.viewport(), LEFT, pos=at(strip, scale, 60, 0))
    assert said == [("gap", 25), ("acceleration", 155), 60]


def test_a_problem_of_one_frame_is_hit_a_little_beside_it(strip, scale, said, qtbot):
    qtbot.mouseClick(strip.viewport(), LEFT, pos=at(strip, scale, 100, 0) + QPoint(5, 0))
    assert said == [("gap", 100)]


def test_a_click_on_a_title_goes_to_the_signals_next_problem(strip, scale, said, qtbot):
    title = QPoint(30, 2 + ROW // 2)
    qtbot.mouseClick(strip.viewport(), LEFT, pos=title)
    strip.set_position(50)
    qtbot.mouseClick(strip.viewport(), LEFT, pos=title)
    strip.set_position(150)
    qtbot.mouseClick(strip.viewport(), LEFT, pos=title)
    assert said == [("gap", 20), ("gap", 100), ("gap", 20)]


def test_the_tip_names_signal_frame_value_and_threshold(strip, scale):
    strip.set_time_formatter(lambda frame: f"at {frame}")
    tip = strip.tip_at(at(strip, scale, 100, 1))
    assert tip == "Acceleration spike, frame 100   at 100\n10.1 σ, the threshold is 10.0 σ"
    assert "not measured" in strip.tip_at(at(strip, scale, 60, 0))
    assert strip.tip_at(QPoint(20, 4 + ROW)) == "Acceleration spike: 1 open, 1 ignored\nThreshold 10.0 σ"


def test_problems_are_red_ignored_ones_are_not(strip, scale, shot):
    looks = shot(strip.viewport())
    red = QColor(colors().bad).getRgb()[:3]
    here = at(strip, scale, 25, 0)
    assert looks(here.x(), here.y()) == red
    ignored = at(strip, scale, 155, 1)
    assert all(looks(ignored.x() + dx, ignored.y()) != red for dx in range(-8, 9))


def test_the_selected_problem_has_a_frame_and_pointers_around_it(strip, scale, shot):
    before = shot(strip.viewport())
    strip.set_selected(("gap", 1, 20, 29))
    after = shot(strip.viewport())
    left = round(scale.x_of(20, WIDTH)) - 5
    y = 2 + ROW // 2
    assert before(left, y) != after(left, y) == QColor(colors().text).getRgb()[:3]


def test_the_wheel_zooms_at_the_pointer_and_dragging_pans(strip, scale, wheel, said, qtbot):
    place = at(strip, scale, 100, 0)
    wheel(strip.viewport(), (place.x(), place.y()), 3)
    assert scale.span < COUNT
    assert scale.frame_at(place.x(), WIDTH) == 100
    first = scale.first
    qtbot.mousePress(strip.viewport(), LEFT, pos=place)
    qtbot.mouseMove(strip.viewport(), place - QPoint(40, 0))
    qtbot.mouseMove(strip.viewport(), place - QPoint(90, 0))
    qtbot.mouseRelease(strip.viewport(), LEFT, pos=place - QPoint(90, 0))
    assert scale.first > first
    assert said == []


def test_the_worst_frame_of_a_pixel_is_what_it_shows():
    frames, severity = np.arange(1000), np.zeros(1000, np.float32)
    severity[501] = 0.9
    worst = column_worst(frames, severity, 0.0, 1000.0, 100)
    assert worst[50] == np.float32(0.9)
    assert (np.delete(worst, 50) == 0).all()


def test_a_frame_wider_than_a_pixel_covers_all_of_its_pixels():
    worst = column_worst(np.array([3]), np.array([0.5], np.float32), 0.0, 10.0, 100)
    assert np.flatnonzero(worst).tolist() == list(range(30, 40))


def test_no_frame_in_view_is_no_heat():
    assert not column_worst(np.array([3]), np.array([1.0], np.float32), 50.0, 10.0, 20).any()


def test_runs_of_several_people_are_made_one():
    runs = np.array([(0, 9), (2, 3), (8, 12), (20, 21)])
    assert merged(runs).tolist() == [[0, 12], [20, 21]]
    assert merged(runs[:0]).tolist() == []


def test_the_gutter_is_as_wide_as_the_lanes(strip, scale):
    assert scale.x_of(0, WIDTH) == GUTTER
