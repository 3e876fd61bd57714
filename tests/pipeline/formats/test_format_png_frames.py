import json

import numpy as np
from PIL import Image

from pipeline.depict import Painter
from pipeline.formats import FORMATS, ExportSource
from pipeline.job import Job
from pipeline.render import Layers, blend
from pipeline.session.store import Store
from pipeline.smpl import builtin_body
from pipeline.video import open_video


def export(source, path, **options):
    return FORMATS["png"].write(source, path, options, Job(lambda job: None))


def on_screen(source, frame):
    """The picture and its overlay."""
    store, video = Store(source.store_path, read_only=True), open_video(source.video_path)
    with Painter() as painter:
        shown = video.frame(frame).image, painter.overlay(store, frame, Layers())
    store.close()
    video.close()
    return shown


def test_every_frame_is_a_picture_named_after_it(source, tmp_path):
    written = export(source, tmp_path / "frames")
    assert written.paths == (tmp_path / "frames",)
    names = sorted(path.name for path in (tmp_path / "frames").glob("*.png"))
    assert names == [f"{frame:06d}.png" for frame in range(20)]


def test_pixels_are_those_on_screen(source, tmp_path):
    export(ExportSource(source.store_path, source.video_path, frames=(4, 7)), tmp_path / "frames")
    image, overlay = on_screen(source, 4)
    np.testing.assert_array_equal(
        np.asarray(Image.open(tmp_path / "frames" / "000004.png")), blend(image, overlay)
    )
    untouched, none = on_screen(source, 7)  # it failed there
    assert none is None
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "frames" / "000007.png")), untouched)


def test_transparent_pictures_laid_over_the_video_are_what_is_on_screen(source, tmp_path):
    part = ExportSource(source.store_path, source.video_path, frames=(4, 7))
    export(part, tmp_path / "frames", background="transparent")
    read = Image.open(tmp_path / "frames" / "000004.png")
    assert read.mode == "RGBA"
    image, overlay = on_screen(source, 4)
    laid = Image.alpha_composite(Image.fromarray(image).convert("RGBA"), read).convert("RGB")
    assert np.abs(np.asarray(laid).astype(int) - blend(image, overlay)).max() <= 2
    assert np.asarray(read)[..., 3].max() > 200
    assert not np.asarray(Image.open(tmp_path / "frames" / "000007.png")).any()


def test_pictures_say_what_they_show(source, tmp_path):
    export(source, tmp_path / "frames")
    with Image.open(tmp_path / "frames" / "000005.png") as picture:
        said = json.loads(picture.text["retake"])
    assert (said["frame"], said["time"]) == (5, 0.2)
    assert said["engine"] == "made-up-1"
    assert said["body_model"] == builtin_body().id
    assert said["people"] == [{"track": track, "made": "engine", "edited": False} for track in (1, 2)]
    with Image.open(tmp_path / "frames" / "000007.png") as picture:
        assert "engine" not in json.loads(picture.text["retake"])
