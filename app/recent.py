"""The menu of videos opened before."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu

from app.settings import Settings


class Recent(QObject):
    """Fills the menu when it is opened, so that files that are gone are not offered.

    They are not forgotten either: the drive they are on may be back next time.
    """

    def __init__(self, menu: QMenu, settings: Settings, open_path: Callable[[Path], None]) -> None:
        super().__init__(menu)
        self._menu = menu
        self._settings = settings
        self._open = open_path
        menu.aboutToShow.connect(self._fill)
        settings.recent_changed.connect(self._fill)
        self._fill()

    def _fill(self) -> None:
        self._menu.clear()
        paths = self._settings.recent
        for number, path in enumerate(paths, 1):
            text = f"{path.name}   —   {_short(path.parent)}".replace("&", "&&")
            action = self._menu.addAction(f"&{number}  {text}" if number < 10 else f"{number}  {text}")
            action.setToolTip(str(path))
            action.triggered.connect(partial(self._choose, path))
        if paths:
            self._menu.addSeparator()
            self._menu.addAction("&Clear This List").triggered.connect(self._settings.clear_recent)
        self._menu.setEnabled(bool(paths))

    def _choose(self, path: Path, _checked: bool = False) -> None:
        self._open(path)


def _short(folder: Path) -> str:
    """A folder with the home folder as ~."""
    home = Path.home()
    return f"~/{folder.relative_to(home)}" if folder.is_relative_to(home) else str(folder)
