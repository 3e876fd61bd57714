"""Memory of the GPUs, as their driver tells it; no CUDA context is made."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from pipeline.memory import Memory

ReadGpu = Callable[[], Memory | None]
"""Reads one GPU's memory; None when its driver does not answer (any more), as after it fell off the bus."""


def find_gpus() -> list[ReadGpu]:
    """What reads each GPU; empty without a GPU or a driver that answers."""
    import pynvml

    try:
        pynvml.nvmlInit()
        cards = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
    except pynvml.NVMLError:
        return []
    return [partial(_read, card) for card in cards]


def _read(card: Any) -> Memory | None:
    import pynvml

    try:
        name = str(pynvml.nvmlDeviceGetName(card))
        memory = pynvml.nvmlDeviceGetMemoryInfo(card)
    except pynvml.NVMLError:
        return None
    return Memory("gpu", name, int(memory.used), int(memory.total))
