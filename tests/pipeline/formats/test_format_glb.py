import numpy as np
import pytest
import trimesh
from fakes_people import walk
from khronos import validated
from read_gltf import Scene

from pipeline.formats import FORMATS
from pipeline.formats.extent import Extent
from pipeline.formats.gltf_file import skin_sets
from pipeline.job import Job
from pipeline.session.store import Store
from pipeline.session.track_edits import DeleteFromTrack
from pipeline.smpl import JOINT_NAMES, builtin_body, read_body

TURN = np.diag([1.0, -1.0, -1.0])  # OpenCV's camera to y up


def export(source, path, **options):
    return FORMATS["glb"].write(source, path, options, Job(lambda job: None))


@pytest.fixture
def scene(source, tmp_path):
    export(source, tmp_path / "walk.glb")
    return Scene(tmp_path / "walk.glb")


@pytest.mark.parametrize("mesh", ["skinned", "skeleton"])
@pytest.mark.parametrize("space", ["camera", "world"])
def test_khronos_validator_has_nothing_to_say(mesh, space, source, tmp_path):
    export(source, tmp_path / "walk.glb", mesh=mesh, space=space)
    report = validated(tmp_path / "walk.glb")
    assert report["issues"]["messages"] == []
    assert report["info"]["animationCount"] == 1


@pytest.mark.parametrize(("frame", "slot"), [(0, 0), (3, 1), (19, 1)])
def test_the_skinned_mesh_is_where_our_vertices_are(frame, slot, scene):
    node = scene.node(f"Person {slot + 1} mesh")
    ours = builtin_body().meshes(walk(frame).people).vertices[slot] @ TURN.T
    np.testing.assert_allclose(scene.skinned_at(node, frame / 25), ours, atol=1e-4)


def test_joints_are_where_ours_are_and_names_are_smpls(scene):
    placed = scene.globals_at(8 / 25)
    ours = builtin_body().meshes(walk(8).people).joints[1] @ TURN.T
    root = scene.node("Person 2")
    seen = [placed[scene.node(name, root), :3, 3] for name in JOINT_NAMES]
    np.testing.assert_allclose(seen, ours, atol=1e-4)


def test_keys_are_the_frames_that_were_run_and_say_what_they_are(scene):
    said = scene.gltf.nodes[scene.node("Person 1")].extras
    assert said["source_frames"] == [frame for frame in range(20) if frame not in (7, 12)]
    assert said["times"][7] == pytest.approx(8 / 25)
    assert set(said["made"]) == {"engine"}
    assert said["body_model"] == builtin_body().id
    assert scene.gltf.asset.extras["engine"] == ["made-up-1"]
    assert scene.gltf.asset.extras["units"] == "m, s"


def test_a_rate_makes_the_grid_even_and_flags_what_is_interpolated(source, tmp_path):
    export(source, tmp_path / "walk.glb", rate="25")
    said = Scene(tmp_path / "walk.glb").gltf.nodes[0:]
    said = next(node.extras for node in said if node.name == "Person 1")
    assert len(said["times"]) == 20
    assert [index for index, made in enumerate(said["made"]) if made == "interpolated"] == [7, 12]


def test_quaternions_go_on_from_key_to_key(scene):
    for channel in scene.gltf.animations[0].channels:
        if channel.target.path == "rotation":
            turns = scene.array(scene.gltf.animations[0].samplers[channel.sampler].output)
            np.testing.assert_allclose(np.linalg.norm(turns, axis=1), 1, atol=1e-5)
            assert ((turns[1:] * turns[:-1]).sum(1) > 0).all()


def test_trimesh_reads_meshes_in_the_colours_of_their_tracks(source, tmp_path):
    export(source, tmp_path / "walk.glb")
    read = trimesh.load(tmp_path / "walk.glb")
    meshes = [read.geometry[name] for name in sorted(read.geometry)]
    assert [len(mesh.faces) for mesh in meshes] == [13776, 13776]
    rest = builtin_body().rest_vertices(walk(0).people.smpl.betas[:1])[0]
    assert np.ptp(meshes[0].vertices[:, 1]) == pytest.approx(np.ptp(rest[:, 1]), abs=1e-4)
    colors = [mesh.visual.material.baseColorFactor for mesh in meshes]
    assert not np.array_equal(*colors)


