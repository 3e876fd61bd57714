"""What an examination of a machine finds, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a report.

    Attributes:
        section: What was looked at, such as "packages" or "humans4d weights".
        good: Whether it is as it should be; None is a remark.
        text: What was found.
        hint: What to do about it; every line that is not good has one.
    """

    section: str
    good: bool | None
    text: str
    hint: str = ""

    def as_json(self) -> dict[str, Any]:
        """The fields as plain values."""
        return asdict(self)


def finding_of(value: Mapping[str, Any]) -> Finding:
    """A finding from the plain values of `as_json`."""
    good = value["good"]
    return Finding(
        str(value["section"]), good if good is None else bool(good), str(value["text"]), str(value["hint"])
    )


def in_bytes(count: float) -> str:
    """Bytes in powers of 1024: "2.6 GB", "310 MB", "12 kB"."""
    for unit in ("B", "kB", "MB"):
        if abs(count) < 1023.95:
            return f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:.1f} GB"
