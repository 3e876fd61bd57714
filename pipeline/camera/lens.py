"""The focal length of a picture in other words. px, degrees, mm; sizes are (W, H) px."""

from __future__ import annotations

import math

VIEWS = (("horizontal", "Horizontal"), ("vertical", "Vertical"), ("diagonal", "Diagonal"))
_FILM = math.hypot(36.0, 24.0)
"""Diagonal of a frame of 35-mm film, mm."""


def side(size: tuple[int, int], view: str) -> float:
    """Length in px along which an angle of view is measured."""
    return {"horizontal": size[0], "vertical": size[1]}.get(view, math.hypot(*size))


def view_of(focal_length: float, length: float) -> float:
    """Angle of view in degrees across `length` px."""
    return math.degrees(2 * math.atan(length / 2 / focal_length))


def focal_of(view: float, length: float) -> float:
    """Focal length in px that sees `view` degrees across `length` px."""
    return length / 2 / math.tan(math.radians(view) / 2)


def film_of(focal_length: float, size: tuple[int, int]) -> float:
    """35-mm equivalent in mm: what sees the same angle from corner to corner on film (CIPA DCG-001)."""
    return focal_length * _FILM / math.hypot(*size)


def focal_of_film(equivalent: float, size: tuple[int, int]) -> float:
    """Focal length in px of a 35-mm equivalent in mm."""
    return equivalent * math.hypot(*size) / _FILM
