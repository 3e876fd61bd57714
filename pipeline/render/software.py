"""Bodies drawn with numpy and an exact depth buffer, where there is no OpenGL.

Each triangle is tested against the pixel centres of its bounding box; triangles are grouped by the size
of that box, so that a group is one block of arithmetic. Of all fragments of a pixel the nearest is kept,
by one maximum over keys that hold inverse depth and fragment number. Pixels, depths and colours are those
of the OpenGL renderer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.render.bodies import Body, Raster, Shot
from pipeline.render.clip import clip_near
from pipeline.render.shading import shade
from pipeline.structures import Float, Int

# Candidate pixels worked on at once; bounds memory when triangles fill the picture.
BLOCK = 1 << 19
LINE = 0.75  # px, half the width of wireframe lines with their soft rim


@dataclass(frozen=True, slots=True, eq=False)
class _Triangles:
    """T triangles as the camera sees them.

    Attributes:
        xy: (T, 3, 2) px in the rectangle.
        nearness: (T, 3) 1 / z in 1/m.
        normals: (T, 3, 3) towards the camera, any length.
        owner: (T,) the body's place.
    """

    xy: Float
    nearness: Float
    normals: Float
    owner: Int

    def __getitem__(self, rows: Int | npt.NDArray[np.bool_]) -> _Triangles:
        return _Triangles(self.xy[rows], self.nearness[rows], self.normals[rows], self.owner[rows])


@dataclass(frozen=True, slots=True, eq=False)
class _Fragments:
    """P pixel centres inside triangles.

    Attributes:
        pixel: (P,) position in the flat rectangle.
        triangle: (P,) row among the triangles.
        weights: (P, 3) of the corners, linear on the screen.
    """

    pixel: Int
    triangle: Int
    weights: Float

    def __getitem__(self, rows: Int) -> _Fragments:
        return _Fragments(self.pixel[rows], self.triangle[rows], self.weights[rows])


class SoftwareRasterizer:
    """Draws bodies on the CPU; holds nothing, and may be used from any thread."""

    name = "numpy"
    samples = 0

    def draw(self, shot: Shot) -> Raster:
        """Draw bodies into the shot's rectangle."""
        width, height = shot.rect.size
        rgba, ids = np.zeros((height * width, 4), np.uint8), np.zeros(height * width, np.uint8)
        depth = np.full(height * width, np.inf, np.float32) if shot.with_depth else None
        triangles = _triangles(shot)
        blocks = list(_cover(triangles.xy, width, height))
        if blocks:
            fragments = _Fragments(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))
            seen = _nearest(fragments, triangles, height * width)
            rgba[seen.pixel] = _paint(seen, triangles, shot)
            ids[seen.pixel] = triangles.owner[seen.triangle] + 1
            if depth is not None:
                depth[seen.pixel] = 1 / _nearness(seen, triangles)
        return Raster(
            shot.rect,
            rgba.reshape(height, width, 4),
            ids.reshape(height, width),
            None if depth is None else depth.reshape(height, width),
        )

    def close(self) -> None:
        """Nothing is held."""


def _triangles(shot: Shot) -> _Triangles:
    parts = [_of_body(shot, place, body) for place, body in enumerate(shot.bodies)]
    return _Triangles(
        np.concatenate([part.xy for part in parts]),
        np.concatenate([part.nearness for part in parts]),
        np.concatenate([part.normals for part in parts]),
        np.concatenate([part.owner for part in parts]),
    )


def _of_body(shot: Shot, place: int, body: Body) -> _Triangles:
    """The triangles of one body that face the camera; of a body cut open also its inside."""
    lengths = np.linalg.norm(body.normals, axis=1, keepdims=True)
    normals = body.normals / np.maximum(lengths, 1e-12)
    if body.crosses:
        corners, normals = clip_near(body.vertices[shot.faces], normals[shot.faces])
    else:
        corners, normals = body.vertices[shot.faces], normals[shot.faces]
    nearness = (1 / corners[..., 2]).astype(np.float32)
    centre = np.array(shot.size) / 2 - (shot.rect.x0, shot.rect.y0)
    xy = (corners[..., :2] * nearness[..., None] * shot.focal_length + centre).astype(np.float32)
    # Counter-clockwise from outside is a negative area where y goes down.
    area = _cross(xy[:, 1] - xy[:, 0], xy[:, 2] - xy[:, 0])
    if body.crosses:
        normals = np.where(area[:, None, None] < 0, normals, -normals).astype(np.float32)
    faces_camera = area != 0 if body.crosses else area < 0
    everything = _Triangles(xy, nearness, normals, np.full(len(xy), place))
    return everything[faces_camera]


def _cross(a: Float, b: Float) -> Float:
    """The z of the cross product of (..., 2) vectors."""
    z: Float = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return z


