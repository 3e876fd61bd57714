"""The actions of the window, made from the table in `app.action_specs`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.action_specs import SPECS, WHY, Need, Spec
from widgets.key_caps import canonical_keys, native_keys
from widgets.values import KeyRow

Keys = Mapping[str, tuple[str, ...]]
"""Shortcuts by action, spelt as `canonical_keys` does: not as the platform calls them."""


class Actions(QObject):
    """The table as QActions, with their menus.

    Signals:
        keys_changed: Some action has other shortcuts.
    """

    keys_changed = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._specs = {spec.id: spec for spec in SPECS}
        self._standard = {spec.id: canonical_keys(spec.keys) for spec in SPECS}
        self._keys = dict(self._standard)
        self._actions = {spec.id: self._make(spec, window) for spec in SPECS}
        self._why = dict(WHY)
        self._met: dict[Need, bool] = dict.fromkeys(WHY, False)
        self.set_met({"unloaded": True})

    def __getitem__(self, id: str) -> QAction:
        return self._actions[id]

    def __contains__(self, id: str) -> bool:
        return id in self._actions

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
            self._actions[spec.id].setEnabled(not spec.need or self._met[spec.need])
            self._renew_tip(spec)

    def why_not(self, id: str) -> str:
        """Why an action cannot be chosen now; empty if it can."""
        if self._actions[id].isEnabled():
            return ""
        need = self._specs[id].need
        return self._why[self._unmet(need)] if need else "Not now."

    def _unmet(self, need: Need) -> Need:
        """What to do first: without a video there is nothing to write, undo or run."""
        return need if need in ("loaded", "unloaded") or self._met["video"] else "video"

    # keys

    @property
    def standard_keys(self) -> Keys:
        """The shortcuts of every action if nobody changes them."""
        return self._standard

    def keys(self, id: str) -> tuple[str, ...]:
        """The shortcuts of an action."""
        return self._keys[id]

    def set_keys(self, keys: Keys) -> None:
        """Give every action other shortcuts; one that is left out gets its standard ones."""
        for spec in SPECS:
            mine = tuple(keys.get(spec.id, self._standard[spec.id]))
            if mine != self._keys[spec.id]:
                self._keys[spec.id] = mine
                self._actions[spec.id].setShortcuts([QKeySequence(key) for key in mine])
                self._renew_tip(spec)
        self.keys_changed.emit()

    def rows(self) -> tuple[KeyRow, ...]:
        """Everything with its keys, for the list of keys."""
        menus = list(dict.fromkeys(spec.menu for spec in SPECS))
        ordered = sorted(SPECS, key=lambda spec: menus.index(spec.menu))
        return tuple(
            KeyRow(self.path(id_), spec.text.rstrip("…"), self._keys[id_], id_, self._standard[id_])
            for spec in ordered
            if (id_ := spec.id)
        )

    def path(self, id: str) -> str:
        """The menu of an action, such as "Tracks › Delete"."""
        return self._specs[id].menu.replace("/", " › ")

    def _renew_tip(self, spec: Spec) -> None:
        action, why = self._actions[spec.id], self.why_not(spec.id)
        action.setToolTip(_described(spec, self._keys[spec.id]) + (f"\n{why}" if why else ""))

    def _make(self, spec: Spec, window: QWidget) -> QAction:
        action = QAction(spec.text, window)
        action.setObjectName(spec.id)
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setAutoRepeat(spec.repeats)
        action.setCheckable(spec.checkable)
        action.setToolTip(_described(spec, spec.keys))
        window.addAction(action)
        return action


def _described(spec: Spec, keys: tuple[str, ...]) -> str:
    text = spec.text.rstrip("…")
    return f"{text} ({', '.join(native_keys(keys))})" if keys else text
