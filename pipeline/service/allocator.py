"""The C allocator, told to give back what pictures took."""

from __future__ import annotations

import ctypes
import sys

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8  # of mallopt(3)
_LARGE = 2**20  # bytes from which a block is a mapping of its own, which is given back as soon as it is freed
_ARENAS = 2


def give_back_memory() -> bool:
    """Bound what this process keeps of freed memory; whether the allocator here can be told.

    glibc gives each thread an arena of its own, and raises the size from which blocks are mapped as it meets larger
    ones: with a dozen threads that decode large pictures, gigabytes stay with the process. Call it before there are
    threads.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is None:
        return False
    return bool(mallopt(_ARENA_MAX, _ARENAS)) and bool(mallopt(_MMAP_THRESHOLD, _LARGE))
