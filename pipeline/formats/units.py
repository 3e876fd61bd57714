"""The units lengths can be written in."""

from __future__ import annotations

from pipeline.formats.format import Option

PER_METRE = {"m": 1.0, "cm": 100.0, "mm": 1000.0}
_CALLED = {"m": "metres", "cm": "centimetres", "mm": "millimetres"}


def units_option(default: str = "m", allowed: tuple[str, ...] = tuple(PER_METRE)) -> Option:
    """The choice of a unit of length among those a format allows."""
    return Option("units", "Lengths in", allowed, default, tuple(_CALLED[unit] for unit in allowed))
