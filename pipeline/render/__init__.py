"""Draws people over a picture: the same pixels in the window, in stills and in exported video."""

from __future__ import annotations

from pipeline.layers import Layers
from pipeline.render.blend import blend
from pipeline.render.renderer import Renderer, create_renderer

__all__ = ["Layers", "Renderer", "blend", "create_renderer"]
