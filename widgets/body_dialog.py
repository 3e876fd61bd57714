"""Choosing one's own body model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

_FILES = "SMPL body models (*.pkl *.npz);;All files (*)"


def body_dialog(parent: QWidget, current: str, take: Callable[[str], object]) -> QFileDialog:
    """A dialog for one's own SMPL file, to be shown; it holds nothing up.

    Args:
        parent: The window it belongs to.
        current: The file in use; empty for the built-in body.
        take: Called with the path that was chosen.
    """
    folder = Path(current).parent if current else Path.home()
    dialog = QFileDialog(parent, "Choose a SMPL Body Model", str(folder), _FILES)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(take)
    return dialog
