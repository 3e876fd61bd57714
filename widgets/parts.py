"""Small pieces every panel is made of, so that all look alike."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from widgets.theme import set_icon


def text_label(text: str = "", role: str = "", wrap: bool = False) -> QLabel:
    """A label in one of the style sheet's roles: "heading", "title", "muted", "good", "warn", "bad", "key"."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        label.setProperty("role", role)
    if wrap:
        label.setWordWrap(True)
        label.setMinimumWidth(40)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def set_role(widget: QWidget, role: str) -> None:
    """Change the role, and with it the look."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class ElidedLabel(QLabel):
    """A label that shortens its text instead of widening its panel; the tooltip says all of it."""

    def __init__(
        self,
        text: str = "",
        role: str = "",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._mode = mode
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        if role:
            self.setProperty("role", role)

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        """Show a text."""
        super().setText(text)
        self.setToolTip(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        """As much of the text as there is room for."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        shown = QFontMetrics(self.font()).elidedText(self.text(), self._mode, self.width())
        painter.drawText(self.rect(), self.alignment(), shown)
        painter.end()


def as_panel(widget: QWidget) -> None:
    """Give a plain widget a panel's ground; without it the window's shows through."""
    widget.setProperty("role", "bar")
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)


def line() -> QFrame:
    """A quiet line between parts of a panel."""
    return _ruled("line")


def gap() -> QFrame:
    """A quiet upright line between groups in a bar."""
    return _ruled("gap")


def _ruled(role: str) -> QFrame:
    frame = QFrame()
    frame.setProperty("role", role)
    return frame


def tool_button(icon: str, name: str, tip: str = "", size: int = 18, checkable: bool = False) -> QToolButton:
    """A flat button with an icon.

    It takes the focus from the Tab key only: a click must not take the keys away from the picture.
    """
    button = QToolButton()
    set_icon(button, icon)
    button.setIconSize(QSize(size, size))
    button.setAccessibleName(name)
    button.setToolTip(tip or name)
    button.setCheckable(checkable)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def push_button(text: str, primary: bool = False, link: bool = False) -> QPushButton:
    """A button with a text; `primary` for the one thing most people want here."""
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.setAccessibleName(text)
    if primary:
        button.setProperty("primary", "true")
    if link:
        button.setProperty("link", "true")
        button.setCursor(Qt.CursorShape.PointingHandCursor)
    return button