def test_a_skeleton_moves_alike_and_holds_no_body(source, tmp_path):
    written = export(source, tmp_path / "walk.glb", mesh="skeleton")
    scene = Scene(tmp_path / "walk.glb")
    assert written.notices == ()
    sticks = scene.skinned_at(scene.node("Person 1 mesh"), 3 / 25)
    assert len(sticks) == 138
    ours = builtin_body().meshes(walk(3).people).joints[0] @ TURN.T
    np.testing.assert_allclose(sticks[5::6], ours[1:], atol=1e-4)  # each stick ends in a joint
    inside = trimesh.load(tmp_path / "walk.glb").geometry.values()
    assert all(mesh.is_watertight and mesh.volume > 0 for mesh in inside), "faces look outwards"


def test_who_is_not_there_is_not_seen(source, tmp_path):
    store = Store(source.store_path)
    with store.transaction():
        DeleteFromTrack(2, 0, 4).apply(store)
        DeleteFromTrack(2, 10, None).apply(store)
    store.close()
    export(source, tmp_path / "walk.glb")
    scene = Scene(tmp_path / "walk.glb")
    heights = [np.ptp(scene.skinned_at(scene.node("Person 2 mesh"), f / 25 + 0.001)[:, 1]) for f in range(20)]
    assert [frame for frame, height in enumerate(heights) if height > 1] == [5, 6, 7, 8, 9]
    assert max(height for frame, height in enumerate(heights) if not 5 <= frame <= 9) < 1e-6
    export(source, tmp_path / "hold.glb", absent="hold")
    held = Scene(tmp_path / "hold.glb")
    assert np.ptp(held.skinned_at(held.node("Person 2 mesh"), 0)[:, 1]) > 1
    assert validated(tmp_path / "walk.glb")["issues"]["messages"] == []


def test_the_camera_sees_the_picture(scene):
    camera = scene.gltf.cameras[0].perspective
    assert camera.aspectRatio == pytest.approx(320 / 240)
    assert 120 / np.tan(camera.yfov / 2) == pytest.approx(300)  # the focal length in px
    placed = scene.globals_at(0)
    point = placed[scene.node("left_wrist", scene.node("Person 1")), :3, 3]
    seen = (np.linalg.inv(placed[scene.node("camera")]) @ [*point, 1])[:3]
    pixel = 300 * seen[:2] / -seen[2] * [1, -1] + [160, 120]
    ours = builtin_body().meshes(walk(0).people).keypoints_2d[0, JOINT_NAMES.index("left_wrist")]
    np.testing.assert_allclose(pixel, ours, atol=0.05)


def test_an_official_body_is_said_to_be_licensed_and_what_its_correctives_cost(official, tmp_path):
    licensed, cost = export(official, tmp_path / "own.glb").notices
    assert "licensed SMPL mesh" in licensed
    scene = Scene(tmp_path / "own.glb")
    body = read_body(official.body_paths[0])
    ours = body.meshes(walk(19).people).vertices @ TURN.T
    off = [np.linalg.norm(scene.skinned_at(scene.node(f"Person {slot + 1} mesh"), 0.76) - ours[slot], axis=1)
           for slot in (0, 1)]  # fmt: skip
    assert f"off by {1000 * np.mean(off):.1f} mm on average and {1000 * np.max(off):.0f} mm at most" in cost
    assert export(official, tmp_path / "own.glb", mesh="skeleton").notices == ()


def test_weights_of_more_than_four_joints_take_a_second_set():
    weights = np.zeros((3, 24), np.float32)
    weights[0, [3, 5]] = 0.25, 0.75
    weights[1, :6] = np.array([6, 5, 4, 3, 2, 1]) / 21
    weights[2, 7] = 1
    (joints, shares), (more, rest) = skin_sets(weights)
    assert joints[0].tolist() == [5, 3, 0, 0]
    assert more[1].tolist() == [4, 5, 0, 0]
    np.testing.assert_allclose(shares.sum(1) + rest.sum(1), 1, atol=1e-6)
    assert len(skin_sets(builtin_body().weights)) == 1


@pytest.mark.parametrize("mesh", ["skinned", "skeleton"])
def test_the_foretold_size_is_about_right(mesh, source, tmp_path):
    export(source, tmp_path / "walk.glb", mesh=mesh)
    told = FORMATS["glb"].size(Extent(18, 20, 2, 36, (320, 240)), {"mesh": mesh})
    assert told == pytest.approx((tmp_path / "walk.glb").stat().st_size, rel=0.1)
