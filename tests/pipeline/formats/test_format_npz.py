import numpy as np
import pytest
from fakes_clip import write_clip
from fakes_people import walk
from fakes_session import FRAMES, make_session
from scipy.spatial.transform import Rotation

from pipeline.errors import ExportError
from pipeline.formats import FORMATS
from pipeline.formats.motion import Motion
from pipeline.formats.sampling import resample
from pipeline.job import Job
from pipeline.smpl import builtin_body
from pipeline.smpl.pelvis import SMPL_PELVIS, SMPLX_PELVIS
from pipeline.structures import SmplParams


def export(source, path, **options):
    FORMATS["npz"].write(source, path, options, Job(lambda job: None))
    files = sorted(path.parent.glob(f"{path.stem}*.npz"))
    return [dict(np.load(file)) for file in files]  # np.load refuses pickles unless asked


def test_one_file_a_track_with_the_keys_readers_need(source, tmp_path):
    first, second = export(source, tmp_path / "out" / "walk.npz")
    assert (first["track"], second["track"]) == (1, 2)
    for content in (first, second):
        assert content["poses"].shape == (20, 156)
        assert content["betas"].shape == (16,)
        assert content["trans"].shape == (20, 3)
        assert content["gender"].item() == "neutral"
        assert content["mocap_framerate"].item() == pytest.approx(25)


def test_missing_frames_are_interpolated_and_flagged(source, tmp_path):
    content = export(source, tmp_path / "out" / "walk.npz")[0]
    assert np.flatnonzero(content["interpolated"]).tolist() == [7, 12]
    expected = [frame if frame in FRAMES else -1 for frame in range(20)]
    assert content["source_frames"].tolist() == expected
    middle = (content["trans"][6] + content["trans"][8]) / 2
    np.testing.assert_allclose(content["trans"][7], middle, atol=1e-6)


@pytest.mark.parametrize(
    ("variant", "width", "joints"), [("smplh-156", 156, 22), ("smplx-165", 165, 22), ("smpl-72", 72, 24)]
)
def test_each_layout_holds_the_poses_that_were_stored(variant, width, joints, source, tmp_path):
    content = export(source, tmp_path / "out" / "a.npz", variant=variant, axes="camera")[0]
    assert content["poses"].shape == (20, width)
    body = Rotation.from_rotvec(content["poses"][3, 3 : 3 * joints].reshape(-1, 3)).as_matrix()
    np.testing.assert_allclose(body, walk(3).people.smpl.body_pose[0, : joints - 1], atol=1e-5)
    assert not content["poses"][:, 3 * joints :].any()


def test_z_up_puts_the_skinned_body_where_the_turned_camera_has_it(source, tmp_path):
    content = export(source, tmp_path / "out" / "a.npz", variant="smpl-72")[0]
    body, people = builtin_body(), walk(0).people
    rotations = Rotation.from_rotvec(content["poses"][0].reshape(24, 3)).as_matrix().astype(np.float32)
    betas = content["body_betas"][None].astype(np.float32)
    own = content["pelvis"][0] - content["rest_pelvis"]
    exported = body.skin(SmplParams(rotations[None, 0], rotations[None, 1:], betas))[0][0] + own
    camera = SmplParams(people.smpl.global_orient[:1], people.smpl.body_pose[:1], betas)
    seen = body.skin(camera)[0][0] + people.cam_t[0]
    turned = np.stack([seen[:, 0], seen[:, 2], -seen[:, 1]], 1)
    np.testing.assert_allclose(exported, turned, atol=1e-4)
    assert np.ptp(exported[:, 2]) > 1.3, "a standing person stands along z"


@pytest.mark.parametrize(
    ("variant", "average"),
    [("smplh-156", SMPL_PELVIS), ("smpl-72", SMPL_PELVIS), ("smplx-165", SMPLX_PELVIS)],
)
def test_the_average_person_of_a_reader_has_the_pelvis_where_it_is(variant, average, source, tmp_path):
    content = export(source, tmp_path / "out" / "a.npz", variant=variant, axes="camera")[0]
    people = walk(0).people
    rest = builtin_body().rest_joints(people.smpl.betas[:1])[0, 0]
    np.testing.assert_allclose(content["trans"][0] + average, people.cam_t[0] + rest, atol=1e-5)
    assert not content["betas"].any(), "the shape is the built-in body's, which is another's in SMPL"


@pytest.mark.parametrize("rate", ["30", "29.97"])
def test_what_moves_evenly_moves_evenly_at_another_rate(rate):
    times = np.arange(25) / 24
    motion = Motion(
        np.arange(25), times, np.tile(np.eye(3), (25, 24, 1, 1)), np.zeros((25, 10)), np.outer(times, [1.0, 0, 0]),
        np.zeros(25, bool), np.full(25, ""), builtin_body(), ("an engine",),
    )  # fmt: skip
    at, _, there, taken = resample(motion, float(rate), near=1e-3)
    np.testing.assert_allclose(there[:-1, 0], at[:-1], atol=1e-3)
    assert taken[0] == 0
    assert (taken[1:4] == -1).all()


def test_another_rate_resamples_over_the_same_time(source, tmp_path):
    content = export(source, tmp_path / "out" / "a.npz", rate="50")[0]
    assert len(content["poses"]) == 39
    assert content["times"][-1] == pytest.approx(19 / 25)
    assert not content["interpolated"][::2][[0, 1, 2]].any()
    assert content["interpolated"][1::2].all()


def test_a_variable_rate_lands_on_an_even_grid(tmp_path):
    times = [0, 40, 80, 200, 240, 280]  # ms; three frames' time is missing between 80 and 200
    video = write_clip(tmp_path / "vfr.mp4", frames=6, times=times)
    content = export(make_session(video, range(6)), tmp_path / "out" / "a.npz", rate="25")[0]
    assert content["source_frames"].tolist() == [0, 1, 2, -1, -1, 3, 4, 5]


def test_betas_of_a_body_that_is_not_smpl_do_not_pass_for_smpls(source, tmp_path):
    content = export(source, tmp_path / "out" / "a.npz")[0]
    assert not content["betas"].any()
    assert content["body_betas"].any()
    assert content["body_model"].item() == builtin_body().id


def test_a_rate_that_is_none_is_refused(source, tmp_path):
    with pytest.raises(ExportError, match="no frame rate"):
        export(source, tmp_path / "a.npz", rate="fast")
