"""The 3D view in the program, by mouse and keys to what is seen and what the session holds."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from app.orbit_pace import Pace
from app.orbit_stage import LevelWorld, Stage
from app.orbit_wiring import OrbitWiring
from pipeline.orbit import OrbitPicture
from pipeline.stage import UPRIGHT

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


class Orbiting:
    """Somebody in front of the 3D view."""

    def __init__(self, drive) -> None:
        self.drive = drive
        drive.press("F3")
        drive.until(lambda: self.pane.isVisible())

    @property
    def wiring(self) -> OrbitWiring:
        return next(one for one in self.drive.program.children() if isinstance(one, OrbitWiring))

    @property
    def pane(self):
        return self.wiring._made[0]

    @property
    def control(self):
        return self.wiring._made[1]

    @property
    def view(self):
        return self.pane.view

    @property
    def picture(self) -> OrbitPicture | None:
        return self.view.picture

    @property
    def orbit(self):
        return self.drive.program.view.orbit.orbit

    def still(self) -> OrbitPicture:
        """What is seen once everything is drawn."""
        self.drive.until(lambda: self.idle() and self.picture is not None)
        return self.picture

    def idle(self) -> bool:
        control = self.control
        return control._job is None and not control._stale and not control._settling.isActive()

    def after(self, before: OrbitPicture) -> OrbitPicture:
        """The picture after another one, once everything is drawn."""
        self.drive.until(lambda: self.picture is not None and self.picture is not before)
        return self.still()

    def drag(self, by: tuple[int, int], button=LEFT, modifiers=NONE) -> None:
        start = self.view.rect().center()
        QTest.mousePress(self.view, button, modifiers, start)
        for share in (0.3, 0.6, 1.0):
            QTest.mouseMove(self.view, start + QPoint(round(by[0] * share), round(by[1] * share)))
        QTest.mouseRelease(self.view, button, modifiers, start + QPoint(*by))

    def place_of(self, slot: int) -> QPoint:
        """A point of the widget where someone is seen."""
        rows, columns = np.nonzero(self.picture.ids == 1 + self.picture.slots.index(slot))
        middle = len(rows) // 2
        return QPoint(int(columns[middle]), int(rows[middle]))


@pytest.fixture
def run(start, clip):
    """Two people on frames 0 to 5."""
    drive = start()
    drive.open(clip)
    drive.load()
    drive.program.inference.run_frames("Some", range(6))
    drive.until(lambda: drive.results() == list(range(6)))
    drive.until(lambda: drive.overlay_is_on(0) and drive.said("6 of 6"))
    drive.window.message_bar.clear()  # or it slides away later, and everything below it moves
    drive.until(lambda: not drive.window.message_bar.isVisible())
    return drive


@pytest.fixture
def orbiting(run) -> Orbiting:
    made = Orbiting(run)
    made.still()
    return made


def share_of(picture: OrbitPicture, color: tuple[int, int, int]) -> float:
    """How much of the bodies' pixels has about the hue of a colour."""
    rgb = picture.rgba[..., :3][picture.ids > 0].astype(float)
    norm = np.linalg.norm(rgb, axis=1) * np.linalg.norm(color)
    return float(((rgb @ np.array(color, float)) / norm > 0.985).mean())


def test_it_opens_beside_the_picture_and_closes_again(orbiting, run):
    run.until(lambda: run.picture.isVisible() and run.picture.width() > 200)
    assert orbiting.pane.x() > run.picture.x()
    assert run.window.actions_table["orbit"].isChecked()
    assert orbiting.picture.frame_index == 0
    assert len(orbiting.picture.slots) == 2
    assert (orbiting.picture.ids > 0).mean() > 0.01, "they are large enough to be looked at"
    run.press("F3")
    run.until(lambda: not orbiting.pane.isVisible())
    assert not run.window.actions_table["orbit"].isChecked()


def test_its_own_button_closes_it(orbiting, run, qtbot):
    qtbot.mouseClick(orbiting.pane.buttons["close"], LEFT)
    run.until(lambda: not orbiting.pane.isVisible())
    assert not run.window.actions_table["orbit"].isChecked()


