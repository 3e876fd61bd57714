"""What stands on the stage beside bodies: the floor's lines, the video's camera, the ways of joints."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipeline.orbit import Orbit, OrbitLook
from pipeline.palette import NO_TRACK, Color
from pipeline.render.orbit_lines import Strokes
from pipeline.stage import Floor, Placement
from pipeline.structures import Float

CELLS = 12
"""Of the floor from the middle to each side."""

_SHADES = 6
_STEPS = (0.1, 0.5, 1.0, 5.0, 10.0, 50.0, 100.0)
_NEAR_ENOUGH = 2.5


def floor_step(distance: float) -> float:
    """How far apart the floor's lines are, m, looked at from so many m away."""
    return max((step for step in _STEPS if step * _NEAR_ENOUGH <= distance), default=_STEPS[0])


def floor_lines(floor: Floor, orbit: Orbit, look: OrbitLook) -> list[Strokes]:
    """A grid around the target that fades out, each fifth line (of 0.5 and 5 m each second) stronger."""
    step = floor_step(orbit.distance)
    every = 2 if step in (0.5, 5.0, 50.0) else 5
    across, along = _axes(floor.normal)
    middle = [round(float(np.dot(orbit.target, axis)) / step) for axis in (across, along)]
    cells = np.arange(-CELLS, CELLS + 1)
    pieces, strong, far = [], [], []
    for axis, other, (here, there) in ((across, along, middle), (along, across, middle[::-1])):
        line, cell = (grid.ravel() for grid in np.meshgrid(cells, cells[:-1], indexing="ij"))
        starts = (here + line)[:, None] * axis + (there + cell)[:, None] * other
        pieces.append(np.stack([starts, starts + other], 1) * step + floor.normal * floor.level)
        strong.append((here + line) % every == 0)
        far.append(np.hypot(line, cell + 0.5) / CELLS)
    return _faded(np.concatenate(pieces), np.concatenate(strong), np.concatenate(far), look)


def _faded(segments: Float, strong: Float, far: Float, look: OrbitLook) -> list[Strokes]:
    """Lines in shades, the weak ones first, so that none is crossed by a weaker one."""
    shade = np.ceil(np.clip(1 - far**2, 0, 1) * _SHADES).astype(int)
    return [
        Strokes(segments[chosen], mixed(look.background, color, level / _SHADES), look.ratio)
        for kind, color in ((False, look.grid), (True, look.strong))
        for level in range(1, _SHADES + 1)
        if (chosen := (shade == level) & (strong == kind)).any()
    ]


def _axes(normal: Float) -> tuple[Float, Float]:
    """Two directions on a plane, the first along x where the floor is level."""
    x, z = np.array([1.0, 0, 0]), np.array([0, 0, 1.0])
    across = np.cross(normal, z if abs(normal[2]) < 0.9 else x)
    across = across / np.linalg.norm(across)
    along: Float = np.cross(across, normal)
    return across, along


def camera_lines(
    camera: Placement, focal_length: float, size: tuple[int, int], orbit: Orbit, look: OrbitLook
) -> Strokes:
    """The video's camera as a pyramid from its centre to its picture, with a mark where up is."""
    depth = float(np.clip(orbit.distance * 0.14, 0.2, 20.0))
    half = np.array(size) / 2 / focal_length * depth
    x, y = float(half[0]), float(half[1])
    corners = np.array([(-x, -y, depth), (x, -y, depth), (x, y, depth), (-x, y, depth)])
    mark = np.array([(-x / 3, -y * 1.08, depth), (0, -y * 1.5, depth), (x / 3, -y * 1.08, depth)])
    lines = [
        *(np.stack([np.zeros(3), corner]) for corner in corners),
        *(np.stack(pair) for pair in zip(corners, np.roll(corners, -1, 0), strict=True)),
        *(np.stack(pair) for pair in zip(mark, np.roll(mark, -1, 0), strict=True)),
    ]
    return Strokes(camera.put(np.array(lines)), look.camera, 1.4 * look.ratio)


def trail_lines(trails: Mapping[int, Float], colors: Mapping[int, Color], look: OrbitLook) -> list[Strokes]:
    """Ways of joints, paler and thinner the older they are.

    Args:
        trails: By track (T, J, 3) m, oldest first, NaN where the track was not seen.
        colors: Of tracks.
        look: How it looks.
    """
    strokes = []
    for track, path in trails.items():
        color, count = colors.get(track, NO_TRACK), len(path) - 1
        for shade in range(_SHADES):
            rows = slice(count * shade // _SHADES, count * (shade + 1) // _SHADES)
            pieces = np.stack([path[:-1][rows], path[1:][rows]], 2).reshape(-1, 2, 3)
            pieces = pieces[np.isfinite(pieces).all((1, 2))]
            share = (shade + 1) / _SHADES
            tint = mixed(look.background, color, 0.25 + 0.75 * share)
            strokes.append(Strokes(pieces, tint, (1 + 2 * share) * look.ratio))
    return strokes


def mixed(below: Color, above: Color, share: float) -> Color:
    """A colour with some share of another over it."""
    r, g, b = (round(a + (b - a) * share) for a, b in zip(below, above, strict=True))
    return r, g, b
