from dataclasses import replace

import numpy as np
import pytest
from fakes_clip import write_clip
from fakes_people import walk
from fakes_session import make_session
from trc import TRCData

from pipeline.errors import ExportError
from pipeline.formats import FORMATS
from pipeline.formats.openpose import named_points
from pipeline.formats.trc import MARKERS
from pipeline.job import Job
from pipeline.smpl import JOINT_NAMES, builtin_body
from pipeline.structures import SmplParams


def export(source, path, **options):
    return FORMATS["trc"].write(source, path, options, Job(lambda job: None))


def read(path):
    data = TRCData()
    data.load(str(path))
    return data


def shape_of(track):
    """The track's median shape."""
    frames = [frame for frame in range(20) if frame not in (7, 12)]
    return np.median([walk(frame).people.smpl.betas[track - 1] for frame in frames], 0)[None].astype(
        np.float32
    )


def test_one_file_a_track_with_opensims_header(source, tmp_path):
    written = export(source, tmp_path / "out" / "walk.trc", rate="50")
    assert [path.name for path in written.paths] == ["walk-person-1.trc", "walk-person-2.trc"]
    data = read(written.paths[0])
    assert data["PathFileType"] == "4"
    assert data["FileName"] == "walk-person-1.trc"
    assert (data["DataRate"], data["CameraRate"], data["OrigDataRate"]) == (50, 50, 25)
    assert (data["NumFrames"], data["NumMarkers"], data["Units"]) == (39, 24, "m")
    assert (data["OrigDataStartFrame"], data["OrigNumFrames"]) == (0, 18)
    assert data["Markers"] == list(JOINT_NAMES)
    assert data["Frame#"] == list(range(1, 40))
    np.testing.assert_allclose(data["Time"], np.arange(39) / 50, atol=1e-6)
    lines = written.paths[0].read_text().split("\n")
    assert lines[3].startswith("Frame#\tTime\tpelvis\t\t\tleft_hip\t\t\t")
    assert lines[4].startswith("\t\tX1\tY1\tZ1\tX2")
    assert len({line.count("\t") for line in lines[5:-1]}) == 1


def test_joints_are_the_bodies_with_y_up(source, tmp_path):
    data = read(export(source, tmp_path / "a.trc").paths[1])
    people = walk(5).people
    smpl = SmplParams(people.smpl.global_orient[1:], people.smpl.body_pose[1:], shape_of(2))
    joints = (builtin_body().skin(smpl)[1][0] + people.cam_t[1]) * [1, -1, -1]
    np.testing.assert_allclose([data[name][5] for name in JOINT_NAMES], joints, atol=1e-5)
    assert data["head"][5][1] > data["left_ankle"][5][1] + 1


def test_bones_keep_their_lengths(source, tmp_path):
    data = read(export(source, tmp_path / "a.trc", rate="60").paths[0])
    thigh = np.linalg.norm(np.array(data["left_knee"]) - data["left_hip"], axis=1)
    assert np.ptp(thigh) < 1e-5


def test_millimetres(source, tmp_path):
    metres, millimetres = (
        read(export(source, tmp_path / f"{units}.trc", units=units).paths[0]) for units in ("m", "mm")
    )
    assert millimetres["Units"] == "mm"
    np.testing.assert_allclose(
        np.array(millimetres["left_wrist"]), np.array(metres["left_wrist"]) * 1000, atol=2e-3
    )


@pytest.mark.parametrize(("markers", "count"), [("joints+skin", 35), ("body-25", 21)])
def test_points_of_the_skin(markers, count, source, tmp_path):
    data = read(export(source, tmp_path / "a.trc", markers=markers).paths[0])
    assert data["NumMarkers"] == count
    people = walk(3).people
    smpl = SmplParams(people.smpl.global_orient[:1], people.smpl.body_pose[:1], shape_of(1))
    points = named_points(builtin_body(), smpl)
    for marker, point in MARKERS[markers].items():
        expected = (points[point][0] + people.cam_t[0]) * [1, -1, -1]
        np.testing.assert_allclose(data[marker][3], expected, atol=1e-5, err_msg=marker)


def test_missing_frames_are_interpolated_and_told_or_missing(source, tmp_path):
    written = export(source, tmp_path / "a.trc")
    (notice,) = written.notices
    assert notice.endswith("not as detected: 4 interpolated.")
    pelvis = np.array(read(written.paths[0])["pelvis"])
    np.testing.assert_allclose(pelvis[7], (pelvis[6] + pelvis[8]) / 2, atol=2e-6)
    gone = export(source, tmp_path / "b.trc", gaps="missing")
    assert gone.notices == ()
    data = read(gone.paths[0])
    assert np.flatnonzero(np.isnan(np.array(data["pelvis"])[:, 0])).tolist() == [7, 12]
    # OpenSim refuses a row that ends in blanks, so every row has all its columns.
    rows = gone.paths[0].read_text().splitlines()[5:]
    assert {len(row.split()) for row in rows} == {2 + 3 * 24}


def test_between_frames_that_are_there_nothing_is_missing(source, tmp_path):
    data = read(export(source, tmp_path / "a.trc", gaps="missing", rate="100").paths[0])
    missing = np.isnan(np.array(data["pelvis"])[:, 0])
    times = np.array(data["Time"])[missing]
    inside = ((times > 6 / 25) & (times < 8 / 25)) | ((times > 11 / 25) & (times < 13 / 25))
    assert missing.sum() == 14
    assert inside.all()


def test_a_variable_rate_lands_on_an_even_grid(tmp_path):
    video = write_clip(tmp_path / "vfr.mp4", frames=6, times=[0, 40, 80, 200, 240, 280])
    data = read(export(make_session(video, range(6)), tmp_path / "a.trc", rate="25", gaps="missing").paths[0])
    np.testing.assert_allclose(np.diff(data["Time"]), 0.04, atol=1e-6)
    assert not np.isnan(np.array(data["pelvis"])).any(), "frames 2 and 3 follow one another"


def test_one_frame_is_a_file_too(source, tmp_path):
    data = read(export(replace(source, frames=(4, 4), tracks=frozenset({1})), tmp_path / "a.trc").paths[0])
    assert (data["NumFrames"], data["OrigDataStartFrame"]) == (1, 4)
    assert data["Time"] == [pytest.approx(4 / 25)]


def test_a_rate_that_is_none_is_refused(source, tmp_path):
    with pytest.raises(ExportError, match="no frame rate"):
        export(source, tmp_path / "a.trc", rate="fast")
