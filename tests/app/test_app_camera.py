"""The Camera panel in the program: focal length, solved cameras, scale and floor, to the picture and the session."""

from __future__ import annotations

import json

import numpy as np
import pytest
from fakes_camera import Stroll, write_colmap
from fakes_clips import encode, x264
from fakes_drop import drop
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from pipeline.camera.kept import KeptCamera
from pipeline.camera.values import CameraSetting
from pipeline.session.layered import shown
from pipeline.session.open import session_path
from pipeline.session.record import record
from pipeline.session.store import Store
from pipeline.structures import RunOptions
from pipeline.world import world_in

STROLL = Stroll(frames=90, eye_goes=(0.6, 0.1, -0.4))


@pytest.fixture
def ran(drive):
    """Frames 0 to 9 have people."""
    drive.load()
    drive.program.inference.run_frames("Some", range(10))
    drive.until(lambda: drive.results() == list(range(10)))
    return shows(drive)


@pytest.fixture
def strolling(start, tmp_path):
    """Somebody who walks on a floor, before a camera that walks too."""
    video = encode(tmp_path / "stroll.mp4", STROLL.frames, options=x264(30), draw=_gray).path
    with Store(session_path(video)) as store:
        with store.transaction():
            run = store.start_run("made-up-1", RunOptions(), "Run")
        for frame in range(STROLL.frames):
            record(store, STROLL.result(frame), run)
    driver = start()
    driver.open(video)
    return shows(driver)


def _gray(_frame: int) -> np.ndarray:
    return np.full((240, 320, 3), 90, np.uint8)


def shows(drive):
    drive.window.show_dock("camera_panel")
    drive.panel = drive.window.camera_panel
    drive.until(lambda: drive.panel.focal.isEnabled())
    drive.store = drive.program.session.store
    return drive


def focal(drive, frame=0):
    return shown(drive.store, frame).result.people.focal_length


def typed(field, text):
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def click(drive, button):
    drive.panel.ensureWidgetVisible(button)
    drive.until(button.isEnabled)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def tick(box):
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))


def steps(drive):
    return [label for _id, label, done in drive.store.steps() if done]


def solve(tmp_path, unit: float | None = 1.0):
    """The camera of the stroll as JSON."""
    rows = []
    for frame in range(STROLL.frames):
        rotation, translation = STROLL.camera(frame)
        rows.append({"frame": frame, "R": rotation.tolist(), "t": translation.tolist()})
    said = {"K": [[300, 0, 160], [0, 300, 120], [0, 0, 1]], "up": "y", "frames": rows}
    path = tmp_path / "camera.json"
    path.write_text(json.dumps(said if unit is None else {**said, "unit": unit}))
    return path


def test_a_typed_focal_length_moves_everybody_and_is_one_step(ran):
    before = shown(ran.store, 0).result.people
    ran.until(lambda: ran.panel.scope.text().startswith("Touches 10 frames"))
    typed(ran.panel.focal.pixels, "250")
    ran.until(lambda: focal(ran) == 250)
    after = shown(ran.store, 0).result.people
    np.testing.assert_allclose(after.cam_t[:, 2], before.cam_t[:, 2] * 250 / before.focal_length, rtol=1e-5)
    assert ran.store.setting("camera") == {"focal_length": 250.0}
    assert steps(ran)[-1] == "Focal length 250 px"
    ran.until(lambda: ran.panel.focal_said.text().startswith("Chosen here. The engine ran this frame with"))
    ran.until(lambda: "ocal length 250 px" in ran.window.actions_table["undo"].text())
    ran.picture.setFocus()
    ran.press("Ctrl+Z")
    assert focal(ran) == before.focal_length
    ran.until(lambda: ran.panel.focal.value == before.focal_length)
    ran.press("Ctrl+Shift+Z")
    assert focal(ran) == 250


def test_while_one_tries_the_picture_follows_and_nothing_is_written(ran):
    ran.until(lambda: ran.overlay_is_on(0))
    drawn = []
    ran.program.overlay.drawn.connect(drawn.append)
    count = len(steps(ran))
    fields = ran.panel.focal
    fields.pixels.setFocus()
    start = fields.value
    for _press in range(5):
        QTest.keyClick(fields.pixels, Qt.Key.Key_Up)
    ran.until(lambda: ran.store.companion(KeptCamera).tried is not None or len(steps(ran)) > count)
    ran.until(lambda: drawn)
    ran.until(lambda: len(steps(ran)) == count + 1)
    assert ran.store.companion(KeptCamera).tried is None
    assert focal(ran) == pytest.approx(start + 50, abs=0.5)


