"""Whose curves are shown: the legend of the plots' colours, and where people are pinned."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QPushButton, QWidget

from widgets.flow import Flow
from widgets.plot_style import legible
from widgets.plot_values import PersonRow
from widgets.theme import colored_pixmap, colors
from widgets.values import Color

_LONGEST = 22  # letters of a name


class PlotPeople(QWidget):
    """A chip for each person; pressed, the person stays when somebody else is selected.

    Signals:
        pin_toggled: A track, and whether it is pinned now.
    """

    pin_toggled = Signal(int, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("People in the plots")
        self._rows: tuple[PersonRow, ...] = ()
        self.chips: dict[int, QPushButton] = {}
        self._flow = Flow(4, self)
        self._flow.setContentsMargins(8, 0, 8, 4)
        self.hide()

    def set_people(self, rows: tuple[PersonRow, ...]) -> None:
        """Who is shown, the selected person first."""
        if rows == self._rows:
            return
        self._rows = rows
        for chip in self.chips.values():
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.chips = {row.track_id: self._chip(row) for row in rows}
        self.setVisible(bool(rows))
        self.updateGeometry()

    def _chip(self, row: PersonRow) -> QPushButton:
        chip = QPushButton(row.title if len(row.title) <= _LONGEST else row.title[: _LONGEST - 1] + "…", self)
        chip.setCheckable(True)
        chip.setChecked(row.pinned)
        chip.setAutoDefault(False)
        chip.setProperty("chip", "true")
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        chip.setAccessibleName(f"Pin {row.title}")
        chip.setToolTip(
            f"{row.title} is pinned; press to let go"
            if row.pinned
            else f"Pin {row.title}: it stays when somebody else is selected"
        )
        chip.setIcon(_icon(row.color, row.pinned, self.devicePixelRatioF()))
        chip.setIconSize(QSize(32, 16))
        chip.toggled.connect(lambda on: self.pin_toggled.emit(row.track_id, on))
        self._flow.addWidget(chip)
        chip.show()
        return chip

    def changeEvent(self, event: QEvent) -> None:
        """Another theme: icons of other colours."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            for row in getattr(self, "_rows", ()):
                self.chips[row.track_id].setIcon(_icon(row.color, row.pinned, self.devicePixelRatioF()))


def _icon(color: Color, pinned: bool, ratio: float) -> QIcon:
    """A piece of the person's line, and a pin: faint until it holds."""
    picture = QPixmap(round(32 * ratio), round(16 * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(legible(QColor(*color)))
    painter.drawRoundedRect(QRectF(0, 6.5, 14, 3), 1.5, 1.5)
    theme = colors()
    painter.drawPixmap(17, 1, colored_pixmap("pin", theme.text if pinned else theme.faint, 14, ratio))
    painter.end()
    return QIcon(picture)
