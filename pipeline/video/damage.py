"""What a damaged file cost, in a reviewer's words."""

from __future__ import annotations

from collections.abc import Iterable


class Damage:
    """Frames that turned out damaged, shared by all readers of a video. Thread-safe."""

    def __init__(self) -> None:
        self._lost: frozenset[int] = frozenset()
        self._doubtful: frozenset[int] = frozenset()

    def lose(self, frame: int) -> None:
        """Note a frame that cannot be decoded."""
        self._lost |= {frame}

    def doubt(self, frame: int) -> None:
        """Note a frame that the decoder patched up."""
        self._doubtful |= {frame}

    def __contains__(self, frame: int) -> bool:
        return frame in self._lost

    def notices(self, frame_count: int) -> tuple[str, ...]:
        """Sentences about what was found so far."""
        found = []
        if self._lost:
            found.append(_lost(sorted(self._lost), frame_count))
        if self._doubtful:
            found.append(f"The file is damaged: {_frames(self._doubtful)} may look wrong.")
        return tuple(found)


def _lost(frames: list[int], frame_count: int) -> str:
    if frames[-1] == frame_count - 1 and frames[-1] - frames[0] == len(frames) - 1 and frames[0]:
        return f"Damaged after frame {frames[0] - 1}: {len(frames)} frames cannot be decoded."
    return f"The file is damaged: {_frames(frames)} cannot be decoded."


def _frames(frames: Iterable[int]) -> str:
    runs: list[list[int]] = []
    for frame in sorted(frames):
        if runs and runs[-1][-1] == frame - 1:
            runs[-1][1:] = [frame]
        else:
            runs.append([frame])
    named = ", ".join("–".join(str(end) for end in run) for run in runs[:8])
    more = f" and {len(runs) - 8} more places" if len(runs) > 8 else ""
    return f"{'frame' if named.isdigit() else 'frames'} {named}{more}"
