"""The dock of plots: what to plot, of whom, and the chart, which is made when it is shown first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QScrollArea,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from widgets.parts import as_panel, push_button, text_label
from widgets.plot_values import Plot, PlotChoice

if TYPE_CHECKING:
    from widgets.plot_chart import Chart

EXPORTS = (("csv", "Numbers as CSV…"), ("svg", "Picture as SVG…"), ("png", "Picture as PNG…"))


class Plots(QWidget):
    """Buttons above the chart, or a text in its place.

    Signals:
        shown: It came into view.
        curves_changed: The ticked curves' keys.
        people_changed: The ticked tracks, beside the selected one.
        follow_changed: Whether the timeline's zoom is followed.
        export_requested: "csv", "svg" or "png".
        frame_requested: A frame.
        range_requested: First and last frame.
    """

    shown = Signal()
    curves_changed = Signal(tuple)
    people_changed = Signal(tuple)
    follow_changed = Signal(bool)
    export_requested = Signal(str)
    frame_requested = Signal(int)
    range_requested = Signal(int, int)
    x_changed = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Plots")
        as_panel(self)
        self.chart: Chart | None = None
        self.curves = _Ticks("Curves", "Which curves are plotted")
        self.people = _Ticks("People", "Who is plotted beside the selected person")
        self.export = _menu_button("Export", "Write the plotted numbers or the picture")
        for kind, title in EXPORTS:
            _menu(self.export).addAction(title, lambda kind=kind: self.export_requested.emit(kind))
        self.follow = push_button("Follow")
        self.follow.setCheckable(True)
        self.follow.setToolTip("Show the frames that the timeline shows")
        self.fit = push_button("Fit")
        self.fit.setToolTip("Show all frames (double click)")
        self._text = text_label("", "muted", wrap=True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedLayout()
        self._area = QScrollArea()
        self._dressing = QTimer(self, singleShot=True, interval=0)
        self._dressing.timeout.connect(self._dress_chart)
        self._arrange()
        self.curves.ticked.connect(self.curves_changed)
        self.people.ticked.connect(lambda keys: self.people_changed.emit(tuple(int(key) for key in keys)))
        self.follow.toggled.connect(self.follow_changed)
        self.fit.clicked.connect(lambda: self.chart.fit() if self.chart is not None else None)
        self.set_text("Open a video to see plots.")

    @property
    def empty(self) -> bool:
        """Whether a text is shown instead of plots."""
        return self._stack.currentIndex() == 0

    @property
    def text(self) -> str:
        """The text that is shown instead of plots."""
        return self._text.text()

    def need_chart(self) -> Chart:
        """The chart; the first time it is made."""
        if self.chart is None:
            from widgets.plot_chart import Chart

            self.chart = Chart()
            self.chart.frame_requested.connect(self.frame_requested)
            self.chart.range_requested.connect(self.range_requested)
            self.chart.x_changed.connect(self.x_changed)
            self._area.setWidget(self.chart)
        return self.chart

    def set_text(self, text: str) -> None:
        """Say why there are no plots."""
        self._text.setText(text)
        self._stack.setCurrentIndex(0)
        self._tell_able()

    def set_plots(self, plots: Sequence[Plot], time_of: Callable[[int], float], count: int) -> None:
        """Show plots over so many frames, which are presented when `time_of` says, in s."""
        chart = self.need_chart()
        chart.set_times(time_of)
        chart.set_count(count)
        chart.set_plots(plots)
        self._stack.setCurrentIndex(1)
        self._tell_able()

    def set_frame(self, frame: int) -> None:
        """Move the cursor."""
        if self.chart is not None:
            self.chart.set_frame(frame)

    def set_range(self, span: tuple[int, int] | None) -> None:
        """Show the range."""
        if self.chart is not None:
            self.chart.set_range(span)

    def showEvent(self, event: QShowEvent) -> None:
        """Tell that it is looked at."""
        super().showEvent(event)
        self.shown.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange) and hasattr(
            self, "_dressing"
        ):
            self._dressing.start()

    def _dress_chart(self) -> None:
        if self.chart is not None:
            self.chart.set_plots(self.chart.plots)

    def _tell_able(self) -> None:
        for button in (self.export, self.fit):
            button.setEnabled(not self.empty)

    def _arrange(self) -> None:
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._stack.addWidget(self._text)
        self._stack.addWidget(self._area)
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 6, 8, 6)
        bar.setSpacing(4)
        for button in (self.curves, self.people, self.follow, self.fit):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click must not take the keys from the picture
            bar.addWidget(button)
        bar.addStretch(1)
        bar.addWidget(self.export)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addLayout(self._stack, 1)


class _Ticks(QToolButton):
    """A button with a menu of things to tick."""

    ticked = Signal(tuple)

    def __init__(self, title: str, tip: str) -> None:
        super().__init__()
        _dress(self, title, tip)
        self.options: dict[str, QAction] = {}
        self._known: tuple[PlotChoice, ...] = ()

    def set_choices(self, choices: Sequence[PlotChoice], on: Sequence[str]) -> None:
        """What there is to tick, and what is ticked."""
        if tuple(choices) != self._known:
            self._known = tuple(choices)
            self._fill()
        for key, action in self.options.items():
            action.setChecked(key in on)
        self.setEnabled(bool(choices))

    def _fill(self) -> None:
        menu = _menu(self)
        menu.clear()
        self.options = {}
        group = self._known[0].group if self._known else 0
        for choice in self._known:
            if choice.group != group:
                group = choice.group
                menu.addSeparator()
            action = menu.addAction(choice.title)
            action.setCheckable(True)
            action.setToolTip(choice.tip)
            action.triggered.connect(self._tell)
            self.options[choice.key] = action

    def _tell(self) -> None:
        self.ticked.emit(tuple(key for key, action in self.options.items() if action.isChecked()))


def _menu_button(title: str, tip: str) -> QToolButton:
    button = QToolButton()
    _dress(button, title, tip)
    return button


def _dress(button: QToolButton, title: str, tip: str) -> None:
    button.setText(title)
    button.setAccessibleName(title)
    button.setToolTip(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    menu = QMenu(button)
    menu.setToolTipsVisible(True)
    button.setMenu(menu)


def _menu(button: QToolButton) -> QMenu:
    menu = button.menu()
    assert isinstance(menu, QMenu)
    return menu
