"""Starts the window."""

from __future__ import annotations

import ctypes
import platform
import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from app.display import require_display
from app.signals import closed_by_signals
from pipeline.places import resource

_MMAP_THRESHOLD = -3
"""M_MMAP_THRESHOLD of glibc's malloc.h."""


def main(
    video: Path | None = None, *, demo: bool = False, tour: bool = True, argv: list[str] | None = None
) -> int:
    """Show the window, then open the video, then load the engine.

    Args:
        video: What to open.
        demo: It is the demo clip: say so, and offer to run it.
        tour: Show the tour if it has not been shown before.
        argv: Qt's arguments.

    Returns:
        The exit status.

    Raises:
        UserError: There is no display, or a system library that Qt needs is missing.
    """
    _free_for_good()
    require_display()
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
    if tour and not program.settings.tour_seen:
        QTimer.singleShot(0, window.actions_table["tour"].trigger)
    with closed_by_signals(window):
        status = application.exec()
    program.close()
    return status


def _free_for_good() -> None:
    """Have the C library give freed pictures back to the system.

    glibc raises its limit for keeping freed blocks to the size of what is freed, so that megabytes of every
    picture size stay with each thread: some 30 MB with a 1080p video. A fixed limit stops that.
    """
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, 2**20)
