"""The stand-in of `fakes_engine` as an engine that works on several frames at once.

A frame's `plan.batch_size` says with how many it was done. These cues are its own:

| cue | meaning |
|---|---|
| chunk | how many frames it likes to get; 4 by default |
| chunk_die_on | frames that kill the process unless they are alone |
| chunk_hang_on | frames on which it says nothing for ever unless they are alone |
| chunk_twice_on | frames that are answered twice |
| chunk_skip_on | frames that are not answered |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from fakes_engine import StandIn, _die, _hang, stand_in_command

from pipeline.engines.command import EngineCommand
from pipeline.engines.engine import EngineInfo, Outcome, OutOfMemory, Report
from pipeline.structures import Frame, FrameFailure, RunOptions


def chunk_command() -> EngineCommand:
    """Starts a worker with it."""
    return stand_in_command(target="fakes_chunks:ChunkStandIn")


class ChunkStandIn(StandIn):
    """Finds all people of a chunk first, then reconstructs them, frame by frame."""

    def info(self) -> EngineInfo:
        return replace(super().info(), chunk=int(self._extra.get("chunk", 4)))

    def infer_chunk(
        self, frames: Sequence[Frame], options: RunOptions, report: Report, deliver: Callable[[Outcome], None]
    ) -> None:
        for number, frame in enumerate(frames):
            report("detect", number / len(frames))
            self._misbehave_together(frame.index)
            if not self._cued("chunk_skip_on", frame.index):
                deliver(self._outcome(frame, options, report, len(frames)))
            if self._cued("chunk_twice_on", frame.index):
                deliver(self._outcome(frame, options, report, len(frames)))

    def _misbehave_together(self, index: int) -> None:
        if self._cued("chunk_die_on", index):
            _die()
        if self._cued("chunk_hang_on", index):
            _hang()

    def _outcome(self, frame: Frame, options: RunOptions, report: Report, count: int) -> Outcome:
        try:
            result = self.infer(frame, options, report)
        except OutOfMemory as error:
            return FrameFailure(
                frame.index, "reconstruct", error.kind, error.message, error.hint, error.numbers
            )
        return replace(result, plan=replace(result.plan, batch_size=count))
