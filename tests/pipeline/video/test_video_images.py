"""Pictures as a video."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from fakes_clips import number_in, picture
from PIL import Image

from pipeline.errors import VideoError
from pipeline.job import Job
from pipeline.video import open_video
from pipeline.video.pictures import fit


def write(folder, names):
    """Pictures that show their place in the list."""
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(exist_ok=True)
        assert cv2.imwrite(str(folder / name), picture(number)[..., ::-1])
    return folder


def numbers(video):
    return [number_in(video.frame(i).image) for i in range(video.frame_count)]


def test_a_folder_is_read_in_natural_order(tmp_path):
    write(tmp_path, ["a1.png", "a2.jpg", "a10.png", "b3.bmp", "B20.webp"])
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / ".hidden.png").write_bytes(b"")
    video = open_video(tmp_path)
    assert numbers(video) == [0, 1, 2, 3, 4]
    assert video.indexed
    assert video.info.size == (160, 96)
    assert video.info.container == "pictures"
    assert not video.notices
    video.close()


@pytest.mark.parametrize("asked", ["img_%04d.png", "img_%d.png", "img_0009.png", "img_0013.png"])
def test_a_numbered_series(tmp_path, asked):
    write(tmp_path, [f"img_{i:04d}.png" for i in range(7, 14)])
    write(tmp_path, ["other_0008.png", "img_0008.jpg", "cover.png"])
    video = open_video(tmp_path / asked)
    assert numbers(video) == list(range(7))
    assert video.frame_count == 7
    assert video.time_of(3) == pytest.approx(0.1)
    assert video.index_at(0.1) == 3
    video.close()


def test_a_picture_alone_is_one_frame(tmp_path):
    write(tmp_path, ["shot_0005.png", "shot_0009.png", "cover.png"])
    for name in ("shot_0005.png", "cover.png"):
        video = open_video(tmp_path / name)
        assert video.frame_count == 1
        assert video.frame(0).image.shape == (96, 160, 3)
        video.close()


def test_random_access_prefetch_and_bytes(tmp_path):
    write(tmp_path, [f"{i}.png" for i in range(40)])
    one = 160 * 96 * 3
    video = open_video(tmp_path, cache_bytes=10 * one)
    for i in np.random.default_rng(8).integers(0, 40, 200):
        assert number_in(video.frame(int(i)).image) == i
    video.frame(20)
    video.prefetch(20, -1)
    assert next(run for run in video.cached_ranges() if run[0] <= 20 <= run[1])[0] <= 15
    assert sum(b - a + 1 for a, b in video.cached_ranges()) <= 10
    assert video.preview(5) is None
    reader = video.second_reader()
    assert number_in(reader.frame(30).image) == 30
    assert reader.identity == video.identity
    work = Job(lambda job: None)
    assert len(video.build_index(work)) == 40
    assert work.take_report() == 1.0
    reader.close()
    video.close()


def test_gaps_in_a_series_are_told(tmp_path):
    write(tmp_path, ["f1.png", "f2.png", "f5.png"])
    video = open_video(tmp_path / "f%d.png")
    assert numbers(video) == [0, 1, 2]
    assert video.notices == ("2 numbers of the series are missing; frames are counted without them.",)
    video.close()


def test_other_sizes_are_shown_whole_between_black_bars(tmp_path):
    write(tmp_path, ["1.png", "3.png"])
    white = np.full((200, 100, 3), 255, np.uint8)
    cv2.imwrite(str(tmp_path / "2.png"), white)
    video = open_video(tmp_path)
    image = video.frame(1).image
    assert image.shape == (96, 160, 3)
    columns = np.flatnonzero(image.max(axis=(0, 2)) > 128)
    assert (columns[0], len(columns)) == (56, 48)
    assert image[:, 60:100].min() == 255
    assert "1 pictures have another size" in video.notices[0]
    video.close()


def test_fitting_keeps_proportions():
    wide = np.full((50, 200, 3), 200, np.uint8)
    shown = fit(wide, (100, 100))
    rows = np.flatnonzero(shown.max(axis=(1, 2)))
    assert shown.shape == (100, 100, 3)
    assert len(rows) == 25


def test_a_broken_picture_is_refused_and_told(tmp_path):
    write(tmp_path, ["1.png", "2.png", "3.png"])
    (tmp_path / "2.png").write_bytes(b"gone")
    video = open_video(tmp_path)
    with pytest.raises(VideoError, match=r"2\.png"):
        video.frame(1)
    assert number_in(video.frame(2).image) == 2
    video.prefetch(0, 1)
    assert video.notices == ("The file is damaged: frame 1 cannot be decoded.",)
    for index in (-1, 3):
        with pytest.raises(VideoError, match=f"no picture {index}"):
            video.frame(index)
    video.close()


@pytest.mark.parametrize(("exif", "turn"), [(1, 0), (3, 2), (6, 1), (8, 3)])
def test_exif_orientation_is_honoured(tmp_path, exif, turn):
    # 6 asks for a clockwise quarter to show it, so it is stored turned counterclockwise.
    stored = Image.fromarray(np.ascontiguousarray(np.rot90(picture(77), turn)))
    tags = Image.Exif()
    tags[0x0112] = exif
    stored.save(tmp_path / "photo.jpg", quality=95, exif=tags)
    video = open_video(tmp_path / "photo.jpg")
    assert video.info.size == (160, 96)
    assert number_in(video.frame(0).image) == 77
    video.close()


def test_grey_and_sixteen_bit_pictures(tmp_path):
    gray = picture(300)[..., 0]
    cv2.imwrite(str(tmp_path / "1.png"), gray)
    cv2.imwrite(str(tmp_path / "2.png"), gray.astype(np.uint16) * 257)
    cv2.imwrite(str(tmp_path / "3.png"), np.dstack([gray, gray, gray, np.full_like(gray, 9)]))
    video = open_video(tmp_path)
    assert numbers(video) == [300] * 3
    video.close()


def test_identity_follows_the_pictures(tmp_path):
    a = open_video(write(tmp_path / "a", ["1.png", "2.png"])).identity
    b = open_video(write(tmp_path / "b", ["1.png", "2.png", "3.png"])).identity
    assert len(a) == 16
    assert a != b
