"""The bodies of a scene, made ready for drawing: who is drawn, normals, rectangles, depth range."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from pipeline.palette import Color
from pipeline.scene import Person, Scene
from pipeline.structures import Float, Image, Index

# Nothing nearer to the camera is drawn (m); what crosses this plane is cut there.
NEAREST = 0.05

Ids = npt.NDArray[np.uint8]
MOST_BODIES = 255


@dataclass(frozen=True, slots=True)
class Rect:
    """Whole pixels x0 <= x < x1, y0 <= y < y1."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in px."""
        return self.x1 - self.x0, self.y1 - self.y0

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of an array."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def __or__(self, other: Rect) -> Rect:
        return Rect(
            min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1)
        )

    def grown(self, margin: int, size: tuple[int, int]) -> Rect:
        """Larger by a margin, as far as the picture (W, H) goes."""
        return Rect(
            max(self.x0 - margin, 0),
            max(self.y0 - margin, 0),
            min(self.x1 + margin, size[0]),
            min(self.y1 + margin, size[1]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """One person's mesh.

    Attributes:
        slot: Row in the scene.
        vertices: (V, 3) m in the camera frame.
        normals: (V, 3) outward, of any length.
        color: (R, G, B) in 0..255.
        rect: Where it can be seen.
        depths: Least and greatest z in m, of what lies beyond `NEAREST`.
        crosses: Whether it reaches nearer than `NEAREST`, so that it is seen from inside too.
    """

    slot: int
    vertices: Float
    normals: Float
    color: Color
    rect: Rect
    depths: tuple[float, float]
    crosses: bool


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """The pixels of all bodies.

    Attributes:
        rect: The part of the picture it covers; nothing is outside.
        rgba: (h, w, 4) uint8, premultiplied alpha.
        ids: (h, w) uint8: 0 where no body is, else 1 + the body's place in the list drawn.
        depth: (h, w) z in m, infinite where no body is; None unless the shot asked for it.
    """

    rect: Rect
    rgba: Image
    ids: Ids
    depth: Float | None = None


class Normals:
    """Smooth normals of one body model's meshes: each vertex gets the sum of its faces' area vectors."""

    def __init__(self, faces: Index, vertex_count: int) -> None:
        count = len(faces)
        self.faces = faces
        self._corners = np.ascontiguousarray(faces.T)
        corner_of_face = (np.ones(3 * count, np.float32), (faces.ravel(), np.repeat(np.arange(count), 3)))
        self._gather = csr_matrix(corner_of_face, (vertex_count, count))

    def __call__(self, vertices: Float) -> Float:
        """(V, 3) outward normals, not of unit length, of vertices (V, 3)."""
        # One row per axis: 41 000 gathered corners are five times faster so than as (F, 3, 3).
        rows = np.ascontiguousarray(vertices.T)
        a, b, c = (rows.take(corner, axis=1) for corner in self._corners)
        b -= a
        c -= a
        cross = np.empty((len(self.faces), 3), np.float32)
        for axis, (i, j) in enumerate(((1, 2), (2, 0), (0, 1))):
            cross[:, axis] = b[i] * c[j] - b[j] * c[i]
        normals: Float = self._gather @ cross
        return normals


def normals_of(vertices: Float, normals: Normals) -> Float:
    """(N, V, 3) normals of N bodies (N, V, 3)."""
    return np.stack([normals(body) for body in vertices]) if len(vertices) else np.zeros_like(vertices)


def prepare(scene: Scene, normals: Normals) -> tuple[Body, ...]:
    """The visible bodies, the farthest first, so that of two neighbours the nearer has the higher id."""
    return _in_order(
        _prepare_one(scene, person, lambda slot: normals(scene.meshes.vertices[slot]))
        for person in scene.drawn
    )


def prepare_turned(scene: Scene, normals: Float) -> tuple[Body, ...]:
    """As `prepare`, with normals (N, V, 3) by slot that somebody has already."""
    return _in_order(_prepare_one(scene, person, normals.__getitem__) for person in scene.drawn)


def _in_order(found: Iterable[Body | None]) -> tuple[Body, ...]:
    """Those that are seen, the farthest first."""
    bodies = [body for body in found if body is not None]
    bodies.sort(key=lambda body: -float(np.median(body.vertices[:, 2])))
    return tuple(bodies[-MOST_BODIES:])


def _prepare_one(scene: Scene, person: Person, normals: Callable[[int], Float]) -> Body | None:
    """None where nothing is seen: behind the camera, outside the picture, or not finite."""
    vertices = scene.meshes.vertices[person.slot]
    depth = vertices[:, 2]
    nearest, farthest = float(depth.min()), float(depth.max())
    if not np.isfinite(vertices.sum(dtype=np.float64)) or farthest <= NEAREST:
        return None
    crosses = nearest <= NEAREST
    rect = Rect(0, 0, *scene.size) if crosses else _rect(vertices, scene)
    if min(rect.size) <= 0:
        return None
    depths = (max(nearest, NEAREST), farthest)
    return Body(person.slot, vertices, normals(person.slot), person.color, rect, depths, crosses)


def _rect(vertices: Float, scene: Scene) -> Rect:
    """Where vertices in front of the camera are seen, cut to the picture; may be empty."""
    x, y = (scene.focal_length * vertices[:, :2] / vertices[:, 2:]).T
    half_width, half_height = scene.size[0] / 2, scene.size[1] / 2
    x0, x1 = np.clip((x.min() + half_width, x.max() + half_width), -1, scene.size[0] + 1)
    y0, y1 = np.clip((y.min() + half_height, y.max() + half_height), -1, scene.size[1] + 1)
    bounds = Rect(int(np.floor(x0)), int(np.floor(y0)), int(np.ceil(x1)), int(np.ceil(y1)))
    return bounds.grown(0, scene.size)


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One picture of bodies to take.

    Attributes:
        bodies: At least one, the farthest first; the first gets id 1.
        faces: (F, 3) of all of them.
        focal_length: px.
        size: (W, H) of the whole picture in px.
        rect: The part to draw.
        opacity: Of the surface, in [0, 1].
        wireframe: Draw lines as well: dark on a visible surface, else in the body's colour.
        with_depth: Whether the raster is to say how far away each pixel's body is.
    """

    bodies: tuple[Body, ...]
    faces: Index
    focal_length: float
    size: tuple[int, int]
    rect: Rect
    opacity: float
    wireframe: bool
    with_depth: bool = False

    @property
    def depth_range(self) -> tuple[float, float]:
        """Near and far plane in m that hold all bodies."""
        near = min(body.depths[0] for body in self.bodies)
        far = max(body.depths[1] for body in self.bodies)
        return max(near * 0.98, NEAREST), far * 1.02 + NEAREST


def joint_rect(bodies: tuple[Body, ...], margin: int, size: tuple[int, int]) -> Rect:
    """The rectangle around all bodies, with a margin, as far as the picture goes."""
    return functools.reduce(Rect.__or__, (body.rect for body in bodies)).grown(margin, size)
