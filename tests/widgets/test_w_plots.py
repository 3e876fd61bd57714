"""The Plots tab by mouse and keys."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox

from pipeline.curves.values import BY_KEY
from pipeline.palette import PALETTE
from widgets.plot_axes import frame_step, value_step
from widgets.plot_picture import write_png, write_svg
from widgets.plot_style import contrast, legible, line_pen
from widgets.plot_thin import Stroke, alone, part_of, spaced, stroke_of, thinned
from widgets.plot_values import FILLED, SMOOTHED, CurveRow, PersonRow, Plot, PlotPerson
from widgets.plots import Plots
from widgets.theme import DARK, LIGHT, apply_theme, colors

LEFT, SHIFT, NONE = (
    Qt.MouseButton.LeftButton,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.NoModifier,
)
COUNT = 200
ROWS = (
    CurveRow("speed", "Speed", "m/s", "How fast.", (), "Motion"),
    CurveRow("rotation", "Joint rotation", "°", "By how much.", (("1", "Neck"), ("2", "Head")), "Angles"),
)


def person(values, frames=None, *, color=PALETTE[0], made=None, title="Anna") -> PlotPerson:
    values = np.asarray(values, float).reshape(len(values), -1)
    frames = np.arange(len(values)) if frames is None else np.asarray(frames)
    joined = np.append([False], np.diff(frames) == 1)
    codes = np.zeros(len(frames), np.uint8) if made is None else np.asarray(made, np.uint8)
    return PlotPerson(title, color, frames, values, joined, codes)


def wave(phase=0.0):
    return np.sin(np.arange(COUNT) / 12 + phase)


SPEED = Plot("speed", "Speed", "m/s", ("",), (person(wave()),), "How fast.", 2)
KNEE = Plot("knee", "Knee flexion", "°", ("left", "right"), (person(np.stack([wave(), wave(2)], 1)),))


@pytest.fixture
def plots(qtbot):
    """Two plots of 200 frames."""
    widget = Plots()
    qtbot.addWidget(widget)
    widget.resize(520, 480)
    widget.set_count(COUNT)
    widget.set_time_formatter(lambda frame: f"{frame / 25:.2f} s")
    widget.set_curves(ROWS, {"speed": ""})
    widget.show()
    widget.set_plots((SPEED, KNEE))
    QApplication.processEvents()
    return widget


def at(plots, frame, row=0, height=0.5) -> QPoint:
    """Where a frame is on the screen."""
    box = plots.stack.rows[row].box
    low, high = box.viewRange()[1]
    scene = box.mapViewToScene(QPointF(frame, low + (high - low) * height))
    return plots.stack.mapFromScene(scene)


def drag(plots, start, end, button=LEFT, modifiers=NONE):
    """Press, move in steps, release: frames from and to."""
    port = plots.stack.viewport()
    QTest.mousePress(port, button, modifiers, at(plots, start))
    places = [at(plots, start + (end - start) * share) for share in (0.4, 0.8, 1.0)]
    for place in places:
        QTest.mouseMove(port, place)
    QTest.mouseRelease(port, button, modifiers, places[-1])


def double_click(port, place):
    """As a window system tells it; QTest presses once more."""
    QTest.mouseClick(port, LEFT, NONE, place)
    at = QPointF(place), QPointF(port.mapToGlobal(place))
    QApplication.sendEvent(port, QMouseEvent(QEvent.Type.MouseButtonDblClick, *at, LEFT, LEFT, NONE))
    QTest.mouseRelease(port, LEFT, NONE, place)


# thinning


@given(
    st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=3000),
    st.integers(5, 60),
    st.sets(st.integers(0, 2999)),
)
def test_no_peak_is_lost_however_few_px_there_are(values, columns, breaks):
    count = len(values)
    joined = np.ones(count, bool)
    joined[[0, *(one for one in breaks if one < count)]] = False
    stroke = Stroke(np.arange(count, dtype=float), np.array(values), joined, np.zeros(count, np.uint8))
    seen = thinned(stroke, columns)
    assert len(seen.x) <= max(2 * columns, 1) or len(seen.x) == count
    assert (seen.y.min(), seen.y.max()) == (min(values), max(values))
    assert (np.diff(seen.x) >= 0).all()
    assert set(seen.y) <= set(values)


def test_a_break_wider_than_a_px_stays_one():
    frames = np.r_[0:5000, 7000:12000]
    whole = stroke_of(person(np.zeros(len(frames)), frames), 0)
    assert (~thinned(whole, 300).joined).sum() == 2  # the beginning, and after the gap


def test_a_part_has_a_neighbour_at_each_side():
    whole = stroke_of(person(np.arange(100.0)), 0)
    assert part_of(whole, 20.5, 29.5).x.tolist() == list(range(20, 31))
    assert part_of(whole, -5, 500).x.tolist() == list(range(100))


def test_missing_numbers_break_the_line_and_leave_points_alone():
    stroke = stroke_of(person([1, np.nan, 2, np.nan, 3, 4]), 0)
    assert stroke.x.tolist() == [0, 2, 4, 5]
    assert stroke.joined.tolist() == [False, False, False, True]
    assert alone(stroke).tolist() == [True, True, False, False]


def test_marks_keep_a_distance():
    x = np.arange(1000.0)
    assert len(spaced(x, np.ones(1000, bool), 100)) == 10
    assert spaced(x, x == 500, 100).tolist() == [500]


@given(st.floats(10, 1e6), st.floats(50, 3000))
def test_labels_of_frames_have_room(frames, size):
    step = frame_step(frames, size)
    assert size * step / frames >= 70 or step == 1


@given(st.floats(1e-6, 1e6), st.floats(40, 800))
def test_there_are_a_few_labels_of_values(values, size):
    assert 1 <= values / value_step(values, size) <= 5


# looks


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_every_track_can_be_seen_on_the_ground_and_lines_differ_by_more_than_colour(qapp, scheme):
    apply_theme(qapp, scheme)
    try:
        ground = QColor(colors().surface)
        for color in PALETTE:
            assert contrast(legible(QColor(*color)), ground) >= 2.5
        dashes = [tuple(line_pen(PALETTE[0], line).dashPattern()) for line in range(4)]
        assert len(set(dashes)) == 4
        looks = {
            (tuple(p.dashPattern()), p.color().name()) for p in (line_pen(PALETTE[0], k) for k in range(10))
        }
        assert len(looks) == 10
    finally:
        apply_theme(qapp, "dark")


def test_lines_are_drawn_and_follow_the_theme(qapp, plots, shot):
    looked = shot(plots)
    ground = looked(plots.width() - 3, 250)
    assert ground == QColor(DARK.surface).getRgb()[:3]
    try:
        apply_theme(qapp, "light")
        QApplication.processEvents()
        assert shot(plots)(plots.width() - 3, 250) == QColor(LIGHT.surface).getRgb()[:3]
        assert plots.stack.rows[0].cursor.pen.color() == QColor(LIGHT.text)
        assert plots.stack.rows[0].strands[0].curve.opts["pen"].color() == legible(QColor(*PALETTE[0]))
    finally:
        apply_theme(qapp, "dark")


def test_people_have_their_colour_and_lines_their_dashes(plots):
    other = person(wave(1), color=PALETTE[3], title="Ben")
    plots.set_plots((replace(SPEED, people=(*SPEED.people, other)), KNEE))
    speed, knee = plots.stack.rows
    assert [one.color for one in speed.strands] == [PALETTE[0], PALETTE[3]]
    assert [one.line for one in knee.strands] == [0, 1]
    assert knee.strands[1].curve.opts["pen"].dashPattern() != knee.strands[0].curve.opts["pen"].dashPattern()


def test_filled_and_smoothed_frames_are_marked_and_explained(plots):
    made = np.zeros(COUNT, np.uint8)
    made[20:30], made[50:60] = FILLED, SMOOTHED
    assert not plots.made.isVisible()
    plots.set_plots((replace(SPEED, people=(person(wave(), made=made),)),))
    marks = plots.stack.rows[0].strands[0].marks
    assert set(marks.data["symbol"]) == {"o", "d"}
    assert plots.made.isVisible()
    assert "filled" in plots.made.text()
    assert "smoothed" in plots.made.text()
    plots.set_plots((SPEED,))
    assert not plots.made.isVisible()


def test_the_threshold_and_what_is_highlighted_are_shown(plots):
    plots.set_plots((replace(SPEED, threshold=5.0, span=(40, 60)), KNEE))
    first, second = plots.stack.rows
    assert first.limit.isVisible()
    assert first.limit.value() == 5.0
    assert first.box.viewRange()[1][1] > 5.0, "it is in view"
    assert first.highlight.getRegion() == (39.5, 60.5)
    assert not second.limit.isVisible()
    assert not second.highlight.isVisible()


def test_the_values_of_the_current_frame_are_said(plots):
    plots.set_frame(30)
    assert [one.text for one in plots.stack.rows[0].header.readings] == [f"{np.sin(2.5):.2f}"]
    assert len(plots.stack.rows[1].header.readings) == 2
    plots.set_plots((replace(SPEED, people=(person([1.0, 2.0]),)),))
    assert [one.text for one in plots.stack.rows[0].header.readings] == ["–"]


# mouse and keys


def test_a_click_and_a_drag_go_through_the_frames(plots, qtbot):
    asked = []
    plots.frame_requested.connect(asked.append)
    QTest.mouseClick(plots.stack.viewport(), LEFT, NONE, at(plots, 120))
    qtbot.waitUntil(lambda: bool(asked))
    assert asked[-1] == 120
    with qtbot.waitSignal(plots.drag_started):
        drag(plots, 50, 90)
    assert asked[-1] == 90
    assert 50 < asked[1] < 90


def test_shift_and_drag_marks_a_range(plots, qtbot):
    ranges = []
    plots.range_selected.connect(lambda first, last: ranges.append((first, last)))
    drag(plots, 90, 50, modifiers=SHIFT)
    assert ranges[-1] == (50, 90)
    plots.set_range((50, 90))
    assert [row.region.getRegion() for row in plots.stack.rows] == [(49.5, 90.5)] * 2
    plots.set_range(None)
    assert not any(row.region.isVisible() for row in plots.stack.rows)


def test_the_wheel_zooms_at_the_pointer_and_every_plot_with_it(plots, wheel):
    views = []
    plots.view_changed.connect(lambda first, span: views.append((first, span)))
    place = at(plots, 50)
    wheel(plots.stack.viewport(), place.toTuple(), 3)
    first, span = views[-1]
    assert span == pytest.approx(COUNT / 1.25**3)
    assert at(plots, 50).x() == pytest.approx(place.x(), abs=2)
    assert {tuple(row.box.viewRange()[0]) for row in plots.stack.rows} == {(first - 0.5, first + span - 0.5)}
    wheel(plots.stack.viewport(), at(plots, 60).toTuple(), -1, SHIFT)
    assert views[-1][0] > first
    assert views[-1][1] == pytest.approx(span)


def test_alt_and_the_wheel_step(plots, wheel, qtbot):
    with qtbot.waitSignal(plots.step_requested) as told:
        wheel(plots.stack.viewport(), at(plots, 60).toTuple(), -1, Qt.KeyboardModifier.AltModifier)
    assert told.args == [1]


def test_the_middle_button_moves_what_is_in_view(plots):
    plots.look_at(50, 50)
    place = at(plots, 80)
    drag(plots, 80, 70, Qt.MouseButton.MiddleButton)
    assert plots.stack.view[0] == pytest.approx(60, abs=1.5)
    assert at(plots, 80).x() < place.x()


def test_the_wheel_over_the_values_zooms_them_and_a_double_click_fits_them(plots, wheel):
    row = plots.stack.rows[0]
    low, high = row.box.viewRange()[1]
    beside = QPoint(20, at(plots, 10).y())
    wheel(plots.stack.viewport(), beside.toTuple(), 2)
    assert np.ptp(row.box.viewRange()[1]) == pytest.approx((high - low) / 1.25**2)
    assert plots.stack.view == (0, COUNT)
    double_click(plots.stack.viewport(), at(plots, 100))
    assert row.box.viewRange()[1] == pytest.approx([low, high])


def test_plus_minus_and_nought_zoom(plots, qtbot):
    plots.set_frame(100)
    plots.stack.setFocus()
    QTest.keyClick(plots.stack, Qt.Key.Key_Plus)
    assert plots.stack.view[1] == pytest.approx(COUNT / 1.5)
    QTest.keyClick(plots.stack, Qt.Key.Key_Minus)
    assert plots.stack.view == (0, COUNT)
    with qtbot.waitSignal(plots.fit_requested):
        QTest.keyClick(plots.stack, Qt.Key.Key_0)


def test_the_view_stays_within_the_video_and_turns_to_the_frame(plots):
    plots.look_at(-50, 20)
    assert plots.stack.view == (0, 20)
    plots.look_at(195, 1)
    assert plots.stack.view == (COUNT - 10, 10)
    plots.set_frame(60)
    first, span = plots.stack.view
    assert first <= 60 < first + span


def test_the_values_fit_what_is_in_view(plots):
    spike = wave()
    spike[150] = 40
    plots.set_plots((replace(SPEED, people=(person(spike),)),))
    row = plots.stack.rows[0]
    assert row.box.viewRange()[1][1] > 40
    plots.look_at(0, 100)
    assert row.box.viewRange()[1][1] < 2


# choosing


def test_curves_are_ticked_in_a_list_that_opens_under_the_button(plots, qtbot):
    told = []
    plots.curve_changed.connect(lambda *what: told.append(what))
    QTest.mouseClick(plots.bar.curves, LEFT)
    picker = plots.bar.picker
    assert picker.isVisible()
    assert picker.ticks["speed"].isChecked()
    QTest.keyClick(picker.ticks["speed"], Qt.Key.Key_Space)
    assert told[-1] == ("speed", "", False)
    picker.boxes["rotation"].setFocus()
    QTest.keyClick(picker.boxes["rotation"], Qt.Key.Key_Down)
    assert told[-1] == ("rotation", "2", True), "who chooses what exactly wants to see it"
    assert picker.ticks["rotation"].isChecked()
    assert all(box.accessibleName() for box in picker.findChildren(QCheckBox))
    QTest.keyClick(picker, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: plots.bar.picker is None)


def test_people_are_pinned_on_their_chips(plots):
    told = []
    plots.pin_toggled.connect(lambda track, on: told.append((track, on)))
    rows = (PersonRow(3, "Anna", PALETTE[2], False), PersonRow(1, "Ben", PALETTE[0], True))
    plots.set_people(rows)
    QApplication.processEvents()
    chips = plots.people.chips
    assert list(chips) == [3, 1]
    assert not chips[3].isChecked()
    assert chips[1].isChecked()
    QTest.mouseClick(chips[3], LEFT)
    assert told == [(3, True)]
    plots.set_people(())
    assert not plots.people.isVisible()


def test_many_people_take_more_lines_and_not_more_width(plots):
    plots.resize(348, 480)
    plots.set_people(tuple(PersonRow(k, f"Person number {k}", PALETTE[k % 12], True) for k in range(8)))
    QApplication.processEvents()
    assert plots.width() == 348
    tops = {chip.y() for chip in plots.people.chips.values()}
    assert len(tops) >= 3
    assert all(chip.geometry().right() <= 348 for chip in plots.people.chips.values())


def test_a_sentence_stands_in_place_of_plots(plots):
    plots.set_message("Select a person to see their curves.")
    assert plots.empty
    assert plots.message.isVisible()
    assert not plots.bar.export.isEnabled()
    plots.set_plots((SPEED,))
    assert not plots.empty
    assert plots.bar.export.isEnabled()


def test_pyqtgraph_is_not_needed_before_there_is_something_to_draw(qtbot):
    widget = Plots()
    qtbot.addWidget(widget)
    widget.set_count(10)
    widget.set_frame(3)
    widget.set_range((1, 2))
    widget.look_at(0, 10)
    assert widget.stack is None
    widget.set_plots((SPEED,))
    assert widget.stack.rows[0].cursor.value() == 3
    assert widget.stack.rows[0].region.getRegion() == (0.5, 2.5)


# pictures


def test_the_picture_is_an_svg_with_lines_and_texts(plots, tmp_path):
    path = tmp_path / "plots.svg"
    write_svg(plots.stack, path)
    space = "{http://www.w3.org/2000/svg}"
    tree = ElementTree.parse(path)
    texts = {node.text for node in tree.iter(f"{space}text")}
    assert texts >= {"Speed", "m/s", "Knee flexion", "left", "right", "0.00 s"}
    curves = [node for node in tree.iter(f"{space}g") if node.get("id", "").startswith("PlotCurveItem")]
    assert len(curves) == 3
    points = [
        len(list(node.iter(f"{space}path"))) + len(list(node.iter(f"{space}polyline"))) for node in curves
    ]
    assert min(points) >= 1
    dashed = [node for node in tree.iter() if node.get("stroke-dasharray", "none") != "none"]
    assert dashed


def test_the_picture_is_a_png_of_twice_the_size(plots, tmp_path):
    path = tmp_path / "plots.png"
    write_png(plots.stack, path)
    image = QImage(str(path))
    assert image.width() == 2 * plots.stack.width()
    assert abs(image.height() - 2 * plots.stack.height()) <= 2
    found = {
        image.pixelColor(x, y).name() for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)
    }
    assert len(found) > 10


def test_curves_of_the_program_fit_the_plots():
    assert {row.title for row in ROWS} <= {curve.title for curve in BY_KEY.values()}
