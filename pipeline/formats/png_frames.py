"""PNG pictures with the overlay drawn in, one a frame, in a folder.

The pixels are those on screen: the decoded frame, upright, with the overlay laid over it, without loss. A picture is
named after its source frame, ``000012.png``, counted from 0 in the order of presentation. background=transparent
leaves the video out: RGBA with straight alpha, as the PNG specification wants it, to be laid over the video elsewhere.

Every picture's text chunk ``retake`` is a JSON object: ``video``, ``frame``, ``time`` (s), and where something was run
``engine``, ``body_model`` and ``people``, each with ``track``, ``made`` ("engine", or "filled" or "smoothed" where a
layer of the reviewer's made the pose) and ``edited`` (a reviewer assigned the person).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Picture
from PIL.PngImagePlugin import PngInfo

from pipeline.atomic import replacing_folder
from pipeline.depict import Painter
from pipeline.formats.extent import Extent
from pipeline.formats.format import Format, Opened, Option, Written
from pipeline.formats.painted import overlays, painted, picture_range
from pipeline.formats.persons import persons
from pipeline.job import Job
from pipeline.session.layered import shown
from pipeline.structures import Image, Overlay

_EFFORT = 3
"""How hard zlib tries, 0 to 9: beyond it a 1080p picture takes several times as long for a few per cent."""


def write(opened: Opened, path: Path, options: Mapping[str, str], job: Job) -> Written:
    """Write a picture for every frame of the range, with the overlay where there is a result."""
    first, last = picture_range(opened)
    written = 0
    with replacing_folder(path) as folder, Painter(opened.source.body_paths) as painter:
        draw = painted if options["background"] == "video" else _transparent
        for index, image in draw(opened, painter, job):
            _save(image, folder / f"{index:06d}.png", _said(opened, index))
            written += 1
        job.check()
        missing = last - first + 1 - written
        undecoded = f"{missing} frames cannot be decoded; their pictures are missing." if missing else ""
        return Written((path,), tuple(filter(None, (painter.notice, undecoded))))


def _transparent(opened: Opened, painter: Painter, job: Job) -> Iterator[tuple[int, Image]]:
    width, height = opened.video.info.size
    for index, overlay in overlays(opened, painter, job):
        yield index, np.zeros((height, width, 4), np.uint8) if overlay is None else _straight(overlay)


def _straight(overlay: Overlay) -> Image:
    """(H, W, 4) whose colours are not multiplied with their alpha."""
    alpha = overlay.rgba[..., 3:].astype(np.uint16)
    color = (overlay.rgba[..., :3] * np.uint16(255) + alpha // 2) // np.maximum(alpha, 1)
    return np.concatenate([np.minimum(color, 255), alpha], -1).astype(np.uint8)


def _save(image: Image, path: Path, said: Mapping[str, Any]) -> None:
    text = PngInfo()
    text.add_text("Software", "Retake")
    text.add_itxt("retake", json.dumps(said, ensure_ascii=False))
    Picture.fromarray(image).save(path, compress_level=_EFFORT, pnginfo=text)


def _said(opened: Opened, frame: int) -> dict[str, Any]:
    when = {
        "video": opened.video.info.path.name,
        "frame": frame,
        "time": round(opened.video.time_of(frame), 6),
    }
    seen = shown(opened.store, frame)
    if seen is None:
        return when
    result = seen.result
    return {
        **when,
        "engine": result.engine_id,
        "body_model": result.people.body_model,
        "people": [person.said for person in persons(opened, result)],
    }


def _size(extent: Extent, options: Mapping[str, str]) -> float:
    """Half a byte a pixel, as measured: what films and what their coding has smoothed packs well, noise does not."""
    pixels = extent.picture[0] * extent.picture[1]
    if options["background"] == "transparent":
        return extent.span * 0.003 * pixels + 25_000 * extent.bodies
    return extent.span * 0.5 * pixels


PNG_FRAMES = Format(
    key="png",
    title="PNG frames with the overlay",
    summary="A folder of pictures without loss, as on screen, or the overlay alone on transparent ground.",
    readers="compositing and editing programs, ffmpeg, papers",
    suffix="",
    options=(
        Option("background", "Background", ("video", "transparent"), "video", ("the video", "transparent")),
    ),
    write_opened=write,
    size=_size,
    group="Pictures",
)
