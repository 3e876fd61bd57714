"""Telling how far a network is while it works: on a CPU one pass takes up to minutes, and wants to be stopped."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from torch import nn

Tell = Callable[[float], None]


class Watch:
    """Tells the share of a network's blocks that are done; what `tell` raises stops the network."""

    def __init__(self, network: nn.Module) -> None:
        """Watch the network's longest list of blocks; a network without one is too quick to be watched."""
        lists = [part for part in network.modules() if isinstance(part, nn.ModuleList)]
        blocks = max(lists, key=len, default=nn.ModuleList())
        self._tell: Tell | None = None
        for number, block in enumerate(blocks, 1):
            block.register_forward_hook(self._hook(number / len(blocks)))

    @contextlib.contextmanager
    def telling(self, tell: Tell) -> Iterator[None]:
        """Tell about the passes made inside."""
        self._tell = tell
        try:
            yield
        finally:
            self._tell = None

    def _hook(self, share: float) -> Callable[..., None]:
        def passed(*_call: object) -> None:
            if self._tell:
                self._tell(share)

        return passed
