"""A file dragged over a widget and dropped on it, as the window system tells it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

_HELD = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def _data(*urls: QUrl) -> QMimeData:
    data = QMimeData()
    data.setUrls(list(urls))
    return data


def hover(widget: QWidget, *urls: QUrl) -> bool:
    """Drag over a widget; whether it would take it."""
    copy, button, keys = _HELD
    data = _data(*urls)  # kept: the event does not own it
    event = QDragEnterEvent(QPoint(20, 20), copy, data, button, keys)
    event.setAccepted(False)
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def leave(widget: QWidget) -> None:
    QApplication.sendEvent(widget, QDragLeaveEvent())


def drop(widget: QWidget, *paths: Path) -> None:
    """Drag files over a widget and let go."""
    copy, button, keys = _HELD
    urls = [QUrl.fromLocalFile(str(path)) for path in paths]
    assert hover(widget, *urls)
    data = _data(*urls)
    QApplication.sendEvent(widget, QDropEvent(QPointF(20, 20), copy, data, button, keys))
