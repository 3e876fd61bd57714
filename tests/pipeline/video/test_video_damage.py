"""Cut-off and damaged files: what can be decoded is given, the rest is told."""

from __future__ import annotations

import contextlib
import itertools
from fractions import Fraction

import av
import numpy as np
import pytest
from fakes_clips import Clip, encode, number_in, picture, x264
from video_kinds import KINDS

from pipeline.errors import VideoError
from pipeline.video import open_video
from pipeline.video.decoder import open_container

FRONT = {"movflags": "faststart"}


def noisy(number):
    """The number over noise, so that packets are big enough to be hit."""
    noise = np.random.default_rng(number).integers(-25, 26, (96, 160, 3))
    return np.clip(picture(number).astype(int) + noise, 0, 255).astype(np.uint8)


def zero(path, first, last):
    """Overwrite bytes of a file, given as shares of its size."""
    data = bytearray(path.read_bytes())
    begin, end = int(first * len(data)), int(last * len(data))
    data[begin:end] = bytes(end - begin)
    path.write_bytes(data)


def outcome(video, index):
    """The number shown, or None where the frame is refused."""
    try:
        return number_in(video.frame(index).image)
    except VideoError:
        return None


def sequential(path):
    """What a plain decode from the start gives: timestamp and number."""
    frames = []
    with av.open(str(path)) as container:
        container.streams.video[0].thread_count = 1
        for packet in container.demux(video=0):
            with contextlib.suppress(av.error.FFmpegError):
                frames += packet.decode()
    return {frame.pts: number_in(frame.to_ndarray(format="rgb24")) for frame in frames}


@pytest.mark.parametrize("gop", [20, 1000])
def test_a_cut_off_mp4_gives_all_whole_frames(tmp_path, gop):
    clip = encode(tmp_path / "cut.mp4", 120, options=x264(gop), container=FRONT, draw=noisy)
    data = clip.path.read_bytes()
    clip.path.write_bytes(data[: int(len(data) * 0.6)])
    expected = sequential(clip.path)
    assert 50 < len(expected) < 100
    video = open_video(clip.path)
    video.build_index()
    count = video.frame_count
    assert len(expected) - 1 <= count <= len(expected) + 1
    asked = [*np.random.default_rng(3).integers(0, count, 60), *range(count)]
    seen = {int(i): outcome(video, int(i)) for i in asked}
    whole = count - 4  # the last group of reordered frames may lack a piece
    assert all(seen[i] == i for i in range(whole))
    assert "ends early" in video.notices[0]
    assert "of 120 frames" in video.notices[0]
    with pytest.raises(VideoError, match=f"no frame {count}"):
        video.frame(count)
    video.close()


def test_damage_in_the_middle_costs_its_own_group_only(tmp_path):
    clip = encode(tmp_path / "hurt.mp4", 120, options=x264(20), container=FRONT, draw=noisy)
    zero(clip.path, 0.50, 0.52)
    video = open_video(clip.path)
    video.build_index()
    assert video.frame_count == 120
    first = [outcome(video, i) for i in range(120)]
    wrong = [i for i in range(120) if first[i] != i]
    assert wrong, "the damage must have hit something"
    assert wrong[-1] - wrong[0] < 20
    assert video.notices
    assert "damaged" in video.notices[0]
    for i in np.random.default_rng(5).permutation(120):
        if i not in wrong:
            assert outcome(video, int(i)) == i
    video.close()


def test_lost_frames_are_named_and_their_neighbours_given(tmp_path):
    clip = encode(tmp_path / "lost.avi", 60, "mjpeg", pix_fmt="yuvj420p", draw=noisy)
    with av.open(str(clip.path)) as container:
        places = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(clip.path.read_bytes())
    for i in (17, 18, 40):
        data[places[i][0] : sum(places[i])] = bytes(places[i][1])
    clip.path.write_bytes(data)
    video = open_video(clip.path)
    assert [i for i in range(60) if outcome(video, i) != i] == [17, 18, 40]
    assert video.notices == ("The file is damaged: frames 17–18, 40 cannot be decoded.",)
    reader = video.second_reader()
    assert reader.notices == video.notices
    video.prefetch(16, 1)
    assert outcome(video, 19) == 19
    reader.close()
    video.close()


def test_a_broken_key_frame_does_not_stop_the_next_group(tmp_path):
    clip = encode(tmp_path / "key.mp4", 80, options=x264(20, 0), container=FRONT, draw=noisy)
    with av.open(str(clip.path)) as container:
        place = next((p.pos, p.size) for p in container.demux(video=0) if p.pts == 40 * 512)
    data = bytearray(clip.path.read_bytes())
    data[place[0] : place[0] + place[1]] = bytes(place[1])
    clip.path.write_bytes(data)
    for order in (range(80), reversed(range(80)), np.random.default_rng(1).permutation(80)):
        video = open_video(clip.path)
        good = {int(i) for i in order if outcome(video, int(i)) == i}
        assert good >= {*range(40), *range(60, 80)}
        assert outcome(video, 40) is None
        assert video.notices
        video.close()


