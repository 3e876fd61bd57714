"""Overlays drawn by the service: transparent pictures to lay over the client's own."""

from __future__ import annotations

import base64
import io
import threading
from concurrent.futures import ThreadPoolExecutor, TimeoutError

import numpy as np
from PIL import Image as Pillow

from pipeline.palette import track_color
from pipeline.render import Layers, Renderer, create_renderer
from pipeline.scene import build_scene
from pipeline.service.bodies import Bodies, Shape
from pipeline.service.faults import closing, out_of_time
from pipeline.service.videos import Tracked
from pipeline.structures import Assignment, Image, Overlay, Track
from pipeline.track import NOBODY


class Overlays:
    """Draws on one thread, made when first needed: an OpenGL context belongs to the thread that made it."""

    def __init__(self, bodies: Bodies, seconds: float) -> None:
        """Draw bodies of these models; nobody waits for a picture longer than `seconds`."""
        self._seconds = seconds
        self._bodies = bodies
        self._pool = ThreadPoolExecutor(1, "overlays")
        self._renderer: Renderer | None = None
        self._lock = threading.Lock()
        self._closed = False

    def draw(self, tracked: Tracked, shape: Shape) -> str | None:
        """A PNG as base64, RGBA, of the picture's size; None where the body model is not here. Any thread.

        Raises:
            Refusal: The service is ending, or it took too long.
        """
        with self._lock:
            if self._closed:
                raise closing()
            drawing = self._pool.submit(self._draw, tracked, shape)
        try:
            return drawing.result(self._seconds)
        except TimeoutError:
            drawing.cancel()
            raise out_of_time(self._seconds) from None

    def close(self) -> None:
        """Let go of the renderer, on its thread; nothing is drawn after."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._pool.submit(self._close)
        self._pool.shutdown()

    def _draw(self, tracked: Tracked, shape: Shape) -> str | None:
        result, body = tracked.result, self._bodies.find(tracked.result.people.body_model)
        if body is None or shape.meshes is None:
            return None
        if self._renderer is None:
            self._renderer = create_renderer()
        known = [(slot, int(track)) for slot, track in enumerate(tracked.tracks) if track != NOBODY]
        who = [Assignment(result.frame_index, slot, track) for slot, track in known]
        tracks = [Track(track, "", track_color(track), True, 1, 0, 0) for _, track in known]
        scene = build_scene(result, body, who, tracks, meshes=shape.meshes)
        return _png(self._renderer.render(scene, Layers()))

    def _close(self) -> None:
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None


def _png(overlay: Overlay) -> str:
    held = io.BytesIO()
    Pillow.fromarray(_straight(overlay.rgba)).save(held, "PNG", compress_level=1)
    return base64.b64encode(held.getvalue()).decode("ascii")


def _straight(premultiplied: Image) -> Image:
    """RGBA whose colours are not multiplied by alpha, as PNG has them."""
    alpha = premultiplied[..., 3:].astype(np.uint16)
    straight = premultiplied.copy()
    colors = (premultiplied[..., :3].astype(np.uint16) * 255 + alpha // 2) // np.maximum(alpha, 1)
    straight[..., :3] = np.minimum(colors, 255).astype(np.uint8)
    return straight
