"""Memory, once a second."""

from __future__ import annotations

import os
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.engine_control import EngineControl
from app.gpus import ReadGpu, find_gpus
from pipeline.memory import Memory


class Gauge(QObject):
    """Measures while the window is up.

    What the engine says of itself counts if there is one: on a GPU the driver's numbers for the whole card
    and its own share. Without an engine it is the card as a whole, and without a card the machine's memory
    with this program's part of it.

    Signals:
        measured: A Memory.
    """

    measured = Signal(object)

    def __init__(self, engine: EngineControl, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._process: Any = None
        self._gpus: list[ReadGpu] | None = None
        self._timer = QTimer(self, interval=1000)
        self._timer.timeout.connect(self.measure)

    def start(self) -> None:
        """Measure from now on."""
        self._timer.start()
        self.measure()

    def stop(self) -> None:
        """Measure no more."""
        self._timer.stop()

    def measure(self) -> None:
        """Measure now."""
        self._engine.watch()
        client = self._engine.client
        memory = client.memory if client is not None and client.state == "ready" else None
        self.measured.emit(memory or self._card() or self._system())

    def _card(self) -> Memory | None:
        if self._gpus is None:
            self._gpus = find_gpus()
        memory = self._gpus[0]() if self._gpus else None
        if memory is None:
            self._gpus = []  # one that stopped answering is not asked every second
        return memory

    def _system(self) -> Memory:
        import psutil  # here, because the window shows before anything is measured

        self._process = self._process or psutil.Process(os.getpid())
        machine = psutil.virtual_memory()
        return Memory(
            "system",
            "system memory",
            machine.total - machine.available,
            machine.total,
            worker=self._process.memory_info().rss,
        )
