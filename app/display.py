"""Whether a window can be shown, said before Qt ends the process over it."""

from __future__ import annotations

import ctypes
import os
import sys

from pipeline.errors import UserError

# What Qt's xcb plugin links to and Debian does not install by itself. Qt blames xcb-cursor whichever is missing.
_XCB = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-shape.so.0": "libxcb-shape0",
}


def require_display() -> None:
    """Look for a display and what Qt needs to use it. Does nothing where the user chose Qt's platform.

    Raises:
        UserError: There is none, or a library is missing; Qt would abort.
    """
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM") or os.environ.get("WAYLAND_DISPLAY"):
        return
    if not os.environ.get("DISPLAY"):
        raise UserError(
            "There is no display to show the window on.",
            "Log in with X forwarding, or use `retake run`, `frame` and `export`, which need none.",
        )
    if missing := [package for library, package in _XCB.items() if not _loads(library)]:
        raise UserError(
            f"Qt misses {len(missing)} system libraries for windows on X11.",
            f"Run: apt-get install {' '.join(missing)}",
        )


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
