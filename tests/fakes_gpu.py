"""A GPU that is an account: networks run on the CPU, and what they would take of a GPU is kept book of.

To PyTorch "cpu:0" is the CPU, to Retake it is a device of its own; what PyTorch says of CUDA's memory is answered from
the account. Weights have the sizes of the real networks, and passes take what passes take.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import torch

from pipeline.engines.engine import Outcome
from pipeline.engines.humans4d.device import Device
from pipeline.engines.humans4d.engine import Humans4DEngine
from pipeline.engines.humans4d.loaded import Loaded, make_ladder
from pipeline.engines.humans4d.placement import Crew, Placed
from pipeline.structures import Frame, Plan, RunOptions

GB = 10**9
NAME = "cpu:0"
WEIGHTS = {"detector": 2.77 * GB, "hmr": 2.69 * GB, "appearance": 0.02 * GB, "predictor": 0.39 * GB}
DETECTING = 1.5 * GB  # at 1024 px in float32
PERSON = 0.06 * GB
DRIVER = 0.5 * GB

DEAREST = Plan(NAME, "float32", batch_size=32, detector_size=1024, masks=True, resident=True)


@dataclass
class SimulatedGpu:
    """An account of so many bytes.

    Attributes:
        total: Bytes there are.
        held: Bytes by who holds them.
        peak: The most there were in use.
        refusals: How often there were not enough.
    """

    total: int
    held: dict[str, int] = field(default_factory=lambda: {"driver": int(DRIVER)})
    peak: int = 0
    refusals: int = 0

    @property
    def used(self) -> int:
        return sum(self.held.values())

    def hold(self, who: str, size: float) -> None:
        """Give somebody so many bytes, instead of those they had.

        Raises:
            torch.OutOfMemoryError: There are not enough; they then hold what there was.
        """
        self.held.pop(who, None)
        free = self.total - self.used
        self.held[who] = min(int(size), free)
        self.peak = max(self.peak, self.used)
        if size > free:
            self.refusals += 1
            raise torch.OutOfMemoryError(f"CUDA out of memory. Tried to allocate {size / 2**30:.2f} GiB.")

    def give(self, who: str) -> None:
        self.held.pop(who, None)

    def answer_for_cuda(self, patch: pytest.MonkeyPatch) -> None:
        """Answer what PyTorch is asked of CUDA's memory."""
        patch.setattr(torch.cuda, "mem_get_info", lambda device: (self.total - self.used, self.total))
        for name in ("memory_reserved", "memory_allocated"):
            patch.setattr(torch.cuda, name, lambda device: self.used)
        patch.setattr(torch.cuda, "max_memory_reserved", lambda device: self.peak)
        patch.setattr(torch.cuda, "empty_cache", lambda: None)


@dataclass(eq=False)
class SimulatedPlaced(Placed):
    """A network whose tensors take what the real one's would."""

    gpu: SimulatedGpu | None = None
    real: float = 0.0

    @property
    def size(self) -> int:
        return int(self.real)

    def size_in(self, precision: str) -> int:
        return int(self.real / 2 if self.coarse is not None and precision != "float32" else self.real)

    def place(self, device: str, precision: str, tell: Any = None) -> None:
        assert self.gpu is not None
        if device == "cpu":
            self.gpu.give(self.title)
        elif self._where != (device, precision):
            self._where = None
            self.gpu.hold(self.title, self.size_in(precision))
        super().place(device, precision, tell)

    def withdraw(self) -> None:
        assert self.gpu is not None
        self.gpu.give(self.title)
        super().withdraw()


def gpu_device(gpu: SimulatedGpu) -> Device:
    return Device(NAME, f"Simulated, {gpu.total / GB:.1f} GB", "driver 1.0", gpu.total, "", "bfloat16", 1e12)


@contextlib.contextmanager
def on_simulated_gpu(loaded: Loaded, gpu: SimulatedGpu, plan: Plan = DEAREST) -> Iterator[Loaded]:
    """The networks of an engine on a simulated GPU, beginning with a plan."""
    modules = {
        "detector": (loaded.detector.model, loaded.detector.backbone),
        "hmr": (loaded.hmr, loaded.hmr.backbone),
        "appearance": (loaded.appearance, None),
        "predictor": (loaded.predictor, None),
    }
    crew = Crew(
        {
            name: SimulatedPlaced(name, module, coarse, gpu=gpu, real=WEIGHTS[name])
            for name, (module, coarse) in modules.items()
        }
    )
    device = gpu_device(gpu)
    hooks = [
        *_charge(gpu, crew.members["detector"], lambda x: DETECTING * (x.shape[-1] / 1024) ** 2),
        *_charge(gpu, crew.members["hmr"], lambda x: PERSON * len(x)),
    ]
    try:
        yield replace(loaded, device=device, crew=crew, ladder=make_ladder(device, crew, plan, device.rescue))
    finally:
        for hook in hooks:
            hook.remove()
        crew.disband()


def _charge(gpu: SimulatedGpu, member: Placed, cost: Any) -> Iterator[Any]:
    """Have a backbone's passes take their memory while they last."""
    who = f"{member.title}, working"

    def before(_module: torch.nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        if member.on_gpu:
            share = 2 / 3 if torch.is_autocast_enabled("cpu") else 1
            gpu.hold(who, cost(given[0]) * share)

    assert member.coarse is not None
    yield member.coarse.register_forward_pre_hook(before)
    yield member.coarse.register_forward_hook(lambda *_call: gpu.give(who))


def engine_on(loaded: Loaded, like: Humans4DEngine) -> Humans4DEngine:
    """An engine with these networks and another's settings."""
    engine = Humans4DEngine()
    engine._choices = like._choices
    engine._keep(loaded, 0.1)
    return engine


def silent(step: str, share: float) -> None:
    """A report nobody hears."""


def run(engine: Humans4DEngine, frames: Sequence[Frame], chunk: int = 8, **options: Any) -> list[Outcome]:
    """The outcomes of frames, some at a time."""
    outcomes: list[Outcome] = []
    for start in range(0, len(frames), chunk):
        engine.infer_chunk(frames[start : start + chunk], RunOptions(**options), silent, outcomes.append)
    return outcomes
