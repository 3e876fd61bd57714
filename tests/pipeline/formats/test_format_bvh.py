import numpy as np
import pytest
from fakes_people import random_rotations, walk
from pybvh import read_bvh_file
from scipy.spatial.transform import Rotation

from pipeline.errors import ExportError
from pipeline.formats import FORMATS, ExportSource
from pipeline.formats.euler import zyx_degrees
from pipeline.job import Job
from pipeline.smpl import JOINT_NAMES, builtin_body

TURN = np.diag([1.0, -1.0, -1.0])  # OpenCV's camera to y up


def export(source, path, **options):
    written = FORMATS["bvh"].write(source, path, options, Job(lambda job: None))
    return written, [read_bvh_file(file, world_up="+y") for file in written.paths]


def joints(frame, slot):
    """(24, 3) m, y up, of a made-up person."""
    people = walk(frame).people
    return (builtin_body().meshes(people).joints[slot]) @ TURN.T


def test_the_readers_own_forward_kinematics_gives_our_joints(source, tmp_path):
    _, (first, second) = export(source, tmp_path / "walk.bvh")
    assert sorted(first.joint_names) == sorted(JOINT_NAMES)
    order = [first.joint_names.index(name) for name in JOINT_NAMES]
    for slot, bvh in enumerate((first, second)):
        assert bvh.frame_count == 20
        assert bvh.frame_time == pytest.approx(1 / 25)
        seen = bvh.joint_positions()[:, order]
        for frame in (0, 3, 19):
            np.testing.assert_allclose(seen[frame] / 100, joints(frame, slot), atol=1e-4)


def test_offsets_are_those_of_the_shaped_rest_pose(source, tmp_path):
    bvh = export(source, tmp_path / "walk.bvh", units="m")[1][0]
    rest = builtin_body().rest_joints(walk(0).people.smpl.betas[:1])[0]
    average = builtin_body().rest_joints(np.zeros((1, 10), np.float32))[0]
    order = [bvh.joint_names.index(name) for name in JOINT_NAMES]
    read = bvh.rest_pose_positions()[
        [index for index, node in enumerate(bvh.nodes) if not node.is_end_site()]
    ]
    read = read[order] - read[order][0]
    np.testing.assert_allclose(read, rest - rest[0], atol=1e-5)
    assert np.abs(read - (average - average[0])).max() > 0.01, "the shape matters"


def test_what_has_no_room_in_the_file_is_told(source, tmp_path):
    late = ExportSource(source.store_path, source.video_path, frames=(5, 19), tracks=frozenset({2}))
    written, (bvh,) = export(late, tmp_path / "walk.bvh")
    assert [path.name for path in written.paths] == ["walk.bvh"]
    assert bvh.frame_count == 15
    late, flags = written.notices
    assert late == "Person 2 starts 0.200 s into the video, at frame 5; in BVH at 0 s."
    assert "2 interpolated" in flags


def test_another_rate_and_a_rate_that_is_none(source, tmp_path):
    bvh = export(source, tmp_path / "walk.bvh", rate="50")[1][0]
    assert bvh.frame_count == 39
    with pytest.raises(ExportError, match="no frame rate"):
        export(source, tmp_path / "walk.bvh", rate="fast")


def test_angles_give_the_rotations_back_and_never_jump():
    turning = Rotation.from_euler("XYZ", np.linspace([0, 0, 0], [9, 7, 11], 400)).as_matrix()[:, None]
    degrees = zyx_degrees(turning)
    back = Rotation.from_euler("ZYX", degrees[:, 0], degrees=True).as_matrix()
    np.testing.assert_allclose(back, turning[:, 0], atol=1e-9)
    # Near the pole the angles must turn fast, but never by a whole turn.
    assert np.abs(np.diff(degrees, axis=0)).max() < 180


@pytest.mark.parametrize("side", [-90, 90])
def test_angles_where_two_axes_fall_together(side):
    locked = Rotation.from_euler("ZYX", [[30, side, 20]], degrees=True).as_matrix()[:, None]
    angles = np.radians(zyx_degrees(locked)[0, 0])
    z, y, x = (
        Rotation.from_rotvec(axis * angle).as_matrix()
        for axis, angle in zip(np.eye(3)[::-1], angles, strict=True)
    )
    np.testing.assert_allclose(z @ y @ x, locked[0, 0], atol=1e-6)
    assert np.isfinite(zyx_degrees(random_rotations(50, 2.0, 1)[:, None].astype(np.float64))).all()
