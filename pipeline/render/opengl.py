"""Bodies drawn with OpenGL into a framebuffer nobody sees."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import Any

import moderngl
import numpy as np

from pipeline.render.bodies import Body, Raster, Rect, Shot
from pipeline.render.errors import NoOpenGLError
from pipeline.render.shading import FRAGMENT_SHADER, VERTEX_SHADER
from pipeline.structures import Float, Index

# Renderers that run on the CPU; multisampling costs them six times as much.
SOFTWARE = ("llvmpipe", "softpipe", "swrast", "swiftshader", "swr", "gdi generic", "basic render")
SAMPLES = 4


@dataclass(frozen=True, slots=True)
class _Mesh:
    """Buffers of one body on the GPU, refilled for each frame."""

    positions: moderngl.Buffer
    normals: moderngl.Buffer
    array: moderngl.VertexArray


class OpenGLRasterizer:
    """Draws bodies with moderngl. Belongs to the thread that made it.

    Attributes:
        name: The graphics card, or the software that stands in for one.
        samples: Of multisampling; 0 on software.
    """

    def __init__(self, samples: int | None = None) -> None:
        """Make a context.

        Args:
            samples: Of multisampling, instead of what suits the graphics card.

        Raises:
            NoOpenGLError: No context can be made here.
        """
        self._context = _create_context()
        self.name = str(self._context.info["GL_RENDERER"])
        software = any(word in self.name.lower() for word in SOFTWARE)
        wanted = (0 if software else SAMPLES) if samples is None else samples
        self.samples = min(wanted, self._context.max_samples)
        self._program = self._compile()
        self._context.front_face = "cw"  # because the picture's y goes down
        self._faces: Index | None = None
        self._index: moderngl.Buffer | None = None
        self._meshes: list[_Mesh] = []
        self._targets: _Targets | None = None
        self._context.mglo.__exit__(None, None, None)

    def _compile(self) -> moderngl.Program:
        try:
            return self._context.program(vertex_shader=VERTEX_SHADER, fragment_shader=FRAGMENT_SHADER)
        except moderngl.Error as error:
            self._context.release()
            raise NoOpenGLError(f"its driver refuses the shaders: {error}") from error

    def draw(self, shot: Shot) -> Raster:
        """Draw bodies and read back the shot's rectangle."""
        with self._context:
            self._upload(shot)
            self._set_camera(shot)
            targets = self._targets_for(shot.size)
            self._draw_into(targets.plain, shot)
            if targets.multisampled is not None and targets.resolved is not None:
                self._draw_into(targets.multisampled, shot)
                self._context.copy_framebuffer(targets.resolved, targets.multisampled)
            raster = targets.read(shot.rect)
            return replace(raster, depth=_metres(targets, raster, shot)) if shot.with_depth else raster

    def close(self) -> None:
        """Give back everything, on the thread that made it."""
        with self._context:
            self._release_meshes()
            if self._targets is not None:
                self._targets.release()
            self._program.release()
        self._context.release()

    def _draw_into(self, target: moderngl.Framebuffer, shot: Shot) -> None:
        target.use()
        target.clear(viewport=(shot.rect.x0, shot.rect.y0, *shot.rect.size))
        self._context.enable_only(moderngl.DEPTH_TEST)
        self._draw_all(shot.bodies, shot.opacity, 1.0)
        if shot.wireframe:
            self._draw_wireframe(shot)

    def _draw_wireframe(self, shot: Shot) -> None:
        """Lines, nudged towards the camera so that their own faces do not hide them."""
        self._context.wireframe = True
        self._context.polygon_offset = -1.0, -1.0
        self._draw_all(shot.bodies, 1.0, 0.0 if shot.opacity else 1.0)
        self._context.polygon_offset = 0.0, 0.0
        self._context.wireframe = False

    def _draw_all(self, bodies: tuple[Body, ...], opacity: float, shine: float) -> None:
        self._program["opacity"] = opacity
        self._program["shine"] = shine
        # The nearest first: what it hides is not shaded.
        for place in reversed(range(len(bodies))):
            body = bodies[place]
            # A body cut open by the camera's plane shows its inside; others hide half of their faces.
            (self._context.disable if body.crosses else self._context.enable)(moderngl.CULL_FACE)
            self._program["color"] = tuple(channel / 255 for channel in body.color)
            self._program["id"] = (place + 1) / 255
            self._meshes[place].array.render()

    def _set_camera(self, shot: Shot) -> None:
        width, height = shot.size
        self._program["scale"] = 2 * shot.focal_length / width, 2 * shot.focal_length / height
        self._program["depth"] = _depth_map(shot)

    def _upload(self, shot: Shot) -> None:
        if shot.faces is not self._faces:
            self._release_meshes()
            self._faces = shot.faces
            self._index = self._context.buffer(np.ascontiguousarray(shot.faces, np.int32))
        while len(self._meshes) < len(shot.bodies):
            self._meshes.append(self._new_mesh(shot.bodies[0].vertices.nbytes))
        for body, mesh in zip(shot.bodies, self._meshes, strict=False):
            mesh.positions.write(np.ascontiguousarray(body.vertices, np.float32))
            mesh.normals.write(body.normals)

    def _new_mesh(self, size: int) -> _Mesh:
        positions, normals = (self._context.buffer(reserve=size, dynamic=True) for _ in range(2))
        content = [(positions, "3f", "position"), (normals, "3f", "normal")]
        return _Mesh(positions, normals, self._context.vertex_array(self._program, content, self._index))

    def _release_meshes(self) -> None:
        for mesh in self._meshes:
            mesh.array.release()
            mesh.positions.release()
            mesh.normals.release()
        self._meshes.clear()
        if self._index is not None:
            self._index.release()
        self._faces = self._index = None

    def _targets_for(self, size: tuple[int, int]) -> _Targets:
        if self._targets is None or self._targets.size != size:
            if self._targets is not None:
                self._targets.release()
            self._targets = _Targets(self._context, size, self.samples)
        return self._targets