def _cover(xy: Float, width: int, height: int) -> Iterator[tuple[Int, Int, Float]]:
    """Pixel, triangle and weights of all pixel centres inside triangles (T, 3, 2)."""
    limit = (width - 1, height - 1)
    first = np.clip(np.ceil(xy.min(1) - 0.5), 0, limit).astype(np.int64)
    last = np.clip(np.floor(xy.max(1) - 0.5), -1, limit).astype(np.int64)
    extent = last - first + 1
    rows = np.flatnonzero((extent > 0).all(1))
    # Boxes whose sides need equally many bits waste less than three quarters of a block.
    classes = np.ceil(np.log2(extent[rows])).astype(np.int64) @ (64, 1)
    for kind in np.unique(classes):
        members = rows[classes == kind]
        most = extent[members].max(0)
        step = max(1, BLOCK // int(most.prod()))
        for start in range(0, len(members), step):
            chosen = members[start : start + step]
            yield _cover_block(xy[chosen], first[chosen], extent[chosen], chosen, width)


def _cover_block(xy: Float, first: Int, extent: Int, rows: Int, width: int) -> tuple[Int, Int, Float]:
    """As `_cover`, for triangles with bounding boxes of about one size."""
    columns, lines = np.arange(extent[:, 0].max()), np.arange(extent[:, 1].max())
    a, b, c = (xy - (first[:, None] + 0.5)).transpose(1, 2, 0)[..., None, None].astype(np.float32)
    area = _edge(a, b, c[0], c[1])
    x, y = columns.astype(np.float32), lines.astype(np.float32)[:, None]
    u, v = _edge(b, c, x, y) / area, _edge(c, a, x, y) / area
    w = 1 - u - v
    inside = (u >= 0) & (v >= 0) & (w >= 0)
    inside &= (columns < extent[:, :1])[:, None] & (lines < extent[:, 1:])[:, :, None]
    triangle, line, column = np.nonzero(inside)
    pixel = (first[triangle, 1] + line) * width + first[triangle, 0] + column
    return pixel, rows[triangle], np.stack([u[inside], v[inside], w[inside]], 1)


def _edge(a: Float, b: Float, x: Float, y: Float) -> Float:
    """Twice the signed area of the triangle a, b, (x, y)."""
    area: Float = (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])
    return area


def _nearness(fragments: _Fragments, triangles: _Triangles) -> Float:
    """(P,) 1 / z in 1/m, which is linear on the screen."""
    nearness: Float = np.einsum("pc,pc->p", fragments.weights, triangles.nearness[fragments.triangle])
    return nearness


def _nearest(fragments: _Fragments, triangles: _Triangles, pixels: int) -> _Fragments:
    """The fragment with the least depth of each pixel that has one."""
    nearness = _nearness(fragments, triangles)
    # The bits of positive floats sort like the numbers.
    depth_bits = nearness.astype(np.float32).view(np.uint32).astype(np.uint64)
    keys = (depth_bits << np.uint64(32)) | np.arange(len(nearness), dtype=np.uint64)
    best = np.zeros(pixels, np.uint64)
    np.maximum.at(best, fragments.pixel, keys)
    return fragments[(best[best > 0] & np.uint64(0xFFFFFFFF)).astype(np.int64)]


def _paint(seen: _Fragments, triangles: _Triangles, shot: Shot) -> npt.NDArray[np.uint8]:
    """Premultiplied colours (P, 4) of fragments."""
    corners = seen.weights * triangles.nearness[seen.triangle]
    normals = np.einsum("pc,pci->pi", corners, triangles.normals[seen.triangle])
    colors = np.array([body.color for body in shot.bodies], np.float32)[triangles.owner[seen.triangle]]
    lit = shade(normals, colors)
    rgba = np.concatenate([lit, np.ones((len(lit), 1), np.float32)], 1) * np.float32(shot.opacity)
    if shot.wireframe:
        line = np.concatenate([colors / 255 * 0.45 if shot.opacity else lit, np.ones((len(lit), 1))], 1)
        rgba += (line - rgba) * _line_cover(seen, triangles)[:, None]
    painted: npt.NDArray[np.uint8] = np.rint(rgba * 255).astype(np.uint8)
    return painted


def _line_cover(seen: _Fragments, triangles: _Triangles) -> Float:
    """(P,) how much of each pixel the lines along its triangle's sides cover."""
    xy = triangles.xy
    sides = np.linalg.norm(np.roll(xy, -1, 1) - np.roll(xy, -2, 1), axis=2)
    heights = _cross(xy[:, 1] - xy[:, 0], xy[:, 2] - xy[:, 0])[:, None] / np.maximum(sides, 1e-6)
    distance = (seen.weights * np.abs(heights)[seen.triangle]).min(1)
    cover: Float = np.clip(LINE - distance + 0.25, 0, 1)
    return cover
