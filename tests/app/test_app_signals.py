import os
import signal

import pytest
from PySide6.QtWidgets import QWidget

from app.signals import closed_by_signals


@pytest.mark.usefixtures("heeded")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_closes_the_window_and_is_as_before_afterwards(qtbot, number):
    before = signal.getsignal(number)
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    with closed_by_signals(window):
        os.kill(os.getpid(), number)
        qtbot.waitUntil(lambda: not window.isVisible())
    assert signal.getsignal(number) is before


def test_what_is_ignored_stays_ignored(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with closed_by_signals(window):
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
