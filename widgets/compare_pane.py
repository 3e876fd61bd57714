"""What is compared with what, how, and each joint's way from one to the other."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QSlider,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from widgets.frame_canvas import FrameCanvas
from widgets.parts import as_panel, push_button, text_label, tool_button

WAYS = (("wipe", "Wipe"), ("flicker", "Flicker"), ("side", "Side by side"))
"""Name and title of each way to see both."""

_HEADS = ("Joint", "Pose\nmm", "Place\nmm", "Picture\npx")
_TIPS = (
    "SMPL joint",
    "Distance of the joint relative to the pelvis: pose and shape without place",
    "Distance of the joint in the camera frame",
    "Distance of the joint in the picture",
)


@dataclass(frozen=True, slots=True)
class JointRow:
    """How far one joint is from itself on the other side.

    Attributes:
        name: The joint.
        posed: mm relative to the pelvis.
        apart: mm in the camera frame.
        pixels: px in the picture.
    """

    name: str
    posed: float
    apart: float
    pixels: float


@dataclass(frozen=True, slots=True)
class PersonRows:
    """One person's difference.

    Attributes:
        title: Name of the track, or such as "Person in slot 2".
        scores: Score here and in the other.
        rows: Joint by joint.
    """

    title: str
    scores: tuple[float, float]
    rows: tuple[JointRow, ...]


class ComparePane(QWidget):
    """Beside the picture: the choices, the other picture if both are seen side by side, and the numbers.

    Signals:
        way_chosen: A name of `WAYS`.
        other_chosen: Version to compare with; 0 lets the program choose, -1 is without layers.
        use_requested: Let the other version count.
        rate_changed: Changes a second while it flickers.
        close_requested: No comparison any more.
    """

    way_chosen = Signal(str)
    other_chosen = Signal(int)
    use_requested = Signal()
    rate_changed = Signal(int)
    close_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Comparison of versions")
        as_panel(self)
        self.way = QComboBox()
        for name, title in WAYS:
            self.way.addItem(title, name)
        self.way.setAccessibleName("How both are shown")
        self.other = QComboBox()
        self.other.setAccessibleName("Version to compare with")
        self.other.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.other.setMinimumContentsLength(12)
        self.use = push_button("Use this one")
        self.use.setToolTip("Let the version that is compared with count for this frame; it can be undone")
        self.use.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.rate = QSlider(Qt.Orientation.Horizontal)
        self.rate.setRange(1, 10)
        self.rate.setValue(3)
        self.rate.setAccessibleName("Changes a second")
        self.rate.setToolTip("Changes a second")
        self.canvas = FrameCanvas()
        self.canvas.setAccessibleName("Picture with the other version")
        self.people = QComboBox()
        self.people.setAccessibleName("Person whose joints are compared")
        self.summary = text_label("", "muted", True)
        self.table = self._make_table()
        self._people: tuple[PersonRows, ...] = ()
        self._arrange()
        self._connect()
        self.set_way("wipe")
        self.set_difference((), "")

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, len(_HEADS))
        table.setAccessibleName("Differences of the joints")
        table.setHorizontalHeaderLabels(_HEADS)
        for column, tip in enumerate(_TIPS):
            head = table.horizontalHeaderItem(column)
            if head is not None:
                head.setToolTip(tip)
                side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
                head.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(22)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setShowGrid(False)
        return table

    def _arrange(self) -> None:
        close = tool_button("close", "End the comparison", "End the comparison", 14)
        close.clicked.connect(self.close_requested)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        for widgets in ((self.way, self.rate, close), (text_label("with", "muted"), self.other, self.use)):
            row = QHBoxLayout()
            row.setSpacing(6)
            for widget in widgets:
                row.addWidget(widget, 1 if widget is self.other or widget is self.rate else 0)
            if widgets[0] is self.way:
                row.insertStretch(2)
            column.addLayout(row)
        column.addWidget(self.canvas, 2)
        column.addWidget(self.people)
        column.addWidget(self.summary)
        column.addWidget(self.table, 1)

    def _connect(self) -> None:
        self.way.activated.connect(lambda _row: self.way_chosen.emit(self.way.currentData()))
        self.other.activated.connect(lambda _row: self.other_chosen.emit(self.other.currentData()))
        self.use.clicked.connect(self.use_requested)
        self.rate.valueChanged.connect(self.rate_changed)
        self.people.currentIndexChanged.connect(self._show_person)

    def set_way(self, way: str) -> None:
        """How both are shown."""
        self.way.setCurrentIndex(self.way.findData(way))
        self.rate.setVisible(way == "flicker")
        self.canvas.setVisible(way == "side")

    def set_others(self, rows: tuple[tuple[int, str], ...], chosen: int) -> None:
        """What one may compare with: value and title; which of them it is."""
        self.other.clear()
        for value, title in rows:
            self.other.addItem(title, value)
            self.other.setItemData(self.other.count() - 1, title, Qt.ItemDataRole.ToolTipRole)
        self.other.setCurrentIndex(self.other.findData(chosen))
        self.other.setEnabled(bool(rows))
        self.use.setEnabled(chosen > 0)

    def set_difference(self, people: tuple[PersonRows, ...], empty: str) -> None:
        """The people on both sides; without any, what is to be said instead. The person chosen stays."""
        chosen = self.people.currentText()
        self._people = people
        self.people.blockSignals(True)
        self.people.clear()
        self.people.addItems([person.title for person in people])
        self.people.setCurrentIndex(max(self.people.findText(chosen), 0) if people else -1)
        self.people.blockSignals(False)
        self.people.setVisible(len(people) > 1)
        self.table.setVisible(bool(people))
        self._empty = empty
        self._show_person()

    def set_person(self, title: str) -> None:
        """Show a person's joints, if that one is on both sides."""
        if (row := self.people.findText(title)) >= 0:
            self.people.setCurrentIndex(row)

    _empty = ""

    def _show_person(self) -> None:
        at = self.people.currentIndex()
        if not 0 <= at < len(self._people):
            self.summary.setText(self._empty)
            self.table.setRowCount(0)
            return
        person = self._people[at]
        self.summary.setText(_summary(person))
        self.table.setRowCount(len(person.rows))
        worst = max(range(len(person.rows)), key=lambda row: person.rows[row].posed)
        for k, row in enumerate(person.rows):
            texts = (row.name, f"{row.posed:.0f}", f"{row.apart:.0f}", f"{row.pixels:.1f}")
            for column, text in enumerate(texts):
                self.table.setItem(k, column, _cell(text, column, bold=k == worst and row.posed >= 0.5))


def _summary(person: PersonRows) -> str:
    count = len(person.rows)
    means = [
        sum(values) / count
        for values in zip(*((r.posed, r.apart, r.pixels) for r in person.rows), strict=True)
    ]
    worst = max(person.rows, key=lambda row: row.posed)
    most = f"Most: {worst.name}, {worst.posed:.0f} mm. " if worst.posed >= 0.5 else ""
    here, there = person.scores
    return (
        f"{person.title}: mean {means[0]:.0f} mm in pose, {means[1]:.0f} mm in place, {means[2]:.1f} px. "
        f"{most}Score {here:.2f}, there {there:.2f}."
    )


def _cell(text: str, column: int, *, bold: bool) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
    item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
    if bold:
        font = QFont(item.font())
        font.setBold(True)
        item.setFont(font)
        item.setToolTip("The joint that differs most")
    return item
