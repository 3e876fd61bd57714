"""How much memory a plan needs is unknown until it fails; then the next cheaper plan is tried.

The rungs, in order: free caches, fewer people in a batch, other models off the device, half precision, no masks,
a smaller detector input, the CPU for this frame. Recovery happens outside the `except` block: while an exception
is handled, its traceback keeps the failed attempt's tensors alive (PyTorch FAQ, "My out of memory exception
handler can't allocate memory"). A plan that worked is kept, and grows back after a run of successes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, Literal, TypeVar, cast

from pipeline.engines.engine import OutOfMemory
from pipeline.engines.exhaustion import is_out_of_memory, requested_bytes
from pipeline.structures import Plan

Step = Literal["detect", "reconstruct", "track"]
T = TypeVar("T")

DETECTOR_SIZES = (1024, 800, 640, 512)
"""Longer sides of the detector's input, px, that the ladder goes down; smaller ones lose people in the distance."""

_PATIENCE, _MOST_PATIENCE = 16, 256  # successes before a dearer plan is tried again; doubled when that fails
_HINT = "Close other programs that use the GPU, give fewer people at once, or choose the smaller detector."


def cheaper(plan: Plan, step: Step, half: str) -> tuple[Plan, str] | None:
    """The next plan that needs less memory for a step, and the rung in words; None below the last one.

    Args:
        plan: What did not suffice.
        step: What is to be done; rungs that do not help it are left out, as are those that do not help a CPU.
        half: The device's half precision, empty if it has none.
    """
    if step == "reconstruct" and plan.batch_size > 1:
        fewer = plan.batch_size // 2
        return replace(plan, batch_size=fewer), f"{fewer} people in a batch"
    on_gpu = plan.device != "cpu"
    if on_gpu and plan.resident:
        return replace(plan, resident=False), "other models off the GPU"
    if on_gpu and plan.precision == "float32" and half:
        return replace(plan, precision=half), f"half precision ({half})"
    if step == "detect" and plan.masks:
        return replace(plan, masks=False), "no masks"
    smaller = [size for size in DETECTOR_SIZES if size < plan.detector_size]
    if step == "detect" and smaller:
        return replace(plan, detector_size=smaller[0]), f"detector input {smaller[0]} px"
    on_cpu = replace(plan, device="cpu", precision="float32", batch_size=1)
    return (on_cpu, "the CPU for this frame") if on_gpu else None


@dataclass(frozen=True, slots=True)
class Shortage:
    """What is left of an out-of-memory error: words and numbers, nothing that holds a tensor."""

    message: str
    requested: int


@dataclass(frozen=True, slots=True)
class Climb(Generic[T]):
    """What came of a step.

    Attributes:
        value: What the work returned.
        plan: The plan it worked with.
        rungs: The rungs taken on the way, in words.
    """

    value: T
    plan: Plan
    rungs: tuple[str, ...]


@dataclass
class _Stand:
    """Where a step stands: the plans above the one in use, and how long it has gone well.

    Attributes:
        plans: Dearest first; the last is in use.
        successes: In a row since the last change.
        patience: Successes before a dearer plan is tried.
    """

    plans: list[Plan]
    successes: int = 0
    patience: int = _PATIENCE
    grown: bool = False

    def succeeded(self) -> None:
        self.successes += 1
        if self.grown and self.successes >= _PATIENCE:
            self.grown, self.patience = False, _PATIENCE
        if len(self.plans) > 1 and self.successes >= self.patience:
            self.plans.pop()
            self.successes, self.grown = 0, True

    def failed(self) -> None:
        if self.grown:  # it was tried too early
            self.patience = min(2 * self.patience, _MOST_PATIENCE)
        self.successes, self.grown = 0, False


@dataclass
class Ladder:
    """Runs steps, each under the dearest plan that is known to work for it.

    Attributes:
        preferred: What is tried first.
        half: The device's half precision, empty if it has none.
        free: Gives cached memory back; called between attempts, with nothing of the failed one alive.
        numbers: Free, reserved and total bytes and the like, for the failure.
    """

    preferred: Plan
    half: str
    free: Callable[[], None]
    numbers: Callable[[], Mapping[str, float]]
    _stands: dict[Step, _Stand] = field(default_factory=dict)

    def plan(self, step: Step) -> Plan:
        """What a step is tried with now."""
        return self._stand(step).plans[-1]

    def run(
        self, step: Step, work: Callable[[Plan], T], limit: Callable[[Plan], Plan] | None = None
    ) -> Climb[T]:
        """Do some work, with less and less memory until it fits.

        Args:
            step: What kind of work.
            work: Called with a plan; may be called several times.
            limit: Adapts a plan to this piece of work, such as to options that ask for no masks.

        Raises:
            OutOfMemory: Not even the last plan sufficed.
        """
        stand, rungs = self._stand(step), list[str]()
        adapt = limit or (lambda plan: plan)
        plan = stand.plans[-1]
        while True:
            value, shortage = _attempt(work, adapt(plan))
            if shortage is None:
                self._note_success(stand, plan)
                return Climb(cast("T", value), adapt(plan), tuple(rungs))
            self.free()
            stand.failed()
            if not rungs:
                rungs.append("caches freed")
                continue
            plan = self._step_down(step, plan, adapt, rungs, shortage)
            if self._standing(plan):
                stand.plans.append(plan)

    def _step_down(
        self, step: Step, plan: Plan, adapt: Callable[[Plan], Plan], rungs: list[str], shortage: Shortage
    ) -> Plan:
        """The next plan that makes a difference to this piece of work."""
        before = adapt(plan)
        while adapt(plan) == before:
            after = cheaper(plan, step, self.half)
            if after is None:
                raise self._exhausted(step, shortage, rungs)
            plan, rung = self._whole(plan, after[0]), after[1]
        rungs.append(rung)
        return plan

    def _whole(self, before: Plan, after: Plan) -> Plan:
        """Where a frame goes to the CPU nothing is left out at first: main memory is larger."""
        if before.device == after.device:
            return after
        return replace(after, detector_size=self.preferred.detector_size, masks=self.preferred.masks)

    def _standing(self, plan: Plan) -> bool:
        """Whether a plan may be kept for the next frames: the CPU, where it is not the rule, is for one alone."""
        return plan.device == self.preferred.device

    def _note_success(self, stand: _Stand, plan: Plan) -> None:
        if self._standing(plan):
            stand.succeeded()

    def _stand(self, step: Step) -> _Stand:
        return self._stands.setdefault(step, _Stand([self.preferred]))

    def _exhausted(self, step: Step, shortage: Shortage, rungs: list[str]) -> OutOfMemory:
        tried = "; ".join(rungs)
        numbers = {**self.numbers(), "requested": float(shortage.requested), "rungs": float(len(rungs))}
        first = shortage.message.splitlines()[0] if shortage.message else "no memory"
        return OutOfMemory(f"Memory does not suffice to {step}, after {tried}: {first}", numbers, _HINT)


def _attempt(work: Callable[[Plan], T], plan: Plan) -> tuple[T | None, Shortage | None]:
    """Call the work once; only words leave the handler, so that the exception and its frames end here."""
    try:
        return work(plan), None
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return None, Shortage(str(error), requested_bytes(str(error)))
