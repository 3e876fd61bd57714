"""The engine lane's own way to the video's frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.structures import Frame

if TYPE_CHECKING:
    from pipeline.video import Video

_CACHE_BYTES = 16 * 2**20
"""A range is read in order, and what is looked at is in the other reader's cache."""


class FrameSource:
    """Decodes for the engine without disturbing what is on screen; used on the engine lane only."""

    def __init__(self, video: Video) -> None:
        self._video = video
        self._reader: Video | None = None

    def frame(self, index: int) -> Frame:
        """The frame.

        Raises:
            VideoError: It cannot be decoded.
        """
        if self._reader is None:
            self._reader = self._video.second_reader(cache_bytes=_CACHE_BYTES)
        return self._reader.frame(index)

    def close(self) -> None:
        """Close the reader, if there is one."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
