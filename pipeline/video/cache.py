"""Decoded frames, as many as fit."""

from __future__ import annotations

import bisect
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Picture = TypeVar("Picture")


class FrameCache(Generic[Picture]):
    """Decoded frames by index, bounded by bytes. Thread-safe.

    What goes first is what is farthest from where the reviewer is, and of that what lies behind the
    movement: with least-recently-used order, stepping back would throw out exactly the frames that
    were decoded ahead of it, since those behind were looked at later.
    """

    def __init__(self, limit: int, measure: Callable[[Picture], int]) -> None:
        self._limit = limit
        self._measure = measure
        self._frames: dict[int, Picture] = {}
        self._order: list[int] = []
        self._sizes: dict[int, int] = {}
        self._bytes = 0
        self._focus, self._direction = 0, 1
        self._lock = threading.Lock()

    def __contains__(self, index: int) -> bool:
        return index in self._frames

    @property
    def bytes(self) -> int:
        """Bytes held."""
        return self._bytes

    def focus(self, index: int) -> None:
        """Say where the reviewer is now; the movement follows from where they were."""
        with self._lock:
            if index != self._focus:
                self._direction = 1 if index > self._focus else -1
            self._focus = index

    def get(self, index: int) -> Picture | None:
        """The frame, if it is here."""
        return self._frames.get(index)

    def put(self, index: int, picture: Picture) -> None:
        """Keep a frame, at the cost of those farthest away; perhaps of itself."""
        with self._lock:
            if index in self._frames:
                return
            bisect.insort(self._order, index)
            self._frames[index] = picture
            self._sizes[index] = self._measure(picture)
            self._bytes += self._sizes[index]
            while self._bytes > self._limit and self._order:
                self._drop_farthest()

    def nearest(self, index: int) -> int | None:
        """The held frame closest to an index."""
        with self._lock:
            place = bisect.bisect_left(self._order, index)
            around = self._order[max(0, place - 1) : place + 1]
            return min(around, key=lambda held: abs(held - index), default=None)

    def ranges(self) -> tuple[tuple[int, int], ...]:
        """Runs of held frames, first and last of each."""
        with self._lock:
            order = tuple(self._order)
        runs: list[tuple[int, int]] = []
        for index in order:
            if runs and runs[-1][1] == index - 1:
                runs[-1] = (runs[-1][0], index)
            else:
                runs.append((index, index))
        return tuple(runs)

    def clear(self) -> None:
        """Hold nothing."""
        with self._lock:
            self._frames.clear()
            self._order.clear()
            self._sizes.clear()
            self._bytes = 0

    def _drop_farthest(self) -> None:
        before, after = self._focus - self._order[0], self._order[-1] - self._focus
        behind = before * 2 if self._direction > 0 else before
        ahead = after * 2 if self._direction < 0 else after
        index = self._order.pop(0 if behind > ahead else -1)
        del self._frames[index]
        self._bytes -= self._sizes.pop(index)
