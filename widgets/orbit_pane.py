"""The 3D view with its bar: from which side, in which axes, whose ways."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from widgets.orbit_view import OrbitView
from widgets.parts import as_panel, gap, tool_button

SIDES = (
    ("front", "view-front", "From the front"),
    ("side", "view-side", "From the side"),
    ("top", "view-top", "From the top"),
    ("camera", "view-camera", "Through the video's camera"),
)
"""Name, icon, title."""

TRAILS = (
    ("", "No trail"),
    ("pelvis", "Pelvis"),
    ("head", "Head"),
    ("hands", "Hands"),
    ("feet", "Feet"),
)


class OrbitPane(QWidget):
    """The view below a bar.

    Signals:
        side_requested: A name of `SIDES`.
        centre_requested: Show everybody.
        space_chosen: "camera" or "world": whose axes.
        trail_chosen: A name of `TRAILS`.
        close_requested: The view is not wanted any more.
    """

    side_requested = Signal(str)
    centre_requested = Signal()
    space_chosen = Signal(str)
    trail_chosen = Signal(str)
    close_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("3D view and its controls")
        self.view = OrbitView()
        self.world = tool_button("globe", "World axes instead of the video camera's", checkable=True)
        self.trail = _trail_box()
        self.world.clicked.connect(lambda on: self.space_chosen.emit("world" if on else "camera"))
        self.trail.activated.connect(lambda row: self.trail_chosen.emit(TRAILS[row][0]))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._bar())
        column.addWidget(self.view, 1)

    def set_choices(self, space: str, trail: str) -> None:
        """What is chosen."""
        self.world.setChecked(space == "world")
        self.trail.setCurrentIndex(self.trail.findData(trail))

    def set_keys(self, keys: dict[str, str]) -> None:
        """Say the keys of the sides, and of "centre" and "close", in the tooltips."""
        for name, button in self.buttons.items():
            title = button.accessibleName()
            button.setToolTip(f"{title} ({keys[name]})" if keys.get(name) else title)

    def sizeHint(self) -> QSize:
        """About as large as the picture."""
        return QSize(480, 520)

    def _bar(self) -> QWidget:
        bar = QWidget()
        as_panel(bar)
        row = QHBoxLayout(bar)
        row.setContentsMargins(6, 4, 6, 4)
        row.setSpacing(0)
        self.buttons = {name: tool_button(icon, title) for name, icon, title in SIDES}
        for name, button in self.buttons.items():
            button.clicked.connect(lambda _checked=False, name=name: self.side_requested.emit(name))
            row.addWidget(button)
        self.buttons["centre"] = tool_button("recenter", "Show everybody in the 3D view")
        self.buttons["close"] = tool_button("close", "Close the 3D view", size=14)
        self.buttons["centre"].clicked.connect(lambda: self.centre_requested.emit())
        self.buttons["close"].clicked.connect(lambda: self.close_requested.emit())
        row.addWidget(self.buttons["centre"])
        row.addSpacing(4)
        row.addWidget(gap())
        row.addSpacing(4)
        row.addWidget(self.world)
        row.addSpacing(4)
        row.addWidget(self.trail)
        row.addStretch(1)
        row.addWidget(self.buttons["close"])
        return bar


def _trail_box() -> QComboBox:
    box = QComboBox()
    for value, title in TRAILS:
        box.addItem(title, value)
    box.setAccessibleName("Trail")
    box.setToolTip("Joint whose way over the last second is drawn")
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click must not take the keys away from the picture
    return box
