"""Errors nobody foresaw: a report on disk, and the window stays up."""

from __future__ import annotations

import platform
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from app.versions import package_versions
from pipeline.places import log_folder

_KEPT = 20


def write_report(error: BaseException) -> Path | None:
    """Write a crash report.

    Returns:
        The file; None if it cannot be written, for a full disk must not bring the window down.
    """
    text = "".join([_machine(), *traceback.format_exception(error)])
    try:
        log_folder().mkdir(parents=True, exist_ok=True)
        path = log_folder() / f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{time.monotonic_ns() % 10**6:06}.txt"
        path.write_text(text, encoding="utf-8")
        _forget_old_reports()
    except OSError:
        return None
    return path


def install_hook(
    tell: Callable[[BaseException], None], post: Callable[[Callable[[], None]], None]
) -> Callable[[], None]:
    """Send what nobody caught to `tell`; returns what puts the old hooks back.

    Args:
        tell: Called in the window's thread.
        post: Gets a call from another thread into the window's.
    """
    before, before_in_threads = sys.excepthook, threading.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt):
            before(kind, error, trace)
            return
        tell(error)

    def hook_in_threads(arguments: threading.ExceptHookArgs) -> None:
        error = arguments.exc_value
        if error is not None:
            post(lambda: tell(error))

    def restore() -> None:
        sys.excepthook, threading.excepthook = before, before_in_threads

    sys.excepthook, threading.excepthook = hook, hook_in_threads
    return restore


def _machine() -> str:
    lines = [
        f"{time.strftime('%Y-%m-%d %H:%M:%S')}  Python {platform.python_version()}  {platform.platform()}"
    ]
    lines += [f"{name} {version or 'missing'}" for name, version in package_versions().items()]
    return "\n".join(lines) + "\n\n"


def _forget_old_reports() -> None:
    for path in sorted(log_folder().glob("crash-*.txt"))[:-_KEPT]:
        path.unlink(missing_ok=True)
