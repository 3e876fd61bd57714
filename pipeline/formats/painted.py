"""Pictures with the overlay drawn in, as on screen: what the formats that are pictures are made from."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.depict import Painter
from pipeline.errors import ExportError, VideoError
from pipeline.formats.format import Opened
from pipeline.job import Job
from pipeline.render import blend
from pipeline.session.layered import all_shown
from pipeline.structures import Image, Overlay


def painted(opened: Opened, painter: Painter, job: Job) -> Iterator[tuple[int, Image]]:
    """Frames (H, W, 3) of the range with their overlays.

    Frames that cannot be decoded are left out; the one before stays on screen, as in a player.
    """
    for index, overlay in overlays(opened, painter, job):
        try:
            frame = opened.video.frame(index)
        except VideoError:
            continue
        yield index, frame.image if overlay is None else blend(frame.image, overlay)


def overlays(opened: Opened, painter: Painter, job: Job) -> Iterator[tuple[int, Overlay | None]]:
    """Every frame of the range and its overlay, None where nothing was run; tells the job how far it is."""
    first, last = picture_range(opened)
    for index in range(first, last + 1):
        job.report((index - first) / (last - first + 1))
        yield (
            index,
            painter.overlay(opened.store, index, opened.source.layers, tracks=opened.source.tracks),
        )


def picture_range(opened: Opened) -> tuple[int, int]:
    """First and last frame, inclusive, of the range that the video has.

    Raises:
        ExportError: Nothing was run in it, or the video ends before it.
    """
    opened.frames()  # says so if there is nothing to draw
    last = opened.video.frame_count - 1
    first, wanted = opened.source.frames or (0, last)
    if first > last:
        raise ExportError(
            f"The video ends at frame {last}; the range starts at {first}.", "Choose another range."
        )
    return max(first, 0), min(wanted, last)


def drawn_from(opened: Opened) -> str:
    """Engines and body models of what is drawn, to stand in a file's comment."""
    results = (seen.result for seen in all_shown(opened.store, opened.frames().tolist()))
    made = {
        f"engine {result.engine_id or 'none'}, body model {result.people.body_model}" for result in results
    }
    return "; ".join(["Overlay drawn by Retake", *sorted(made)])
