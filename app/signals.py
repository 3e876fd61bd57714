"""Ctrl+C in the terminal and the system's wish to end: they close the window as its own button does."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QWidget

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP


@contextmanager
def closed_by_signals(window: QWidget) -> Iterator[None]:
    """While this holds, such a signal closes the window. What is ignored, as under nohup, stays ignored.

    Python handles a signal only when it runs next, and in Qt's event loop that may be never; so each is
    also written to a socket that wakes the loop.
    """
    numbers = [signal.Signals[name] for name in _NAMES if hasattr(signal, name)]
    before = {n: signal.getsignal(n) for n in numbers if signal.getsignal(n) is not signal.SIG_IGN}
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read)

    def close() -> None:
        reader.recv(64)
        window.close()

    notifier.activated.connect(close)
    woken = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    for number in before:
        signal.signal(number, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.set_wakeup_fd(woken)
        for number, handler in before.items():
            signal.signal(number, handler)
        notifier.setEnabled(False)
        reader.close()
        writer.close()
