"""Colours of tracks.

Chosen by farthest-point search in CIELAB under normal vision and simulated protanopia, deuteranopia
and tritanopia (Machado, Oliveira, Fernandes 2009), keeping lightness between 45 and 90 so that each can
be seen on a light and a dark window. No two are nearer than 15 units in any of the four. The first are
the most different.
"""

from __future__ import annotations

Color = tuple[int, int, int]

PALETTE: tuple[Color, ...] = (
    (86, 180, 233),  # sky
    (230, 159, 0),  # orange
    (196, 52, 76),  # rose
    (112, 76, 244),  # violet
    (208, 232, 160),  # pale lime
    (172, 76, 136),  # plum
    (16, 244, 232),  # aqua
    (220, 16, 28),  # red
    (76, 124, 220),  # blue
    (148, 244, 100),  # green
    (184, 160, 88),  # sand
    (244, 124, 148),  # pink
)

NO_TRACK: Color = (158, 162, 168)
"""Grey of people who belong to no track."""


def track_color(track_id: int) -> Color:
    """The (R, G, B) in 0..255 of a track; colours repeat after twelve."""
    return PALETTE[(track_id - 1) % len(PALETTE)]
