"""Draws a scene's layers into one overlay."""

from __future__ import annotations

import os
from typing import Literal, Protocol

import numpy as np

from pipeline.layers import Layers
from pipeline.render import annotate
from pipeline.render.bodies import Body, Normals, Raster, Shot, joint_rect, prepare
from pipeline.render.canvas import DARK, Canvas, scale_of
from pipeline.render.contour import contour_color, draw_contours, draw_selection, reach, soften
from pipeline.render.errors import NoOpenGLError
from pipeline.render.software import SoftwareRasterizer
from pipeline.scene import Scene
from pipeline.structures import Image, Overlay

Kind = Literal["auto", "opengl", "software"]


class Renderer(Protocol):
    """Draws scenes. Belongs to the thread that made it.

    Attributes:
        name: What draws, such as the graphics card.
        notice: What a person should know about it, or empty.
    """

    name: str
    notice: str

    def render(self, scene: Scene, layers: Layers) -> Overlay:
        """Draw a scene into an overlay of the picture's size."""

    def close(self) -> None:
        """Give back what it holds, on the thread that made it."""


class Rasterizer(Protocol):
    """Draws the pixels of bodies.

    Attributes:
        name: What draws.
        samples: Of multisampling; 0 where edges have steps.
    """

    name: str
    samples: int

    def draw(self, shot: Shot) -> Raster:
        """Draw bodies into a rectangle."""

    def close(self) -> None:
        """Give back what it holds."""


class LayerRenderer:
    """Draws bodies with a rasterizer and everything else with lines and letters."""

    def __init__(self, rasterizer: Rasterizer, notice: str = "") -> None:
        self.name = rasterizer.name
        self.notice = notice
        self._rasterizer = rasterizer
        self._normals: Normals | None = None

    def render(self, scene: Scene, layers: Layers) -> Overlay:
        """Draw a scene into an overlay of the picture's size.

        Someone whose vertices are not finite, or behind the camera, is left out of the bodies.
        """
        rgba = np.zeros((scene.size[1], scene.size[0], 4), np.uint8)
        if layers.bodies:
            self._draw_bodies(rgba, scene, layers)
        if layers.trails:
            annotate.draw_trails(rgba, scene)
        _draw_marks(Canvas(rgba), scene, layers)
        return Overlay(scene.frame_index, rgba)

    def close(self) -> None:
        """Give back what it holds, on the thread that made it."""
        self._rasterizer.close()

    def _draw_bodies(self, rgba: Image, scene: Scene, layers: Layers) -> None:
        bodies = prepare(scene, self._normals_for(scene))
        if not bodies:
            return
        scale = scale_of(scene.size[1])
        raster = self._rasterizer.draw(
            Shot(
                bodies=bodies,
                faces=scene.faces,
                focal_length=scene.focal_length,
                size=scene.size,
                rect=joint_rect(bodies, reach(scale), scene.size),
                opacity=min(max(layers.opacity, 0.0), 1.0) if layers.meshes else 0.0,
                wireframe=layers.wireframe,
            )
        )
        finish(raster, bodies, scene, layers, self._rasterizer.samples > 0)
        rgba[raster.rect.slices] = raster.rgba

    def _normals_for(self, scene: Scene) -> Normals:
        if self._normals is None or self._normals.faces is not scene.faces:
            self._normals = Normals(scene.faces, scene.meshes.vertices.shape[1])
        return self._normals


def finish(raster: Raster, bodies: tuple[Body, ...], scene: Scene, layers: Layers, smooth: bool) -> None:
    """Contours, the ring of the selected person, and edges without steps."""
    scale = scale_of(scene.size[1])
    if layers.silhouettes:
        _draw_contours(raster, bodies, scale, alone=not layers.meshes)
    elif not smooth:
        soften(raster.rgba, raster.ids)
    selected = {person.slot for person in scene.drawn if person.selected}
    for place, body in enumerate(bodies):
        if body.slot in selected:
            draw_selection(raster.rgba, raster.ids, place + 1, scale)


def _draw_contours(raster: Raster, bodies: tuple[Body, ...], scale: float, *, alone: bool) -> None:
    """On bodies a light tint, alone a line in the full colour with a dark one below."""
    if alone:
        draw_contours(raster.rgba, raster.ids, [DARK] * len(bodies), scale, 6)
        draw_contours(raster.rgba, raster.ids, [body.color for body in bodies], scale, 3)
    else:
        draw_contours(raster.rgba, raster.ids, [contour_color(body.color) for body in bodies], scale)


def _draw_marks(canvas: Canvas, scene: Scene, layers: Layers) -> None:
    if layers.rejected:
        annotate.draw_rejected(canvas, scene)
    if layers.boxes:
        annotate.draw_boxes(canvas, scene)
    if layers.skeleton:
        annotate.draw_skeletons(canvas, scene)
    if layers.keypoints:
        annotate.draw_keypoints(canvas, scene)
    if layers != NOTHING:
        annotate.draw_selection_corners(canvas, scene)
    if layers.labels:
        annotate.draw_labels(canvas, scene)


NOTHING = Layers(meshes=False, silhouettes=False, labels=False)


def create_renderer(kind: Kind = "auto") -> Renderer:
    """Make a renderer for this thread; see `create_rasterizer`.

    Raises:
        NoOpenGLError: "opengl" was asked for and there is none.
    """
    return LayerRenderer(*create_rasterizer(kind))


def create_rasterizer(kind: Kind = "auto") -> tuple[Rasterizer, str]:
    """Make what draws bodies for this thread, OpenGL or numpy where there is none, and say what is odd about it.

    `RETAKE_RENDERER=software` in the environment stands in for "auto".

    Raises:
        NoOpenGLError: "opengl" was asked for and there is none.
    """
    if kind == "auto" and os.environ.get("RETAKE_RENDERER") == "software":
        return SoftwareRasterizer(), "Drawing in software, as RETAKE_RENDERER asks."
    if kind == "software":
        return SoftwareRasterizer(), ""
    try:
        # Not at the top: moderngl may be missing, and then there is the other way.
        from pipeline.render.opengl import OpenGLRasterizer

        return OpenGLRasterizer(), ""
    except ImportError as error:
        problem = NoOpenGLError(str(error))
    except NoOpenGLError as error:
        problem = error
    if kind == "opengl":
        raise problem
    return SoftwareRasterizer(), f"No OpenGL, so bodies are drawn in software, slower: {problem.reason}."
