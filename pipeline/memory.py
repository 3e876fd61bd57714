"""How much memory is in use, as the gauge shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory use at one moment, in bytes.

    Attributes:
        kind: "gpu" or "system".
        device: Name of the GPU, or of what is measured instead.
        used: In use by everybody.
        total: There is.
        worker: In use by the engine's process; on a GPU its GPU memory.
        reserved: Held by the engine's allocator, 0 if it has none.
        peak: Most the engine ever held.
    """

    kind: Literal["gpu", "system"]
    device: str
    used: int
    total: int
    worker: int = 0
    reserved: int = 0
    peak: int = 0
