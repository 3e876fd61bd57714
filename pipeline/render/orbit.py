"""Draws the people of a frame from any side, with the floor, the video's camera and the ways of joints."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import cv2
import numpy as np

from pipeline.layers import Layers
from pipeline.orbit import Orbit, OrbitLook, OrbitPicture
from pipeline.palette import Color
from pipeline.render import annotate
from pipeline.render.bodies import Body, Ids, Raster, Rect, Shot, joint_rect, prepare_turned
from pipeline.render.canvas import Canvas, scale_of
from pipeline.render.contour import reach
from pipeline.render.orbit_cast import Cast, seen_from
from pipeline.render.orbit_lines import Strokes, draw, draw_before, see
from pipeline.render.orbit_set import camera_lines, floor_lines, floor_step, trail_lines
from pipeline.render.renderer import Kind, create_rasterizer, finish
from pipeline.scene import Scene
from pipeline.structures import Float, Image


class OrbitRenderer:
    """Draws casts. Belongs to the thread that made it.

    Attributes:
        name: What draws, such as the graphics card.
        notice: What a person should know about it, or empty.
    """

    def __init__(self, kind: Kind = "auto") -> None:
        """Make one.

        Raises:
            NoOpenGLError: "opengl" was asked for and there is none.
        """
        self._rasterizer, self.notice = create_rasterizer(kind)
        self.name = self._rasterizer.name

    def draw(
        self,
        cast: Cast,
        orbit: Orbit,
        size: tuple[int, int],
        layers: Layers,
        look: OrbitLook,
        coarseness: int = 1,
    ) -> OrbitPicture:
        """Draw a view.

        Args:
            cast: Who is there.
            orbit: Where one looks from.
            size: (W, H) px.
            layers: Wireframe, silhouettes, skeleton and names are drawn as in the picture; bodies are
                solid, and left out only where another of these shows people.
            look: Colours.
            coarseness: Device px for each px of a body, for speed; lines and letters stay fine.
        """
        scene, normals = seen_from(cast, orbit, size)
        lines = see(_set(cast, orbit, look), orbit.view(), scene.focal_length, size)
        rgba = _filled(size, look.background)
        draw(rgba, lines)
        ids = np.zeros((size[1], size[0]), np.uint8)
        bodies, raster = self._bodies(scene, normals, _solid(layers), coarseness)
        if raster is not None:
            _lay(rgba, ids, raster, bodies, scene, layers, self._rasterizer.samples > 0)
            draw_before(rgba, lines, raster)
        _draw_marks(rgba, scene, bodies, layers, look.ratio)
        slots = tuple(body.slot for body in bodies)
        step = floor_step(orbit.distance)
        return OrbitPicture(scene.frame_index, rgba, ids, slots, orbit, step, coarseness > 1)

    def close(self) -> None:
        """Give back what it holds, on the thread that made it."""
        self._rasterizer.close()

    def _bodies(
        self, scene: Scene, normals: Float, layers: Layers, coarseness: int
    ) -> tuple[tuple[Body, ...], Raster | None]:
        """The bodies that are seen, and their pixels at the scene's size."""
        width, height = scene.size
        small = (-(-width // coarseness), -(-height // coarseness))
        coarse = replace(scene, size=small, focal_length=scene.focal_length / coarseness)
        bodies = prepare_turned(coarse, normals)
        if not bodies:
            return (), None
        shot = Shot(
            bodies=bodies,
            faces=scene.faces,
            focal_length=coarse.focal_length,
            size=small,
            rect=joint_rect(bodies, reach(scale_of(height)), small),
            opacity=1.0 if layers.meshes else 0.0,
            wireframe=layers.wireframe,
            with_depth=True,
        )
        raster = self._rasterizer.draw(shot)
        if coarseness == 1:
            return bodies, raster
        return tuple(_enlarged(body, coarseness) for body in bodies), _fine(raster, coarseness, scene.size)


def _solid(layers: Layers) -> Layers:
    """Bodies are opaque here, for what is behind them is the floor and not the picture one compares them with."""
    others = layers.wireframe or layers.silhouettes or layers.skeleton
    return layers if others else replace(layers, meshes=True)


def _filled(size: tuple[int, int], color: Color) -> Image:
    """An opaque picture of one colour; whole pixels at a time, which is ten times faster than channels."""
    packed = np.array([*color, 255], np.uint8).view(np.uint32)
    return np.full(size[::-1], packed[0], np.uint32).view(np.uint8).reshape(size[1], size[0], 4)


def _set(cast: Cast, orbit: Orbit, look: OrbitLook) -> list[Strokes]:
    camera = camera_lines(cast.camera, cast.scene.focal_length, cast.scene.size, orbit, look)
    return [*floor_lines(cast.floor, orbit, look), camera, *trail_lines(cast.trails, cast.colors, look)]


def _lay(
    rgba: Image,
    ids: Ids,
    raster: Raster,
    bodies: tuple[Body, ...],
    scene: Scene,
    layers: Layers,
    smooth: bool,
) -> None:
    """Lay bodies with contours and the ring of the selected person over the picture."""
    finish(raster, bodies, scene, _solid(layers), smooth)
    part, above = rgba[raster.rect.slices], raster.rgba
    remaining = cv2.cvtColor(cv2.bitwise_not(cv2.extractChannel(above, 3)), cv2.COLOR_GRAY2RGBA)
    part[:] = cv2.add(above, cv2.multiply(part, remaining, scale=1 / 255))
    ids[raster.rect.slices] = raster.ids


def _draw_marks(rgba: Image, scene: Scene, bodies: tuple[Body, ...], layers: Layers, ratio: float) -> None:
    """Skeletons and names, as in the picture; a name stands above where its body is seen."""
    canvas = Canvas(rgba)
    canvas.scale = max(canvas.scale, 0.5 * ratio)  # names are to be read in a small pane too
    rects = {body.slot: body.rect for body in bodies}
    people = tuple(
        replace(person, box=_box(rects[person.slot])) for person in scene.people if person.slot in rects
    )
    seen = replace(scene, people=people)
    if layers.skeleton:
        annotate.draw_skeletons(canvas, seen)
    if layers.labels:
        annotate.draw_labels(canvas, seen)


def _box(rect: Rect) -> Float:
    return np.array([rect.x0, rect.y0, rect.x1, rect.y1], np.float32)


def _enlarged(body: Body, factor: int) -> Body:
    return replace(body, rect=_times(body.rect, factor))


def _times(rect: Rect, factor: int) -> Rect:
    return Rect(rect.x0 * factor, rect.y0 * factor, rect.x1 * factor, rect.y1 * factor)


def _fine(raster: Raster, factor: int, size: tuple[int, int]) -> Raster:
    """A raster with so many px for each of its own, cut to the picture (W, H)."""
    rect = _times(raster.rect, factor).grown(0, size)
    width, height = rect.size

    depth = None if raster.depth is None else _enlarge(raster.depth, factor)[:height, :width]
    ids = np.ascontiguousarray(_enlarge(raster.ids, factor)[:height, :width])
    rgba = cv2.resize(raster.rgba, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)
    return Raster(rect, np.ascontiguousarray(rgba[:height, :width]).astype(np.uint8, copy=False), ids, depth)


Pixels = TypeVar("Pixels", Float, Ids)


def _enlarge(pixels: Pixels, factor: int) -> Pixels:
    return pixels.repeat(factor, 0).repeat(factor, 1)
