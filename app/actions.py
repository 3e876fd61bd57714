"""The actions of the window, made from the table in `app.action_specs`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.action_specs import SPECS, WHY, Need, Spec
from widgets.values import KeyRow


class Actions(QObject):
    """The table as QActions, with their menus."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._actions = {spec.id: self._make(spec, window) for spec in SPECS}
        self._why = dict(WHY)
        self._met: dict[Need, bool] = dict.fromkeys(WHY, False)
        self.set_met({"unloaded": True})

    def __getitem__(self, id: str) -> QAction:
        return self._actions[id]

    def on(self, id: str, receiver: Callable[[], object]) -> None:
        """Call `receiver` when the action is chosen."""
        self._actions[id].triggered.connect(lambda _checked=False: receiver())

    def fill(self, menus: dict[str, QMenu]) -> None:
        """Put every action into its menu, with lines between groups."""
        last: dict[str, int] = {}
        for spec in SPECS:
            name, _, submenu = spec.menu.partition("/")
            menu = menus[name]
            if last.get(name, spec.group) != spec.group:
                menu.addSeparator()
            last[name] = spec.group
            if submenu:
                menu = menus.get(spec.menu) or menus.setdefault(spec.menu, menu.addMenu(submenu))
            menu.addAction(self._actions[spec.id])

    def set_why(self, need: Need, why: str) -> None:
        """Say why what needs this cannot be done, from the next `set_met` on; empty for what is always said."""
        self._why[need] = why or WHY[need]

    def set_met(self, met: Mapping[Need, bool]) -> None:
        """Enable what makes sense now; say why the rest does not. Needs that are left out stay as they are."""
        self._met.update(met)
        for spec in SPECS:
            action, enabled = self._actions[spec.id], not spec.need or self._met[spec.need]
            why = "" if enabled else f"\n{self._why[self._unmet(spec.need)]}"
            action.setEnabled(enabled)
            action.setToolTip(f"{_described(spec)}{why}")

    def _unmet(self, need: Need) -> Need:
        """What to do first: without a video there is nothing to write, undo or run."""
        return need if need in ("loaded", "unloaded") or self._met["video"] else "video"

    def rows(self) -> tuple[KeyRow, ...]:
        """Everything with its keys, for the list of keys."""
        native = QKeySequence.SequenceFormat.NativeText
        return tuple(
            KeyRow(
                spec.menu.replace("/", " › "),
                spec.text.rstrip("…"),
                tuple(shortcut.toString(native) for shortcut in self._actions[spec.id].shortcuts()),
            )
            for spec in SPECS
            if spec.keys
        )

    def _make(self, spec: Spec, window: QWidget) -> QAction:
        action = QAction(spec.text, window)
        action.setObjectName(spec.id)
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setAutoRepeat(spec.repeats)
        action.setCheckable(spec.checkable)
        action.setToolTip(_described(spec))
        window.addAction(action)
        return action


def _described(spec: Spec) -> str:
    keys = ", ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in spec.keys)
    return f"{spec.text.rstrip('…')} ({keys})" if keys else spec.text.rstrip("…")
