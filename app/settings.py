"""What is remembered from one start to the next, beside the sessions."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

from pipeline.layers import Layers
from pipeline.places import data_folder
from widgets.values import Preferences

_RECENT = 12
_SERIES = re.compile(r"%\d*d")
_USED = 12
Choice = TypeVar("Choice", Preferences, Layers)
Plain = TypeVar("Plain", list[Any], dict[str, Any], bool)


class Settings(QObject):
    """An ini file in the user's data folder.

    Signals:
        preferences_changed: The new preferences.
        recent_changed: The list of recent files changed.
        thresholds_changed: From which values on signals are problems.
    """

    preferences_changed = Signal(object)
    recent_changed = Signal()
    thresholds_changed = Signal()

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        file = path or data_folder() / "settings.ini"
        self._file = QSettings(str(file), QSettings.Format.IniFormat)
        self._preferences = self._read("preferences", Preferences())

    @property
    def preferences(self) -> Preferences:
        """The preferences."""
        return self._preferences

    def set_preferences(self, preferences: Preferences) -> None:
        """Remember the preferences."""
        if preferences != self._preferences:
            self._preferences = preferences
            self._write("preferences", preferences)
            self.preferences_changed.emit(preferences)

    @property
    def layers(self) -> Layers:
        """What was drawn over the picture last."""
        return self._read("layers", Layers())

    def set_layers(self, layers: Layers) -> None:
        """Remember what is drawn over the picture."""
        self._write("layers", layers)

    @property
    def recent(self) -> tuple[Path, ...]:
        """Videos opened before, newest first, as far as they still exist."""
        return tuple(path for path in self._known() if _is_there(path))

    def add_recent(self, path: Path) -> None:
        """Put a video on top of the recent ones; those on a drive that is away now are kept."""
        paths = [path, *(other for other in self._known() if other != path)]
        self._file.setValue("recent", json.dumps([str(path) for path in paths[:_RECENT]]))
        self.recent_changed.emit()

    def clear_recent(self) -> None:
        """Forget the recent videos."""
        self._file.setValue("recent", "[]")
        self.recent_changed.emit()

    @property
    def thresholds(self) -> dict[str, Any]:
        """The thresholds of problems the reviewer changed, by signal."""
        return self._json("thresholds", {})

    def set_thresholds(self, changed: Mapping[str, float]) -> None:
        """Remember the thresholds of problems the reviewer changed."""
        if changed != self.thresholds:
            self._file.setValue("thresholds", json.dumps(dict(changed)))
            self.thresholds_changed.emit()

    @property
    def shortcuts(self) -> dict[str, tuple[str, ...]]:
        """Shortcuts the reviewer changed, by action."""
        stored = self._json("shortcuts", {})
        return {id_: tuple(map(str, keys)) for id_, keys in stored.items() if isinstance(keys, list)}

    def set_shortcuts(self, keys: Mapping[str, Sequence[str]]) -> None:
        """Remember the shortcuts the reviewer changed."""
        self._file.setValue("shortcuts", json.dumps({id_: list(mine) for id_, mine in keys.items()}))

    @property
    def used_commands(self) -> tuple[str, ...]:
        """Ids of what was chosen in the command palette lately, the newest first."""
        return tuple(map(str, self._json("commands", [])))

    def add_used_command(self, id: str) -> None:
        """Put a command on top of those used lately."""
        others = [other for other in self.used_commands if other != id]
        self._file.setValue("commands", json.dumps([id, *others][:_USED]))

    @property
    def tour_seen(self) -> bool:
        """Whether the tour was shown, to its end or not."""
        return bool(self._json("tour_seen", False))

    def set_tour_seen(self) -> None:
        """Remember that the tour was shown."""
        self._file.setValue("tour_seen", json.dumps(True))

    def layout(self) -> tuple[QByteArray, QByteArray]:
        """The window's geometry and docks as Qt saved them; empty the first time."""
        return self._bytes("geometry"), self._bytes("docks")

    def set_layout(self, geometry: QByteArray, docks: QByteArray) -> None:
        """Remember geometry and docks."""
        self._file.setValue("geometry", geometry)
        self._file.setValue("docks", docks)

    def save(self) -> None:
        """Write to disk now."""
        self._file.sync()

    def _known(self) -> list[Path]:
        return [Path(text) for text in self._json("recent", []) if isinstance(text, str)]

    def _json(self, key: str, default: Plain) -> Plain:
        """A value of the default's type, or the default: other versions of the program may have written it."""
        try:
            stored = json.loads(str(self._file.value(key, json.dumps(default))))
        except json.JSONDecodeError:
            return default
        return stored if isinstance(stored, type(default)) else default

    def _bytes(self, key: str) -> QByteArray:
        value = self._file.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def _write(self, key: str, value: Choice) -> None:
        self._file.setValue(key, json.dumps(dataclasses.asdict(value)))

    def _read(self, key: str, default: Choice) -> Choice:
        """Take over what fits: other versions of the program may have written it."""
        try:
            stored: dict[str, Any] = json.loads(str(self._file.value(key, "{}")))
        except json.JSONDecodeError:
            return default
        kinds = {field.name: type(getattr(default, field.name)) for field in dataclasses.fields(default)}
        fitting = {
            name: kinds[name](value)
            for name, value in stored.items()
            if name in kinds and isinstance(value, int | float if kinds[name] is float else kinds[name])
        }
        return _as_meant(dataclasses.replace(default, **fitting), stored)


def _as_meant(choice: Choice, stored: Mapping[str, Any]) -> Choice:
    """Before there were three sources of the focal length, a number was one that counted."""
    if isinstance(choice, Preferences) and choice.focal_length and "focal_from" not in stored:
        return dataclasses.replace(choice, focal_from="value")
    return choice


def _is_there(path: Path) -> bool:
    """Whether a file or folder is there, or the folder of a series such as "img_%04d.png"."""
    try:
        return path.exists() or (_SERIES.search(path.name) is not None and path.parent.is_dir())
    except OSError:  # on a drive that is gone, in a folder that may not be looked into
        return False
