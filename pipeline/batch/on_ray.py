"""Chunks done by Ray actors, each of which holds one loaded engine. Needs the extra `batch`.

Ray finds room for the actors, on this machine or in a cluster, and notices when one dies. Which chunk is whose is
decided here: an actor gets the next one when it is free, and a chunk whose actor died goes to another.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from pipeline.batch.chunks import Chunk
from pipeline.batch.executor import MOST_TRIES, Report, Tell
from pipeline.batch.places import way_here
from pipeline.batch.ray_worker import RayWorker
from pipeline.batch.work import Equipment
from pipeline.engines.engine import EngineInfo
from pipeline.errors import EngineError, UserError

_TURN = 0.5  # s between two questions how far actors are
_IMPATIENT = 60  # turns without an engine after which that is said
_GOODBYE = 5.0  # s that engines get to end by themselves
_STORE_BYTES = 80 * 2**20  # of shared memory, of which little is used: what is sent are names of files
_UNREACHED = (
    "Check the address given to --ray. A cluster that wants a token wants RAY_AUTH_MODE=token set here too."
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where actors are and what each gets.

    Attributes:
        address: Of a cluster, or "local" for one of this machine's own, for as long as it is needed.
        workers: How many actors; 0 is as many as there is room for.
        gpus: GPUs an actor gets, such as 1 or 0.5.
    """

    address: str
    workers: int = 0
    gpus: float = 0.0


@dataclass(eq=False)
class _Hand:
    """An actor as it is seen from here.

    Attributes:
        actor: Ray's handle.
        answer: What it was asked for last, to come; None while it has nothing to do.
        chunk: What it is at; None while it loads.
        frames: How far it is, to come.
    """

    actor: Any
    answer: Any
    chunk: Chunk | None = None
    frames: Any = None