def test_a_try_that_comes_back_to_where_it_began_leaves_nothing(ran):
    fields, run_with = ran.panel.focal, focal(ran)
    typed(fields.pixels, f"{round(run_with)}")  # the field shows whole px
    ran.until(lambda: not fields.busy and ran.panel.focal.value == focal(ran))
    count, start = len(steps(ran)), focal(ran)
    QTest.keyClick(fields.pixels, Qt.Key.Key_Up)
    ran.until(lambda: ran.store.companion(KeptCamera).tried is not None)
    QTest.keyClick(fields.pixels, Qt.Key.Key_Down)
    ran.until(lambda: ran.store.companion(KeptCamera).tried is None)
    assert len(steps(ran)) == count
    assert focal(ran) == start


def test_as_the_engine_ran_it(ran):
    run_with = focal(ran)
    assert not ran.panel.reset.isEnabled()
    typed(ran.panel.focal.angle, "60")
    ran.until(lambda: focal(ran) != run_with)
    click(ran, ran.panel.reset)
    ran.until(lambda: focal(ran) == run_with)
    assert ran.store.setting("camera") is None
    ran.until(lambda: ran.panel.focal.value == run_with)


def test_also_for_new_runs(ran):
    typed(ran.panel.focal.pixels, "250")
    ran.until(lambda: focal(ran) == 250)
    ran.panel.ensureWidgetVisible(ran.panel.for_runs)
    tick(ran.panel.for_runs)
    preferences = ran.program.settings.preferences
    assert (preferences.focal_from, preferences.focal_length) == ("value", 250)
    typed(ran.panel.focal.pixels, "300")
    ran.until(lambda: ran.program.settings.preferences.focal_length == 300)
    ran.until(lambda: ran.panel.for_runs.isChecked())
    tick(ran.panel.for_runs)
    assert ran.program.settings.preferences.focal_from == "engine"


def test_a_dropped_solve_is_followed_and_removed_again(strolling, tmp_path):
    drop(strolling.panel.viewport(), solve(tmp_path))
    strolling.until(lambda: strolling.panel.solved_said.text() == "camera.json: 90 of 90 frames.")
    assert strolling.said("camera.json: a camera for 90 frames.")
    np.testing.assert_allclose(world_in(strolling.store).camera_to_world(50)[1], [1.2, 1.6, 3.7], atol=1e-5)
    assert steps(strolling) == ["Import the camera camera.json"]
    assert strolling.panel.scale_said.text() == "As the file says."
    assert not strolling.panel.focal.isEnabled()
    click(strolling, strolling.panel.remove)
    strolling.until(lambda: strolling.panel.solved_said.text().startswith("None"))
    strolling.picture.setFocus()
    strolling.press("Ctrl+Z")
    strolling.until(lambda: strolling.panel.solved_said.text().startswith("camera.json"))
    strolling.press("Ctrl+Z")
    assert strolling.store.setting("camera") is None


def test_a_colmap_model_gets_its_scale_from_the_feet_of_whom_is_selected(strolling, tmp_path):
    shots = []
    for frame in range(STROLL.frames):
        rotation, translation = STROLL.camera(frame)
        shots.append((f"frame{frame:05d}.png", rotation, translation / 0.5))
    path = write_colmap(tmp_path / "model", shots)
    strolling.picture.setFocus()
    strolling.press("1")
    drop(strolling.panel.viewport(), path)
    strolling.until(lambda: strolling.store.setting("camera") is not None)
    strolling.until(lambda: CameraSetting.from_plain(strolling.store.setting("camera")).scaled_by == "feet")
    assert CameraSetting.from_plain(strolling.store.setting("camera")).scale == pytest.approx(0.5, rel=0.03)
    assert strolling.said("from ")
    strolling.until(lambda: strolling.panel.scale_said.text().startswith("Measured from feet"))
    typed(strolling.panel.scale, "0.6")
    strolling.until(lambda: strolling.panel.scale_said.text() == "As you say.")
    assert steps(strolling)[-1] == "Scale of the camera 0.6"


def test_without_anybody_selected_the_scale_of_a_colmap_model_is_asked_for(strolling, tmp_path):
    path = write_colmap(tmp_path / "model", [(f"{n}.png", *STROLL.camera(n)) for n in range(STROLL.frames)])
    drop(strolling.panel.viewport(), path.parent)
    strolling.until(lambda: strolling.panel.solved_said.text() == "model: 90 of 90 frames.")
    assert strolling.panel.scale_said.property("role") == "warn"
    assert any("Nobody knows how long its unit is" in hint for _text, hint, *_ in strolling.messages)


