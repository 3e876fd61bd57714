"""The signals of problems as curves."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.plot_choices import signal_of
from app.plot_making import series_of_signal
from pipeline.curves.values import Series
from pipeline.structures import Float, Int, Track

if TYPE_CHECKING:
    from app.compose import Program


class PlotSignals(QObject):
    """Asks what finds problems for its values, and keeps the last answers.

    Signals:
        told: There are other values.

    Attributes:
        series: By signal and track; track 0 is what is the frame's.
    """

    told = Signal()

    def __init__(self, program: Program, parent: QObject) -> None:
        super().__init__(parent)
        self._program = program
        self.series: dict[tuple[str, int], Series] = {}

    def ask(self, keys: Iterable[str], people: Iterable[Track]) -> None:
        """Ask for the signals among what is plotted, of some people."""
        tracks = [one.track_id for one in people]
        for key in keys:
            if (signal := signal_of(key)) is not None:
                for track in tracks if signal.per_track else [0]:
                    told = partial(self._on_told, signal.key, track)
                    self._program.problems.ask_curve(signal.key, track, told)

    def forget(self) -> None:
        """Another session."""
        self.series = {}

    def _on_told(self, key: str, track: int, told: tuple[Int, Float]) -> None:
        if (video := self._program.session.video) is not None:
            self.series[key, track] = series_of_signal(track, told, video.time_of)
            self.told.emit()
