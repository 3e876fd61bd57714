"""Labels: a name on a coloured pill, drawn once and kept."""

from __future__ import annotations

import functools

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from pipeline.palette import Color
from pipeline.render.canvas import DARK, WHITE
from pipeline.structures import Image

LONGEST = 28
SMOOTH = 4


_SIZE = 26
"""px in a picture of 1080: a full-HD frame shown at half its size still has names one can read."""


@functools.lru_cache(maxsize=256)
def label(text: str, color: Color, scale: float, *, selected: bool = False, edited: bool = False) -> Image:
    """A pill with text, (h, w, 4) uint8 premultiplied, not to be written to.

    Args:
        text: Longer ones are cut.
        color: Of the pill; the text is dark or white, whichever can be read.
        scale: Picture height over 1080.
        selected: Adds a white and a dark rim.
        edited: Adds a pencil.
    """
    size = max(round(_SIZE * scale), 14)
    font = _font(size)
    text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    ink = readable_on(color)
    left, _, right, _ = font.getbbox(text)
    ascent, descent = font.getmetrics()
    pencil = round(size * 0.95) if edited else 0
    rim = max(round(2 * scale), 1) if selected else 0
    pad = round(size * 0.5)
    height = ascent + descent + 2 * round(size * 0.16)
    width = round(right - left) + 2 * pad + pencil
    picture = _pill(width, height, color, rim)
    draw = ImageDraw.Draw(picture)
    middle = 2 * rim + height / 2
    draw.text(
        (2 * rim + pad + pencil - left, middle), text, fill=ink, font=font, anchor="lm", stroke_width=0.3
    )
    if edited:
        _draw_pencil(picture, 2 * rim + pad - 0.12 * size, middle, size * 0.8, ink)
    return _premultiplied(picture)


def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    # Pillow's wheels all carry FreeType; its bitmap font has one size and no metrics.
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType")
    return font


def readable_on(color: Color) -> Color:
    """Dark or white, whichever has more contrast on a colour (W3C's relative luminance)."""
    red, green, blue = (
        (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for c in (c / 255 for c in color)
    )
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return DARK if luminance > 0.2 else WHITE


def _pill(width: int, height: int, color: Color, rim: int) -> Pillow.Image:
    """A rounded rectangle, `2 * rim` px larger on each side, inside a dark and a white rim."""
    size = (width + 4 * rim, height + 4 * rim)
    large = Pillow.new("RGBA", (size[0] * SMOOTH, size[1] * SMOOTH), (*color, 0))
    draw = ImageDraw.Draw(large)
    for inset, fill in ((0, WHITE), (rim, DARK), (2 * rim, color)) if rim else ((0, color),):
        box = (
            inset * SMOOTH,
            inset * SMOOTH,
            large.width - 1 - inset * SMOOTH,
            large.height - 1 - inset * SMOOTH,
        )
        draw.rounded_rectangle(box, (height * 0.28 + 2 * rim - inset) * SMOOTH, fill=(*fill, 255))
    return large.resize(size, Pillow.Resampling.BOX)


def _draw_pencil(picture: Pillow.Image, x: float, middle: float, size: float, ink: Color) -> None:
    """A small pencil that leans to the right, its point at the lower left."""
    shaft = [(0.30, 0.92), (0.08, 0.70), (0.66, 0.12), (0.88, 0.34)]
    point = [(0.0, 1.0), (0.05, 0.77), (0.23, 0.95)]
    large = Pillow.new("L", (picture.width * SMOOTH, picture.height * SMOOTH), 0)
    draw = ImageDraw.Draw(large)
    for shape in (shaft, point):
        draw.polygon(
            [((x + u * size) * SMOOTH, (middle + (v - 0.5) * size) * SMOOTH) for u, v in shape], fill=255
        )
    picture.paste(
        Pillow.new("RGBA", picture.size, (*ink, 255)), mask=large.resize(picture.size, Pillow.Resampling.BOX)
    )


def _premultiplied(picture: Pillow.Image) -> Image:
    straight = np.asarray(picture).astype(np.uint16)
    alpha = straight[..., 3:]
    rgba = np.concatenate([(straight[..., :3] * alpha + 127) // 255, alpha], 2).astype(np.uint8)
    rgba.flags.writeable = False
    return rgba
