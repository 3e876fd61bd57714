"""The reviewer's own keys: kept in the settings, given to the actions, never two actions on one key."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.actions import Actions, Keys
from app.settings import Settings
from pipeline.errors import UserError
from widgets.key_caps import canonical_keys

_FORMAT = "retake-keys"
_VERSION = 1


class Shortcuts(QObject):
    """Changes take effect at once and are kept as differences from the standard keys.

    Signals:
        changed: Some action has other keys.
    """

    changed = Signal()

    def __init__(self, actions: Actions, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._settings = settings
        self._own = _cleaned(settings.shortcuts, actions.standard_keys)
        if self._own:
            self._apply()

    def set_keys(self, id: str, keys: Iterable[str]) -> None:
        """Give an action these keys; actions that have one of them lose it."""
        standard = self._actions.standard_keys
        mine = canonical_keys(keys)
        for other in standard:
            theirs = self._actions.keys(other)
            if other != id and set(theirs) & set(mine):
                self._own[other] = tuple(key for key in theirs if key not in mine)
        self._own[id] = mine
        self._keep()

    def reset(self, id: str) -> None:
        """Give an action its standard keys back, also those that others have by now."""
        self.set_keys(id, self._actions.standard_keys[id])

    def reset_all(self) -> None:
        """Give all actions their standard keys back."""
        self._own.clear()
        self._keep()

    def write(self, path: Path) -> None:
        """Write the keys of all actions to a JSON file.

        Raises:
            UserError: It cannot be written.
        """
        keys = {id_: list(self._actions.keys(id_)) for id_ in self._actions.standard_keys}
        plain = {"format": _FORMAT, "version": _VERSION, "keys": keys}
        try:
            path.write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n", "utf-8")
        except OSError as error:
            raise UserError(f"“{path.name}” cannot be written.", str(error)) from error

    def read(self, path: Path) -> int:
        """Take keys over from a JSON file; what it does not name gets its standard keys.

        Returns:
            How many actions it names that this version does not have.

        Raises:
            UserError: It cannot be read, is no such file, or gives one key to two actions.
        """
        named = _keys_of(path)
        known = _cleaned(named, self._actions.standard_keys)
        for id_, keys in known.items():
            if len(keys) != len(set(named[id_])):
                raise UserError(
                    f"“{path.name}” names a key that is none.", f"It is among the keys of “{id_}”."
                )
        _refuse_twice(path, known)
        self._own = known
        self._keep()
        return len(set(named) - set(known))

    def _keep(self) -> None:
        standard = self._actions.standard_keys
        self._own = {id_: keys for id_, keys in self._own.items() if keys != standard[id_]}
        self._settings.set_shortcuts(self._own)
        self._apply()

    def _apply(self) -> None:
        self._actions.set_keys(_resolved(self._own, self._actions.standard_keys))
        self.changed.emit()


def _resolved(own: Keys, standard: Keys) -> dict[str, tuple[str, ...]]:
    """Own keys come first: a later version may give an action a standard key that a reviewer already uses."""
    taken = {key for keys in own.values() for key in keys}
    return {
        id_: own[id_] if id_ in own else tuple(key for key in keys if key not in taken)
        for id_, keys in standard.items()
    }


def _cleaned(stored: Mapping[str, Iterable[str]], standard: Keys) -> dict[str, tuple[str, ...]]:
    """What fits this version: others may have written it."""
    return {id_: canonical_keys(keys) for id_, keys in stored.items() if id_ in standard}


def _keys_of(path: Path) -> dict[str, list[str]]:
    try:
        plain: Any = json.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UserError(f"“{path.name}” cannot be read as keys.", str(error)) from error
    keys = plain.get("keys") if isinstance(plain, dict) and plain.get("format") == _FORMAT else None
    if not isinstance(keys, dict) or not all(_is_list_of_keys(value) for value in keys.values()):
        raise UserError(
            f"“{path.name}” holds no keys of Retake.", "Choose a file that Export in the list of keys wrote."
        )
    if plain.get("version") != _VERSION:
        raise UserError(f"“{path.name}” was written by a newer Retake.", "Update this one, or write it anew.")
    return keys


def _is_list_of_keys(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(key, str) for key in value)


def _refuse_twice(path: Path, keys: Keys) -> None:
    owners: dict[str, str] = {}
    for id_, mine in keys.items():
        for key in mine:
            if (other := owners.setdefault(key, id_)) != id_:
                raise UserError(f"“{path.name}” gives {key} to two actions.", f"To “{other}” and to “{id_}”.")
