"""Solved cameras from JSON and COLMAP's text: what is right, what is wrong, what is hostile."""

import json
import math

import numpy as np
import pytest
from fakes_camera import Stroll, write_colmap
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pipeline.camera.errors import CameraError
from pipeline.camera.reading import read_camera

SIZE, FRAMES = (320, 240), 20
K = [[300, 0, 160], [0, 300, 120], [0, 0, 1]]
EYE = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def frame(number=0, **fields):
    return {"frame": number, "K": K, "R": EYE, "t": [0, 0, 0], **fields}


def write(tmp_path, said):
    path = tmp_path / "camera.json"
    path.write_text(said if isinstance(said, str) else json.dumps(said))
    return path


def read(tmp_path, said, size=SIZE, frames=FRAMES):
    return read_camera(write(tmp_path, said), size, frames)


def shots(stroll, frames, name="{:06d}.png"):
    return [(name.format(frame), *stroll.camera(frame)) for frame in frames]


# right


def test_json_with_everything_in_each_frame(tmp_path):
    stroll = Stroll(eye_goes=(0.5, 0, 0))
    rows = []
    for number in range(FRAMES):
        rotation, translation = stroll.camera(number)
        rows.append(frame(number, R=rotation.tolist(), t=translation.tolist()))
    found = read(tmp_path, {"version": 1, "unit": "cm", "up": "y", "size": list(SIZE), "frames": rows})
    assert (found.scale, found.camera.up, found.notices) == (0.01, "y", ())
    np.testing.assert_allclose(found.camera.at(5).centre, [0.1, 1.4, 4.5], atol=1e-9)
    np.testing.assert_allclose(found.camera.at(5).rotation, stroll.camera(5)[0], atol=1e-9)


def test_what_all_frames_share_stands_once_and_a_frame_may_differ(tmp_path):
    said = {
        "fx": 300,
        "cx": 160,
        "cy": 120,
        "q": [1, 0, 0, 0],
        "frames": [
            {"t": [0, 0, 1]},
            {"t": [0, 0, 2], "R": Rotation.from_euler("y", 30, True).as_matrix().tolist()},
        ],
    }
    camera = read(tmp_path, said, frames=2).camera
    np.testing.assert_allclose(camera.focals, 300)
    np.testing.assert_allclose(camera.at(0).rotation, EYE)
    assert Rotation.from_matrix(camera.at(1).rotation).magnitude() == pytest.approx(math.radians(30))


def test_one_camera_for_all_frames(tmp_path):
    found = read(tmp_path, {"K": K, "q": [math.sqrt(0.5), math.sqrt(0.5), 0, 0], "t": [1, 2, 3], "unit": "m"})
    assert not found.camera.moves
    np.testing.assert_allclose(found.camera.at(0).centre, found.camera.at(19).centre)
    assert found.notices == ()
    np.testing.assert_allclose(read(tmp_path, {"K": K}).camera.at(7).rotation, EYE)


def test_cameras_for_pictures_of_another_size_are_scaled_and_it_is_said(tmp_path):
    found = read(tmp_path, {"size": [640, 480], "frames": [frame(n) for n in range(FRAMES)]})
    np.testing.assert_allclose(found.camera.focals[0], 150)
    np.testing.assert_allclose(found.camera.principals[0], [80, 60])
    assert "640 × 480 px and was scaled to the video's 320 × 240 px" in found.notices[0]


def test_frames_that_are_missing_are_told(tmp_path):
    said = {"frames": [frame(2), frame(3), frame(6), frame(25)]}
    found = read(tmp_path, said)
    assert found.camera.frames.tolist() == [2, 3, 6]
    assert found.notices[0] == "1 camera is for a frame that the video does not have, and was left out."
    assert found.notices[1] == (
        "3 of 20 frames have a solved camera; 2 frames between them go from one to the next, "
        "15 frames before or after have that of the nearest."
    )


def test_a_principal_point_far_off_the_middle_is_told(tmp_path):
    off = [[300, 0, 60], [0, 300, 120], [0, 0, 1]]
    assert "100 px from the middle" in read(tmp_path, {"K": off}).notices[0]


@pytest.mark.parametrize(
    ("lens", "bent"),
    [
        (("SIMPLE_PINHOLE", 320, 240, 300, 160, 120), 0),
        (("PINHOLE", 320, 240, 300, 310, 160, 120), 0),
        (("SIMPLE_RADIAL", 320, 240, 300, 160, 120, 0.1), 9),
        (("RADIAL", 320, 240, 300, 160, 120, 0.1, 0), 9),
        (("OPENCV", 320, 240, 300, 300, 160, 120, 0.1, 0, 0, 0), 9),
    ],
)
def test_colmap_with_every_kind_of_lens(lens, bent, tmp_path):
    stroll = Stroll(eye_goes=(0.5, 0, 0))
    path = write_colmap(tmp_path / "model", shots(stroll, range(FRAMES)), lens, "1.5 2.5 -1 30 40 7")
    for given_path in (path, path.with_name("cameras.txt"), path.parent):
        found = read_camera(given_path, SIZE, FRAMES)
        assert found.scale is None
        assert found.camera.up == ""
        np.testing.assert_allclose(found.camera.focals[0], [lens[3], 310 if lens[0] == "PINHOLE" else 300])
        np.testing.assert_allclose(found.camera.at(5).centre, [0.1, 1.4, 4.5], atol=1e-6)
    said = f"bends the picture by up to {bent} px at its corners"
    assert any(said in notice for notice in found.notices) == bool(bent)


