"""Which curves there are to plot: those of people, and the signals of problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.curves.values import BY_KEY, CURVES, Wish
from pipeline.problems.values import BY_KEY as SIGNALS_BY_KEY
from pipeline.problems.values import SIGNALS, Signal
from widgets.plot_values import CurveRow

SIGNAL = "signal:"
"""Begins the key of a problem's signal."""

_GROUPS = {
    "speed": "Motion", "acceleration": "Motion", "depth": "Motion", "betas": "Body", "score": "Detection",
    "box": "Detection",
}  # fmt: skip
_AT_FIRST = {"speed": "", "knee": "", "acceleration": "mean"}


def curve_rows() -> tuple[CurveRow, ...]:
    """All that can be plotted, group by group."""
    own = [
        CurveRow(one.key, one.title, one.unit, one.meaning, one.choices, _GROUPS.get(one.key, "Joint angles"))
        for one in CURVES
    ]
    found = [
        CurveRow(SIGNAL + one.key, one.title, one.unit, one.meaning, (), "Signals of problems")
        for one in SIGNALS
    ]
    return (*own, *found)


def signal_of(key: str) -> Signal | None:
    """The signal that a key means, or None if it is a curve's."""
    return SIGNALS_BY_KEY.get(key.removeprefix(SIGNAL)) if key.startswith(SIGNAL) else None


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody wants to see.

    Attributes:
        curves: What exactly, by key of each curve that is plotted.
        pinned: Tracks that stay when another is selected.
        follow: Whether the timeline is followed.
    """

    curves: Mapping[str, str] = field(default_factory=lambda: dict(_AT_FIRST))
    pinned: tuple[int, ...] = ()
    follow: bool = True

    def with_curve(self, key: str, choice: str, on: bool) -> Choices:
        """With a curve, or without."""
        curves = {one: what for one, what in self.curves.items() if one != key}
        return Choices({**curves, key: choice} if on else curves, self.pinned, self.follow)

    def with_pin(self, track: int, on: bool) -> Choices:
        """With a track pinned, or not."""
        others = tuple(one for one in self.pinned if one != track)
        return Choices(self.curves, (*others, track) if on else others, self.follow)

    def ordered(self, also: str = "") -> tuple[str, ...]:
        """Keys of what is plotted, from top to bottom; one more may be wished for."""
        known = (*BY_KEY, *(SIGNAL + key for key in SIGNALS_BY_KEY))
        return tuple(key for key in known if key in self.curves or key == also)

    def wishes(self) -> tuple[Wish, ...]:
        """The curves of people among them."""
        return tuple(Wish(key, self.curves[key]) for key in BY_KEY if key in self.curves)

    def to_plain(self) -> dict[str, Any]:
        """For JSON."""
        return {"curves": dict(self.curves), "pinned": list(self.pinned), "follow": self.follow}

    @classmethod
    def from_plain(cls, plain: Any) -> Choices:
        """From what `to_plain` gave, as far as it is known here."""
        if not isinstance(plain, dict) or not isinstance(plain.get("curves"), dict):
            return cls()
        curves = {key: what for key, what in plain["curves"].items() if _is_known(key, what)}
        pinned = tuple(one for one in plain.get("pinned", ()) if isinstance(one, int))
        return cls(curves, pinned, plain.get("follow") is not False)


def _is_known(key: str, what: Any) -> bool:
    if signal_of(key) is not None:
        return True
    offered = [value for value, _title in BY_KEY[key].choices] if key in BY_KEY else []
    return what in (offered or [""]) if key in BY_KEY else False
