"""What this program is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from pipeline.places import resource
from widgets.inspector_parts import Facts
from widgets.parts import push_button, text_label

_SUMMARY = "Review human mesh recovery on video: look at a frame, see why, fix it and go on."


def program_icon() -> QIcon:
    """The program's own icon, for windows and the task bar."""
    return QIcon(str(resource("retake.svg")))


class AboutDialog(QDialog):
    """Version and what it runs on, to copy into a report."""

    def __init__(
        self, version: str, facts: tuple[tuple[str, str], ...], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("About Retake")
        self._version = version
        self._facts = facts
        picture = QLabel()
        picture.setPixmap(program_icon().pixmap(72, 72))
        picture.setAccessibleName("Retake")
        texts = QVBoxLayout()
        texts.setSpacing(4)
        texts.addWidget(text_label(f"Retake {version}", "title"))
        texts.addWidget(text_label(_SUMMARY, "muted", True))
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(texts, 1)
        copy, close = push_button("Copy"), push_button("Close", primary=True)
        copy.setToolTip("Copy these facts for a report")
        copy.clicked.connect(self._on_copy)
        close.clicked.connect(self.accept)
        close.setDefault(True)
        buttons = QHBoxLayout()
        buttons.addWidget(copy)
        buttons.addStretch(1)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        column.addLayout(head)
        column.addWidget(Facts(facts))
        column.addWidget(text_label("MIT licence", "muted"))
        column.addStretch(1)
        column.addLayout(buttons)
        self.setMinimumWidth(440)
        close.setFocus()

    def text(self) -> str:
        """The facts, one a line."""
        return "\n".join([f"Retake {self._version}", *(f"{name}: {value}" for name, value in self._facts)])

    def _on_copy(self) -> None:
        QApplication.clipboard().setText(self.text())
