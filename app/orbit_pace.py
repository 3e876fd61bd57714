"""How finely bodies are drawn while something moves."""

from __future__ import annotations

_BUDGET_S = 1 / 40
"""What a drawing may take while a hand turns the view."""

_COARSEST = 3


class Pace:
    """Remembers how long full detail takes, and asks for less where that is too long."""

    def __init__(self) -> None:
        self._full_s = 0.0
        self._last = 1

    @property
    def owes_detail(self) -> bool:
        """Whether the last drawing was a coarse one."""
        return self._last > 1

    def coarseness(self, *, moving: bool) -> int:
        """Device px for each px of a body, at least 1."""
        if not moving or self._full_s <= _BUDGET_S:
            return 1
        return 2 if self._full_s <= 3 * _BUDGET_S else _COARSEST

    def took(self, seconds: float, coarseness: int) -> None:
        """Remember a drawing."""
        self._last = coarseness
        if coarseness == 1:
            # Half of the old: one slow drawing, while something else ran, is no reason to go on coarsely.
            self._full_s = (self._full_s + seconds) / 2 if self._full_s else seconds
