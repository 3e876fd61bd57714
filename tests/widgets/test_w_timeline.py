"""The timeline with real mouse, wheel and keys, and what it paints."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor

from widgets.coverage import pixel_runs, runs_of, thinned
from widgets.lanes_paint import LANE
from widgets.theme import colors
from widgets.time_scale import GUTTER, MARGIN
from widgets.timeline import Timeline
from widgets.values import Lane, Marks

LEFT, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
WIDTH = GUTTER + MARGIN + 900  # 180 frames of 5 px
MIDDLE = 33  # of the groove


def frames(*runs: tuple[int, int]) -> np.ndarray:
    return np.array(runs, np.int64).reshape(-1, 2)


def x_of(frame: float) -> int:
    return round(GUTTER + 5 * (frame + 0.5))


class Log(list):
    """What the timeline said, in order."""

    def hear(self, timeline: Timeline) -> None:
        for name in ("frame_requested", "range_selected", "track_selected", "drag_started", "drag_finished"):
            getattr(timeline, name).connect(self._writer(name))
        timeline.range_cleared.connect(self._writer("range_cleared"))

    def _writer(self, name):
        return lambda *values: self.append((name, *values))


@pytest.fixture
def timeline(qtbot):
    made = Timeline()
    qtbot.addWidget(made)
    made.resize(WIDTH, 200)
    made.set_count(180)
    made.show()
    return made


@pytest.fixture
def said(timeline):
    log = Log()
    log.hear(timeline)
    return log


def rgb(color: str) -> tuple[int, int, int]:
    return QColor(color).getRgb()[:3]


def drag(qtbot, widget, start, *stops, modifier=Qt.KeyboardModifier.NoModifier):
    qtbot.mousePress(widget, LEFT, modifier, QPoint(*start))
    for stop in stops:
        qtbot.mouseMove(widget, QPoint(*stop))
    qtbot.mouseRelease(widget, LEFT, modifier, QPoint(*stops[-1]))


# seek bar


def test_a_drag_asks_for_each_frame_it_crosses_between_start_and_end(timeline, said, qtbot):
    drag(
        qtbot,
        timeline.seek_bar,
        (x_of(10), MIDDLE),
        (x_of(11), MIDDLE),
        (x_of(11) + 1, MIDDLE),
        (x_of(40), 30),
    )
    assert said == [
        ("drag_started",),
        ("frame_requested", 10),
        ("frame_requested", 11),
        ("frame_requested", 40),
        ("drag_finished",),
    ]


def test_a_drag_beyond_the_end_stays_in_the_video(timeline, said, qtbot):
    drag(qtbot, timeline.seek_bar, (x_of(170), MIDDLE), (WIDTH + 300, MIDDLE), (0, MIDDLE))
    assert [said[2], said[3]] == [("frame_requested", 179), ("frame_requested", 0)]


def test_shift_drag_selects_a_range_also_backwards(timeline, said, qtbot):
    drag(qtbot, timeline.seek_bar, (x_of(60), MIDDLE), (x_of(50), MIDDLE), (x_of(20), MIDDLE), modifier=SHIFT)
    assert said == [("range_selected", 20, 60)]


def test_shift_click_clears_the_range(timeline, said, qtbot):
    timeline.set_range((20, 60))
    qtbot.mouseClick(timeline.seek_bar, LEFT, SHIFT, QPoint(x_of(100), MIDDLE))
    assert said == [("range_cleared",)]


def test_the_ends_of_a_range_can_be_dragged(timeline, said, qtbot):
    timeline.set_range((20, 60))
    right = GUTTER + 5 * 61
    drag(qtbot, timeline.seek_bar, (right, 8), (x_of(70), 8), (x_of(90), 8))
    left = GUTTER + 5 * 20
    drag(qtbot, timeline.seek_bar, (left, 8), (x_of(10), 8), (x_of(12), 8))
    assert said == [("range_selected", 20, 90), ("range_selected", 12, 90)]


def test_keys_move_by_frame_ten_and_tenth(timeline, said, qtbot):
    timeline.set_position(50)
    keys = Qt.Key
    for key, modifier in (
        (keys.Key_Right, Qt.KeyboardModifier.NoModifier),
        (keys.Key_Left, SHIFT),
        (keys.Key_PageDown, Qt.KeyboardModifier.NoModifier),
        (keys.Key_Home, Qt.KeyboardModifier.NoModifier),
        (keys.Key_Left, Qt.KeyboardModifier.NoModifier),
        (keys.Key_End, Qt.KeyboardModifier.NoModifier),
    ):
        qtbot.keyClick(timeline.seek_bar, key, modifier)
    assert [frame for _, frame in said] == [51, 41, 59, 0, 0, 179]


def test_states_are_painted_where_they_are(timeline, shot):
    timeline.set_position(170)
    timeline.set_marks(Marks(((100, 119),), np.arange(0, 60), np.arange(80, 90), (130, 150)))
    theme = colors()
    bar = timeline.seek_bar
    assert shot(bar)(x_of(30), MIDDLE) == rgb(theme.inferred)
    assert shot(bar)(x_of(70), MIDDLE) == rgb(theme.groove)
    assert shot(bar)(x_of(110), 43) == rgb(theme.decoded)
    assert shot(bar)(x_of(125), 43) == rgb(theme.surface)
    assert shot(bar)(x_of(140), 25) == rgb(theme.warn)
    assert shot(bar)(GUTTER + 5 * 85, 22) == rgb(theme.bad)  # the triangle over its middle


def test_failures_differ_from_results_by_more_than_colour(timeline, shot):
    timeline.set_position(170)
    timeline.set_marks(Marks((), np.arange(0, 60), np.arange(80, 100)))
    look = shot(timeline.seek_bar)

    def shades(first: int, last: int) -> int:
        xs = range(x_of(first), x_of(last))
        return len({look(x, y) for x in xs for y in range(29, 37)})

    assert shades(10, 50) == 1
    assert shades(82, 98) > 1


def test_one_failed_frame_of_100_000_can_be_seen(timeline, shot):
    timeline.set_count(100_000)
    timeline.set_position(0)
    timeline.set_marks(Marks((), np.arange(100_000), np.array([50_000])))
    look, middle = shot(timeline.seek_bar), GUTTER + 450
    seen = [look(x, 22) for x in range(middle - 5, middle + 6)]
    assert rgb(colors().bad) in seen


def test_the_playhead_is_over_its_frame(timeline, shot):
    timeline.set_position(90)
    text = rgb(colors().text)
    assert shot(timeline.seek_bar)(x_of(90), 46) == text
    assert shot(timeline.lanes)(x_of(90), 60) == text


def test_a_range_is_washed_and_what_is_outside_is_not(timeline, shot):
    timeline.set_position(170)
    timeline.set_range((20, 60))
    bar = timeline.seek_bar
    assert shot(bar)(x_of(40), 48) != rgb(colors().surface)
    assert shot(bar)(x_of(65), 48) == rgb(colors().surface)


def test_the_theme_changes_what_was_painted_before(timeline, qapp, shot):
    from widgets.theme import apply_theme

    before = shot(timeline.seek_bar)(x_of(70), MIDDLE)
    apply_theme(qapp, "light")
    try:
        after = shot(timeline.seek_bar)(x_of(70), MIDDLE)
        assert after == rgb(colors().groove)
        assert after != before
    finally:
        apply_theme(qapp, "dark")


# lanes


def two_lanes() -> tuple[Lane, ...]:
    return (
        Lane(1, "Anna", (86, 180, 233), frames((0, 99)), np.array([20])),
        Lane(7, "Ben", (230, 159, 0), frames((10, 28), (40, 77))),
    )


def test_a_click_on_a_lane_selects_its_track(timeline, said, qtbot):
    timeline.set_lanes(two_lanes())
    qtbot.mouseClick(timeline.lanes.viewport(), LEFT, pos=QPoint(x_of(50), LANE + LANE // 2))
    qtbot.mouseClick(timeline.lanes.viewport(), LEFT, pos=QPoint(20, LANE // 2))
    qtbot.mouseClick(timeline.lanes.viewport(), LEFT, pos=QPoint(x_of(50), 3 * LANE))
    assert said == [("track_selected", 7), ("track_selected", 1)]


def test_a_double_click_jumps_there_and_on_a_title_to_the_first_frame(timeline, said, qtbot):
    timeline.set_lanes(two_lanes())
    qtbot.mouseDClick(timeline.lanes.viewport(), LEFT, pos=QPoint(x_of(50), LANE + 5))
    qtbot.mouseDClick(timeline.lanes.viewport(), LEFT, pos=QPoint(20, LANE + 5))
    assert [entry for entry in said if entry[0] == "frame_requested"] == [
        ("frame_requested", 50),
        ("frame_requested", 10),
    ]


def test_keys_walk_the_lanes_and_return_jumps(timeline, said, qtbot):
    timeline.set_lanes(two_lanes())
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return):
        qtbot.keyClick(timeline.lanes, key)
    assert said == [
        ("track_selected", 1),
        ("track_selected", 7),
        ("track_selected", 7),
        ("frame_requested", 10),
    ]


def test_bars_have_their_colour_where_the_track_is_and_nothing_where_it_is_not(timeline, shot):
    timeline.set_position(170)
    timeline.set_lanes(two_lanes())
    view, second = timeline.lanes.viewport(), LANE + LANE // 2
    assert shot(view)(x_of(20), second) == (230, 159, 0)
    assert shot(view)(x_of(34), second) == rgb(colors().surface)
    assert shot(view)(x_of(60), second) == (230, 159, 0)
    assert shot(view)(x_of(20), LANE // 2) == (255, 255, 255)  # assigned by hand: a diamond
    assert shot(view)(x_of(60), LANE // 2) == (86, 180, 233)


def test_the_selected_lane_has_a_mark_at_its_edge(timeline, shot):
    timeline.set_lanes(two_lanes())
    timeline.set_selected_track(7)
    view = timeline.lanes.viewport()
    assert shot(view)(1, LANE + 5) == rgb(colors().accent)
    assert shot(view)(1, 5) != rgb(colors().accent)


def test_wheel_zooms_time_at_the_pointer_in_both(timeline, wheel, shot):
    timeline.set_lanes(two_lanes())
    timeline.set_position(90)
    wheel(timeline.lanes.viewport(), (x_of(90), 10), 4)
    first, span = timeline.view
    assert span == pytest.approx(180 / 1.25**4)
    look = shot(timeline.seek_bar)
    lit = [x for x in range(GUTTER, WIDTH - MARGIN) if look(x, 48) != rgb(colors().surface)]
    assert x_of(90) in lit  # the playhead stayed in place
    assert len(lit) <= 3
    wheel(timeline.seek_bar, (x_of(90), 10), -4)
    assert timeline.view == pytest.approx((0.0, 180.0))
    assert first > 0


def test_drag_moves_the_zoomed_axis(timeline, wheel, qtbot, said):
    timeline.set_lanes(two_lanes())
    wheel(timeline.lanes.viewport(), (x_of(90), 10), 4)
    first, span = timeline.view
    ctrl = Qt.KeyboardModifier.ControlModifier
    drag(qtbot, timeline.lanes.viewport(), (600, 10), (640, 10), (540, 10), modifier=ctrl)
    moved = timeline.view[0] - first
    assert moved == pytest.approx(100 / 900 * span, rel=0.02)
    assert said == []


def test_drag_on_a_lane_selects_a_range(timeline, qtbot, said):
    timeline.set_lanes(two_lanes())
    drag(qtbot, timeline.lanes.viewport(), (x_of(30), 10), (x_of(40), 10), (x_of(50), 10))
    assert timeline.lanes._range == (30, 50)
    assert timeline.seek_bar._range == (30, 50)
    assert timeline.view == (0.0, 180.0)


def test_wheel_over_the_titles_scrolls_the_lanes(timeline, wheel):
    timeline.set_lanes(tuple(Lane(i, f"P{i}", (9, 9, 9), frames((0, 9))) for i in range(40)))
    wheel(timeline.lanes.viewport(), (20, 20), -2)
    assert timeline.lanes.verticalScrollBar().value() == 2 * LANE
    assert timeline.view == (0.0, 180.0)


def test_selecting_a_track_scrolls_it_into_view(timeline):
    timeline.set_lanes(tuple(Lane(i, f"P{i}", (9, 9, 9), frames((0, 9))) for i in range(40)))
    timeline.set_selected_track(30)
    bar, height = timeline.lanes.verticalScrollBar(), timeline.lanes.viewport().height()
    assert bar.value() <= 30 * LANE <= bar.value() + height - LANE


def test_the_view_turns_the_page_when_the_playhead_leaves(timeline):
    timeline.zoom_in()
    timeline.zoom_in()
    first, span = timeline.view
    inside = int(first + span / 2)
    timeline.set_position(inside)
    assert timeline.view[0] == first
    timeline.set_position(170)
    assert timeline.view[0] <= 170 < timeline.view[0] + span


def test_a_whole_view_stays_whole_while_the_frames_are_counted(timeline):
    timeline.set_count(5000)
    assert timeline.view == (0.0, 5000.0)
    timeline.zoom_in()
    kept = timeline.view
    timeline.set_count(5001)
    assert timeline.view == kept


def test_without_a_video_nothing_is_asked(qtbot):
    empty = Timeline()
    qtbot.addWidget(empty)
    empty.resize(WIDTH, 160)
    empty.show()
    log = Log()
    log.hear(empty)
    qtbot.mouseClick(empty.seek_bar, LEFT, pos=QPoint(400, MIDDLE))
    qtbot.mouseDClick(empty.lanes.viewport(), LEFT, pos=QPoint(400, 10))
    qtbot.keyClick(empty.seek_bar, Qt.Key.Key_Right)
    assert log == []
    assert not empty.grab().isNull()


# from frames to pixels


def test_runs_of_frames():
    np.testing.assert_array_equal(runs_of(np.array([1, 2, 3, 7, 9, 10])), frames((1, 3), (7, 7), (9, 10)))
    assert runs_of(np.zeros(0, np.int64)).shape == (0, 2)


def test_pixel_runs_join_what_falls_on_one_pixel_and_keep_a_gap_that_can_be_seen():
    runs = frames((0, 49), (52, 99), (150, 150))
    np.testing.assert_array_equal(pixel_runs(runs, 0, 200, 20), frames((0, 10), (15, 16)))
    np.testing.assert_array_equal(pixel_runs(runs, 0, 200, 200), frames((0, 50), (52, 100), (150, 151)))


def test_pixel_runs_are_cut_to_the_view():
    runs = frames((0, 49), (60, 99), (150, 170))
    np.testing.assert_array_equal(pixel_runs(runs, 20, 50, 100), frames((0, 60), (80, 100)))


def test_pixel_runs_against_a_plain_loop():
    random = np.random.default_rng(3)
    runs = runs_of(np.flatnonzero(random.random(5000) < 0.6))
    expected = np.zeros(333, bool)
    for first, last in runs:
        left = int(np.rint(first * 333 / 5000))
        expected[left : max(int(np.rint((last + 1) * 333 / 5000)), left + 1)] = True
    painted = np.zeros(333, bool)
    for left, right in pixel_runs(runs, 0, 5000, 333):
        painted[left:right] = True
    np.testing.assert_array_equal(painted, expected)


def test_thinned_keeps_one_in_each_stretch():
    assert thinned(np.array([0, 1, 2, 7, 8, 30]), 7).tolist() == [0, 7, 30]


def test_painting_does_not_grow_with_the_frames(timeline):
    count = 100_000
    timeline.set_count(count)
    present = np.flatnonzero(np.random.default_rng(0).random(count) < 0.5)  # 25 000 runs
    lanes = tuple(Lane(i, f"Person {i}", (86, 180, 233), runs_of(present), present) for i in range(5))
    seconds = []
    for _ in range(5):
        timeline.set_lanes(lanes)
        timeline.set_marks(Marks((), present, present[::7]))
        start = time.thread_time()
        timeline.seek_bar.grab()
        timeline.lanes.viewport().grab()
        seconds.append(time.thread_time() - start)
    # Shape by shape it would be half a second; tests/benchmarks holds the real limit.
    assert min(seconds) < 0.1
