"""The Plots tab: which curves of whom, drawn over the frames, and what is done with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QProgressBar, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from widgets.parts import as_panel, text_label
from widgets.plot_bar import PlotBar
from widgets.plot_people import PlotPeople
from widgets.plot_values import FILLED, SMOOTHED, CurveRow, PersonRow, Plot
from widgets.values import Range

if TYPE_CHECKING:  # pyqtgraph loads when the first plot is drawn: the window shows before
    from widgets.plot_stack import PlotStack


class Plots(QWidget):
    """Buttons, people, and the plots below, or a sentence that says why there are none.

    Signals:
        curve_changed: Key of a curve, what exactly is chosen of it, and whether it is to be plotted.
        pin_toggled: A track, and whether it stays when somebody else is selected.
        follow_toggled: Whether the plots are to show the part of the video that the timeline shows.
        fit_requested: Everything is to be seen.
        export_requested: "csv", "svg" or "png".
        frame_requested: A frame to show.
        step_requested: Frames to go.
        drag_started: Somebody goes through the frames by hand.
        range_selected: First and last frame, both included.
        view_changed: Somebody moved or zoomed: the first frame in view, and how many.
    """

    curve_changed = Signal(str, str, bool)
    pin_toggled = Signal(int, bool)
    follow_toggled = Signal(bool)
    fit_requested = Signal()
    export_requested = Signal(str)
    frame_requested = Signal(int)
    step_requested = Signal(int)
    drag_started = Signal()
    range_selected = Signal(int, int)
    view_changed = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Plots")
        as_panel(self)
        self.bar = PlotBar()
        self.people = PlotPeople()
        self.message = text_label("", "muted", True)
        self.made = text_label("", "muted")
        self.note = text_label("", "warn", True)
        self.progress = QProgressBar()
        self.stack: PlotStack | None = None
        self._area = QScrollArea()
        self._pages = QStackedLayout()
        self._count, self._frame = 0, 0
        self._formatter: Callable[[int], str] = str
        self._view: tuple[float, float] | None = None
        self._range: Range | None = None
        self._arrange()
        self._connect()
        self.set_message("Open a video first.")

    def _arrange(self) -> None:
        self._dress_progress()
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setMargin(24)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.made.setContentsMargins(8, 2, 8, 4)
        self.note.setContentsMargins(8, 2, 8, 4)
        self.made.hide()
        self.note.hide()
        self._pages.addWidget(self.message)
        self._pages.addWidget(self._area)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.people)
        column.addWidget(self.progress)
        column.addLayout(self._pages, 1)
        column.addWidget(self.made)
        column.addWidget(self.note)

    def _dress_progress(self) -> None:
        self.progress.setTextVisible(False)
        self.progress.setRange(0, 1000)
        self.progress.setFixedHeight(3)
        self.progress.setAccessibleName("Reading the session")
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # or the plots would jump at every edit
        self.progress.setSizePolicy(policy)
        self.progress.hide()

    def _connect(self) -> None:
        bar = self.bar
        bar.curve_changed.connect(self.curve_changed)
        bar.export_requested.connect(self.export_requested)
        bar.follow.toggled.connect(self.follow_toggled)
        bar.fit.clicked.connect(self.fit_requested)
        self.people.pin_toggled.connect(self.pin_toggled)

    # what is shown

    def set_curves(self, rows: tuple[CurveRow, ...], chosen: Mapping[str, str]) -> None:
        """Which curves there are, and what exactly is chosen of those that are plotted."""
        self.bar.set_curves(rows, chosen)

    def set_people(self, rows: tuple[PersonRow, ...]) -> None:
        """Whose curves are shown, the selected person first."""
        self.people.set_people(rows)

    def set_message(self, text: str) -> None:
        """Say why there is nothing to see."""
        self.message.setText(text)
        self._pages.setCurrentIndex(0)
        self._tell_made(())
        self.set_note("")

    def set_plots(self, plots: tuple[Plot, ...]) -> None:
        """Show these, from top to bottom."""
        stack = self.stack or self._make_stack()
        stack.set_plots(plots)
        self._pages.setCurrentIndex(1)
        self._tell_made(plots)

    def set_note(self, text: str) -> None:
        """Say what is wrong with what is shown; empty if nothing is."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def set_progress(self, share: float | None) -> None:
        """How much of the session is read; None when all is."""
        self.progress.setVisible(share is not None)
        self.progress.setValue(round(1000 * (share or 0.0)))

    @property
    def empty(self) -> bool:
        """Whether there are no plots to see."""
        return self._pages.currentIndex() == 0

    def _tell_made(self, plots: tuple[Plot, ...]) -> None:
        """What the marks mean, as long as there are any; and whether there is something to export."""
        codes = {
            code
            for plot in plots
            for one in plot.people
            for code in (FILLED, SMOOTHED)
            if (one.made == code).any()
        }
        words = {FILLED: "○ filled in", SMOOTHED: "◇ smoothed"}
        self.made.setText("     ".join(words[code] for code in sorted(codes)))
        self.made.setVisible(bool(codes))
        for button in (self.bar.export, self.bar.fit):
            button.setEnabled(bool(plots))

    # where one is

    def set_count(self, count: int) -> None:
        """How many frames the video has."""
        self._count = count
        if self.stack is not None:
            self.stack.set_count(count)

    def set_frame(self, frame: int) -> None:
        """The current frame."""
        self._frame = frame
        if self.stack is not None:
            self.stack.set_frame(frame)

    def set_range(self, chosen: Range | None) -> None:
        """The range that is chosen."""
        self._range = chosen
        if self.stack is not None:
            self.stack.set_range(chosen)

    def look_at(self, first: float, span: float) -> None:
        """Show a part of the video."""
        self._view = first, span
        if self.stack is not None:
            self.stack.look_at(first, span)

    def set_follow(self, follow: bool) -> None:
        """Whether the timeline is followed."""
        self.bar.follow.setChecked(follow)

    def set_time_formatter(self, formatter: Callable[[int], str]) -> None:
        """How to say the time of a frame."""
        self._formatter = formatter
        if self.stack is not None:
            self.stack.set_time_formatter(formatter)

    def _make_stack(self) -> PlotStack:
        from widgets.plot_stack import PlotStack

        stack = self.stack = PlotStack()
        self._area.setWidget(stack)
        stack.set_time_formatter(self._formatter)
        stack.set_count(self._count)
        if self._view is not None:
            stack.look_at(*self._view)
        stack.set_frame(self._frame)
        stack.set_range(self._range)
        stack.frame_requested.connect(self.frame_requested)
        stack.step_requested.connect(self.step_requested)
        stack.drag_started.connect(self.drag_started)
        stack.range_selected.connect(self.range_selected)
        stack.view_changed.connect(self.view_changed)
        stack.fit_requested.connect(self.fit_requested)
        return stack
