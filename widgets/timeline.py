"""Seek bar and track lanes over one time axis."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QScrollBar, QVBoxLayout, QWidget

from widgets.lanes import TrackLanes
from widgets.problem_strip import ProblemStrip
from widgets.seek_bar import SeekBar
from widgets.time_scale import GUTTER, MARGIN, TimeScale
from widgets.values import Lane, Marks, Range


class Timeline(QWidget):
    """Shows the state of each frame and where each track is; asks for frames, ranges and tracks.

    Signals:
        frame_requested: A frame to show.
        drag_started: Scrubbing begins.
        drag_finished: Scrubbing is over.
        range_selected: First and last frame, both included.
        range_cleared: No range any more.
        track_selected: The track clicked.
        other_selected: The track clicked as a second one, with Ctrl or Shift.
        menu_requested: A track, the frame under the pointer, and where on the screen to open a menu.
    """

    frame_requested = Signal(int)
    drag_started = Signal()
    drag_finished = Signal()
    range_selected = Signal(int, int)
    range_cleared = Signal()
    track_selected = Signal(int)
    other_selected = Signal(int)
    menu_requested = Signal(int, int, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Timeline")
        self._scale = TimeScale(self)
        self.seek_bar = SeekBar(self._scale, self)
        self.problem_strip = ProblemStrip(self._scale, self)
        self.lanes = TrackLanes(self._scale, self)
        self._bar = QScrollBar(Qt.Orientation.Horizontal, self)
        self._bar.setAccessibleName("Part of the video in view")
        self._bar.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.seek_bar)
        column.addWidget(self.problem_strip)
        column.addWidget(self.lanes, 1)
        under = QVBoxLayout()
        under.setContentsMargins(GUTTER, 0, MARGIN, 0)
        under.addWidget(self._bar)
        column.addLayout(under)
        self._connect()

    @property
    def scale(self) -> TimeScale:
        """Which frames are in view."""
        return self._scale

    def _connect(self) -> None:
        for source in (self.seek_bar, self.problem_strip, self.lanes):
            source.frame_requested.connect(self._on_frame_requested)
        self.seek_bar.drag_started.connect(self.drag_started)
        self.seek_bar.drag_finished.connect(self.drag_finished)
        self.seek_bar.range_selected.connect(self._on_range_selected)
        self.seek_bar.range_cleared.connect(self._on_range_cleared)
        self.lanes.track_selected.connect(self.track_selected)
        self.lanes.other_selected.connect(self.other_selected)
        self.lanes.menu_requested.connect(self.menu_requested)
        self.lanes.range_selected.connect(self._on_lane_range)
        self._scale.changed.connect(self._on_scale_changed)
        self._bar.valueChanged.connect(self._on_scrolled)

    def set_count(self, count: int) -> None:
        """How many frames the video has; 0 if there is none."""
        if count != self._scale.count:
            self._scale.set_count(count)

    def set_position(self, index: int) -> None:
        """The frame that is shown; the view follows when it leaves it."""
        for part in (self.seek_bar, self.problem_strip, self.lanes):
            part.set_position(index)
        self._scale.reveal(index)

    def set_marks(self, marks: Marks) -> None:
        """The state of each frame."""
        self.seek_bar.set_marks(marks)

    def set_lanes(self, lanes: tuple[Lane, ...]) -> None:
        """The tracks, from top to bottom."""
        self.lanes.set_lanes(lanes)

    def set_range(self, chosen: Range | None) -> None:
        """The range that is chosen: first and last frame, both included."""
        self.seek_bar.set_range(chosen)
        self.lanes.set_range(chosen)

    def set_selected_track(self, track_id: int | None) -> None:
        """The track that is selected."""
        self.lanes.set_selected(track_id)

    def set_other_track(self, track_id: int | None) -> None:
        """The second track that is marked."""
        self.lanes.set_other(track_id)

    def set_index_progress(self, fraction: float | None) -> None:
        """How far counting the frames has come; None when they are counted."""
        self.seek_bar.set_index_progress(fraction)

    def set_time_formatter(self, formatter: Callable[[int], str]) -> None:
        """How to say the time of a frame."""
        for part in (self.seek_bar, self.problem_strip, self.lanes):
            part.set_time_formatter(formatter)

    def zoom_all(self) -> None:
        """Show the whole video."""
        self._scale.show_all()

    def zoom_in(self) -> None:
        """Show less of the video, larger, around the current frame."""
        self._scale.zoom(1.5, self.seek_bar.position)

    def zoom_out(self) -> None:
        """Show more of the video."""
        self._scale.zoom(1 / 1.5, self.seek_bar.position)

    @property
    def view(self) -> tuple[float, float]:
        """First frame in view and how many are, to be remembered."""
        return self._scale.first, self._scale.span

    def _on_frame_requested(self, frame: int) -> None:
        self.set_position(frame)
        self.frame_requested.emit(frame)

    def _on_range_selected(self, first: int, last: int) -> None:
        self.lanes.set_range((first, last))
        self.range_selected.emit(first, last)

    def _on_lane_range(self, first: int, last: int) -> None:
        self.set_range((first, last))
        self.range_selected.emit(first, last)

    def _on_range_cleared(self) -> None:
        self.lanes.set_range(None)
        self.range_cleared.emit()

    def _on_scale_changed(self) -> None:
        scale = self._scale
        self._bar.blockSignals(True)
        self._bar.setRange(0, math.ceil(scale.count - scale.span))
        self._bar.setPageStep(max(round(scale.span), 1))
        self._bar.setValue(round(scale.first))
        self._bar.blockSignals(False)
        self._bar.setVisible(not scale.whole)

    def _on_scrolled(self, first: int) -> None:
        self._scale.look_at(first, self._scale.span)
