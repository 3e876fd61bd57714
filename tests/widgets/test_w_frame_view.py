"""The frame view with a real mouse, a real wheel and its real pixels."""

from __future__ import annotations

import numpy as np
import pytest
from fakes_pixels import pixels
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QToolTip

from pipeline.structures import Frame, Overlay
from widgets.frame_view import FrameView
from widgets.theme import colors

LEFT = Qt.MouseButton.LeftButton


def frame(index: int, height: int = 180, width: int = 320, seed: int = 0) -> Frame:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Frame(index, index, index / 30, noise)


def overlay(index: int, height: int = 180, width: int = 320) -> Overlay:
    random = np.random.default_rng(9)
    alpha = random.integers(0, 256, (height, width, 1), dtype=np.uint16)
    color = random.integers(0, 256, (height, width, 3), dtype=np.uint16)
    rgba = np.concatenate((color * alpha // 255, alpha), -1).astype(np.uint8)
    return Overlay(index, rgba)


@pytest.fixture
def view(qtbot):
    made = FrameView()
    qtbot.addWidget(made)
    made.resize(640, 400)
    with qtbot.waitExposed(made):
        made.show()
    return made


def composed(picture: Frame, layer: Overlay) -> np.ndarray:
    rgba = layer.rgba.astype(np.float64)
    return rgba[..., :3] + picture.image * (1 - rgba[..., 3:] / 255)


def test_every_frame_given_is_painted_also_a_superseded_one(view):
    painted = []
    view.frame_painted.connect(painted.append)
    for index in (3, 4, 5):
        view.set_frame(frame(index, seed=index))
    assert painted == [3, 4, 5]
    assert view.frame_index == 5


def test_a_view_that_is_not_shown_does_not_say_it_painted(qtbot):
    hidden, painted = FrameView(), []
    qtbot.addWidget(hidden)
    hidden.frame_painted.connect(painted.append)
    hidden.set_frame(frame(3))
    assert painted == []
    assert hidden.frame_index == 3


def test_at_one_to_one_the_screen_shows_overlay_over_picture(view):
    picture, layer = frame(7), overlay(7)
    view.set_frame(picture)
    view.set_overlay(layer)
    view.zoom_actual()
    image = view.grab().toImage()
    left, top = (view._place.target().topLeft() * image.devicePixelRatio()).toPoint().toTuple()
    shown = pixels(image)[top : top + 180, left : left + 320].astype(np.float64)
    assert np.abs(shown - composed(picture, layer)).max() <= 1


def test_visible_image_is_picture_and_overlay_at_their_own_size(view):
    picture, layer = frame(7), overlay(7)
    view.set_frame(picture)
    view.set_overlay(layer)
    assert np.abs(pixels(view.visible_image()).astype(np.float64) - composed(picture, layer)).max() <= 1


def test_an_overlay_is_never_shown_on_another_frame(view):
    view.set_frame(frame(1))
    view.set_overlay(overlay(2))
    np.testing.assert_array_equal(pixels(view.visible_image()), frame(1).image)
    view.set_frame(frame(2, seed=2))
    assert np.abs(pixels(view.visible_image()) - composed(frame(2, seed=2), overlay(2))).max() <= 1
    view.set_frame(frame(3, seed=3))
    np.testing.assert_array_equal(pixels(view.visible_image()), frame(3, seed=3).image)


def test_hidden_overlay_shows_the_bare_picture(view):
    view.set_frame(frame(1))
    view.set_overlay(overlay(1))
    view.set_overlay_hidden(True)
    np.testing.assert_array_equal(pixels(view.visible_image()), frame(1).image)


def test_the_picture_outlives_the_array_it_came_from(view):
    given = np.full((90, 160, 3), 200, np.uint8)
    view.set_frame(Frame(0, 0, 0.0, given))
    given.flags.writeable = True
    given[:] = 0
    assert (pixels(view.visible_image()) == 200).all()


def test_an_odd_width_is_not_sheared(view):
    picture = frame(0, 101, 203)
    view.set_frame(picture)
    np.testing.assert_array_equal(pixels(view.visible_image()), picture.image)


def test_the_whole_picture_fits_and_is_centred(view):
    view.set_frame(Frame(0, 0, 0.0, np.full((180, 320, 3), 255, np.uint8)))
    image = view.grab().toImage()
    step = round(image.devicePixelRatio())
    shown = pixels(image)[::step, ::step]
    assert (shown[200, 320] == 255).all()
    canvas = QColor(colors().canvas).getRgb()[:3]
    # 640 wide is 360 high, 20 are left above; at the widget's edge is a focus ring.
    assert (shown[2:19, 2:-2] == canvas).all()
    assert (shown[21, 2:-2] == 255).all()


def test_wheel_zooms_at_the_pointer(view, wheel):
    view.set_frame(frame(0))
    before = view.place_of(100, 50)
    wheel(view, before.toTuple(), 3)
    assert (view.place_of(100, 50) - before).manhattanLength() <= 1
    assert (view.place_of(110, 50) - view.place_of(100, 50)).x() > 30  # was 20


def test_zoom_has_limits_in_both_directions(view, wheel):
    view.set_frame(frame(0))
    told = []
    view.zoom_changed.connect(told.append)
    for notches in (100, -200):
        wheel(view, (320, 200), notches)
    assert told[0] == pytest.approx(32.0)
    assert 0.2 < told[1] <= 1.0


def test_drag_moves_the_picture_and_picks_nobody(view, qtbot):
    view.set_frame(frame(0))
    view.zoom_in()
    before, clicked = view.place_of(0, 0), []
    view.person_clicked.connect(clicked.append)
    qtbot.mousePress(view, LEFT, pos=QPoint(300, 200))
    qtbot.mouseMove(view, QPoint(340, 230))
    qtbot.mouseMove(view, QPoint(360, 240))
    qtbot.mouseRelease(view, LEFT, pos=QPoint(360, 240))
    moved = view.place_of(0, 0) - before
    assert (moved - QPoint(60, 40)).manhattanLength() <= 2
    assert clicked == []


def test_double_click_fits_again(view, qtbot):
    view.set_frame(frame(0))
    fitting = view.place_of(0, 0)
    view.zoom_in()
    qtbot.mouseDClick(view, LEFT, pos=QPoint(300, 200))
    assert view.place_of(0, 0) == fitting


def test_the_view_stays_when_the_next_frame_of_the_video_comes(view):
    view.set_frame(frame(0))
    view.zoom_in()
    before = view.place_of(10, 10)
    view.set_frame(frame(1))
    assert view.place_of(10, 10) == before


def test_click_picks_the_smallest_box_under_it(view, qtbot):
    view.set_frame(frame(0))
    boxes = np.array([(0, 0, 200, 180), (50, 50, 100, 100)], np.float32)
    view.set_people(boxes, (4, 9))
    clicked = []
    view.person_clicked.connect(clicked.append)
    for x, y in ((75, 75), (20, 20), (300, 20)):
        qtbot.mouseClick(view, LEFT, pos=view.place_of(x, y))
    assert clicked == [9, 4, -1]


def test_a_box_is_drawn_in_image_pixels_and_ends_at_the_picture(view, qtbot):
    view.set_frame(frame(0))
    view.set_tool("box")
    drawn = []
    view.box_drawn.connect(lambda *box: drawn.append(box))
    qtbot.mousePress(view, LEFT, pos=view.place_of(150, 120))
    qtbot.mouseMove(view, view.place_of(40, 400))
    qtbot.mouseRelease(view, LEFT, pos=view.place_of(40, 400))
    assert drawn == [pytest.approx((40, 120, 150, 180), abs=1)]


def test_a_slip_of_the_hand_draws_no_box(view, qtbot):
    view.set_frame(frame(0))
    view.set_tool("box")
    drawn = []
    view.box_drawn.connect(lambda *box: drawn.append(box))
    qtbot.mouseClick(view, LEFT, pos=QPoint(200, 200))
    assert drawn == []


def test_escape_drops_a_box_being_drawn(view, qtbot):
    view.set_frame(frame(0))
    view.set_tool("box")
    drawn = []
    view.box_drawn.connect(lambda *box: drawn.append(box))
    qtbot.mousePress(view, LEFT, pos=QPoint(100, 100))
    qtbot.mouseMove(view, QPoint(200, 200))
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    qtbot.mouseRelease(view, LEFT, pos=QPoint(200, 200))
    assert drawn == []


@pytest.mark.parametrize("sideways", [False, True], ids=["upright", "as X11 turns it"])
def test_alt_wheel_scrubs_whole_notches(view, wheel, sideways):
    view.set_frame(frame(0))
    steps = []
    view.scrub_requested.connect(steps.append)
    for notches in (-1, 0.5, 0.5, 2):
        wheel(view, (300, 200), notches, Qt.KeyboardModifier.AltModifier, sideways)
    assert steps == [1, -1, -2]


def test_keys_zoom_and_others_are_left_to_the_window(view, qtbot):
    view.set_frame(frame(0))
    fitting = view.place_of(0, 0)
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert view.place_of(0, 0) != fitting
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert view.place_of(0, 0) == fitting
    space = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, " ")
    QApplication.sendEvent(view, space)
    assert not space.isAccepted()


def test_dropped_files_are_told_and_web_addresses_are_not(view, tmp_path):
    dropped = []
    view.files_dropped.connect(dropped.append)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.mp4")), QUrl("https://example.org/b.mp4")])
    copy, plain = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 50), copy, data, LEFT, plain)
    QApplication.sendEvent(view, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(view, QDropEvent(QPointF(50, 50), copy, data, LEFT, plain))
    assert dropped == [[str(tmp_path / "a.mp4")]]


def test_without_a_picture_the_message_is_there_and_after_clear_again(view):
    empty = pixels(view.grab().toImage())
    view.set_message("Drop a video here")
    said = pixels(view.grab().toImage())
    assert (said != empty).any()
    view.set_frame(frame(0))
    view.clear()
    assert view.frame_index is None
    assert view.visible_image().isNull()
    np.testing.assert_array_equal(pixels(view.grab().toImage()), said)


def test_the_preview_badge_comes_and_goes(view):
    view.set_frame(Frame(0, 0, 0.0, np.full((180, 320, 3), 255, np.uint8)))
    plain = pixels(view.grab().toImage())
    view.set_preview(True)
    assert (pixels(view.grab().toImage()) != plain).any()
    view.set_preview(False)
    np.testing.assert_array_equal(pixels(view.grab().toImage()), plain)


def test_who_was_left_out_is_pointed_at_and_clicked(view, qtbot):
    view.set_frame(frame(0))
    view.set_people(np.array([[50, 20, 150, 170]], np.float32), (4,))
    view.set_rejected(np.array([[100, 60, 140, 160]], np.float32), ("score 0.31 below 0.50",))
    people, left_out = [], []
    view.person_clicked.connect(people.append)
    view.rejected_clicked.connect(left_out.append)
    inside, outside = (view.on_screen((x, 100, x, 100)).topLeft() for x in (120, 60))
    before = pixels(view.grab().toImage())
    qtbot.mouseMove(view, inside)
    assert QToolTip.text() == "Left out: score 0.31 below 0.50.\nClick to accept."
    assert view.cursor().shape() == Qt.CursorShape.PointingHandCursor
    assert (pixels(view.grab().toImage()) != before).any()
    qtbot.mouseClick(view, LEFT, pos=inside)
    qtbot.mouseMove(view, outside)
    assert (pixels(view.grab().toImage()) == before).all()
    qtbot.mouseClick(view, LEFT, pos=outside)
    assert (left_out, people) == ([0], [4])
    view.set_rejected(np.zeros((0, 4), np.float32), ())
    qtbot.mouseClick(view, LEFT, pos=inside)
    assert (left_out, people) == ([0], [4, 4])


def test_a_box_that_is_being_run_is_on_its_own_frame_only(view):
    view.set_frame(frame(3))
    before = pixels(view.grab().toImage())
    view.set_pending(3, (100, 60, 140, 160))
    assert (pixels(view.grab().toImage()) != before).any()
    view.set_pending(8, None)
    assert (pixels(view.grab().toImage()) != before).any()
    view.set_pending(3, None)
    assert (pixels(view.grab().toImage()) == before).all()
    view.set_pending(4, (100, 60, 140, 160))
    assert (pixels(view.grab().toImage()) == before).all()