def test_colmap_without_points_and_with_names_that_have_spaces(tmp_path):
    path = write_colmap(tmp_path, shots(Stroll(), range(3), "my clip/frame {:03d}.png"))
    lines = [line for line in path.read_text().splitlines() if line]
    path.write_text("\n".join(lines) + "\n")
    assert read_camera(path, SIZE, FRAMES).camera.frames.tolist() == [0, 1, 2]


def test_pictures_that_ffmpeg_counted_from_one(tmp_path):
    path = write_colmap(tmp_path, shots(Stroll(), range(1, FRAMES + 1), "frame_{:04d}.png"))
    found = read_camera(path, SIZE, FRAMES)
    assert found.camera.frames.tolist() == list(range(FRAMES))
    assert found.notices == ("The pictures are counted from 1, so “frame_0001” is frame 0.",)


def test_a_few_pictures_counted_from_one_may_be_every_so_manieth_frame(tmp_path):
    path = write_colmap(tmp_path, shots(Stroll(), range(1, 6)))
    assert any("every so many frames" in notice for notice in read_camera(path, SIZE, FRAMES).notices)


def test_pictures_without_numbers_are_taken_in_order(tmp_path):
    names = [f"{chr(97 + n)}.png" for n in range(5)]
    path = write_colmap(
        tmp_path, [(names[n], *Stroll(eye_goes=(25, 0, 0)).camera(n)) for n in (3, 1, 4, 0, 2)]
    )
    camera = read_camera(path, SIZE, 5).camera
    np.testing.assert_allclose(camera.centres[:, 0], [0, 1, 2, 3, 4], atol=1e-6)
    with pytest.raises(CameraError, match="do not say which"):
        read_camera(path, SIZE, 6)


# wrong

