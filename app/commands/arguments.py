"""Arguments that several commands take."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from pipeline.errors import SessionError
from pipeline.session.open import session_path

TO_THE_END = 2**31 - 1
"""The last frame of a range that has none: no video is as long."""


def add_video(parser: argparse.ArgumentParser) -> None:
    """The video a command works on."""
    parser.add_argument(
        "video", type=Path, metavar="VIDEO", help="video file, folder of pictures, or picture"
    )


def add_videos(parser: argparse.ArgumentParser) -> None:
    """The videos a command works on, one after another; see `app.commands.videos`."""
    parser.add_argument(
        "videos",
        nargs="+",
        metavar="VIDEO",
        help="video file, folder of videos or of pictures, picture, or a pattern such as '*.mp4'",
    )


def add_frames(parser: argparse.ArgumentParser) -> None:
    """A range of frames."""
    parser.add_argument(
        "--frames",
        type=parse_frames,
        metavar="A-B",
        help="first and last frame, counted from 0, such as 0-99; 100- goes on to the end, "
        "a single number is one frame (default: all)",
    )


def add_body(parser: argparse.ArgumentParser) -> None:
    """The user's own SMPL file."""
    parser.add_argument(
        "--body",
        type=Path,
        metavar="FILE",
        help="your own SMPL file (.pkl or .npz); default: the built-in body, or for humans4d, which cannot use "
        "that one, the SMPL file in its usual place",
    )


def session_of(video: Path) -> Path:
    """The session file of a video.

    Raises:
        SessionError: There is none yet.
    """
    path = session_path(video)
    if not path.is_file():
        raise SessionError(f"{video.name} has no session yet.", f"Run it first: retake run {video}")
    return path


def focal(text: str) -> float | None:
    """Read a focal length in px, or "video", which is None."""
    return None if text == "video" else length(text)


def share(text: str) -> float:
    """Read a number from 0 to 1."""
    number = length(text)
    if number > 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not from 0 to 1")
    return number


def length(text: str) -> float:
    """Read a number from 0 up."""
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not from 0 up")
    return number


def amount(text: str) -> int:
    """Read a whole number from 0 up."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 up")
    return int(text)


def parse_frames(text: str) -> tuple[int, int]:
    """Read "A-B", inclusive, "A-", which goes on to the end, or "A"."""
    first, dash, last = text.partition("-")
    try:
        frames = int(first), int(last) if last else TO_THE_END if dash else int(first)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no range of frames; write it like 0-99") from None
    if frames[1] < frames[0]:
        raise argparse.ArgumentTypeError(f"{text!r} ends before it starts")
    return frames
