"""Reads videos frame-exactly: frame i is always the i-th picture a player would present."""

from __future__ import annotations

from pipeline.video.index import VideoIndex
from pipeline.video.opening import open_video
from pipeline.video.video import Video, VideoInfo

__all__ = ["Video", "VideoIndex", "VideoInfo", "open_video"]
