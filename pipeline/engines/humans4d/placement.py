"""Where each network's tensors are: their master copies stay in main memory, mapped from the files.

A network that leaves the GPU costs nothing: its tensors are pointed back at the masters. Coming back is one copy from
the page cache. Half precision is a matter of place too: matrices and convolutions of the part that may lose digits
(the backbone) are placed in it, and run under autocast; normalisation, heads and SMPL stay in float32.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import torch
from torch import nn

from pipeline.structures import Plan

_EXACT = "retake_exact"
_ROUNDED = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


@dataclass(eq=False)
class Placed:
    """A network and where it is.

    Attributes:
        title: For messages.
        module: The network.
        coarse: The part of it that may run in half precision, or None.
    """

    title: str
    module: nn.Module
    coarse: nn.Module | None = None
    _masters: dict[str, torch.Tensor] = field(init=False)
    _rounded: frozenset[str] = field(init=False)
    _where: tuple[str, str] | None = field(init=False, default=("cpu", "float32"))

    def __post_init__(self) -> None:
        self._masters = {name: tensor.data for name, tensor in _tensors(self.module)}
        self._rounded = frozenset(_rounded_names(self.module, self.coarse))

    @property
    def size(self) -> int:
        """Bytes of its tensors in float32."""
        return sum(tensor.numel() * tensor.element_size() for tensor in self._masters.values())

    def size_in(self, precision: str) -> int:
        """Bytes of its tensors in a precision."""
        saved = sum(self._masters[name].numel() * 2 for name in self._rounded)
        return self.size - (saved if precision != "float32" else 0)

    @property
    def on_gpu(self) -> bool:
        """Whether any of it may be on a GPU."""
        return self._where is None or self._where[0] != "cpu"

    def place(self, device: str, precision: str, tell: Callable[[float], None] | None = None) -> None:
        """Bring it to a device in a precision; nothing happens if it is there.

        Raises:
            RuntimeError: Memory does not suffice; it is then partly placed, until `withdraw` or `place` succeeds.
        """
        precision = precision if self._rounded else "float32"
        if self._where == (device, precision):
            return
        self._where = None
        done = 0
        for name, tensor in _tensors(self.module):
            master = self._masters[name]
            half = precision != "float32" and name in self._rounded
            moved = master.to(device)  # first, so that a GPU does the rounding
            tensor.data = moved.to(getattr(torch, precision)) if half else moved
            done += master.numel() * master.element_size()
            if tell:
                tell(done / max(self.size, 1))
        self._where = (device, precision)

    def withdraw(self) -> None:
        """Take it off the device; its tensors are the masters again."""
        for name, tensor in _tensors(self.module):
            tensor.data = self._masters[name]
        self._where = ("cpu", "float32")

    def withdraw_if_partial(self) -> None:
        """After a `place` that failed: give back what it got."""
        if self._where is None:
            self.withdraw()


def _tensors(module: nn.Module) -> Iterable[tuple[str, torch.Tensor]]:
    yield from module.named_parameters()
    yield from module.named_buffers()


def _rounded_names(module: nn.Module, coarse: nn.Module | None) -> Iterable[str]:
    if coarse is None:
        return
    exact = {id(inside) for part in coarse.modules() if hasattr(part, _EXACT) for inside in part.modules()}
    wanted = {
        id(parameter)
        for part in coarse.modules()
        if isinstance(part, _ROUNDED) and id(part) not in exact
        for parameter in part.parameters(recurse=False)
    }
    for name, parameter in module.named_parameters():
        if id(parameter) in wanted:
            yield name


@dataclass(eq=False)
class Crew:
    """All networks of the engine, of which one is at work at a time."""

    members: dict[str, Placed] = field(default_factory=dict)

    def summon(self, names: Iterable[str], plan: Plan) -> None:
        """Bring networks to where a plan wants them; under a plan that says so, the others leave the GPU first."""
        wanted = set(names)
        if not plan.resident:
            for name, other in self.members.items():
                if name not in wanted:
                    other.withdraw()
        for name in wanted:
            self.members[name].place(plan.device, plan.precision)

    def tidy(self) -> None:
        """Give back what a failed attempt left half placed."""
        for member in self.members.values():
            member.withdraw_if_partial()

    def disband(self) -> None:
        """Take all of them off the GPU."""
        for member in self.members.values():
            member.withdraw()


def keep_exact(part: nn.Module) -> None:
    """Let a part of a coarse network compute in float32 all the same: what it rounds, all after it carries on."""
    inner = part.forward

    def forward(x: torch.Tensor) -> torch.Tensor:
        with torch.autocast(x.device.type, enabled=False):
            out: torch.Tensor = inner(x.float())
        return out

    part.forward = forward
    setattr(part, _EXACT, True)


def coarse_arithmetic(plan: Plan) -> AbstractContextManager[object]:
    """Half precision for what runs inside, if the plan says so."""
    kind = plan.device.partition(":")[0]
    if plan.precision == "float32":
        return torch.autocast(kind, enabled=False)
    return torch.autocast(kind, dtype=getattr(torch, plan.precision))
