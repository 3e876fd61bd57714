"""Frames on their way through the engine: found, reconstructed, and who they are, as passes over several frames.

One network is at work at a time, and people of several frames share a batch. A frame that fails leaves its place; the
others go on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import cv2
import numpy as np
import torch

from pipeline.engines.exhaustion import is_device_lost
from pipeline.engines.humans4d.crops import BoxMask, Square, crop, mask_crop, square_of
from pipeline.engines.humans4d.detector import People
from pipeline.engines.humans4d.device import memory_of
from pipeline.engines.humans4d.hmr import Bodies, translation_in_crop
from pipeline.engines.humans4d.journal import Journal
from pipeline.engines.humans4d.loaded import Loaded
from pipeline.engines.humans4d.results import Person, sightings_of
from pipeline.engines.humans4d.texture import small_features
from pipeline.engines.ladder import Climb, Step
from pipeline.engines.spill import SpillWatch, may_spill
from pipeline.errors import UserError
from pipeline.structures import Float, Frame, Half, Int, Plan, Rejected, RunOptions

_log = logging.getLogger(__name__)
FRAME_FAULTS = (UserError, RuntimeError, ValueError, ArithmeticError, cv2.error)
"""What may go wrong with one frame's content; anything else is a fault of ours and fails the request."""


@dataclass(eq=False)
class Candidate:
    """One person of one frame, before and after HMR 2.0.

    Attributes:
        box: (4,) x1, y1, x2, y2 px.
        score: In [0, 1].
        mask: If there is one.
        square: Where the crop lies.
        person: What came of it; None until then.
    """

    box: Float
    score: float
    mask: BoxMask | None
    square: Square
    person: Person | None = None


@dataclass(eq=False)
class Passage:
    """One frame on its way.

    Attributes:
        frame: The frame.
        people: Who was found.
        rejected: Who was not, and why.
        plans: Under which plans its passes ran.
        rungs: The rungs of the ladder that were taken for it, in words.
        notes: What else is worth telling.
        seconds: By step.
        tracks: PHALP's numbers, if it was tracked.
        warning: See `FrameResult.warning`.
        error: Why it has no result, and in which step.
    """

    frame: Frame
    people: list[Candidate] = field(default_factory=list)
    rejected: Rejected = field(default_factory=Rejected)
    plans: dict[Step, Plan] = field(default_factory=dict)
    rungs: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    tracks: Int | None = None
    warning: str = ""
    error: tuple[Step, Exception] | None = None

    def take(self, step: Step, climb: Climb[Any]) -> None:
        """Remember under which plan a step ran, and what it took to get there."""
        self.plans[step] = climb.plan
        self.rungs += [f"{step}: {rung}" for rung in climb.rungs]

    @property
    def size(self) -> tuple[int, int]:
        """(W, H) px."""
        height, width = self.frame.image.shape[:2]
        return width, height


