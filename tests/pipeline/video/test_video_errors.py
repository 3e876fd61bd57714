"""What cannot be opened says why and what to do."""

from __future__ import annotations

import os

import av
import numpy as np
import pytest
from fakes_clips import encode, x264

from pipeline.errors import VideoError
from pipeline.video import open_video


def refuse(path):
    with pytest.raises(VideoError) as caught:
        open_video(path)
    assert caught.value.hint
    return caught.value.message


def test_a_file_that_is_not_there(tmp_path):
    assert "does not exist" in refuse(tmp_path / "none.mp4")


def test_an_empty_file(tmp_path):
    path = tmp_path / "empty.mp4"
    path.touch()
    assert "is empty" in refuse(path)


@pytest.mark.parametrize("name", ["notes.txt", "notes.mp4", "script.py"])
def test_text_is_no_video(tmp_path, name):
    path = tmp_path / name
    path.write_text("Dear diary\n" * 500)
    assert "cannot be read as a video" in refuse(path)


def test_random_bytes_are_no_video(tmp_path):
    path = tmp_path / "noise.mp4"
    path.write_bytes(np.random.default_rng(0).bytes(60_000))
    refuse(path)


def test_an_mp4_without_its_table_of_contents(tmp_path):
    clip = encode(tmp_path / "whole.mp4", 60, options=x264(20))
    data = clip.path.read_bytes()
    clip.path.write_bytes(data[: data.index(b"moov") - 4])
    assert "cannot be read as a video" in refuse(clip.path)


def test_sound_without_pictures(tmp_path):
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=44100)
        for i in range(20):
            frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
            frame.sample_rate, frame.pts = 44100, i * 1024
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    assert "only sound" in refuse(path)


def test_pictures_that_are_all_broken(tmp_path):
    clip = encode(tmp_path / "gone.mp4", 30, options=x264(10), container={"movflags": "faststart"})
    data = bytearray(clip.path.read_bytes())
    start = data.index(b"mdat") + 4
    data[start:] = bytes(len(data) - start)
    clip.path.write_bytes(data)
    assert "No picture" in refuse(clip.path)


def test_an_empty_folder(tmp_path):
    assert "holds no pictures" in refuse(tmp_path)


def test_a_series_that_is_not_there(tmp_path):
    assert "No picture fits" in refuse(tmp_path / "img_%04d.png")


def test_a_picture_that_is_none(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"no picture")
    assert "damaged or no picture" in refuse(path)


@pytest.mark.parametrize("name", ["a.mp4", "a.png", "folder"])
def test_what_may_not_be_read(tmp_path, name):
    tmp_path.chmod(0o755)
    path = tmp_path / name
    path.mkdir() if name == "folder" else path.write_bytes(b"x")
    path.chmod(0)
    outer = [tmp_path.parent, tmp_path.parent.parent]
    modes = [folder.stat().st_mode for folder in outer]
    user = os.geteuid()
    if user == 0:  # nothing is closed to root
        for folder in outer:
            folder.chmod(0o755)
        os.seteuid(65534)
    try:
        message = refuse(path)
    finally:
        os.seteuid(user)
        for folder, mode in zip(outer, modes, strict=True):
            if user == 0:
                folder.chmod(mode)
        path.chmod(0o755)
    assert "may not" in message


def test_frames_that_are_not_there(clip):
    video = open_video(clip("open gop").path)
    for index in (-1, 120, 10_000):
        with pytest.raises(VideoError, match=f"no frame {index}"):
            video.frame(index)
        with pytest.raises(VideoError, match=f"no frame {index}"):
            video.pts_of(index)
    video.prefetch(119, 1)
    video.prefetch(0, -1)
    video.close()
    video.close()


def test_what_the_container_says(clip):
    video = open_video(str(clip("vp9 webm").path))
    info = video.info
    assert (info.size, info.codec, info.rate, info.rotation) == ((160, 96), "vp9", 30, 0)
    assert "webm" in info.container
    assert not info.has_audio
    video.close()
