"""Starts the window."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from pipeline.places import resource


def main(video: Path | None = None, *, demo: bool = False, argv: list[str] | None = None) -> int:
    """Show the window, then open the video, then load the engine.

    Args:
        video: What to open.
        demo: Open the demo clip, and run it once the engine is there.
        argv: Qt's arguments.

    Returns:
        The exit status.
    """
    application = QApplication(argv if argv is not None else sys.argv[:1])
    application.setApplicationName("retake")
    application.setApplicationDisplayName("Retake")
    application.setDesktopFileName("retake")
    application.setWindowIcon(QIcon(str(resource("retake.svg"))))
    from app.compose import compose

    program = compose()
    window = program.window
    window.restore_layout(*program.settings.layout())
    window.show()
    QTimer.singleShot(0, lambda: program.start(video, demo=demo))
    status = application.exec()
    program.close()
    return status
