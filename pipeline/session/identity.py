"""Which video a session belongs to, and whether that is still the video on disk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.errors import SessionError


@dataclass(frozen=True, slots=True)
class VideoIdentity:
    """What tells one video from another.

    Attributes:
        name: File name.
        size_bytes: Of the file, or of all pictures of a folder or series.
        mtime_ns: Last change, ns since 1970; the latest of several pictures.
        frame_count: Exact number of frames, 0 while unknown.
        index_hash: Hash of the presentation timestamps, empty while unknown.
    """

    name: str
    size_bytes: int
    mtime_ns: int
    frame_count: int = 0
    index_hash: str = ""


def identity_of(video: Path, *, frame_count: int = 0, index_hash: str = "") -> VideoIdentity:
    """The identity of a video file, a folder of pictures or a series such as "img_%04d.png".

    Raises:
        SessionError: It cannot be looked at.
    """
    try:
        stats = [file.stat() for file in _files(video)]
    except OSError as error:
        raise SessionError(f"{video.name} cannot be opened: {error.strerror}.") from error
    size, changed = sum(stat.st_size for stat in stats), max((stat.st_mtime_ns for stat in stats), default=0)
    return VideoIdentity(video.name, size, changed, frame_count, index_hash)


def _files(video: Path) -> Iterable[Path]:
    if video.is_dir():
        return [file for file in video.iterdir() if file.is_file() and not file.name.startswith(".")]
    if "%" in video.name and not video.exists():
        start = video.name.partition("%")[0]
        return [
            file
            for file in video.parent.iterdir()
            if file.name.startswith(start) and file.suffix == video.suffix
        ]
    return [video]


def same_video(known: VideoIdentity, now: VideoIdentity) -> bool:
    """Whether results for `known` fit `now`; a copy or a renamed file does.

    The size must be the same and, where both are known, the timestamps; a different time of change
    alone, as after copying, matters only as long as the timestamps are unknown.
    """
    if known.size_bytes != now.size_bytes:
        return False
    if known.index_hash and now.index_hash:
        return known.index_hash == now.index_hash
    return known.mtime_ns == now.mtime_ns


def difference(known: VideoIdentity, now: VideoIdentity) -> str:
    """What differs, in a sentence for the reviewer; empty if it is the same video."""
    if same_video(known, now):
        return ""
    found = []
    if known.size_bytes != now.size_bytes:
        found.append(f"{_size(known.size_bytes)} then, {_size(now.size_bytes)} now")
    if known.frame_count and now.frame_count and known.frame_count != now.frame_count:
        found.append(f"{known.frame_count} frames then, {now.frame_count} now")
    elif known.index_hash and now.index_hash and known.index_hash != now.index_hash:
        found.append("its frames have other times")
    if known.mtime_ns != now.mtime_ns:
        found.append(f"changed {_time(now.mtime_ns)}")
    return (
        f"{now.name} is not the video this session was made with: {', '.join(found)}. "
        "Results may not fit the pictures; run the frames again where they do not."
    )


def _size(size: int) -> str:
    return f"{size:,} bytes".replace(",", " ")


def _time(mtime_ns: int) -> str:
    return datetime.fromtimestamp(mtime_ns / 1e9).astimezone().strftime("%Y-%m-%d %H:%M:%S")
