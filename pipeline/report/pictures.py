"""Pictures of a problem: the frame as it was and as it counts now, each with its bodies."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.depict import Painter
from pipeline.errors import BodyError, VideoError
from pipeline.formats.format import Opened
from pipeline.layers import Layers
from pipeline.problems import Problem
from pipeline.render.blend import blend
from pipeline.session.layered import shown
from pipeline.structures import Image

_WIDTH = 520
_QUALITY = 82


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of the page.

    Attributes:
        source: A data URI.
        alt: What is to be seen, for those who cannot.
        caption: What stands below.
    """

    source: str
    alt: str
    caption: str


class Photographer:
    """Takes the pictures. Belongs to the thread that makes it, as its renderer does."""

    def __init__(self, opened: Opened, painter: Painter) -> None:
        self._opened = opened
        self._painter = painter

    def pictures(self, problem: Problem, *, fixed: bool) -> tuple[Picture, ...]:
        """Before and after of a problem that was fixed; the frame as it is of one that was not."""
        frame = problem.worst_frame
        try:
            image = self._opened.video.frame(frame).image
        except VideoError:
            return ()
        return tuple(self._taken(frame, image, fixed))

    def _taken(self, frame: int, image: Image, fixed: bool) -> Iterator[Picture]:
        layers, store = Layers(), self._opened.store
        try:
            if fixed and (before := self._before(frame)) is not None:
                overlay = self._painter.version_overlay(store, frame, before, layers)
                yield _picture(blend(image, overlay), f"Frame {frame} before")
            overlay_now = self._painter.overlay(store, frame, layers)
        except BodyError:  # the body model is not here: the bare picture says more than none
            overlay_now = None
        now = image if overlay_now is None else blend(image, overlay_now)
        yield _picture(now, f"Frame {frame}, now" if fixed else f"Frame {frame}")

    def _before(self, frame: int) -> int | None:
        """The version that counted before; where only layers or edits mended it, the one that counts."""
        versions = [version for version in self._opened.store.versions(frame) if not version.shelved]
        earlier = [v.id for v in versions if not v.counts]
        if earlier:
            return earlier[-1]
        seen = shown(self._opened.store, frame)
        return versions[-1].id if versions and seen is not None and seen.made else None


def _picture(image: Image, caption: str) -> Picture:
    height, width = image.shape[:2]
    if width > _WIDTH:
        size = (_WIDTH, max(round(height * _WIDTH / width), 1))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    _done, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    source = f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode('ascii')}"
    return Picture(source, f"{caption} of the video with the bodies drawn over it", caption)