def test_a_wrong_file_is_said_and_changes_nothing(strolling, tmp_path):
    (tmp_path / "wrong.json").write_text('{"frames": []}')
    drop(strolling.panel.viewport(), tmp_path / "wrong.json")
    strolling.until(lambda: strolling.said('"frames" must be a list'))
    assert strolling.store.setting("camera") is None
    strolling.until(lambda: strolling.panel.choose.isEnabled())
    assert steps(strolling) == []


def test_the_file_is_chosen_with_a_dialog_that_holds_up_nothing(strolling, tmp_path):
    path = solve(tmp_path)
    click(strolling, strolling.panel.choose)
    dialog = strolling.window.findChild(QFileDialog)
    assert not dialog.isModal()
    strolling.window.actions_table["import_camera"].trigger()
    assert len(strolling.window.findChildren(QFileDialog)) == 1
    dialog.fileSelected.emit(str(path))
    dialog.close()
    strolling.until(lambda: strolling.store.setting("camera") is not None)


def test_the_floor_is_found_told_and_undone(strolling, tmp_path):
    drop(strolling.panel.viewport(), solve(tmp_path))
    strolling.until(lambda: strolling.store.setting("camera") is not None)
    strolling.picture.setFocus()
    strolling.press("1")
    strolling.until(strolling.panel.floor_feet.isEnabled)
    click(strolling, strolling.panel.floor_feet)
    strolling.until(lambda: strolling.store.setting("floor") is not None)
    floor = strolling.store.setting("floor")
    assert np.degrees(np.arccos(floor["normal"][1])) < 2
    assert abs(floor["offset"]) < 0.05
    assert strolling.said(
        f"Floor: camera tilted {floor['tilt']:.0f}°, {floor['height']:.2f} m above it, from"
    )
    strolling.until(lambda: strolling.panel.floor_said.text().startswith("Tilt "))
    assert steps(strolling)[-1] == "Floor from the feet of Person 1"
    typed(strolling.panel.scale, "2")
    strolling.until(lambda: strolling.panel.floor_said.property("role") == "warn")
    click(strolling, strolling.panel.floor_remove)
    strolling.until(lambda: strolling.store.setting("floor") is None)
    strolling.program.editing.undo()
    assert strolling.store.setting("floor") == floor


def test_a_floor_that_cannot_be_found_says_why(ran):
    ran.picture.setFocus()
    ran.window.actions_table["floor_from_feet"].trigger()
    assert ran.said("No track is selected.")
    ran.window.actions_table["scale_from_feet"].trigger()
    assert ran.said("There is no solved camera.")


def test_the_3d_view_goes_with_what_is_known(strolling, tmp_path):
    """The same body stays in its middle when the floor lifts the world."""
    strolling.picture.setFocus()
    strolling.press("1")
    strolling.window.actions_table["orbit"].trigger()
    view = strolling.program.view
    strolling.until(lambda: view.orbit.orbit is not None)
    strolling.program.window.panes.widget(1).world.click()
    strolling.until(lambda: view.orbit.space == "world")
    before = view.orbit.orbit
    click(strolling, strolling.panel.floor_feet)
    strolling.until(lambda: strolling.store.setting("floor") is not None)
    after = view.orbit.orbit
    assert after.distance == pytest.approx(before.distance, rel=1e-4)
    turn, shift = world_in(strolling.store).camera_to_world(0)
    before_the_camera = np.array(before.target) * [1, -1, -1]  # nothing was known, so it stood upright
    np.testing.assert_allclose(turn.T @ (np.array(after.target) - shift), before_the_camera, atol=1e-3)
    assert shift[1] > 1


def test_the_action_brings_the_field_into_the_hand(ran):
    ran.window.show_dock("models")
    ran.window.actions_table["focal_length"].trigger()
    ran.until(lambda: ran.panel.focal.pixels.hasFocus())


def test_closing_while_feet_are_looked_at_leaves_nothing_behind(strolling):
    strolling.picture.setFocus()
    strolling.press("1")
    strolling.until(strolling.panel.floor_feet.isEnabled)
    click(strolling, strolling.panel.floor_feet)
    strolling.program.session.close()
    strolling.until(lambda: strolling.program.files_lane.unfinished == 0)
    strolling.until(lambda: strolling.panel.focal_said.text() == "Open a video first.")
    assert not [text for text, _hint, kind, _action in strolling.messages if kind == "error"]


def test_a_session_for_reading_only_shows_and_changes_nothing(start, strolling, tmp_path):
    second = start()
    second.open(strolling.program.session.path)
    second.window.show_dock("camera_panel")
    second.until(lambda: second.window.camera_panel.focal.value == 300)
    assert not second.program.session.writable
    assert not second.window.camera_panel.focal.isEnabled()
    assert not second.window.camera_panel.choose.isEnabled()
