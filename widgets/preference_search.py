"""Finding a preference by a word: pages without it are put away, and rows as well."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QFormLayout,
    QLabel,
    QLayoutItem,
    QLineEdit,
    QTabWidget,
    QWidget,
)

_LABEL, _FIELD, _BOTH = (
    QFormLayout.ItemRole.LabelRole,
    QFormLayout.ItemRole.FieldRole,
    QFormLayout.ItemRole.SpanningRole,
)


class SearchField(QLineEdit):
    """A field in a dialog: Esc empties it before it closes the dialog, Return does not press the dialog's button."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setPlaceholderText(name)
        self.setAccessibleName(name)
        self.setClearButtonEnabled(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keep Return, and Esc while there is something to empty."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)


def show_matches(tabs: QTabWidget, text: str) -> bool:
    """Show only what has every word of a text in its title, its choices or its explanation.

    A page whose own title has them is shown whole. An empty text shows everything.

    Returns:
        Whether anything is shown.
    """
    words = text.lower().split()
    found = [_show_page(tabs, number, words) for number in range(tabs.count())]
    if any(found) and not found[tabs.currentIndex()]:
        tabs.setCurrentIndex(found.index(True))
    for number, has in enumerate(found):
        tabs.setTabVisible(number, has or not any(found))
    return any(found)


def _show_page(tabs: QTabWidget, number: int, words: list[str]) -> bool:
    page = tabs.widget(number) or tabs
    whole = _has(tabs.tabText(number), words)
    forms = page.findChildren(QFormLayout)
    shown = [_show_rows(form, words, whole=whole) for form in forms]
    for form, has in zip(forms, shown, strict=True):
        if (part := form.parentWidget()) is not page and part is not None:
            part.setVisible(has)  # with its heading
    return whole or any(shown) or (not forms and _has(_texts(page), words))


def _show_rows(form: QFormLayout, words: list[str], *, whole: bool) -> bool:
    any_shown = False
    for row in range(form.rowCount()):
        items = (form.itemAt(row, role) for role in (_LABEL, _FIELD, _BOTH))
        text = " ".join(_texts(widget) for item in items if (widget := _widget_of(item)) is not None)
        shown = whole or _has(text, words)
        form.setRowVisible(row, shown)
        any_shown = any_shown or shown
    return any_shown


def _widget_of(item: QLayoutItem | None) -> QWidget | None:
    return item.widget() if item is not None else None


def _texts(widget: QWidget) -> str:
    """All that a widget and what is in it say."""
    return " ".join(part for one in (widget, *widget.findChildren(QWidget)) for part in _said(one))


def _said(widget: QWidget) -> Iterator[str]:
    yield widget.accessibleName()
    yield widget.toolTip()
    if isinstance(widget, QLabel | QAbstractButton):
        yield widget.text()
    elif isinstance(widget, QComboBox):
        yield from (widget.itemText(row) for row in range(widget.count()))


def _has(text: str, words: list[str]) -> bool:
    low = text.lower()
    return all(word in low for word in words)
