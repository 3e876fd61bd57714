"""One frame, one range and one part of the video in plots and timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from app.compose import Program
    from app.plot_control import PlotControl


class PlotFollowing(QObject):
    """Carries what is pointed at from the plots to the window, and back."""

    def __init__(self, program: Program, control: PlotControl) -> None:
        super().__init__(control)
        self._program = program
        self._control = control
        self._panel, self._scale = program.window.plots, program.window.timeline.scale
        view, panel = program.view, self._panel
        view.frame_changed.connect(self._on_frame)
        view.range_changed.connect(self._on_range)
        self._scale.changed.connect(self._on_timeline)
        panel.frame_requested.connect(view.set_frame)
        panel.step_requested.connect(view.step)
        panel.drag_started.connect(lambda: view.set_playing(0))
        panel.range_selected.connect(lambda first, last: view.set_range((first, last)))
        panel.view_changed.connect(self._on_plots)
        panel.set_time_formatter(self._say_time)

    def renew(self) -> None:
        """Show where the window is."""
        view = self._program.view
        self._panel.set_count(view.frame_count)
        self._on_timeline()
        self._panel.set_frame(view.frame_index)
        self._panel.set_range(view.range)

    def _on_frame(self, frame: int) -> None:
        if self._control.shown:
            self._panel.set_frame(frame)

    def _on_range(self) -> None:
        self._panel.set_range(self._program.view.range)

    def _on_timeline(self) -> None:
        """The timeline shows something else."""
        if self._control.scope.choices.follow and self._scale.count:
            self._panel.look_at(self._scale.first, self._scale.span)

    def _on_plots(self, first: float, span: float) -> None:
        """The plots show something else, because somebody zoomed or moved them."""
        if self._control.scope.choices.follow and (first, span) != (self._scale.first, self._scale.span):
            self._scale.look_at(first, span)

    def _say_time(self, frame: int) -> str:
        video = self._program.session.video
        last = self._program.view.frame_count - 1
        return f"{video.time_of(min(max(frame, 0), last)):.2f} s" if video is not None and last >= 0 else ""
