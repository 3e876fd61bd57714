"""The memory of this process and of the machine it runs on."""

from __future__ import annotations

import sys

import psutil

from pipeline.memory import Memory


def system_memory() -> Memory:
    """Main memory: the machine's use and total, this process's share and the most it ever held."""
    machine = psutil.virtual_memory()
    resident = psutil.Process().memory_info().rss
    return Memory(
        kind="system",
        device="system memory",
        used=machine.total - machine.available,
        total=machine.total,
        worker=resident,
        peak=max(resident, peak_resident()),
    )


def peak_resident() -> int:
    """Bytes of main memory this process held at most."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource  # not on Windows

    # Linux counts in kB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
