"""Where a licensed body model file is to be had, and a place to drop it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QDesktopServices,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from widgets.body_dialog import body_dialog
from widgets.parts import ElidedLabel, push_button, text_label
from widgets.picture_notes import paint_drop_frame
from widgets.theme import colors

SITE = "https://smpl.is.tue.mpg.de"
_OFFICIAL = {
    "neutral": "basicmodel_neutral_lbs_10_207_0_v1.1.0.pkl",
    "male": "basicmodel_m_lbs_10_207_0_v1.1.0.pkl",
    "female": "basicmodel_f_lbs_10_207_0_v1.1.0.pkl",
}


def gender_needed(need: str) -> str:
    """The gender of the SMPL file that is needed: "male" of "smpl:male"; empty if it is no SMPL file."""
    kind, _, gender = need.partition(":")
    return gender if kind == "smpl" else ""


class DropZone(QWidget):
    """A dashed frame that takes a file and shows that it would while one hovers.

    Signals:
        dropped: Path of the file.
    """

    dropped = Signal(str)

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = text
        self.hovered = False
        self.setAcceptDrops(True)
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """High enough to be hit without aiming."""
        return QSize(160, 56)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A file is welcome."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self._set_hovered(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Nothing will be dropped."""
        self._set_hovered(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Tell which file; of several the first."""
        self._set_hovered(False)
        event.acceptProposedAction()
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        self.dropped.emit(paths[0])

    def paintEvent(self, event: QPaintEvent) -> None:
        """The frame, and what it is for."""
        theme, painter = colors(), QPainter(self)
        if self.hovered:
            paint_drop_frame(painter, self.rect(), inset=1)
        else:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.muted), 1, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 6, 6)
        painter.setPen(QColor(theme.text if self.hovered else theme.muted))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(self.rect().adjusted(8, 4, -8, -4), flags, self._text)
        painter.end()

    def _set_hovered(self, hovered: bool) -> None:
        self.hovered = hovered
        self.update()


class SmplImport(QWidget):
    """Says which file is missing and takes it, dropped or chosen.

    Signals:
        file_given: Path, and the gender that is needed.
    """

    file_given = Signal(str, str)

    def __init__(self, gender: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.gender = gender
        self._zone = DropZone("Drop the file here")
        self._link = push_button(SITE.removeprefix("https://"), link=True)
        self._link.setToolTip("Open in the browser")
        self._choose = push_button("Choose File…")
        self._problem = text_label("", "bad", True)
        self._remedy = text_label("", "muted", True)
        self._arrange()
        self._zone.dropped.connect(self._give)
        self._choose.clicked.connect(self._on_choose)
        self._link.clicked.connect(_open_site)
        self.set_problem("")

    def set_problem(self, text: str, hint: str = "") -> None:
        """Why the file that was given is not taken; empty takes it back."""
        self._problem.setText(
            text.replace("_", "_\N{ZERO WIDTH SPACE}")
        )  # file names are long, the panel narrow
        self._problem.setVisible(bool(text))
        self._remedy.setText(hint)
        self._remedy.setVisible(bool(hint))

    def set_busy(self, busy: bool) -> None:
        """While a file is being read, no other can be given."""
        self._zone.setEnabled(not busy)
        self._choose.setEnabled(not busy)

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 0)
        column.setSpacing(4)
        column.addWidget(text_label("It is in “SMPL for Python”, version 1.1.0:", "muted", True))
        column.addWidget(ElidedLabel(_OFFICIAL.get(self.gender, ".pkl"), mode=Qt.TextElideMode.ElideMiddle))
        column.addLayout(_at_left(self._link))
        for widget in (self._zone, self._problem, self._remedy):
            column.addWidget(widget)
        column.addLayout(_at_left(self._choose))

    def _give(self, path: str) -> None:
        self.set_problem("")
        self.file_given.emit(path, self.gender)

    def _on_choose(self) -> None:
        dialog = body_dialog(self, str(Path.home() / "Downloads" / "x"), self._give)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()


def _at_left(widget: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(widget)
    row.addStretch(1)
    return row


def _open_site() -> None:
    QDesktopServices.openUrl(QUrl(SITE))
