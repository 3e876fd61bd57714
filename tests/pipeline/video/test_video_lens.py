"""The focal length a camera wrote into its file."""

from __future__ import annotations

import math
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from pipeline.video import open_video
from pipeline.video.lens import equivalent_in_picture, equivalent_in_tags, focal_length_px

QUICKTIME = "com.apple.quicktime.camera.focal_length.35mm_equivalent"
SIZE = (320, 240)


def write(path, tags, stream_tags=None, **options):
    with av.open(str(path), "w", options=options) as target:
        stream = target.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        target.metadata.update(tags)
        stream.metadata.update(stream_tags or {})
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(np.zeros((SIZE[1], SIZE[0], 3), np.uint8)).reformat(
                format="yuv420p"
            )
            frame.pts, frame.time_base = number, Fraction(1, 25)
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
    return path


def focal_length(path) -> float:
    video = open_video(path)
    try:
        assert video.focal_length == video.info.focal_length
        return video.focal_length
    finally:
        video.close()


def test_a_frame_of_film_measures_as_it_is():
    # The diagonal of 36 × 24 mm is 43.27 mm: a picture as many px across its corners has 1 px a mm.
    assert focal_length_px(50.0, (3600, 2400)) == pytest.approx(5000.0)
    assert focal_length_px(26.0, (1920, 1080)) == pytest.approx(
        26 * math.hypot(1920, 1080) / 43.2666, rel=1e-5
    )
    assert focal_length_px(0.0, (1920, 1080)) == 0.0


@pytest.mark.parametrize("turned", [(1080, 1920), (1920, 1080)])
def test_turning_the_picture_changes_nothing(turned):
    assert focal_length_px(26.0, turned) == focal_length_px(26.0, (1920, 1080))


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        (QUICKTIME, "26", 26.0),
        (QUICKTIME, "26.500000", 26.5),
        ("FocalLengthIn35mmFormat", "28 mm", 28.0),
        ("camera_focal_length_35mm", "24", 24.0),
        ("focal_length", "4.2", 0.0),
        (QUICKTIME, "unknown", 0.0),
        (QUICKTIME, "0", 0.0),
        (QUICKTIME, "99999", 0.0),
    ],
)
def test_keys_and_values_cameras_write(key, value, expected):
    assert equivalent_in_tags({"title": "35mm"}, {key: value}) == expected


def test_the_stream_is_asked_before_the_container():
    assert equivalent_in_tags({QUICKTIME: "13"}, {QUICKTIME: "26"}) == 13.0
    assert equivalent_in_tags({QUICKTIME: "none"}, {QUICKTIME: "26"}) == 26.0


def test_of_a_quicktime_file(tmp_path):
    path = write(tmp_path / "phone.mov", {QUICKTIME: "26"}, movflags="use_metadata_tags")
    assert focal_length(path) == pytest.approx(focal_length_px(26.0, SIZE))


def test_of_a_quicktime_file_that_holds_it_as_an_integer_as_phones_do(tmp_path):
    path = write(tmp_path / "phone.mov", {QUICKTIME: "26mm"}, movflags="use_metadata_tags")
    content = path.read_bytes()
    at = content.index(b"26mm")  # behind the value's kind and its language, four bytes each
    path.write_bytes(
        content[: at - 8]
        + (21).to_bytes(4, "big")
        + content[at - 4 : at]
        + (26).to_bytes(4, "big")
        + content[at + 4 :]
    )
    assert focal_length(path) == pytest.approx(focal_length_px(26.0, SIZE))


def test_of_a_streams_own_tag(tmp_path):
    path = write(tmp_path / "camera.mkv", {}, {"FOCAL_LENGTH_35MM": "50"})
    assert focal_length(path) == pytest.approx(focal_length_px(50.0, SIZE))


def test_a_video_that_says_nothing(tmp_path):
    assert focal_length(write(tmp_path / "plain.mp4", {})) == 0.0


def picture(path, exif: dict[int, int] | None = None):
    image = Image.new("RGB", SIZE)
    data = Image.Exif()
    if exif is not None:
        data.get_ifd(0x8769).update(exif)
    image.save(path, exif=data)
    return path


def test_of_pictures(tmp_path):
    picture(tmp_path / "a_1.jpg", {0xA405: 35})
    picture(tmp_path / "a_2.jpg")
    assert focal_length(tmp_path) == pytest.approx(focal_length_px(35.0, SIZE))


def test_pictures_that_say_nothing_or_are_none(tmp_path):
    assert equivalent_in_picture(picture(tmp_path / "plain.jpg")) == 0.0
    assert equivalent_in_picture(picture(tmp_path / "unknown.jpg", {0xA405: 0})) == 0.0
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe1 no picture")
    assert equivalent_in_picture(tmp_path / "broken.jpg") == 0.0
    assert equivalent_in_picture(tmp_path / "nowhere.jpg") == 0.0
