"""Clothes and hair for the demo clip's people: the body's own surface, smoothed and set off.

Where a garment is, is a number at each vertex, positive inside, in metres to its edge; it decides how
far the surface is set off here, and, interpolated, what colour a pixel has in `resources.make.stage`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.spatial import ConvexHull

from pipeline.smpl import BodyModel

Array = npt.NDArray[np.float64]
Colour = tuple[float, float, float]

GARMENTS = ("hair", "shirt", "trousers", "shoes")


@dataclass(frozen=True)
class Look:
    """How somebody looks.

    Attributes:
        betas: Shape coefficients, 10.
        sleeve: How far the sleeves reach along x in the T-pose, m.
        hair: How far the hair reaches down at the back, m of height in the T-pose.
        colours: (R, G, B) in 0..1 of "skin", "hair", "shirt", "trousers", "shoes", "stripe".
        stripes: How many stripes to the metre the shirt has; 0 for none.
    """

    betas: Array
    sleeve: float
    hair: float
    colours: Mapping[str, Colour]
    stripes: float


def garments(template: Array, look: Look) -> Array:
    """Signed distances (V, 4) to the edges of `GARMENTS`, in m, positive inside."""
    x, y, z = template.T
    side = np.abs(x)
    neck = 0.088 - 0.25 * np.minimum(0.53 - y, 0)
    shirt = np.minimum.reduce([y + 0.06, look.sleeve - side, np.hypot(side, y - 0.55) - neck, 0.56 - y])
    trousers = np.minimum(0.05 - y, y + 0.845)
    shoes = -0.80 - y
    hairline = 0.735 - 0.8 * np.clip(0.10 - z, 0, 0.05) - 1.4 * np.clip(0.052 - z, 0, 0.04)
    lower = np.where(z < 0.035, np.minimum(hairline, look.hair + 1.2 * np.maximum(z + 0.02, 0)), hairline)
    ears = np.where((side > 0.074) & (z > -0.012) & (z < 0.06), 0.694 - y, -1)
    hair = np.minimum(y - lower, -ears)
    return np.stack([np.where(y > 0.5, hair, -1), shirt, trousers, shoes], 1)


def dressed(body: BodyModel, look: Look) -> BodyModel:
    """The body with clothes on, posed by the same parameters.

    Only the surface changes; joints, weights and shape coefficients stay the body's own.
    """
    edges = garments(body.v_template.astype(np.float64), look)
    shape = (body.shapedirs @ look.betas).astype(np.float64)
    bare = body.v_template + shape
    smooth = _smoother(body.faces, len(bare))
    surface = bare
    x, y, z = body.v_template.astype(np.float64).T
    chest = _ramp(np.minimum.reduce([0.17 - np.abs(x), 0.43 - y, y - 0.16, z - 0.02]), 0.08)
    surface = _softened(bare, smooth, chest, 45)
    for index, rounds, thickness in ((1, 25, 0.012), (2, 12, 0.010), (0, 12, 0.016)):
        inside = _ramp(edges[:, index], 0.004)
        surface = _softened(surface, smooth, inside, rounds)
        off = thickness * inside * _looser(index, body.v_template)
        surface = surface + off[:, None] * normals(surface, body.faces)
    surface = _shod(surface, body.v_template, _ramp(edges[:, 3] - 0.01, 0.02))
    worn = (surface - shape).astype(np.float32)
    worn.flags.writeable = False
    return dataclasses.replace(body, v_template=worn)


def _softened(surface: Array, smooth: sp.csr_matrix, share: Array, rounds: int) -> Array:
    """Vertices drawn to the mean of their neighbours, by a share (V,), several times."""
    for _ in range(rounds):
        surface = surface + share[:, None] * (smooth @ surface - surface)
    return surface


def _shod(surface: Array, template: npt.NDArray[np.float32], inside: Array) -> Array:
    """Feet drawn out to the convex hull around their toes, set off by a shoe's thickness."""
    shod = surface.copy()
    for side in (-1, 1):
        foot = (inside > 0) & (side * template[:, 0] > 0)
        points = surface[foot]
        hull = ConvexHull(points[points[:, 1] < points[:, 1].min() + 0.11])
        low, high = points.min(0), points.max(0)
        # Seen from an axis inside the foot, every point moves straight away to the hull.
        axis = np.stack(
            [
                np.full(len(points), (low[0] + high[0]) / 2),
                np.full(len(points), low[1] + 0.03),
                np.clip(points[:, 2], low[2] + 0.05, high[2] - 0.05),
            ],
            1,
        )
        ways = (points - axis) / np.maximum(np.linalg.norm(points - axis, axis=1, keepdims=True), 1e-9)
        slopes = ways @ hull.equations[:, :3].T
        room = -(axis @ hull.equations[:, :3].T + hull.equations[:, 3])
        reach = np.where(slopes > 1e-6, room / np.maximum(slopes, 1e-6), np.inf).min(1)
        goal = axis + (reach + 0.007)[:, None] * ways
        shod[foot] += inside[foot, None] * (goal - points)
    return shod


def _ramp(distance: Array, width: float) -> Array:
    """0 outside, 1 from `width` inside on."""
    return np.clip(distance / width + 0.5, 0, 1)


def _looser(index: int, template: npt.NDArray[np.float32]) -> Array:
    """Cloth hangs further off at the shirt's hem and at the lower legs, hair at the crown."""
    y = template[:, 1].astype(np.float64)
    if GARMENTS[index] == "shirt":
        return 1 + 1.3 * np.clip((0.12 - y) / 0.2, 0, 1)
    if GARMENTS[index] == "trousers":
        return 1 + 1.2 * np.clip((-0.25 - y) / 0.3, 0, 1)
    return 0.6 + 0.9 * np.clip((y - 0.68) / 0.1, 0, 1)


def _smoother(faces: npt.NDArray[np.int32], count: int) -> sp.csr_matrix:
    """The mean of each vertex's neighbours, as a matrix (V, V)."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    links = sp.csr_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), (count, count))
    links = ((links + links.T) > 0).astype(float)
    return sp.diags(1 / np.maximum(np.asarray(links.sum(1)).ravel(), 1)) @ links


def normals(vertices: Array, faces: npt.NDArray[np.int32]) -> Array:
    """Unit normals (V, 3) of vertices, faces weighted by area."""
    corners = vertices[faces]
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    summed = np.zeros((len(vertices), 3))
    for corner in range(3):
        for axis in range(3):
            summed[:, axis] += np.bincount(faces[:, corner], areas[:, axis], len(vertices))
    return summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-12)
