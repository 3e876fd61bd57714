"""What the open video and its session are."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from widgets.inspector_parts import Facts
from widgets.parts import text_label

FactRows = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
"""Headings, each with rows of name and value."""


class VideoPanel(QScrollArea):
    """Facts under headings; scrolls when it is small."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Video and session")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self._rows: FactRows | None = None
        self.set_facts(())

    def set_facts(self, rows: FactRows) -> None:
        """What to say; nothing means that no video is open."""
        if rows == self._rows:
            return
        self._rows = rows
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        if not rows:
            column.addWidget(text_label("No video is open", "muted"))
        for heading, facts in rows:
            column.addWidget(text_label(heading, "heading"))
            column.addWidget(Facts(facts))
            column.addSpacing(8)
        column.addStretch(1)
        self.setWidget(content)
