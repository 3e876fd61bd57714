"""Where each frame is in time, and where decoding can start."""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.atomic import replacing
from pipeline.errors import ExportError
from pipeline.structures import Int

_VERSION = 2  # 1 did not say what is missing


@dataclass(frozen=True, slots=True, eq=False)
class VideoIndex:
    """The presented frames in order, and the key frames among them.

    A frame carries a token through the decoder by which it is recognised: its timestamp, or, in
    streams whose timestamps cannot be trusted (`counted`), the place of its packet in the file.

    Attributes:
        pts: (N,) presentation timestamps, never decreasing.
        tokens: (N,) the token of each frame.
        keys: (K,) tokens of the key packets, in order of presentation.
        key_frames: (K,) the first frame that decoding from that key packet gives for sure.
        time_base: Seconds in one unit of `pts`.
        counted: Whether tokens are places of packets.
        complete: Whether this is all of the video.
        notices: What went wrong while reading.
    """

    pts: Int
    tokens: Int
    keys: Int
    key_frames: Int
    time_base: Fraction
    counted: bool = False
    complete: bool = False
    notices: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.pts)

    def key_for(self, frame: int) -> int:
        """The row of the last key at or before a frame; -1 means the start of the file."""
        return int(np.searchsorted(self.key_frames, frame, side="right")) - 1

    def first_frame(self, key: int) -> int:
        """The first frame that decoding from a row of `keys` gives; 0 for the start of the file."""
        return int(self.key_frames[key]) if key >= 0 else 0

    def locate(self, token: int | None, last: int) -> int | None:
        """The frame with this token, given that frame `last` came out of the decoder before it.

        Frames with the same timestamp are told apart by their order.
        """
        if token is None:
            return None
        if self.counted:
            found = np.flatnonzero(self.tokens == token)
            return int(found[0]) if len(found) else None
        after = last + 1
        if 0 < after < len(self) and self.tokens[after] == token == self.tokens[last]:
            return after
        place = int(np.searchsorted(self.tokens, token))
        return place if place < len(self) and self.tokens[place] == token else None

    def time_of(self, frame: int) -> float:
        """Seconds from the first frame."""
        return float((int(self.pts[frame]) - int(self.pts[0])) * self.time_base)

    def index_at(self, time: float) -> int:
        """The frame on screen `time` s after the first."""
        # A little slack: the float nearest to a frame's own time must give that frame.
        target = int(self.pts[0]) + (time + 1e-6) / float(self.time_base)
        return max(0, int(np.searchsorted(self.pts, target, side="right")) - 1)

    @property
    def identity(self) -> str:
        """16 hex digits for these timestamps."""
        scale = f"{self.time_base.numerator}/{self.time_base.denominator};".encode()
        return hashlib.sha256(scale + self.pts.astype("<i8").tobytes()).hexdigest()[:16]

    @property
    def rate(self) -> Fraction | None:
        """Average frames per s; None for fewer than two different timestamps."""
        span = int(self.pts[-1] - self.pts[0]) * self.time_base if len(self) else Fraction(0)
        return ((len(self) - 1) / span).limit_denominator(1001) if span else None

    @property
    def variable_rate(self) -> bool:
        """Whether frames differ in length by more than rounding explains."""
        steps = np.diff(self.pts)
        if len(steps) < 2:
            return False
        spread = int(steps.max() - steps.min())
        return spread > 2 and spread > 0.05 * float(np.median(steps))


def index_by_time(pts: npt.ArrayLike, keys: npt.ArrayLike, time_base: Fraction) -> VideoIndex:
    """An index for a stream whose timestamps can be trusted.

    Args:
        pts: Timestamps of the packets that are shown, in any order.
        keys: Timestamps of key packets, shown or not, in any order.
        time_base: Seconds in one unit.
    """
    times = np.sort(np.asarray(pts, np.int64))
    starts = np.unique(np.asarray(keys, np.int64))
    first, behind = np.searchsorted(times, starts), np.searchsorted(times, starts, side="right")
    # A key that shares its timestamp with another frame does not say which of them it is.
    clear = (behind - first <= 1) & (first < len(times))
    return VideoIndex(times, times, starts[clear], first[clear], time_base)


def save_index(index: VideoIndex, file: Path, stamp: tuple[int, int]) -> None:
    """Keep a complete index; a file that cannot be written is no loss, it is read again next time.

    Args:
        index: What to keep.
        file: Where.
        stamp: Size in bytes and modification time in ns of the video.
    """
    head = [_VERSION, *stamp, index.time_base.numerator, index.time_base.denominator, int(index.counted)]
    with contextlib.suppress(ExportError), replacing(file) as part, part.open("wb") as target:
        np.savez(
            target, head=np.array(head, np.int64), notices=np.array(index.notices, "U"),
            pts=index.pts, tokens=index.tokens, keys=index.keys, key_frames=index.key_frames,
        )  # fmt: skip


def load_index(file: Path, stamp: tuple[int, int]) -> VideoIndex | None:
    """A kept index, or None if there is none for this state of the video."""
    try:
        with file.open("rb") as source, np.load(source, allow_pickle=False) as data:
            version, size, changed, over, under, counted = (int(x) for x in data["head"])
            if (version, size, changed) != (_VERSION, *stamp):
                return None
            return VideoIndex(
                data["pts"], data["tokens"], data["keys"], data["key_frames"], Fraction(over, under),
                counted=bool(counted), complete=True, notices=tuple(str(x) for x in data["notices"]),
            )  # fmt: skip
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
