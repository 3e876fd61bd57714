"""The dialogs that need no service of their own."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, qVersion
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from app.key_dialog import key_dialog
from app.settings import Settings
from app.shortcuts import Shortcuts
from app.versions import package_versions
from app.window import Window
from pipeline.places import data_folder, log_folder
from widgets.about import AboutDialog
from widgets.body_dialog import body_dialog
from widgets.preferences import PreferencesDialog
from widgets.values import Gender, Preferences

_VIDEOS = (".mp4", ".mov", ".mkv", ".avi", ".webm", ".ts", ".m4v", ".mpg", ".mpeg")


class Dialogs(QObject):
    """Opens each dialog once; none of them holds up the window."""

    def __init__(self, window: Window, settings: Settings, open_path: Callable[[Path], None]) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._open_path = open_path
        self._open_ones: dict[str, QDialog] = {}
        self._pages: list[tuple[str, Callable[[], QWidget]]] = []
        self.shortcuts = Shortcuts(window.actions_table, settings, self)

    def open_video(self) -> None:
        """Choose a video, or a picture; one of a numbered series stands for all of it."""
        dialog = QFileDialog(self._window, "Open Video", self._last_folder(), _openable())
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda text: self._open_path(Path(text)))
        self._show("open", dialog)

    def open_folder(self) -> None:
        """Choose a folder of pictures."""
        dialog = QFileDialog(self._window, "Open a Folder of Pictures", self._last_folder())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda text: self._open_path(Path(text)))
        self._show("open folder", dialog)

    def choose_body(self) -> None:
        """Choose one's own SMPL file."""
        current = self._settings.preferences.body_model
        self._show("body", body_dialog(self._window, current, self._take_body))

    def use_builtin_body(self) -> None:
        """Go back from one's own SMPL file to the built-in body, or the file in its usual place."""
        self._take_body("")

    def use_gender(self, gender: Gender) -> None:
        """Choose the gender of the body."""
        self._settings.set_preferences(replace(self._settings.preferences, gender=gender))

    def add_page(self, title: str, make: Callable[[], QWidget]) -> None:
        """Let a feature have a page of its own in the preferences."""
        self._pages.append((title, make))

    def preferences(self) -> None:
        """Show the preferences; they take effect as they are changed."""
        dialog = PreferencesDialog(self._settings.preferences, parent=self._window)
        for title, make in self._pages:
            dialog.add_page(title, make())
        dialog.changed.connect(self._settings.set_preferences)
        dialog.keys_requested.connect(self.keys)
        self._settings.preferences_changed.connect(dialog.follow)
        self._show("preferences", dialog)

    def keys(self) -> None:
        """Show all keys, to look up and to change."""
        self._show("keys", key_dialog(self.shortcuts, self._window))

    def about(self) -> None:
        """Say what this is."""
        self._show("about", AboutDialog(package_versions()["retake"], _facts(), parent=self._window))

    def logs(self) -> None:
        """Show the folder of logs and crash reports in the file browser."""
        log_folder().mkdir(parents=True, exist_ok=True)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_folder())))

    def _last_folder(self) -> str:
        recent = self._settings.recent
        return str(recent[0].parent if recent else Path.home())

    def _take_body(self, path: str) -> None:
        preferences: Preferences = replace(self._settings.preferences, body_model=path)
        self._settings.set_preferences(preferences)

    def _show(self, name: str, dialog: QDialog) -> None:
        if (there := self._open_ones.get(name)) is not None:
            dialog.deleteLater()
            there.raise_()
            there.activateWindow()
            return
        self._open_ones[name] = dialog
        dialog.finished.connect(lambda _result: self._forget(name))
        dialog.show()

    def _forget(self, name: str) -> None:
        self._open_ones.pop(name).deleteLater()


def _openable() -> str:
    """The file dialog's filter."""
    from pipeline.video.pictures import PICTURE_SUFFIXES  # brings a decoder, which the window can do without

    return f"Videos and pictures (*{' *'.join((*_VIDEOS, *sorted(PICTURE_SUFFIXES)))});;All files (*)"


def _facts() -> tuple[tuple[str, str], ...]:
    return (
        ("Python", platform.python_version()),
        ("Qt", f"{qVersion()} (PySide6 {package_versions()['PySide6-Essentials']})"),
        ("System", platform.platform()),
        ("Data folder", str(data_folder())),
    )