class Passes:
    """The three passes."""

    def __init__(self, loaded: Loaded, journal: Journal) -> None:
        self._loaded = loaded
        self._journal = journal
        possible = loaded.device.is_gpu and may_spill()
        self._watches = {"detect": SpillWatch(possible), "reconstruct": SpillWatch(possible)}

    def detect(self, passage: Passage, options: RunOptions, tell: Callable[[float], None]) -> None:
        """Find the people of a frame; boxes drawn by hand are taken as they are."""
        image = passage.frame.image
        if options.boxes:
            boxes = np.array(options.boxes, np.float32).reshape(-1, 4)
            passage.people = _candidates(People(boxes, np.ones(len(boxes), np.float32), (), Rejected()))
            passage.notes.append(f"{len(boxes)} boxes drawn by hand")
            return
        wanted = options.masks or bool(
            options.sequence
        )  # tracking looks at people, not at what is behind them

        def limit(plan: Plan) -> Plan:
            return plan if wanted else replace(plan, masks=False)

        def work(plan: Plan) -> People:
            self._loaded.crew.summon(("detector",), plan)
            return self._loaded.detector.find(image, options, plan, tell)

        with _timed(passage, "detect"), _faults(passage, "detect"):
            climb = self._loaded.ladder.run("detect", work, limit)
            passage.take("detect", climb)
            passage.people, passage.rejected = _candidates(climb.value), climb.value.rejected
        self._watch(passage, "detect", 1)

    def reconstruct(
        self, passages: Sequence[Passage], options: RunOptions, tell: Callable[[float], None]
    ) -> None:
        """Give every person a body, people of all frames together."""
        todo = [(passage, one) for passage in passages for one in passage.people if not passage.error]
        total = len(todo)
        while todo:
            done = self._next_batch(todo, options, partial(_tell_part, tell, total - len(todo), total))
            todo = [pair for pair in todo[done:] if not pair[0].error]
        for passage in passages:
            _leave_out_the_impossible(passage)

    def _next_batch(
        self, todo: Sequence[tuple[Passage, Candidate]], options: RunOptions, tell: Callable[[float], None]
    ) -> int:
        """Reconstruct some of those to do; returns how many. If that fails, the first one's frame has failed."""
        start = time.perf_counter()
        with _faults(todo[0][0], "reconstruct"):
            climb = self._loaded.ladder.run(
                "reconstruct", lambda plan: self._batch(todo, plan, options, tell)
            )
            self._share(todo[: climb.value], climb, time.perf_counter() - start)
            return climb.value
        return 0

    def track(self, passage: Passage, sequence: str, tell: Callable[[float], None]) -> None:
        """Say who the people of a frame are, after the frames before it."""
        seen = sightings_of([one.person for one in passage.people if one.person], passage.size)
        frame, tracker, ladder = passage.frame.index, self._journal.tracker, self._loaded.ladder

        def go(plan: Plan) -> None:
            self._loaded.crew.summon(("predictor", "appearance"), replace(plan, precision="float32"))
            tracker.place(plan.device)

        def take_up(plan: Plan) -> str:
            go(plan)
            return self._journal.take_up(sequence, frame)

        with _timed(passage, "track"), _faults(passage, "track"):
            begun = ladder.run("track", take_up)
            before = tracker.state()
            again: list[Plan] = []

            def follow(plan: Plan) -> Int:
                go(plan)
                if again:
                    tracker.restore(before)
                again.append(plan)
                tracker.telling(tell)
                return tracker.follow(frame, seen)

            with self._journal.unless_done():
                climb = ladder.run("track", follow)
            passage.tracks = climb.value
            passage.take("track", climb)
            passage.notes += [begun.value] if begun.value else []
            self._journal.write(frame, seen)

    def _batch(
        self,
        todo: Sequence[tuple[Passage, Candidate]],
        plan: Plan,
        options: RunOptions,
        tell: Callable[[float], None],
    ) -> int:
        """Reconstruct as many of those to do as the plan allows; returns how many."""
        some = todo[: plan.batch_size]
        self._loaded.crew.summon(("hmr", "appearance"), plan)
        pictures = np.stack([crop(passage.frame.image, one.square) for passage, one in some])
        bodies = self._loaded.hmr.reconstruct(pictures, plan, lambda share: tell(share * len(some)))
        looks, maps, features = self._looks(pictures, [one for _, one in some], bodies, plan)
        for index, (_passage, one) in enumerate(some):
            one.person = Person.of(
                bodies, index, one.box, one.score, one.mask, one.square, features[index],
                looks[index] if options.sequence else None, maps[index] if options.sequence else None,
            )  # fmt: skip
        return len(some)

    @torch.no_grad()
    def _looks(
        self, pictures: Float, some: Sequence[Candidate], bodies: Bodies, plan: Plan
    ) -> tuple[Float, Float, Half]:
        """Encoded texture maps (N, 4096), the maps (N, 4, 256, 256), and what is stored (N, 256)."""
        appearance = self._loaded.appearance
        masks = torch.from_numpy(np.stack([mask_crop(one.mask, one.square) for one in some])).to(plan.device)
        camera = translation_in_crop(torch.from_numpy(bodies.pred_cam).to(plan.device))
        maps = appearance.texture(torch.from_numpy(pictures).to(plan.device), masks, bodies.vertices, camera)
        encoded = appearance.encode(maps)
        flat: Float = encoded.reshape(len(some), -1).cpu().numpy()
        return flat, maps.cpu().numpy(), small_features(encoded)

    def _share(self, done: Sequence[tuple[Passage, Candidate]], climb: Climb[int], seconds: float) -> None:
        """Write a batch's time and plan to its frames."""
        for passage, _one in done:
            share = seconds / len(done)
            passage.seconds["reconstruct"] = passage.seconds.get("reconstruct", 0.0) + share
        for passage in {id(passage): passage for passage, _one in done}.values():
            passage.take("reconstruct", climb)
        self._watch(done[0][0], "reconstruct", len(done), seconds)

    def _watch(self, passage: Passage, step: str, amount: int, seconds: float | None = None) -> None:
        watch = self._watches[step]
        if (
            watch.possible and not passage.error and not passage.rungs
        ):  # a frame that was tried anew is no measure
            memory = memory_of(self._loaded.device)
            took = passage.seconds[step] if seconds is None else seconds
            passage.warning = watch.saw(took, amount, memory.used, memory.total) or passage.warning


def _tell_part(tell: Callable[[float], None], before: int, total: int, share: float) -> None:
    """Tell of some of a batch's people, after those before it."""
    tell((before + share) / total)


def _candidates(found: People) -> list[Candidate]:
    masks = found.masks or (None,) * len(found.boxes)
    return [
        Candidate(box, float(score), mask, square_of(box))
        for box, score, mask in zip(found.boxes, found.scores, masks, strict=True)
    ]


def _leave_out_the_impossible(passage: Passage) -> None:
    """People whose camera is behind them, or no number, cannot be drawn or tracked; they are told of."""
    lost = [one for one in passage.people if one.person is None or not one.person.in_front]
    if not lost or passage.error:
        return
    passage.people = [one for one in passage.people if one not in lost]
    known = passage.rejected
    passage.rejected = Rejected(
        np.concatenate([known.boxes, np.array([one.box for one in lost], np.float32)]),
        np.concatenate([known.scores, np.array([one.score for one in lost], np.float32)]),
        (*known.reasons, *("HMR 2.0 puts this body behind the camera" for _ in lost)),
    )


class _timed:  # noqa: N801 - used as a statement
    """Adds the seconds inside to a step of a frame."""

    def __init__(self, passage: Passage, step: str) -> None:
        self._passage, self._step, self._start = passage, step, time.perf_counter()

    def __enter__(self) -> None:
        self._start = time.perf_counter()

    def __exit__(self, *_error: object) -> None:
        self._passage.seconds[self._step] = time.perf_counter() - self._start


class _faults:  # noqa: N801 - used as a statement
    """Turns what goes wrong inside into the frame's error; a lost device and a cancellation pass."""

    def __init__(self, passage: Passage, step: Step) -> None:
        self._passage, self._step = passage, step

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> bool:
        if not isinstance(error, FRAME_FAULTS) or is_device_lost(error):
            return False
        _log.error("frame %d, %s", self._passage.frame.index, self._step, exc_info=error)
        self._passage.error = (self._step, error.with_traceback(None))  # a traceback holds on to tensors
        return True
