from __future__ import annotations

import cv2
import numpy as np
import pytest
from fakes_smpl import official_arrays
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.smpl import BONES, JOINT_NAMES, PARENTS, BodyModel, builtin_body, project
from pipeline.structures import Detections, People, SmplParams


def _build(source: dict[str, np.ndarray], **changes: np.ndarray | None) -> BodyModel:
    source = source | changes
    return BodyModel.build(
        family="test",
        gender="neutral",
        name="Test",
        v_template=source["v_template"],
        faces=source["f"].astype(np.int64),
        weights=source["weights"],
        shapedirs=source["shapedirs"],
        posedirs=source["posedirs"],
        J_regressor=source["J_regressor"],
    )


@pytest.fixture(scope="module")
def official() -> dict[str, np.ndarray]:
    return official_arrays()


def _rotations(vectors: np.ndarray) -> np.ndarray:
    flat = vectors.reshape(-1, 3).astype(np.float64)
    return np.array([cv2.Rodrigues(v)[0] for v in flat], np.float32).reshape(*vectors.shape[:-1], 3, 3)


def _params(vectors: np.ndarray, betas: np.ndarray) -> SmplParams:
    rotations = _rotations(vectors)
    return SmplParams(rotations[:, 0].copy(), rotations[:, 1:].copy(), betas.astype(np.float32))


def _random_params(people: int, seed: int = 0) -> SmplParams:
    rng = np.random.default_rng(seed)
    return _params(rng.normal(0, 0.6, (people, 24, 3)), rng.normal(0, 1.5, (people, 10)))


