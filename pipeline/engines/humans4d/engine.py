"""The 4D-Humans engine as the worker sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.engines.engine import EngineInfo, EngineSettings, Outcome, Report
from pipeline.engines.frame_work import frame_failure
from pipeline.engines.humans4d.stages import DETECTORS, Choices, choices_of, fingerprints, stages
from pipeline.engines.memory import system_memory
from pipeline.engines.probe import version_of
from pipeline.errors import EngineError
from pipeline.loading import Stage
from pipeline.memory import Memory
from pipeline.places import data_folder
from pipeline.structures import Frame, FrameResult, Plan, RunOptions

if TYPE_CHECKING:
    from pipeline.engines.humans4d.loaded import Loaded
    from pipeline.engines.humans4d.passes import Passage, Passes

# Raised whenever code of this folder changes what comes out for the same picture.
REVISION = 1
CHUNK = 8
"""Frames of a range at once on a GPU: their people fill a batch, and a wish for a single frame waits for no more."""

_SAMPLE = 2**20  # bytes at the start, in the middle and at the end that stand for a file


class Humans4DEngine:
    """Implements `pipeline.engines.engine.Engine` and `ChunkEngine`."""

    def __init__(self) -> None:
        self._choices: Choices | None = None
        self._loaded: Loaded | None = None
        self._passes: Passes | None = None
        self._seconds = 0.0
        self._id = ""

    def stages(self, settings: EngineSettings) -> Sequence[Stage]:
        """Stages of loading."""
        self._choices = choices_of(settings)
        return stages(self._choices, self._keep)

    def info(self) -> EngineInfo:
        """What was loaded."""
        loaded, choices = self._need()
        return EngineInfo(
            name="humans4d",
            version=version_of("hmr2"),
            engine_id=self._id,
            device=loaded.device.title,
            body_model=loaded.body.id,
            detail=f"{DETECTORS[choices.detector]}, HMR 2.0, PHALP",
            gender=choices.gender,
            chunk=CHUNK if loaded.device.is_gpu else 1,
            seconds_per_frame=self._seconds,
        )

    def infer(self, frame: Frame, options: RunOptions, report: Report) -> FrameResult:
        """Find and reconstruct the people of a frame; in a range, say who they are."""
        (passage,) = self._run([frame], options, report)
        if passage.error:
            raise passage.error[1]
        return self._result(passage, options)

    def infer_chunk(
        self, frames: Sequence[Frame], options: RunOptions, report: Report, deliver: Callable[[Outcome], None]
    ) -> None:
        """The same for several frames, as passes over all of them."""
        for passage in self._run(frames, options, report):
            if passage.error:
                step, error = passage.error
                deliver(frame_failure(passage.frame.index, step, error, self.memory()))
            else:
                deliver(self._result(passage, options))

    def memory(self) -> Memory:
        """The GPU's memory, or the machine's."""
        if self._loaded is None:
            return system_memory()
        from pipeline.engines.humans4d.device import memory_of

        return memory_of(self._loaded.device)

    def close(self) -> None:
        """Let go of the networks."""
        if self._loaded is not None:
            self._loaded.crew.disband()
        self._loaded = self._passes = None

    def _keep(self, loaded: Loaded, seconds: float) -> None:
        from pipeline.engines.humans4d.journal import Journal
        from pipeline.engines.humans4d.passes import Passes
        from pipeline.engines.humans4d.tracker import PhalpTracker

        assert self._choices is not None
        tracker = PhalpTracker(loaded.predictor, loaded.appearance.encode)
        self._loaded, self._seconds = loaded, seconds
        self._passes = Passes(loaded, Journal(tracker, data_folder() / "tracker"))
        self._id = engine_id(self._choices, loaded)

    def _need(self) -> tuple[Loaded, Choices]:
        if self._loaded is None or self._choices is None:
            raise EngineError("The engine is not loaded.", kind="load_failed")
        return self._loaded, self._choices

    def _run(self, frames: Sequence[Frame], options: RunOptions, report: Report) -> Iterator[Passage]:
        """Take frames through the passes; each comes out as soon as it is known who is in it."""
        from pipeline.engines.humans4d.passes import Passage

        self._need()
        assert self._passes is not None
        passages = [Passage(frame) for frame in frames]
        for done, passage in enumerate(passages):
            self._passes.detect(passage, options, _share_of(report, "detect", done, len(passages)))
        self._passes.reconstruct(passages, options, lambda fraction: report("reconstruct", fraction))
        for done, passage in enumerate(passages):
            if options.sequence and not options.boxes and not passage.error:
                tell = _share_of(report, "track", done, len(passages))
                self._passes.track(passage, options.sequence, tell)
            yield passage

    def _result(self, passage: Passage, options: RunOptions) -> FrameResult:
        from pipeline.engines.humans4d.device import peak_memory
        from pipeline.engines.humans4d.results import people_of

        loaded, _choices = self._need()
        persons = [one.person for one in passage.people if one.person is not None]
        return FrameResult(
            frame_index=passage.frame.index,
            people=people_of(persons, passage.size, options, loaded.body.id),
            rejected=passage.rejected,
            engine_id=self._id,
            plan=plan_of(passage, loaded.ladder.preferred),
            timings=dict(passage.seconds),
            peak_memory=peak_memory(loaded.device),
            tracks=passage.tracks,
            warning=passage.warning,
        )


def _share_of(report: Report, step: str, done: int, total: int) -> Callable[[float], None]:
    """Reports a step's share for one of several frames, beginning now."""
    report(step, done / total)
    return lambda share: report(step, (done + share) / total)


def plan_of(passage: Passage, preferred: Plan) -> Plan:
    """One plan of those a frame's passes ran under: the least of each, and the rungs in words."""
    plans = list(passage.plans.values()) or [preferred]
    detect = passage.plans.get("detect", plans[0])
    people = passage.plans.get("reconstruct", plans[0])
    return replace(
        preferred,
        device="cpu" if any(plan.device == "cpu" for plan in plans) else plans[0].device,
        precision=people.precision,
        batch_size=people.batch_size,
        detector_size=detect.detector_size if "detect" in passage.plans else 0,
        masks=detect.masks and "detect" in passage.plans,
        resident=all(plan.resident for plan in plans),
        notes=(*passage.rungs, *passage.notes),
    )


def engine_id(choices: Choices, loaded: Loaded) -> str:
    """Name, and a hash of what decides a result: the code's revision, the weights, the body, detector, precision."""
    digest = hashlib.sha256()
    device = loaded.device
    for part in (REVISION, choices.detector, device.half or "float32", loaded.body.id):
        digest.update(f"{part} ".encode())
    for path in fingerprints(choices):
        digest.update(_sample(path))
    return f"humans4d-{choices.detector}-{digest.hexdigest()[:8]}"


def _sample(path: Path) -> bytes:
    """Size, start, middle and end: hashing 6 GB whole would double the time of loading."""
    size = path.stat().st_size
    with path.open("rb") as file:
        parts = [str(size).encode()]
        for place in (0, max(0, size // 2), max(0, size - _SAMPLE)):
            file.seek(place)
            parts.append(file.read(_SAMPLE))
    return b"".join(parts)
