"""The list of keys with what it asks for: changes, and files of keys."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from app.shortcuts import Shortcuts
from app.window import Window
from pipeline.errors import UserError
from widgets.shortcuts_dialog import ShortcutsDialog

_FILES = "Keys (*.json);;All files (*)"


def key_dialog(shortcuts: Shortcuts, window: Window) -> ShortcutsDialog:
    """The dialog, not shown yet; it follows the keys while it is there."""
    actions = window.actions_table
    dialog = ShortcutsDialog(actions.rows(), _menu_keys(window), window)
    dialog.keys_changed.connect(shortcuts.set_keys)
    dialog.reset_requested.connect(shortcuts.reset)
    dialog.reset_all_requested.connect(shortcuts.reset_all)
    dialog.import_requested.connect(partial(_import, shortcuts, dialog))
    dialog.export_requested.connect(partial(_export, shortcuts, dialog))
    follow = shortcuts.changed.connect(lambda: dialog.set_rows(actions.rows()))
    dialog.finished.connect(lambda _result: shortcuts.changed.disconnect(follow))
    return dialog


def _menu_keys(window: Window) -> dict[str, str]:
    """Alt with the letter underlined in the menu bar opens that menu."""
    titles = (action.text() for action in window.menuBar().actions())
    marked = (title for title in titles if "&" in title)
    return {
        f"Alt+{title[title.index('&') + 1].upper()}": f"It opens the {title.replace('&', '')} menu."
        for title in marked
    }


def _import(shortcuts: Shortcuts, dialog: ShortcutsDialog) -> None:
    files = QFileDialog(dialog, "Import Keys", str(Path.home()), _FILES)
    files.setFileMode(QFileDialog.FileMode.ExistingFile)
    files.fileSelected.connect(lambda text: _read(shortcuts, dialog, Path(text)))
    _open(files)


def _export(shortcuts: Shortcuts, dialog: ShortcutsDialog) -> None:
    files = QFileDialog(dialog, "Export Keys", str(Path.home() / "retake-keys.json"), _FILES)
    files.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    files.setDefaultSuffix("json")
    files.fileSelected.connect(lambda text: _write(shortcuts, dialog, Path(text)))
    _open(files)


def _open(files: QFileDialog) -> None:
    files.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    files.open()


def _read(shortcuts: Shortcuts, dialog: ShortcutsDialog, path: Path) -> None:
    try:
        unknown = shortcuts.read(path)
    except UserError as error:
        dialog.set_note(f"{error.message} {error.hint}", "bad")
        return
    left_out = "One action of it is" if unknown == 1 else f"{unknown} actions of it are"
    rest = f" {left_out} not in this version." if unknown else ""
    dialog.set_note(f"Keys taken over from {path.name}.{rest}")


def _write(shortcuts: Shortcuts, dialog: ShortcutsDialog, path: Path) -> None:
    try:
        shortcuts.write(path)
    except UserError as error:
        dialog.set_note(f"{error.message} {error.hint}", "bad")
    else:
        dialog.set_note(f"Written: {path}")
