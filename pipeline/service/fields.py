"""Reading the fields of a request, with every mistake noted."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any


class Fields:
    """A JSON object whose fields are read one by one.

    Attributes:
        problems: By name, what is wrong; filled as fields are read.
    """

    def __init__(self, values: Mapping[str, Any], problems: dict[str, str], prefix: str = "") -> None:
        """Read from `values`; `prefix` stands in front of the names in `problems`."""
        self.problems = problems
        self._values = values
        self._prefix = prefix
        self._read: set[str] = set()

    def refuse(self, name: str, problem: str) -> None:
        """Note what is wrong with a field."""
        self.problems[self._prefix + name] = problem

    def whole(self, name: str, least: int, most: int, default: int | None = None) -> int:
        """A whole number within bounds; without a default it must be there."""
        value = self._take(name, default)
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # 3.0 is the whole number 3 in JSON
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self._refuse_value(name, f"must be a whole number from {least} to {most}")
        return least

    def real(self, name: str, least: float, most: float, default: float) -> float:
        """A number within bounds."""
        value = self._take(name, default)
        if _is_real(value) and least <= value <= most:
            return float(value)
        self._refuse_value(name, f"must be a number from {least:g} to {most:g}")
        return default

    def flag(self, name: str, default: bool) -> bool:
        """True or false."""
        value = self._take(name, default)
        if isinstance(value, bool):
            return value
        self._refuse_value(name, "must be true or false")
        return default

    def text(self, name: str, what: str, pattern: str = "", default: str | None = None) -> str:
        """A text that is not empty, or that a pattern describes; without a default it must be there."""
        value = self._take(name, default)
        if isinstance(value, str) and (re.fullmatch(pattern, value) if pattern else value):
            return value
        self._refuse_value(name, f"must be {what}")
        return ""

    def choices(self, name: str, known: Sequence[str]) -> frozenset[str]:
        """Some of the known words."""
        value = self._take(name, [])
        if isinstance(value, list) and all(isinstance(word, str) and word in known for word in value):
            return frozenset(value)
        self._refuse_value(name, f"must be a list of some of: {', '.join(known)}")
        return frozenset()

    def boxes(self, name: str, most: int, reach: float) -> tuple[tuple[float, float, float, float], ...]:
        """Boxes x1, y1, x2, y2 with x1 < x2 and y1 < y2."""
        value = self._take(name, [])
        if isinstance(value, list) and len(value) <= most and all(_is_box(box, reach) for box in value):
            return tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in value)
        self._refuse_value(
            name, f"must be at most {most} boxes [x1, y1, x2, y2] in px with x1 < x2 and y1 < y2"
        )
        return ()

    def inner(self, name: str) -> Fields:
        """The fields of an object within; empty if it is not there."""
        value = self._take(name, {})
        if not isinstance(value, dict):
            self._refuse_value(name, "must be an object")
            value = {}
        return Fields(value, self.problems, f"{self._prefix}{name}.")

    def nothing_else(self) -> None:
        """Refuse fields that nobody has read: a misspelt one would be passed over in silence."""
        for name in sorted(set(self._values) - self._read)[:10]:
            self.refuse(ascii(name[:40])[1:-1], "is not known")

    def _take(self, name: str, default: Any) -> Any:
        self._read.add(name)
        return self._values.get(name, default)

    def _refuse_value(self, name: str, must: str) -> None:
        self.refuse(name, must if name in self._values else f"is missing; it {must}")


def _is_real(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return not isinstance(value, float) or math.isfinite(value)


def _is_box(box: Any, reach: float) -> bool:
    if (
        not isinstance(box, list)
        or len(box) != 4
        or not all(_is_real(edge) and abs(edge) <= reach for edge in box)
    ):
        return False
    return bool(box[0] < box[2] and box[1] < box[3])
