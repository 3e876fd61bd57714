"""The plots as a picture in a file."""

from __future__ import annotations

from pathlib import Path

from pyqtgraph.exporters import ImageExporter, SVGExporter

from widgets.plot_stack import PlotStack

_SCALE = 2
"""Px of a PNG for each device-independent px of the screen."""


def write_svg(stack: PlotStack, path: Path) -> None:
    """Write the plots with lines as lines and texts as texts, as they are on the screen.

    Raises:
        OSError: The file cannot be written.
    """
    path.write_bytes(SVGExporter(stack.scene()).export(toBytes=True))


def write_png(stack: PlotStack, path: Path) -> None:
    """Write the plots at twice the size they have on the screen.

    Raises:
        OSError: The file cannot be written.
    """
    exporter = ImageExporter(stack.scene())
    exporter.parameters()["width"] = stack.width() * _SCALE
    image = exporter.export(toBytes=True)
    if not image.save(str(path), "PNG"):
        raise OSError(f"{path.name} cannot be written")