class RayExecutor:
    """Keeps actors busy until all chunks are done."""

    def __init__(self, equipment: Equipment, place: Place, notice: Callable[[str], None]) -> None:
        """Join the cluster, or start one.

        Raises:
            UserError: Ray is not installed, or the cluster cannot be reached or has no GPU.
        """
        self._ray = _ray()
        self._equipment, self._place, self._notice = equipment, place, notice
        self._folder = _own_folder() if place.address == "local" else ""
        self._hands: list[_Hand] = []
        self._places = 1
        self._deaths: Counter[Chunk | None] = Counter()
        try:
            self._ray.init(**_settings(place, self._folder))
            self._check_room()
        except (OSError, RuntimeError, ValueError, self._ray.exceptions.RayError) as error:
            self.close()
            raise UserError(f"Ray cannot be used: {_last_line(error)}", _UNREACHED) from error
        except BaseException:
            self.close()
            raise

    def engine(self) -> EngineInfo:
        """Have one actor load the engine and say what it is."""
        info: EngineInfo | None = None
        while info is None:
            hand = self._hire()
            self._await_patiently(hand)
            info = self._loaded(hand)
        return info

    def run(self, chunks: Sequence[Chunk], engine_id: str, tell: Tell) -> None:
        """Have chunks done by as many actors as there are places."""
        waiting = deque(chunks)
        self._places = min(self._most(), len(chunks))
        while waiting or self._busy():
            while len(self._hands) < min(self._places, len(waiting) + self._busy()):
                self._hire()
            self._give(waiting, engine_id)
            for hand in self._answered():
                if hand.chunk is None:
                    self._loaded(hand)
                else:
                    self._hear(hand, hand.chunk, waiting, tell)
            self._ask_how_far(tell)

    def close(self) -> None:
        """End engines, actors, and the cluster if it is our own."""
        if self._ray.is_initialized():
            with contextlib.suppress(self._ray.exceptions.RayError):
                self._say_goodbye()
            self._ray.shutdown()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _check_room(self) -> None:
        gpus = self._ray.cluster_resources().get("GPU", 0)
        if gpus < self._place.gpus:
            raise UserError(
                f"Each worker is to get {self._place.gpus:g} GPUs, and all of Ray has {gpus:g}.",
                "Lower --gpus-per-worker, or give 0 to run on CPUs.",
            )

    def _most(self) -> int:
        there = self._ray.cluster_resources()
        room = there.get("GPU", 0) / self._place.gpus if self._place.gpus else there.get("CPU", 1)
        return self._place.workers or max(1, int(room))

    def _busy(self) -> int:
        return sum(hand.chunk is not None for hand in self._hands)

    def _hire(self) -> _Hand:
        remote = self._ray.remote(concurrency_groups={"look": 1})(RayWorker)
        # It is replaced from here when it dies: what a restarted one was asked would be lost.
        actor = remote.options(num_cpus=1, num_gpus=self._place.gpus, max_restarts=0).remote(self._equipment)
        self._hands.append(_Hand(actor, actor.load.remote()))
        return self._hands[-1]

    def _dismiss(self, hand: _Hand) -> None:
        self._hands.remove(hand)
        with contextlib.suppress(self._ray.exceptions.RayError):
            self._ray.kill(hand.actor)

    def _await_patiently(self, hand: _Hand) -> None:
        turns = 0
        while not self._ray.wait([hand.answer], timeout=_TURN)[0]:
            turns += 1
            if turns == _IMPATIENT:
                self._notice("No worker has loaded its engine yet. Is there room in the cluster?")

    def _give(self, waiting: deque[Chunk], engine_id: str) -> None:
        for hand in self._hands:
            if hand.answer is None and waiting:
                hand.chunk = waiting.popleft()
                hand.answer = hand.actor.do.remote(hand.chunk, engine_id)

    def _answered(self) -> list[_Hand]:
        """The actors that have answered; waits a little for the first."""
        asked = {hand.answer: hand for hand in self._hands if hand.answer is not None}
        ready, _ = self._ray.wait(list(asked), timeout=_TURN) if asked else ((), ())
        return [asked[answer] for answer in ready]

    def _loaded(self, hand: _Hand) -> EngineInfo | None:
        """Which engine an actor has loaded; None if it is gone, and others may go on.

        Raises:
            EngineError: Nobody is left.
        """
        try:
            answer = self._ray.get(hand.answer)
        except self._ray.exceptions.RayError as error:
            answer = f"A worker died while it loaded its engine. {_last_line(error)}"
            self._deaths[None] += 1
            self._places += self._deaths[None] < MOST_TRIES  # another one may be luckier in the same place
        if isinstance(answer, EngineInfo):
            hand.answer = None
            return answer
        self._dismiss(hand)
        self._places -= 1
        if not self._hands and self._places < 1:
            raise EngineError(str(answer))
        self._notice(str(answer))
        return None

    def _hear(self, hand: _Hand, chunk: Chunk, waiting: deque[Chunk], tell: Tell) -> None:
        try:
            problem = self._ray.get(hand.answer)
            hand.chunk = hand.answer = hand.frames = None
        except self._ray.exceptions.RayError as error:
            problem = f"Its worker died. {_last_line(error)}"
            self._dismiss(hand)
        if not problem:
            tell(Report(chunk, "done"))
            return
        self._deaths[chunk] += 1
        if self._deaths[chunk] < MOST_TRIES:
            self._notice(f"{chunk}: {problem} It is tried again.")
            tell(Report(chunk, "running", 0))
            waiting.append(chunk)
        else:
            tell(Report(chunk, "failed", message=f"Tried {MOST_TRIES} times. {problem}"))

    def _ask_how_far(self, tell: Tell) -> None:
        for hand in self._hands:
            if hand.chunk is None:
                continue
            if hand.frames is not None and self._ray.wait([hand.frames], timeout=0)[0]:
                with contextlib.suppress(self._ray.exceptions.RayError):  # its death is heard of elsewhere
                    tell(Report(hand.chunk, "running", self._ray.get(hand.frames)))
                hand.frames = None
            if hand.frames is None:
                hand.frames = hand.actor.frames.options(concurrency_group="look").remote()

    def _say_goodbye(self) -> None:
        idle = [hand.actor.close.remote() for hand in self._hands if hand.chunk is None]
        if idle:
            self._ray.wait(idle, num_returns=len(idle), timeout=_GOODBYE)
        for hand in tuple(self._hands):
            self._dismiss(hand)


def _ray() -> ModuleType:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would report to its makers
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".*")  # what it prints of deaths is said here, shorter
    try:
        import ray
        import ray.exceptions
    except ImportError:
        raise UserError("Ray is not installed.", "Install it: pip install 'retake[batch]'") from None
    return ray


def _own_folder() -> str:
    """Where a cluster of our own keeps its sockets; their names may not be long, so not just anywhere."""
    usual = "/tmp" if Path("/tmp").is_dir() else None
    return tempfile.mkdtemp(prefix="retake-ray-", dir=os.environ.get("RAY_TMPDIR") or usual)


def _settings(place: Place, folder: str) -> dict[str, Any]:
    """What `ray.init` is told."""
    logging.getLogger("ray").setLevel(logging.ERROR)
    settings: dict[str, Any] = {
        "logging_level": logging.ERROR,
        "log_to_driver": False,
        "runtime_env": {"env_vars": way_here()},
    }
    if place.address != "local":
        return {**settings, "address": place.address}
    cores = max(os.cpu_count() or 1, place.workers)
    return {
        **settings,
        "address": "local",
        "num_cpus": cores,
        "include_dashboard": False,
        "object_store_memory": _STORE_BYTES,
        "_temp_dir": folder,
    }


def _last_line(error: Exception) -> str:
    """What an error of Ray's comes down to; it goes on with guesses that are the same each time."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].partition(" Some common causes")[0] if lines else type(error).__name__
