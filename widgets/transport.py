"""Play, step, jump and the speed."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from widgets.parts import as_panel, text_label, tool_button
from widgets.theme import set_icon
from widgets.units import format_count, format_time, parse_position

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""What the speed box offers and the keys step through, times the video's own rate."""


class PositionField(QLineEdit):
    """Shows where one is, and takes a frame or a time typed in.

    Signals:
        frame_entered: A frame was typed.
        time_entered: A time was typed, s.
    """

    frame_entered = Signal(int)
    time_entered = Signal(float)

    def __init__(self, name: str, tip: str, width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setFixedWidth(width)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._shown = ""
        self.textEdited.connect(self._on_edited)
        self.returnPressed.connect(self._on_return)

    def show_value(self, text: str) -> None:
        """Show where one is, unless something is being typed."""
        self._shown = text
        if not self.isModified():
            self.setText(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc gives up what was typed."""
        if event.key() == Qt.Key.Key_Escape:
            self._restore()
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """What was typed and not entered is given up."""
        self._restore()
        super().focusOutEvent(event)

    def _restore(self) -> None:
        self.setText(self._shown)
        self._mark_wrong(False)

    def _on_edited(self, text: str) -> None:
        self._mark_wrong(bool(text.strip()) and parse_position(text) is None)

    def _on_return(self) -> None:
        place = parse_position(self.text())
        if place is None:
            self._mark_wrong(True)
            return
        self._restore()
        self.clearFocus()
        if isinstance(place, int):
            self.frame_entered.emit(place)
        else:
            self.time_entered.emit(place)

    def _mark_wrong(self, wrong: bool) -> None:
        if bool(self.property("wrong")) != wrong:
            self.setProperty("wrong", wrong)
            self.style().unpolish(self)
            self.style().polish(self)


class Transport(QWidget):
    """The row under the picture.

    Signals:
        play_toggled: Play or pause.
        step_requested: Frames to go, forward or (negative) backward.
        seek_requested: A frame to show, within the video.
        time_requested: A time to show, s, within the video.
        speed_changed: Times the video's own rate.
    """

    play_toggled = Signal()
    step_requested = Signal(int)
    seek_requested = Signal(int)
    time_requested = Signal(float)
    speed_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Transport")
        as_panel(self)
        self._count, self._duration = 0, 0.0
        self._play_keys = " (Space)"
        self._first = tool_button("first", "First frame", "First frame (Home)", 20)
        self._back = tool_button("step-back", "One frame back", "One frame back (← or ,)", 20)
        self._play = tool_button("play", "Play", "Play (Space)", 22)
        self._forward = tool_button("step-forward", "One frame forward", "One frame forward (→ or .)", 20)
        self._last = tool_button("last", "Last frame", "Last frame (End)", 20)
        self.frame_field = PositionField("Frame", "Frame: type 123, or a time such as 0:12.5 (G)", 68)
        self.time_field = PositionField("Time", "Time: type 0:12.5 or 12.5s, or a frame", 88)
        self._frames = text_label("", "muted")
        self._length = text_label("", "muted")
        self._speed = QComboBox()
        self._arrange()
        self._connect()
        self.set_speed(1.0)
        self.set_enabled(False)
        self.set_position(0, 0, 0.0, 0.0)

    def _arrange(self) -> None:
        for button in (self._back, self._forward):
            button.setAutoRepeat(True)
            button.setAutoRepeatInterval(60)
        self._speed.setAccessibleName("Speed")
        self._speed.setToolTip("Speed (slower [ , faster ] , normal Backspace)")
        self._speed.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._speed.setMinimumWidth(78)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 12, 4)
        row.setSpacing(0)
        self._frames.setMinimumWidth(60)
        self._frames.setToolTip("The last frame; frames count from 0")
        row.addWidget(
            _group((self.frame_field, self._frames, self.time_field, self._length), 8, after=True), 1
        )
        buttons = (self._first, self._back, self._play, self._forward, self._last)
        row.addWidget(_group(buttons, 4))
        row.addWidget(_group((text_label("Speed", "muted"), self._speed), 8, before=True), 1)

    def _connect(self) -> None:
        self._first.clicked.connect(self._on_first)
        self._back.clicked.connect(self._on_back)
        self._play.clicked.connect(self._on_play)
        self._forward.clicked.connect(self._on_forward)
        self._last.clicked.connect(self._on_last)
        for field in (self.frame_field, self.time_field):
            field.frame_entered.connect(self._on_frame_entered)
            field.time_entered.connect(self._on_time_entered)
        self._speed.activated.connect(self._on_speed)

    def set_position(self, index: int, count: int, time: float, duration: float) -> None:
        """Where one is: frame of so many, time in s of the whole duration."""
        self._count, self._duration = count, duration
        self.frame_field.show_value(format_count(index) if count else "")
        self.time_field.show_value(format_time(time) if count else "")
        _set_quietly(self._frames, f"/ {format_count(count - 1)}" if count else "")
        _set_quietly(self._length, f"/ {format_time(duration)}" if count else "")

    def set_playing(self, playing: bool) -> None:
        """Whether it plays."""
        name = "Pause" if playing else "Play"
        set_icon(self._play, name.lower())
        self._play.setAccessibleName(name)
        self._play.setToolTip(f"{name}{self._play_keys}")

    def set_keys(self, keys: Mapping[str, str]) -> None:
        """Which keys the tooltips name, by "first", "back", "play", "forward", "last" and "speed"; empty if none."""
        said = {what: f" ({mine})" if mine else "" for what, mine in keys.items()}
        self._first.setToolTip(f"First frame{said['first']}")
        self._back.setToolTip(f"One frame back{said['back']}")
        self._forward.setToolTip(f"One frame forward{said['forward']}")
        self._last.setToolTip(f"Last frame{said['last']}")
        self._speed.setToolTip(f"Speed{said['speed']}")
        self._play_keys = said["play"]
        self._play.setToolTip(f"{self._play.accessibleName()}{self._play_keys}")

    def set_speed(self, speed: float) -> None:
        """The speed, times the video's own rate; negative is backward."""
        if (index := self._speed.findData(speed)) < 0:
            speeds = sorted({*SPEEDS, speed})
            self._speed.clear()
            for value in speeds:
                self._speed.addItem(f"{value:g}×".replace("-", "−"), value)
            index = speeds.index(speed)
        self._speed.setCurrentIndex(index)

    def set_enabled(self, enabled: bool) -> None:
        """Whether there is a video to play."""
        for widget in self.findChildren(QToolButton):
            widget.setEnabled(enabled)
        for field in (self.frame_field, self.time_field, self._speed):
            field.setEnabled(enabled)

    def _on_first(self) -> None:
        self.seek_requested.emit(0)

    def _on_last(self) -> None:
        self.seek_requested.emit(max(self._count - 1, 0))

    def _on_back(self) -> None:
        self.step_requested.emit(-1)

    def _on_forward(self) -> None:
        self.step_requested.emit(1)

    def _on_play(self) -> None:
        self.play_toggled.emit()

    def _on_frame_entered(self, frame: int) -> None:
        self.seek_requested.emit(min(frame, max(self._count - 1, 0)))

    def _on_time_entered(self, time: float) -> None:
        self.time_requested.emit(min(time, self._duration))

    def _on_speed(self, index: int) -> None:
        self.speed_changed.emit(float(self._speed.itemData(index)))


def _group(widgets: tuple[QWidget, ...], spacing: int, before: bool = False, after: bool = False) -> QWidget:
    group = QWidget()
    row = QHBoxLayout(group)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(spacing)
    if before:
        row.addStretch(1)
    for widget in widgets:
        row.addWidget(widget)
    if after:
        row.addStretch(1)
    return group


def _set_quietly(label: QLabel, text: str) -> None:
    """Set a text only when it is another: a new one lays out the row again, at every frame played."""
    if label.text() != text:
        label.setText(text)