@pytest.mark.parametrize("name", ["hurt.ts", "hurt.mkv"])
def test_damage_in_a_stream_leaves_later_groups_exact(tmp_path, name):
    clip = encode(tmp_path / name, 120, options=x264(20), draw=noisy)
    zero(clip.path, 0.50, 0.52)
    expected = sequential(clip.path)
    video = open_video(clip.path)
    video.build_index()
    shown = {video.pts_of(i): outcome(video, i) for i in range(video.frame_count)}
    assert sum(shown.get(pts) == number >= 0 for pts, number in expected.items()) >= 95
    assert list(shown.values())[-30:] == list(range(90, 120))
    assert f"{120 - video.frame_count} frames are missing" in video.notices[0]
    video.close()


def encode_as(path):
    codec = {"codec": "libvpx"} if path.suffix == ".webm" else {"options": x264(20)}
    return encode(path, 135, draw=noisy, **codec).path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cut.mkv", "of 4.5 s are missing"),
        ("cut.webm", "of 4.5 s are missing"),
        ("cut.ts", "middle of a packet"),
    ],
)
def test_a_stream_that_was_cut_off_says_so(tmp_path, name, said):
    path = encode_as(tmp_path / name)
    data = path.read_bytes()
    # Not between two packets of a transport stream, of 188 bytes each: that is how recordings end.
    path.write_bytes(data[: int(len(data) * 0.6) // 188 * 188 + 50])
    video = open_video(path)
    assert 50 < len(video.build_index()) < 100
    assert video.notices[0].startswith("The file ends early")
    assert said in video.notices[0]
    video.close()


@pytest.mark.parametrize("name", ["hurt.mkv", "hurt.webm", "hurt.ts"])
def test_bytes_scrambled_in_the_middle_of_a_stream_are_said(tmp_path, name):
    path = encode_as(tmp_path / name)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = np.random.default_rng(0).bytes(3000)
    path.write_bytes(data)
    video = open_video(path)
    assert len(video.build_index()) < 135
    assert any("missing" in notice for notice in video.notices)
    video.close()


def test_a_cut_off_avi_with_reordered_pictures_says_so(tmp_path):
    path = encode(tmp_path / "cut.avi", 120, options=x264(20), draw=noisy).path
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.6)])
    video = open_video(path)
    video.build_index()
    assert "of 120 frames are missing" in video.notices[0]
    video.close()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_said_of_a_healthy_file(clip, kind):
    video = open_video(clip(kind).path)
    video.build_index()
    assert video.notices == ()
    video.close()


def test_sound_that_goes_on_is_no_missing_picture(tmp_path):
    path = tmp_path / "sound.mkv"
    with av.open(str(path), "w") as out:
        stream, sound = (
            out.add_stream("libx264", rate=30),
            out.add_stream("pcm_s16le", rate=8000, layout="mono"),
        )
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for number in range(30):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture(number), "rgb24")))
        out.mux(stream.encode(None))
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 5 * 8000), np.int16), "s16", "mono")
        silence.sample_rate = 8000
        out.mux(sound.encode(silence))
    video = open_video(path)
    assert len(video.build_index()) == 30
    assert video.notices == ()
    video.close()


def test_a_recording_with_frames_of_all_lengths_has_no_holes(tmp_path):
    steps = np.random.default_rng(4).integers(1, 9, 120)
    path = encode(
        tmp_path / "vfr.mkv", pts=[int(x) for x in np.cumsum(steps)], tick=Fraction(1, 240), options=x264(25)
    ).path
    video = open_video(path)
    assert len(video.build_index()) == 120
    assert video.notices == ()
    video.close()


class FailingDisk:
    """A file that cannot be read in one spot, ten packets from its start."""

    def __init__(self, container):
        self._container, self.streams = container, container.streams
        self._packets = None

    def demux(self, stream):
        if self._packets is None:
            self._packets = self._container.demux(stream)
            yield from itertools.islice(self._packets, 10)
            raise OSError(5, "Input/output error")
        yield from self._packets

    def close(self):
        self._container.close()


def test_spots_that_cannot_be_read_are_said(tmp_path, monkeypatch):
    path = encode(tmp_path / "disk.mkv", 60, "mjpeg", pix_fmt="yuvj420p").path
    video = open_video(path)
    monkeypatch.setattr("pipeline.video.scan.open_container", lambda path: FailingDisk(open_container(path)))
    assert len(video.build_index()) == 60
    assert video.notices == ("The file cannot be read in 1 place: frames may be missing.",)
    video.close()


def test_a_first_group_that_is_broken_is_passed_over(tmp_path):
    clip: Clip = encode(tmp_path / "start.ts", 120, options=x264(20), draw=noisy)
    zero(clip.path, 0.01, 0.05)
    video = open_video(clip.path)
    count = len(video.build_index())
    tail = [outcome(video, i) for i in range(count - 60, count)]
    assert tail == list(range(60, 120))
    video.close()


def test_a_cut_off_avi_says_how_much_is_missing(tmp_path):
    clip = encode(tmp_path / "cut.avi", 60, "mjpeg", pix_fmt="yuvj420p", draw=noisy)
    with av.open(str(clip.path)) as container:
        ends = [packet.pos + packet.size for packet in container.demux(video=0) if packet.size]
    clip.path.write_bytes(clip.path.read_bytes()[: ends[30] + 99])
    video = open_video(clip.path)
    count = len(video.build_index())
    assert 31 <= count <= 32
    assert [outcome(video, i) for i in range(count - 1)] == list(range(count - 1))
    assert video.notices[0] == f"The file is damaged or cut off: {60 - count} of 60 frames are missing."
    video.close()
