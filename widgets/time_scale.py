"""Which frames the timeline shows, and where: shared by the seek bar and the lanes."""

from __future__ import annotations

import math

from PySide6.QtCore import QObject, Signal

GUTTER = 152
"""Room for titles left of the frames, device-independent px."""

MARGIN = 14
"""Room for a scroll bar right of them, device-independent px."""

_SMALLEST_SPAN = 10.0


class TimeScale(QObject):
    """The part of the video in view; frame f covers [f, f + 1).

    Signals:
        changed: The part in view or the number of frames changed.

    Attributes:
        count: Frames of the video.
        first: Where the view begins, frames.
        span: How much it shows, frames.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.count = 0
        self.first = 0.0
        self.span = 1.0

    @property
    def whole(self) -> bool:
        """Whether all frames are in view."""
        return self.span >= max(self.count, 1)

    def set_count(self, count: int) -> None:
        """How many frames there are; a view of everything stays one of everything."""
        whole, self.count = self.whole, count
        self.look_at(0.0, count) if whole else self.look_at(self.first, self.span)

    def look_at(self, first: float, span: float) -> None:
        """Show `span` frames from `first`, as far as the video allows."""
        longest = float(max(self.count, 1))
        self.span = min(max(span, _SMALLEST_SPAN), longest)
        self.first = min(max(first, 0.0), longest - self.span)
        self.changed.emit()

    def show_all(self) -> None:
        """Show the whole video."""
        self.look_at(0.0, self.count)

    def zoom(self, factor: float, at: float) -> None:
        """Magnify by `factor`; the frame `at` stays where it is."""
        span = min(max(self.span / factor, _SMALLEST_SPAN), float(max(self.count, 1)))
        self.look_at(at - (at - self.first) * span / self.span, span)

    def pan(self, frames: float) -> None:
        """Move the view."""
        self.look_at(self.first + frames, self.span)

    def reveal(self, frame: int) -> None:
        """Turn the page if the frame is out of view."""
        if not self.first <= frame <= self.first + self.span - 1:
            lead = 0.1 if frame > self.first else 0.9
            self.look_at(frame - self.span * lead, self.span)

    def x_of(self, frame: float, width: float) -> float:
        """Where a frame begins in a widget of this width, px."""
        return GUTTER + (frame - self.first) * self.per_frame(width)

    def middle_of(self, frame: int, width: float) -> float:
        """Where a frame's middle is, px."""
        return self.x_of(frame + 0.5, width)

    def per_frame(self, width: float) -> float:
        """Px a frame is wide."""
        return max(width - GUTTER - MARGIN, 1.0) / self.span

    def position_at(self, x: float, width: float) -> float:
        """The place at a pixel, in frames, also outside the video."""
        return self.first + (x - GUTTER) / self.per_frame(width)

    def frame_at(self, x: float, width: float) -> int:
        """The frame at a pixel, within the video."""
        return min(max(math.floor(self.position_at(x, width)), 0), max(self.count - 1, 0))

    def tick_step(self, width: float, room: float) -> int:
        """Frames between labelled ticks that are at least `room` px apart: 1, 2 or 5 times a power of ten."""
        least = max(room / self.per_frame(width), 1.0)
        power: int = 10 ** int(math.log10(least))
        return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= least)