class _Targets:
    """Framebuffers of one size: colours and ids, and with multisampling smoother colours instead."""

    def __init__(self, context: moderngl.Context, size: tuple[int, int], samples: int) -> None:
        self.size = size
        colors, ids = context.renderbuffer(size, 4), context.renderbuffer(size, 1)
        depth = context.depth_renderbuffer(size)
        self.plain = context.framebuffer([colors, ids], depth)
        self.resolved: moderngl.Framebuffer | None = None
        self.multisampled: moderngl.Framebuffer | None = None
        self._parts: list[moderngl.Framebuffer | moderngl.Renderbuffer] = [self.plain, colors, ids, depth]
        if samples:
            smooth = context.renderbuffer(size, 4, samples=samples)
            smooth_depth = context.depth_renderbuffer(size, samples=samples)
            self.multisampled = context.framebuffer([smooth], smooth_depth)
            self.resolved = context.framebuffer([colors])
            self._parts += [self.multisampled, self.resolved, smooth, smooth_depth]

    def read(self, rect: Rect) -> Raster:
        """Copy a rectangle out."""
        (width, height), viewport = rect.size, (rect.x0, rect.y0, *rect.size)
        rgba, ids = np.empty((height, width, 4), np.uint8), np.empty((height, width), np.uint8)
        self.plain.read_into(rgba, viewport, components=4)
        self.plain.read_into(ids, viewport, components=1, attachment=1)
        return Raster(rect, rgba, ids)

    def read_depth(self, rect: Rect) -> Float:
        """Copy out the depth buffer of a rectangle, (h, w) in [0, 1]."""
        (width, height), viewport = rect.size, (rect.x0, rect.y0, *rect.size)
        depth = np.empty((height, width), np.float32)
        self.plain.read_into(depth, viewport, components=1, attachment=-1, dtype="f4")
        return depth

    def release(self) -> None:
        for part in self._parts:
            part.release()


def _metres(targets: _Targets, raster: Raster, shot: Shot) -> Float:
    """(h, w) z in m: what `VERTEX_SHADER` did to it is taken back."""
    scale, shift = _depth_map(shot)
    buffer = targets.read_depth(raster.rect)
    depth: Float = np.where(raster.ids > 0, shift / (2 * buffer - 1 - scale), np.inf).astype(np.float32)
    return depth


def _depth_map(shot: Shot) -> tuple[float, float]:
    """Two numbers a and b, so that (a z + b) / z is -1 on the near plane and 1 on the far one."""
    near, far = shot.depth_range
    return (far + near) / (far - near), -2 * far * near / (far - near)


def _create_context() -> moderngl.Context:
    """A context without a window; EGL needs no display, and moderngl knows it on Linux only.

    Raises:
        NoOpenGLError: None can be made.
    """
    problems: list[str] = []
    ways: list[dict[str, Any]] = [{"backend": "egl"}, {}] if sys.platform.startswith("linux") else [{}]
    for settings in ways:
        try:
            return moderngl.create_context(require=330, standalone=True, **settings)
        except Exception as error:  # noqa: BLE001  glcontext raises bare Exception for a missing library
            problems.append(str(error))
    raise NoOpenGLError("; ".join(problems))
