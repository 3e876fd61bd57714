"""Upstream imports renderers and a training framework here; the engine goes past it."""

raise ImportError("a renderer needs a display")