WRONG = {
    "no JSON": '{"frames": [',
    "no camera": "[1, 2]",
    "list with one object": {"frames": {}},
    "list with one object for": {"frames": []},
    "is no object": {"frames": [3]},
    "whole number": {"frames": [frame(1.5)]},
    "whole number from 0": {"frames": [frame(-1)]},
    "two cameras": {"frames": [frame(1), frame(1)]},
    "for a frame of this video": {"frames": [frame(99)]},
    "no K and no fx": {"frames": [{"R": EYE, "t": [0, 0, 0]}]},
    "no cx and cy": {"frames": [{"fx": 300, "R": EYE, "t": [0, 0, 0]}]},
    "no R and no q": {"frames": [{"K": K, "t": [0, 0, 0]}]},
    "has no t": {"frames": [{"K": K, "R": EYE}]},
    "3 × 3 numbers": {"frames": [frame(R=[[1, 0], [0, 1]])]},
    "3 × 3 numbers, all": {"frames": [frame(R=[1, 0, 0, 0, 1, 0, 0, 0, 1])]},
    "3 numbers": {"frames": [frame(t=[0, 0, "far"])]},
    "all of them finite": '{"frames": [{"K": [[300,0,160],[0,300,120],[0,0,1]], "q": [1,0,0,0], "t": [0,0,NaN]}]}',
    "right angles": {"frames": [frame(R=[[2, 0, 0], [0, 2, 0], [0, 0, 2]])]},
    "mirrors": {"frames": [frame(R=[[1, 0, 0], [0, 1, 0], [0, 0, -1]])]},
    "has length": {"frames": [{"K": K, "q": [0, 0, 0, 0], "t": [0, 0, 0]}]},
    "K must be": {"frames": [frame(K=[[300, 0, 0], [0, 300, 0], [160, 120, 1]])]},
    "none for a picture": {"frames": [frame(K=[[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])]},
    "none for a picture of": {"frames": [frame(K=[[-300, 0, 160], [0, -300, 120], [0, 0, 1]])]},
    "another shape": {"size": [240, 320], "frames": [frame()]},
    '"size" must be': {"size": [0, 3], "frames": [frame()]},
    '"unit" must be': {"unit": "parsec", "frames": [frame()]},
    '"unit" must be one of': {"unit": -1, "frames": [frame()]},
    '"up" must be': {"up": "w", "frames": [frame()]},
    '"up" must be one': {"up": ["y"], "frames": [frame()]},
    "Version": {"version": 2, "frames": [frame()]},
    "nested too deeply": "[" * 100_000 + "]" * 100_000,
    "must be a number": {"frames": [{"fx": "300", "cx": 160, "cy": 120, "R": EYE, "t": [0, 0, 0]}]},
    "fx must be a number": '{"frames": [{"fx": 1'
    + "0" * 400
    + ', "cx": 1, "cy": 1, "q": [1,0,0,0], "t": [0,0,0]}]}',
}


@pytest.mark.parametrize("said", WRONG)
def test_what_is_wrong_in_json_is_said(said, tmp_path):
    with pytest.raises(CameraError, match=said):
        read(tmp_path, WRONG[said])


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.integers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
keys = ["frames", "frame", "K", "R", "q", "t", "fx", "fy", "cx", "cy", "size", "unit", "up", "version"]


@given(
    top=st.dictionaries(st.sampled_from(keys), json_values),
    row=st.dictionaries(st.sampled_from(keys), json_values),
)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_hostile_json_is_a_camera_error_or_a_camera(top, row, tmp_path):
    for said in (top, {**frame(), **row}, {**top, "frames": [{**frame(), **row}]}):
        try:
            camera = read(tmp_path, said).camera
        except CameraError:
            continue
        assert np.isfinite(camera.rotations).all()
        assert np.isfinite(camera.centres).all()


GOOD = "1 1 0 0 0 0 0 0 1 000000.png\n\n"
LENS = "1 PINHOLE 320 240 300 300 160 120\n"
COLMAP = {
    "not beside": (LENS, None),
    "belong together|not beside": (None, GOOD),
    "holds no camera": (LENS, "# nothing\n"),
    "cameras.txt holds no camera": ("# nothing\n", GOOD),
    "is no camera": ("1 PINHOLE\n", GOOD),
    "camera model OPENCV_FISHEYE": ("1 OPENCV_FISHEYE 320 240 1 2 3 4 5 6 7 8\n", GOOD),
    "has 4 parameters, not 3": ("1 PINHOLE 320 240 300 160 120\n", GOOD),
    "make no sense": ("1 PINHOLE 0 240 300 300 160 120\n", GOOD),
    "word where a number": ("1 PINHOLE 320 240 300 300 160 far\n", GOOD),
    "number that is none": ("1 PINHOLE 320 240 nan 300 160 120\n", GOOD),
    "is no picture": (LENS, "1 2 3\n"),
    "is no picture.": (LENS, "1.5 2.5 -1 30 40 7\n"),
    "not in cameras.txt": (LENS, "1 1 0 0 0 0 0 0 7 000000.png\n\n"),
    "quaternion has length 2": (LENS, "1 2 0 0 0 0 0 0 1 000000.png\n\n"),
    "quaternion has length nan|none": (LENS, "1 nan 0 0 0 0 0 0 1 000000.png\n\n"),
    "word where": (LENS, "1 1 0 0 0 0 0 x 1 000000.png\n\n"),
    "two cameras|do not say": (LENS, GOOD + GOOD),
    "none for a picture": ("1 PINHOLE 320 240 0 0 160 120\n", GOOD),
}


@pytest.mark.parametrize("said", COLMAP)
def test_what_is_wrong_in_colmap_is_said(said, tmp_path):
    cameras, images = COLMAP[said]
    for name, text in (("cameras.txt", cameras), ("images.txt", images)):
        if text is not None:
            (tmp_path / name).write_text(text)
    with pytest.raises(CameraError, match=said):
        read_camera(tmp_path, SIZE, FRAMES)


@given(
    images=st.text(st.sampled_from("0123456789 .-#\npingPINHOLE"), max_size=200),
    cameras=st.text(max_size=100),
)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_hostile_colmap_is_a_camera_error_or_a_camera(images, cameras, tmp_path):
    (tmp_path / "images.txt").write_text(GOOD + images, encoding="utf-8")
    for text in (LENS, LENS + cameras):
        (tmp_path / "cameras.txt").write_text(text, encoding="utf-8", errors="replace")
        try:
            camera = read_camera(tmp_path, SIZE, FRAMES).camera
        except CameraError:
            continue
        assert np.isfinite(camera.centres).all()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("walk.mp4", b"\0\1", "no solved camera"),
        ("images.bin", b"\0\1", "binary"),
        ("camera.json", b"\xff\xfe\0\1", "no text"),
        ("camera.json", b"", "no JSON"),
    ],
)
def test_other_files(name, data, said, tmp_path):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(CameraError, match=said):
        read_camera(tmp_path / name, SIZE, FRAMES)


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(CameraError, match="cannot be read"):
        read_camera(tmp_path / "gone.json", SIZE, FRAMES)
    (tmp_path / "images.bin").touch()
    with pytest.raises(CameraError, match="binary") as refused:
        read_camera(tmp_path, SIZE, FRAMES)
    assert "model_converter" in refused.value.hint


def test_ten_thousand_frames_are_read_in_a_moment(tmp_path):
    count = 10_000
    path = write_colmap(tmp_path, shots(Stroll(), [0] * 1), points="")
    line = path.read_text().splitlines()[1].rsplit(" ", 1)[0].split(" ", 1)[1]
    points = " ".join(["12.5 13.5 -1"] * 500)
    path.write_text("".join(f"{n + 1} {line} {n:06d}.png\n{points}\n" for n in range(count)))
    assert len(read_camera(path, SIZE, count).camera.frames) == count
