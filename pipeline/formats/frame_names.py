"""What single frames of a video are called by tools that take videos apart."""

from __future__ import annotations


def frame_name(frame: int) -> str:
    """The picture of a frame (from 0), as PHALP's extractor names it: it counts from 1."""
    return f"{frame + 1:06d}.jpg"


def frame_path(video: str, frame: int) -> str:
    """The same, below the folder of a video that is called so without its suffix."""
    return f"{video}/img/{frame_name(frame)}"
