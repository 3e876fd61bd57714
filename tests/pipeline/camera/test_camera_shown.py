"""What a session shows and exports under a camera."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
import trimesh
from fakes_camera import Stroll
from fakes_clip import write_clip
from fakes_people import walk
from fakes_session import FRAMES, make_session
from khronos import validated
from read_gltf import Scene
from scipy.spatial.transform import Rotation
from trc import TRCData

from pipeline.camera.floor_setting import FloorSetting
from pipeline.camera.kept import keep_solved
from pipeline.camera.values import CameraSetting, SolvedCamera
from pipeline.errors import ExportError
from pipeline.formats import FORMATS, preview
from pipeline.job import Job
from pipeline.motion.layers import make_layer
from pipeline.session.history import History
from pipeline.session.layered import all_shown, shown
from pipeline.session.review_edits import ChangeSetting
from pipeline.session.store import Store
from pipeline.smpl import JOINT_NAMES, builtin_body
from pipeline.structures import SmplParams
from pipeline.world import world_in


@pytest.fixture(scope="session")
def _clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("clip") / "walk.mp4")


@pytest.fixture
def source(_clip, tmp_path):
    video = tmp_path / _clip.name
    video.write_bytes(_clip.read_bytes())
    return make_session(video)


def say(store, camera=None, floor=None):
    history = History(store)
    if camera is not None:
        history.do(ChangeSetting("camera", camera.to_plain(), "Camera"))
    if floor is not None:
        history.do(ChangeSetting("floor", floor.to_plain(), "Floor"))
    return history


def moving(store, up="") -> CameraSetting:
    """A camera that walks, in a unit of half a metre."""
    stroll = Stroll(eye_goes=(0.6, 0.1, -0.3), roll=5)
    poses = [stroll.camera(frame) for frame in range(20)]
    solved = SolvedCamera(
        np.arange(20),
        np.array([rotation for rotation, _ in poses]),
        np.array([-rotation.T @ shift * 2 for rotation, shift in poses]),
        np.full((20, 2), 450.0),
        np.tile([165.0, 118.0], (20, 1)),
        (320, 240),
        up,
    )
    return CameraSetting(solved=keep_solved(store, solved), name="camera.json", scale=0.5, scaled_by="file")


def test_without_a_camera_the_stored_result_itself_is_shown(source):
    with Store(source.store_path) as store:
        assert shown(store, 3).result.people.focal_length == 300
        np.testing.assert_array_equal(shown(store, 3).result.people.cam_t, store.result(3).people.cam_t)


def test_a_focal_length_is_shown_everywhere_and_undone(source):
    with Store(source.store_path) as store:
        before = shown(store, 3)
        history = say(store, CameraSetting(600.0))
        seen = shown(store, 3)
        assert seen is shown(store, 3)
        np.testing.assert_allclose(seen.result.people.cam_t[:, 2], 2 * before.result.people.cam_t[:, 2])
        assert {one.result.people.focal_length for one in all_shown(store)} == {600}
        assert store.result(3).people.focal_length == 300
        history.undo()
        np.testing.assert_array_equal(
            shown(store, 3).result.people.smpl.global_orient, before.result.people.smpl.global_orient
        )


def test_layers_made_under_one_focal_length_lie_right_under_another(source):
    """Filled frames go with the people around them, whichever camera they were filled with."""
    with Store(source.store_path) as store:
        say(store, CameraSetting(1200.0))
        layer = make_layer(store, "fill", 1, 0, 19, {"longest": 3}, "Fill", lambda f: f / 25)
        history = say(store)
        history.do(layer)
        under_camera = shown(store, 12).result.people
        history.do(ChangeSetting("camera", None, "As run"))
        as_run = shown(store, 12).result.people
        beside = [shown(store, frame).result.people for frame in (11, 13)]
    assert (under_camera.focal_length, as_run.focal_length) == (1200, 1200)
    assert {people.focal_length for people in beside} == {300}
    middle = (beside[0].cam_t[0] + beside[1].cam_t[0]) / 2
    np.testing.assert_allclose(as_run.cam_t[0] * [1, 1, 0.25], middle, rtol=0.01)


def exported(source, path, format, **options):
    FORMATS[format].write(source, path, options, Job(lambda job: None))
    if format == "jsonl":
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        return lines[0], {line["frame"]: line for line in lines if line["type"] == "frame"}
    return [dict(np.load(file)) for file in sorted(path.parent.glob(f"{path.stem}*.npz"))]


def skinned(global_orient, body_pose, betas, transl):
    smpl = SmplParams(
        np.array(global_orient, np.float32)[None],
        np.array(body_pose, np.float32)[None],
        np.array(betas, np.float32)[None],
    )
    return builtin_body().skin(smpl)[0][0] + transl


@pytest.mark.parametrize("kind", ["nothing", "floor", "solved", "solved up", "solved floor"])
def test_bodies_skinned_from_exported_parameters_are_those_of_the_camera_moved(kind, source, tmp_path):
    """To 1e-5 m, though SMPL turns about its pelvis and not about the origin (4D-Humans issue 138)."""
    tilted = np.array([0.1, -0.95, -0.3])
    tilted /= np.linalg.norm(tilted)
    with Store(source.store_path) as store:
        camera = moving(store, "-y" if kind == "solved up" else "") if "solved" in kind else None
        key = f"{camera.solved} 0.5" if camera else ""
        floor = FloorSetting((*tilted.tolist(),), -1.3, key, 450.0) if "floor" in kind else None
        say(store, camera, floor)
        seen = {one.result.frame_index: one.result.people for one in all_shown(store)}
        world = world_in(store)
        head, frames = exported(source, tmp_path / "a.jsonl", "jsonl", space="world")
        body = builtin_body()
        for frame in (0, 11, 19):
            people = seen[frame]
            turn, shift = world.camera_to_world(frame)
            vertices = body.meshes(people).vertices @ turn.T + shift
            for slot, person in enumerate(frames[frame]["people"]):
                mesh = skinned(
                    person["world"]["global_orient"],
                    person["body_pose"],
                    person["betas"],
                    person["world"]["transl"],
                )
                np.testing.assert_allclose(mesh, vertices[slot], atol=1e-5)
            placed = frames[frame]["camera_to_world"]
            np.testing.assert_allclose(placed["rotation"], turn, atol=1e-6)
            np.testing.assert_allclose(placed["translation"], shift, atol=1e-6)
    assert head["world"]["axes"] == "x right, y up, z backward"
    assert (head["world"]["floor"] is not None) == ("floor" in kind)
    assert head["world"]["known"] == world.note


@pytest.mark.parametrize("axes", ["z-up", "y-up"])
def test_npz_in_the_world(axes, source, tmp_path):
    with Store(source.store_path) as store:
        say(store, moving(store))
        world = world_in(store)
        seen = shown(store, 4).result.people
        turn, shift = world.camera_to_world(4)
    content = exported(source, tmp_path / "a.npz", "npz", space="world", axes=axes, variant="smpl-72")[0]
    rotations = Rotation.from_rotvec(content["poses"][4].reshape(24, 3)).as_matrix()
    own = content["pelvis"][4] - content["rest_pelvis"]
    mesh = skinned(rotations[0], rotations[1:], content["body_betas"], own)
    betas = content["body_betas"]
    there = skinned(seen.smpl.global_orient[0], seen.smpl.body_pose[0], betas, seen.cam_t[0]) @ turn.T + shift
    if axes == "z-up":
        there = np.stack([there[:, 0], -there[:, 2], there[:, 1]], 1)
    np.testing.assert_allclose(mesh, there, atol=2e-5)
    assert content["space"] == "world"
    assert content["world"] == "the camera moves as it was solved; the floor is not known"
    assert content["axes"].item().startswith("x right, y " + ("forward" if axes == "z-up" else "up"))


def test_npz_between_frames_of_a_moving_camera_is_even_in_the_world(source, tmp_path):
    """Frame 12 was not run; what is between 11 and 13 is so in the world, not before a camera that turned."""
    with Store(source.store_path) as store:
        say(store, moving(store))
    content = exported(source, tmp_path / "a.npz", "npz", space="world")[0]
    middle = (content["pelvis"][11] + content["pelvis"][13]) / 2
    np.testing.assert_allclose(content["pelvis"][12], middle, atol=1e-6)


def test_glb_and_meshes_in_the_world_and_the_camera_in_it(source, tmp_path):
    with Store(source.store_path) as store:
        say(store, moving(store))
        turn, shift = world_in(store).camera_to_world(4)
        people = shown(store, 4).result.people
    there = builtin_body().meshes(people).vertices @ turn.T + shift
    quiet = Job(lambda job: None)
    FORMATS["glb"].write(source, tmp_path / "a.glb", {"space": "world"}, quiet)
    scene = Scene(tmp_path / "a.glb")
    np.testing.assert_allclose(scene.skinned_at(scene.node("Person 2 mesh"), 4 / 25), there[1], atol=1e-4)
    camera = scene.globals_at(4 / 25)[scene.node("camera")]
    np.testing.assert_allclose(camera[:3, :3], turn @ np.diag([1, -1, -1]), atol=1e-5)
    np.testing.assert_allclose(camera[:3, 3], shift, atol=1e-5)
    assert scene.gltf.asset.extras["world"].startswith("the camera moves as it was solved")
    assert validated(tmp_path / "a.glb")["issues"]["messages"] == []
    one = replace(source, frames=(4, 4))
    FORMATS["meshes"].write(one, tmp_path / "a.ply", {"space": "world", "axes": "z-up"}, quiet)
    upright = there.reshape(-1, 3) @ np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])
    read = trimesh.load(tmp_path / "a.ply", process=False).vertices
    np.testing.assert_allclose(read, upright, atol=1e-4)


def test_tables_and_markers_lie_where_json_and_npz_have_them_in_the_world(source, tmp_path):
    with Store(source.store_path) as store:
        say(store, moving(store))
        shift = world_in(store).camera_to_world(4)[1]
    quiet = Job(lambda job: None)
    frames = exported(source, tmp_path / "a.jsonl", "jsonl", space="world")[1]
    FORMATS["csv"].write(source, tmp_path / "a.csv", {"space": "world"}, quiet)
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = {(int(row["frame"]), int(row["slot"])): row for row in csv.DictReader(file)}
    for frame, line in frames.items():
        for person in line.get("people", ()):
            row = rows.pop((frame, person["slot"]))
            there = [[float(row[f"{name}_{axis}_m"]) for axis in "xyz"] for name in JOINT_NAMES]
            np.testing.assert_allclose(there, person["world"]["joints"], atol=2e-5)
            seen = [[float(row[f"{name}_{axis}_px"]) for axis in "uv"] for name in JOINT_NAMES]
            np.testing.assert_allclose(seen, person["joints_2d"], atol=0.02)
            if frame == 4:
                np.testing.assert_allclose(
                    [float(row[f"camera_{axis}_m"]) for axis in "xyz"], shift, atol=1e-5
                )
    assert not rows
    FORMATS["trc"].write(source, tmp_path / "a.trc", {"space": "world"}, quiet)
    for number, motion in enumerate(exported(source, tmp_path / "a.npz", "npz", space="world", axes="y-up")):
        markers = TRCData()
        markers.load(str(tmp_path / f"a-person-{number + 1}.trc"))
        np.testing.assert_allclose(markers["pelvis"], motion["pelvis"], atol=1e-6)
        np.testing.assert_allclose(markers["Time"], motion["times"], atol=1e-6)


def test_in_camera_space_nothing_changes_but_the_focal_length(source, tmp_path):
    with Store(source.store_path) as store:
        say(store, CameraSetting(600.0))
    _head, frames = exported(source, tmp_path / "a.jsonl", "jsonl")
    assert frames[3]["focal_length"] == 600
    assert "camera_to_world" not in frames[3]
    assert frames[3]["people"][0]["cam_t"][2] == pytest.approx(2 * walk(3).people.cam_t[0, 2])
    still = exported(source, tmp_path / "a.npz", "npz", axes="camera")[0]
    there = still["pelvis"][FRAMES.index(3), 2] - still["rest_pelvis"][2]
    assert there == pytest.approx(2 * walk(3).people.cam_t[0, 2], rel=1e-4)


def test_the_world_has_no_camera_axes(source, tmp_path):
    with pytest.raises(ExportError, match="no camera's axes"):
        exported(source, tmp_path / "a.npz", "npz", space="world", axes="camera")


def test_the_preview_says_what_the_world_is_known_from(source, tmp_path):
    said = preview(FORMATS["npz"], source, {"space": "world"}, tmp_path / "a.npz")
    assert said.endswith("; in the world: the camera stands still; the floor is not known")
    assert "world" not in preview(FORMATS["npz"], source, {}, tmp_path / "a.npz")