def test_a_drag_turns_shift_moves_and_the_wheel_zooms(orbiting):
    before, orbit = orbiting.still(), orbiting.orbit
    orbiting.drag((60, 20))
    turned = orbiting.after(before)
    assert orbiting.orbit.azimuth < orbit.azimuth
    assert orbiting.orbit.elevation > orbit.elevation
    assert (turned.ids != before.ids).any()
    assert turned.orbit == orbiting.orbit
    orbiting.drag((50, 0), modifiers=Qt.KeyboardModifier.ShiftModifier)
    moved = orbiting.after(turned)
    columns = [np.nonzero(one.ids)[1].mean() for one in (turned, moved)]
    assert columns[1] - columns[0] > 20
    turn_wheel(orbiting.view, 3)
    nearer = orbiting.after(moved)
    assert orbiting.orbit.distance < orbit.distance
    assert (nearer.ids > 0).sum() > (moved.ids > 0).sum()


def turn_wheel(widget, notches, modifiers=NONE):
    where = QPointF(widget.rect().center())
    event = QWheelEvent(
        where,
        QPointF(widget.mapToGlobal(where.toPoint())),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def test_keys_and_buttons_look_from_the_sides(orbiting, run, qtbot):
    last = orbiting.still()
    for keys, button, side in (
        ("F7", "front", (0, 0)),
        ("F8", "side", (90, 0)),
        ("F9", "top", (0, 90)),
    ):
        run.press(keys)
        by_key = orbiting.after(last)
        assert (by_key.orbit.azimuth, by_key.orbit.elevation) == side
        orbiting.drag((40, -40))
        last = orbiting.after(by_key)
        qtbot.mouseClick(orbiting.pane.buttons[button], LEFT)
        by_button = orbiting.after(last)
        assert np.array_equal(by_button.rgba, by_key.rgba)
        last = by_button


def test_through_the_videos_camera_people_are_where_the_picture_has_them(orbiting, run):
    before = orbiting.still()
    run.press("F4")
    picture = orbiting.after(before)
    people = run.program.session.store.result(0).people
    (width, height), (wide, high) = people.image_size, picture.ids.shape[::-1]
    scale = min(wide / width, high / height)
    x0, _, x1, _ = (people.detections.boxes[picture.slots[0]] - [width / 2, height / 2] * 2) * scale + [
        wide / 2,
        high / 2,
    ] * 2
    columns = np.nonzero(picture.ids == 1)[1]
    assert abs(columns.mean() - (x0 + x1) / 2) < 0.5 * (x1 - x0)


def test_a_click_selects_here_and_in_the_picture(orbiting, run, qtbot):
    before = orbiting.still()
    for slot in (0, 1):
        qtbot.mouseClick(orbiting.view, LEFT, pos=orbiting.place_of(slot))
        track = run.program.session.store.assignments(0)[slot].track_id
        run.until(lambda track=track: run.program.view.selected_track == track)
        ringed = orbiting.after(before)
        assert not np.array_equal(ringed.rgba, before.rgba)
        before = ringed
    qtbot.mouseClick(orbiting.view, LEFT, pos=QPoint(3, 3))
    assert run.program.view.selected_track is None


def test_selecting_by_key_is_marked_here(orbiting, run):
    before = orbiting.still()
    run.press("1")
    marked = orbiting.after(before)
    assert not np.array_equal(marked.rgba, before.rgba)


def test_a_double_click_has_the_person_in_the_middle_and_elsewhere_everybody(orbiting, run, qtbot):
    before, everybody = orbiting.still(), orbiting.orbit
    qtbot.mouseDClick(orbiting.view, LEFT, pos=orbiting.place_of(1))
    run.until(lambda: orbiting.orbit.target != everybody.target)
    centred = orbiting.after(before)
    columns = np.nonzero(centred.ids == 1 + centred.slots.index(1))[1]
    assert abs(columns.mean() - centred.ids.shape[1] / 2) < 0.1 * centred.ids.shape[1]
    assert orbiting.orbit.distance == everybody.distance
    run.press("Shift+F3")
    run.until(lambda: orbiting.orbit == everybody)


def test_it_follows_scrubbing_and_says_what_to_do_where_nothing_was_run(orbiting, run):
    run.press("Right")
    run.until(lambda: orbiting.picture is not None and orbiting.picture.frame_index == 1)
    turn_wheel(orbiting.view, -2, Qt.KeyboardModifier.AltModifier)
    run.until(lambda: orbiting.picture is not None and orbiting.picture.frame_index == 3)
    run.program.view.set_frame(40)
    run.until(lambda: orbiting.view.message)
    assert "Run this frame" in orbiting.view.message
    run.press("R")
    run.until(lambda: orbiting.picture is not None and orbiting.picture.frame_index == 40)


def test_it_follows_edits_and_undo(orbiting, run):
    before = orbiting.still()
    tracks = [a.track_id for a in run.program.session.store.assignments(0)]
    for track in tracks:
        run.program.editing.recolor(track, (0, 255, 0))
    green = orbiting.after(before)
    run.until(lambda: share_of(orbiting.still(), (0, 255, 0)) > 0.4)
    assert share_of(before, (0, 255, 0)) < 0.05
    run.program.editing.show_track(tracks[0], False)
    run.until(lambda: len(orbiting.still().slots) == 1)
    run.program.editing.show_track(tracks[1], False)
    run.until(lambda: "hidden" in orbiting.view.message)
    for _ in range(4):
        run.press("Ctrl+Z")
    run.until(lambda: orbiting.picture is not None and np.array_equal(orbiting.still().rgba, before.rgba))
    assert not np.array_equal(green.rgba, before.rgba)


def test_who_is_removed_from_the_frame_is_not_there(orbiting, run):
    from pipeline.session.edits import AssignPerson

    assert len(orbiting.still().slots) == 2
    run.program.editing.do(AssignPerson(0, 0, None))
    run.until(lambda: orbiting.still().slots == (1,))
    run.program.editing.do(AssignPerson(0, 1, None))
    run.until(lambda: "Nobody" in orbiting.view.message)


def choose(qtbot, box, key):
    """Open the list with the mouse, go with a key, take it with Return."""
    qtbot.mouseClick(box, LEFT)
    rows = box.view()
    qtbot.waitUntil(rows.isVisible)
    qtbot.keyClick(rows, key)
    qtbot.keyClick(rows, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not rows.isVisible())


def test_trails_of_a_joint_are_drawn_and_put_away(orbiting, run, qtbot):
    run.program.view.set_frame(5)
    run.until(lambda: orbiting.picture is not None and orbiting.picture.frame_index == 5)
    before = orbiting.still()
    choose(qtbot, orbiting.pane.trail, Qt.Key.Key_End)
    assert run.program.view.orbit.trail == "feet"
    with_trail = orbiting.after(before)
    assert not np.array_equal(with_trail.rgba, before.rgba)
    choose(qtbot, orbiting.pane.trail, Qt.Key.Key_Home)
    run.until(lambda: np.array_equal(orbiting.still().rgba, before.rgba))


def test_the_world_is_chosen_with_its_button(orbiting, run, qtbot):
    qtbot.mouseClick(orbiting.pane.world, LEFT)
    assert run.program.view.orbit.space == "world"
    orbiting.still()
    qtbot.mouseClick(orbiting.pane.world, LEFT)
    assert run.program.view.orbit.space == "camera"


def test_names_and_contours_follow_the_layers_of_the_picture(orbiting, run, qtbot):
    before = orbiting.still()
    qtbot.mouseClick(run.window.layers_bar._buttons["labels"], LEFT)
    assert not np.array_equal(orbiting.after(before).rgba, before.rgba)


def test_it_shows_the_poses_below_layers_while_the_picture_does(orbiting, run):
    from pipeline.session.layered import ShownFrames

    before = orbiting.still()
    frames = run.program.session.store.companion(ShownFrames)
    frames._kept.clear()  # as another state of the layers does: the frame is another object now
    run.program.overlay.refresh()
    orbiting.after(before)


def test_closed_it_draws_nothing(orbiting, run):
    orbiting.still()
    drawn = []
    orbiting.control.drawn.connect(drawn.append)
    run.press("F3")
    run.until(lambda: not orbiting.pane.isVisible())
    run.press("Right")
    run.at(1)
    run.press("1")
    run.until(lambda: run.overlay_is_on(1))
    assert (drawn, orbiting.control._job) == ([], None)
    run.press("F3")
    run.until(lambda: drawn and drawn[-1].frame_index == 1)


def test_another_pane_takes_its_place_and_it_stops(orbiting, run):
    run.window.show_pane(QLabel("Another"))
    assert not run.window.actions_table["orbit"].isChecked()
    assert not orbiting.control._active
    run.press("F7")
    run.until(lambda: orbiting.pane.isVisible())
    assert run.window.actions_table["orbit"].isChecked()
    run.until(lambda: orbiting.still().orbit.azimuth == 0)


def test_a_key_for_a_side_opens_it(run):
    run.press("F9")
    made = Orbiting.__new__(Orbiting)
    made.drive = run
    run.until(lambda: made.picture is not None)
    assert made.still().orbit.elevation == 90
    assert len(made.picture.slots) == 2, "it looks at the people, not past them"


def test_it_is_remembered_with_the_session(orbiting, run, start, clip):
    run.press("F8")
    run.until(lambda: orbiting.still().orbit.azimuth == 90)
    orbiting.control.use_trail("head")
    state = run.program.view.orbit
    run.window.close()
    again = start()
    again.open(clip)
    assert again.program.view.orbit == state
    made = Orbiting.__new__(Orbiting)
    made.drive = again
    again.until(lambda: made.picture is not None)
    assert made.still().orbit == state.orbit
    assert made.pane.trail.currentText() == "Head"


def test_without_a_video_it_says_so(start, clip, encoded, tmp_path):
    drive = start()
    made = Orbiting(drive)
    assert "Open a video" in made.view.message
    drive.open(clip)
    drive.until(lambda: "Run this frame" in made.view.message)
    drive.press("Ctrl+W")
    drive.until(lambda: "Open a video" in made.view.message)


def test_a_body_model_that_is_not_here_is_said(start, clip):
    drive = start(body_model="smpl-neutral-00000000")
    drive.open(clip)
    drive.load()
    drive.press("R")
    drive.until(lambda: drive.results() == [0])
    made = Orbiting(drive)
    drive.until(lambda: "not here" in made.view.message)
    assert "SMPL file" in made.view.message


def test_turning_never_waits_and_ends_in_full_detail(orbiting, run):
    before = orbiting.still()
    orbiting.control._pace.took(1.0, 1)  # as if a drawing took a second
    orbiting.control._pace.took(1.0, 1)
    coarse = []
    orbiting.control.drawn.connect(lambda picture: coarse.append(picture.coarse))
    for _ in range(5):
        orbiting.drag((40, 10))
    assert not orbiting.after(before).coarse
    assert coarse[-1] is False
    assert any(coarse)


def test_pace():
    pace = Pace()
    assert pace.coarseness(moving=True) == 1
    pace.took(0.004, 1)
    assert pace.coarseness(moving=True) == 1
    for _ in range(8):
        pace.took(0.05, 1)
    assert (pace.coarseness(moving=True), pace.coarseness(moving=False)) == (2, 1)
    for _ in range(8):
        pace.took(0.4, 1)
    assert pace.coarseness(moving=True) == 3
    pace.took(0.01, 3)
    assert pace.owes_detail
    assert pace.coarseness(moving=True) == 3, "a coarse one says nothing about full detail"
    pace.took(0.4, 1)
    assert not pace.owes_detail


class TurningWorld:
    """A camera that turns and moves with the frames, tilted, above a floor at y = -1."""

    floor = (np.array([0, 1, 0], np.float32), -1.0)

    def camera_to_world(self, frame):
        turn, tilt = np.radians(5.0 * frame), np.radians(20)
        upright = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
        down = np.array([[1, 0, 0], [0, np.cos(tilt), np.sin(tilt)], [0, -np.sin(tilt), np.cos(tilt)]])
        rotation = upright @ down @ UPRIGHT.rotation
        return rotation.astype(np.float32), np.array([frame, 2, 0], np.float32)


def test_the_floor_of_the_world_is_the_same_plane_in_the_cameras_space():
    world = TurningWorld()
    in_world, in_camera = Stage(world, "world"), Stage(world, "camera")
    on_floor = np.array([[0, -1, 0], [3, -1, 2], [-2, -1, 5]], np.float32)
    for frame in (0, 7):
        assert in_world.floor(frame).level == -1
        floor = in_camera.floor(frame)
        on_stage = in_camera.camera(frame).put(in_world.camera(frame).taken(on_floor))
        assert np.allclose(on_stage @ floor.normal, floor.level, atol=1e-4)
        assert np.linalg.norm(floor.normal) == pytest.approx(1, abs=1e-5)
    assert in_camera.floor(0).normal[1] == pytest.approx(np.cos(np.radians(20)), abs=1e-5)


def test_where_nothing_is_known_the_world_is_the_camera_turned_upright():
    for space in ("camera", "world"):
        stage = Stage(LevelWorld(), space)
        assert stage.floor(3) is None
        assert np.array_equal(stage.camera(3).put(np.array([1, 2, 3])), [1, -2, -3])
    assert np.array_equal(Stage(LevelWorld(), "world").axes, np.eye(3))
    assert np.array_equal(Stage(LevelWorld(), "camera").axes @ [0, 1, 0], [0, -1, 0])