def _smplx_reference(source: dict[str, np.ndarray], smpl: SmplParams) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and joints by the `smplx` package."""
    import smplx
    import torch
    from smplx.utils import Struct

    source = {name: np.asarray(array, np.float64) for name, array in source.items() if name not in ("f",)} | {
        "f": source["f"].astype(np.int64),
        "kintree_table": source["kintree_table"].astype(np.int64),
    }
    model = smplx.SMPL(model_path="", data_struct=Struct(**source), vertex_ids=dict.fromkeys(_EXTRA, 0))
    with torch.no_grad():
        posed = model(
            betas=torch.tensor(smpl.betas.copy()),
            global_orient=torch.tensor(smpl.global_orient.copy())[:, None],
            body_pose=torch.tensor(smpl.body_pose.copy()),
            pose2rot=False,
        )
    return posed.vertices.numpy(), posed.joints.numpy()[:, :24]


# Vertices smplx appends as joints; any will do, we compare the first 24.
_EXTRA = [
    *("nose", "reye", "leye", "rear", "lear"),
    *(side + part for side in "LR" for part in ("BigToe", "SmallToe", "Heel")),
    *(side + finger for side in "lr" for finger in ("thumb", "index", "middle", "ring", "pinky")),
]


@pytest.mark.parametrize("people", [1, 3])
def test_skinning_equals_smplx_on_a_body_with_correctives(official, people):
    smpl = _random_params(people, seed=people)
    vertices, joints = _build(official).skin(smpl)
    expected_vertices, expected_joints = _smplx_reference(official, smpl)
    assert np.abs(expected_vertices).max() > 0.5
    np.testing.assert_allclose(vertices, expected_vertices, atol=1e-5)
    np.testing.assert_allclose(joints, expected_joints, atol=1e-5)


def test_skinning_the_builtin_body_equals_smplx(official):
    body = builtin_body()
    source = {
        "v_template": body.v_template,
        "f": body.faces,
        "weights": body.weights,
        "shapedirs": body.shapedirs,
        "posedirs": np.zeros((len(body.v_template), 3, 207)),
        "J_regressor": body.J_regressor,
        "kintree_table": official["kintree_table"],
    }
    smpl = _random_params(4, seed=7)
    vertices, joints = body.skin(smpl)
    expected_vertices, expected_joints = _smplx_reference(source, smpl)
    np.testing.assert_allclose(vertices, expected_vertices, atol=1e-5)
    np.testing.assert_allclose(joints, expected_joints, atol=1e-5)


def test_no_people_give_empty_meshes(official):
    for body in (builtin_body(), _build(official)):
        vertices, joints = body.skin(_params(np.zeros((0, 24, 3)), np.zeros((0, 10))))
        assert vertices.shape == (0, 6890, 3)
        assert joints.shape == (0, 24, 3)


def test_rest_pose_gives_the_template_and_its_joints():
    body = builtin_body()
    vertices, joints = body.skin(_params(np.zeros((1, 24, 3)), np.zeros((1, 10))))
    np.testing.assert_allclose(vertices[0], body.v_template, atol=1e-6)
    np.testing.assert_allclose(joints[0], body.J_regressor @ body.v_template, atol=1e-5)


_ANGLES = arrays(np.float64, (24, 3), elements=st.floats(-2, 2, width=32))
_BETAS = arrays(np.float64, (10,), elements=st.floats(-3, 3, width=32))


@given(_ANGLES, _BETAS, arrays(np.float64, (3,), elements=st.floats(-3, 3, width=32)))
@settings(max_examples=20, deadline=None)
def test_turning_the_root_turns_the_body_rigidly_about_its_pelvis(angles, betas, turn):
    body = builtin_body()
    before = _params(angles[None], betas[None])
    rotation = _rotations(turn)
    after = SmplParams(rotation @ before.global_orient, before.body_pose, before.betas)
    (old, old_joints), (new, new_joints) = body.skin(before), body.skin(after)
    pelvis = body.rest_joints(before.betas)[:, :1]
    np.testing.assert_allclose(new, (old - pelvis) @ rotation.T + pelvis, atol=2e-5)
    np.testing.assert_allclose(new_joints, (old_joints - pelvis) @ rotation.T + pelvis, atol=2e-5)


@given(_BETAS, _BETAS, st.floats(0, 1))
@settings(max_examples=20, deadline=None)
def test_shape_is_linear_and_joints_follow_the_regressor(one, other, share):
    body = builtin_body()
    mixed = share * one + (1 - share) * other
    shapes = np.array([one, other, mixed], np.float32)
    vertices = body.rest_vertices(shapes)
    np.testing.assert_allclose(vertices[2], share * vertices[0] + (1 - share) * vertices[1], atol=1e-5)
    np.testing.assert_allclose(body.rest_joints(shapes), body.J_regressor @ vertices, atol=1e-5)


@given(_ANGLES)
@settings(max_examples=10, deadline=None)
def test_bones_keep_their_length(angles):
    body = builtin_body()
    smpl = _params(angles[None], np.zeros((1, 10)))
    joints, rest = body.skin(smpl)[1][0], body.J_template
    lengths = [[np.linalg.norm(points[a] - points[b]) for a, b in BONES] for points in (joints, rest)]
    np.testing.assert_allclose(lengths[0], lengths[1], atol=1e-5)


def test_bending_a_knee_moves_only_the_leg_below_it():
    body = builtin_body()
    angles = np.zeros((1, 24, 3))
    angles[0, JOINT_NAMES.index("left_knee"), 0] = 1.0
    vertices, joints = body.skin(_params(angles, np.zeros((1, 10))))
    moved = np.linalg.norm(vertices[0] - body.v_template, axis=1) > 1e-3
    assert moved.any()
    assert body.v_template[moved, 1].max() < body.J_template[1, 1]  # below the hip
    assert body.v_template[moved, 0].min() > 0  # on the left, which is +x
    # A positive turn about x brings the shin backwards, as a knee bends.
    assert joints[0, 7, 2] < body.J_template[7, 2] - 0.1


def test_meshes_add_the_translation_and_project():
    body = builtin_body()
    smpl = _params(np.array([[[np.pi, 0, 0]] + [[0, 0, 0]] * 23]), np.zeros((1, 10)))
    people = People(
        Detections(np.zeros((1, 4), np.float32), np.ones(1, np.float32)),
        smpl,
        np.array([[0.5, 0.0, 4.0]], np.float32),
        1000.0,
        (1280, 720),
        body.id,
        np.zeros((1, 0), np.float16),
    )
    meshes = body.meshes(people)
    head, pelvis, left, right = (meshes.keypoints_2d[0, JOINT_NAMES.index(name)] for name in _LANDMARKS)
    assert head[1] < pelvis[1] < 720, "the head is above the pelvis in the picture"
    assert left[0] > right[0], "the left of somebody facing us is on the right of the picture"
    np.testing.assert_allclose(meshes.joints[0, 0], body.J_template[0] * [1, -1, -1] + [0.5, 0, 4], atol=0.05)
    np.testing.assert_allclose(meshes.keypoints_2d, project(meshes.joints, 1000.0, (1280, 720)))
    assert not meshes.vertices.flags.writeable


_LANDMARKS = ("head", "pelvis", "left_shoulder", "right_shoulder")


def test_projection_is_finite_behind_the_camera():
    points = np.array([[1, 1, -2], [0, 0, 0], [1, -1, 2]], np.float32)
    pixels = project(points, 500.0, (640, 480))
    assert np.isfinite(pixels).all()
    np.testing.assert_allclose(pixels[2], [570, -10])


def test_the_tree_is_sorted_and_complete():
    assert len(JOINT_NAMES) == len(PARENTS) == 24
    assert all(parent < joint for joint, parent in enumerate(PARENTS))
    sided = [(JOINT_NAMES[a], JOINT_NAMES[b]) for a, b in BONES if "_" in JOINT_NAMES[a]]
    assert all(parent.split("_")[0] == child.split("_")[0] for parent, child in sided)


def test_the_id_depends_on_every_array(official):
    ids = {_build(official).id}
    for name in ("v_template", "f", "weights", "shapedirs", "posedirs", "J_regressor"):
        changed = official[name].copy()
        changed.flat[0] = changed.flat[0] + 1
        ids.add(_build(official, **{name: changed}).id)
    ids.add(_build(official, posedirs=None).id)
    assert len(ids) == 8


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("weights", np.zeros((6890, 22))),
        ("J_regressor", np.zeros((24, 6889))),
        ("posedirs", np.zeros((6890, 3, 9))),
        ("v_template", np.full((6890, 3), np.nan)),
        ("f", np.full((10, 3), 6890)),
        ("f", np.zeros((10, 4), np.int64)),
    ],
)
def test_wrong_arrays_are_told(official, name, value):
    with pytest.raises(ValueError, match=name if name != "f" else "faces"):
        _build(official, **{name: value})


def test_the_builtin_body_stands_as_smpl_does():
    """T-pose: y up, looking along +z, left at +x, arms level, legs straight, pelvis at the origin."""
    body = builtin_body()
    at = {name: body.J_template[index] for index, name in enumerate(JOINT_NAMES)}
    assert 1.65 < np.ptp(body.v_template[:, 1]) < 1.75
    assert np.linalg.norm(at["pelvis"]) < 1e-3
    assert at["head"][1] > at["neck"][1] > at["spine3"][1] > at["spine2"][1] > at["spine1"][1] > 0
    for side, sign in (("left", 1), ("right", -1)):
        arm = [sign * at[f"{side}_{part}"][0] for part in ("collar", "shoulder", "elbow", "wrist", "hand")]
        assert arm == sorted(arm)
        assert arm[0] > 0
        assert abs(at[f"{side}_wrist"][1] - at[f"{side}_shoulder"][1]) < 0.03
        hip, knee, ankle, foot = (at[f"{side}_{part}"] for part in ("hip", "knee", "ankle", "foot"))
        assert foot[2] > ankle[2] + 0.08, "feet point forward"
        bend = np.cross(knee - hip, ankle - knee) / np.linalg.norm(knee - hip) / np.linalg.norm(ankle - knee)
        assert np.abs(bend).max() < 0.06, "knees are straight"
        assert 0 <= sign * (ankle - hip)[0] < 0.04, "neither knock-kneed nor astride"


def test_shape_components_do_what_their_names_say():
    body = builtin_body()
    joints = body.rest_joints(np.vstack([np.zeros(10), np.eye(10)]).astype(np.float32))
    vertices = body.rest_vertices(np.vstack([np.zeros(10), np.eye(10)]).astype(np.float32))
    stature = np.ptp(vertices[..., 1], axis=1)
    growth = stature[1:] - stature[0]
    names = [name.split(":")[0] for name in body.shape_names]
    assert names[:3] == ["height", "weight", "muscle"]
    assert growth[0] == pytest.approx(0.08, abs=0.002)
    assert np.abs(growth[1:]).max() < 0.002, "only height changes the stature"

    def lengthens(component: str, a: str, b: str) -> float:
        pair = joints[:, JOINT_NAMES.index(a)] - joints[:, JOINT_NAMES.index(b)]
        lengths = np.linalg.norm(pair, axis=1)
        return float(lengths[1 + names.index(component)] - lengths[0])

    assert 0.01 < lengthens("legs", "left_hip", "left_ankle") < 0.03
    assert 0.01 < lengthens("arms", "left_shoulder", "left_wrist") < 0.04
    assert 0.01 < lengthens("shoulders", "left_shoulder", "right_shoulder") < 0.03
    assert 0.005 < lengthens("hips", "left_hip", "right_hip") < 0.03
    assert abs(lengthens("weight", "left_hip", "left_ankle")) < 0.002
    triangles = vertices[:3, body.faces].astype(np.float64)
    normals = np.cross(triangles[:, :, 1], triangles[:, :, 2])
    volumes = np.einsum("nfa,nfa->n", triangles[:, :, 0], normals) / 6
    assert volumes[0] > 0.05, "faces look outwards"
    assert volumes[2] > 1.1 * volumes[0], "one unit of weight is more than a tenth"
