"""Noticing that a GPU on Windows or WSL spills into main memory instead of saying that it is full.

NVIDIA's driver there lets a full GPU borrow main memory ("CUDA - Sysmem Fallback Policy"): nothing fails, and
everything takes several times as long. What can be seen is that the pace collapses while the GPU is full.
"""

from __future__ import annotations

import platform
import sys
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

_COLLAPSE = 4.0  # times slower than usual; field reports say 4 to 10
_FULL = 0.92  # share of the GPU in use from which it may be spilling
_KNOWN = 5  # measurements before anything is said of the pace
_IN_A_ROW = 2  # one slow frame may have been anything
_KEPT = 50

WARNING = (
    "The GPU is full and {times:.0f} times slower than before: Windows lends it main memory. In the NVIDIA Control "
    "Panel set “CUDA - Sysmem Fallback Policy” to “Prefer No Sysmem Fallback”, or set a GPU memory limit."
)


def may_spill() -> bool:
    """Whether the driver may do that here: on Windows, and in WSL, which is Linux with Microsoft's kernel."""
    if sys.platform == "win32":
        return True
    version = Path("/proc/version")
    text = version.read_text(encoding="utf-8") if version.is_file() else platform.release()
    return "microsoft" in text.lower()


@dataclass
class SpillWatch:
    """Watches the pace of one kind of work.

    Attributes:
        possible: Whether the driver may spill at all.
    """

    possible: bool
    _paces: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT))
    _slow: int = 0

    def saw(self, seconds: float, amount: float, used: int, total: int) -> str:
        """Take in one measurement.

        Args:
            seconds: How long it took.
            amount: How much was done, such as people or frames.
            used: Bytes of GPU memory in use by everybody.
            total: Bytes there are.

        Returns:
            A warning, or nothing.
        """
        pace = seconds / max(amount, 1e-9)
        usual = median(self._paces) if len(self._paces) >= _KNOWN else 0.0
        slow = (
            self.possible and usual > 0 and pace > _COLLAPSE * usual and total > 0 and used >= _FULL * total
        )
        self._slow = self._slow + 1 if slow else 0
        if not slow:
            self._paces.append(pace)
        return WARNING.format(times=pace / usual) if self._slow >= _IN_A_ROW else ""
