"""How a batch stands: a bar for each video, or a line now and then where there is no terminal."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from pipeline.batch.plan import VideoWork

_LINES = 30.0  # s between two lines where bars cannot be drawn


class BatchProgress:
    """Shows how videos stand. `update` may be called on any thread."""

    def __init__(self, console: Console, works: Sequence[VideoWork]) -> None:
        """Show them as they are now."""
        self._console, self._works = console, list(works)
        self._lock = threading.Lock()
        self._said = time.monotonic()
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("frames, {task.fields[chunks]} chunks{task.fields[state]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[Path, TaskID] = {}

    def __enter__(self) -> BatchProgress:
        self._bars.start()
        for work in self._works:
            self._tasks[work.survey.video] = self._bars.add_task(
                work.survey.named.name,
                total=work.survey.frame_count,
                completed=work.frames_done,
                chunks=_chunks(work),
                state="",
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def update(self, work: VideoWork) -> None:
        """Show how a video stands now."""
        state = f", {work.written} written" if work.written else ""
        task = self._tasks[work.survey.video]
        self._bars.update(task, completed=work.frames_done, chunks=_chunks(work), state=state)
        with self._lock:
            due = not self._console.is_terminal and time.monotonic() - self._said >= _LINES
            if due:
                self._said = time.monotonic()
        if due:
            self._console.print(self._summary())

    def _summary(self) -> str:
        done = sum(work.frames_done for work in self._works)
        total = sum(work.survey.frame_count for work in self._works)
        chunks = sum(work.chunks_done for work in self._works)
        return f"{done} of {total} frames, {chunks} of {sum(len(work.chunks) for work in self._works)} chunks"


def _chunks(work: VideoWork) -> str:
    return f"{work.chunks_done}/{len(work.chunks)}"
