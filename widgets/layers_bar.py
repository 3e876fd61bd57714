"""Which layers of the overlay are drawn, and how strongly."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QToolButton, QWidget

from pipeline.layers import Layers
from widgets.parts import as_panel, gap, text_label, tool_button
from widgets.theme import set_icon

LAYERS = (
    ("meshes", "mesh", "Bodies"),
    ("wireframe", "wireframe", "Wireframe"),
    ("silhouettes", "silhouette", "Silhouettes"),
    ("skeleton", "skeleton", "Skeleton"),
    ("keypoints", "keypoints", "Keypoints of the engine"),
    ("boxes", "bounding-box", "Boxes"),
    ("labels", "label", "Names"),
    ("trails", "trail", "Trails"),
    ("rejected", "rejected", "People left out, with the reason"),
)
"""Field of Layers, icon, name."""

_GROUPS_AFTER = ("silhouettes", "keypoints", "trails")


class LayersBar(QWidget):
    """A button for each layer, opacity, and an eye that hides them all.

    Signals:
        layers_changed: The layers chosen now, a Layers.
        hidden_toggled: Whether the overlay is to be hidden.
    """

    layers_changed = Signal(object)
    hidden_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Overlay layers")
        as_panel(self)
        self._layers = Layers()
        self._buttons: dict[str, QToolButton] = {}
        self._opacity = QSlider(Qt.Orientation.Horizontal)
        self._percent = text_label("", "muted")
        self._hide = tool_button("eye", "Hide overlay", "Hide overlay (Shift+H; hold H)", 18, checkable=True)
        self._arrange()
        self._opacity.valueChanged.connect(self._on_opacity)
        self._hide.toggled.connect(self._on_hide)
        self.set_layers(self._layers)

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(2)
        row.addWidget(self._hide)
        self._add_gap(row)
        for field, icon, name in LAYERS:
            button = tool_button(icon, name, name, 18, checkable=True)
            button.setObjectName(field)
            button.toggled.connect(self._on_toggled)
            self._buttons[field] = button
            row.addWidget(button)
            if field in _GROUPS_AFTER:
                self._add_gap(row)
        self._opacity.setRange(5, 100)
        self._opacity.setPageStep(10)
        self._opacity.setFixedWidth(96)
        self._opacity.setAccessibleName("Opacity of the bodies")
        self._opacity.setToolTip("Opacity of the bodies")
        self._opacity.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._percent.setMinimumWidth(40)
        row.addSpacing(4)
        row.addWidget(self._opacity)
        row.addSpacing(6)
        row.addWidget(self._percent)
        row.addStretch(1)

    @staticmethod
    def _add_gap(row: QHBoxLayout) -> None:
        row.addSpacing(5)
        row.addWidget(gap())
        row.addSpacing(5)

    def set_layers(self, layers: Layers) -> None:
        """The layers drawn."""
        self._layers = layers
        for field, button in self._buttons.items():
            button.blockSignals(True)
            button.setChecked(bool(getattr(layers, field)))
            button.blockSignals(False)
        self._opacity.blockSignals(True)
        self._opacity.setValue(round(layers.opacity * 100))
        self._opacity.blockSignals(False)
        self._percent.setText(f"{layers.opacity:.0%}")

    @property
    def layers(self) -> Layers:
        """The layers chosen."""
        return self._layers

    def set_keys(self, hide: str, hold: str) -> None:
        """Which keys the eye's tooltip names: one that hides, one that hides while it is held; empty if none."""
        said = "; ".join(part for part in (hide, f"hold {hold}" if hold else "") if part)
        self._hide.setToolTip(f"Hide overlay ({said})" if said else "Hide overlay")

    def set_hidden(self, hidden: bool) -> None:
        """Whether the overlay is hidden."""
        self._hide.blockSignals(True)
        self._hide.setChecked(hidden)
        self._hide.blockSignals(False)
        self._renew_eye(hidden)

    def _renew_eye(self, hidden: bool) -> None:
        set_icon(self._hide, "eye-off" if hidden else "eye")
        self._hide.setAccessibleName("Show overlay" if hidden else "Hide overlay")

    def _on_hide(self, hidden: bool) -> None:
        self._renew_eye(hidden)
        self.hidden_toggled.emit(hidden)

    def _on_toggled(self) -> None:
        chosen = {field: button.isChecked() for field, button in self._buttons.items()}
        self._change(replace(self._layers, **chosen))

    def _on_opacity(self, percent: int) -> None:
        self._percent.setText(f"{percent}%")
        self._change(replace(self._layers, opacity=percent / 100))

    def _change(self, layers: Layers) -> None:
        self._layers = layers
        self.layers_changed.emit(layers)
