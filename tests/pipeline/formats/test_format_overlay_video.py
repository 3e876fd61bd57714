import av
import numpy as np
import pytest
from fakes_clip import write_clip
from fakes_session import make_session

from pipeline.depict import Painter
from pipeline.formats import FORMATS, ExportSource
from pipeline.job import Job
from pipeline.render import Layers, blend
from pipeline.session.store import Store
from pipeline.smpl import builtin_body
from pipeline.video import open_video


def export(source, path, **options):
    FORMATS["mp4"].write(source, path, options, Job(lambda job: None))
    return path


def pictures(path):
    with av.open(str(path)) as container:
        return [(float(f.pts * f.time_base), f.to_ndarray(format="rgb24")) for f in container.decode(video=0)]


def sound(path):
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.pts is not None]


def test_frames_times_and_sound_are_the_sources(source, tmp_path):
    out = export(source, tmp_path / "overlay.mp4")
    before, after = pictures(source.video_path), pictures(out)
    np.testing.assert_allclose([t for t, _ in after], [t for t, _ in before], atol=1e-3)
    assert sound(out) == sound(source.video_path)


def test_a_frame_is_what_retake_frame_writes_but_for_the_coding(source, tmp_path):
    out = export(source, tmp_path / "overlay.mp4")
    store, video = Store(source.store_path, read_only=True), open_video(source.video_path)
    with Painter() as painter:
        shown = blend(video.frame(4).image, painter.overlay(store, 4, Layers()))
    store.close()
    video.close()
    encoded = pictures(out)[4][1]
    assert np.abs(encoded.astype(int) - shown).mean() < 4
    assert np.abs(pictures(source.video_path)[4][1].astype(int) - encoded).mean() > 4, "a body is drawn"


def test_a_range_starts_at_zero_and_its_sound_with_it(source, tmp_path):
    part = ExportSource(source.store_path, source.video_path, frames=(5, 14))
    after = pictures(export(part, tmp_path / "part.mp4"))
    assert len(after) == 10
    assert after[0][0] == pytest.approx(0, abs=1e-3)
    packets = sound(tmp_path / "part.mp4")
    assert 0 < len(packets) < len(sound(source.video_path))


def test_a_variable_rate_and_odd_sides(tmp_path):
    times = [0, 40, 80, 200, 240, 280]
    video = write_clip(tmp_path / "vfr.mp4", frames=6, times=times)
    out = export(make_session(video, range(6)), tmp_path / "out.mp4", audio="none")
    np.testing.assert_allclose([t * 1000 for t, _ in pictures(out)], times, atol=1)


def test_the_file_names_engine_and_body_model(source, tmp_path):
    with av.open(str(export(source, tmp_path / "out.mp4"))) as container:
        comment = container.metadata["comment"]
    assert "made-up-1" in comment
    assert builtin_body().id in comment


def test_sound_that_mp4_cannot_hold_is_told(tmp_path):
    video = write_clip(tmp_path / "clip.avi", frames=6, codec="mpeg4", sound="adpcm_ms")
    source = make_session(video, range(6))
    written = FORMATS["mp4"].write(source, tmp_path / "out.mp4", {}, Job(lambda job: None))
    assert "the video is silent" in written.notices[0]
    assert len(pictures(tmp_path / "out.mp4")) == 6
