"""Pictures as clients send them. Nothing is decoded before its size is known and allowed."""

from __future__ import annotations

import base64
import binascii
import io
import struct
import warnings
import zlib
from contextlib import closing

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from pipeline.service.faults import Refusal
from pipeline.service.scans import MOST_SCANS, has_too_many_scans
from pipeline.structures import Image

FORMATS = ("JPEG", "PNG", "WEBP")
LEAST_SIDE = 8  # px
MOST_STRETCH = 20  # longer side over shorter: engines cut pictures into tiles, and a strip into very many
_MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"})
_BROKEN = (
    OSError,
    SyntaxError,  # how Pillow calls a broken PNG
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    struct.error,
    zlib.error,
)
_HINT = "Send a JPEG, PNG or WebP file, encoded as base64."


def bytes_of(text: str) -> bytes:
    """The file in a base64 text.

    Raises:
        Refusal: It is no base64.
    """
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refusal(
            400,
            "bad_base64",
            f"image_base64 is no base64: {error}.",
            "Use the standard alphabet, without line breaks and without “data:image/png;base64,” in front.",
        ) from None


def decode(data: bytes, most_pixels: int) -> Image:
    """The picture in a file, (H, W, 3) uint8 RGB, turned upright as the file says.

    Raises:
        Refusal: It is no JPEG, PNG or WebP, is damaged, has more pixels or scans than allowed, or is a mere strip.
    """
    try:
        opened = Pillow.open(io.BytesIO(data), formats=FORMATS)
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning):
        raise _too_many(most_pixels) from None
    except _BROKEN as error:
        raise _unreadable(error) from None
    with closing(opened) as picture:
        _check_size(*picture.size, most_pixels)
        if picture.mode not in _MODES:
            raise Refusal(
                422,
                "bad_image",
                f"Pictures of the kind {picture.mode} are not read.",
                "Send 8 bits a channel.",
            )
        if has_too_many_scans(data):
            raise Refusal(
                422,
                "bad_image",
                f"The picture is a JPEG of more than {MOST_SCANS} scans.",
                "Save it as a usual JPEG.",
            )
        return _pixels(picture)


def _check_size(width: int, height: int, most_pixels: int) -> None:
    if width * height > most_pixels:
        raise _too_many(most_pixels, width, height)
    short, long = sorted((width, height))
    if short < LEAST_SIDE or long > MOST_STRETCH * short:
        raise Refusal(
            422,
            "bad_image",
            f"The picture has {width}×{height} pixels, which is too narrow for a picture of people.",
            f"Send at least {LEAST_SIDE} pixels a side, and one side at most {MOST_STRETCH} times the other.",
        )


def _pixels(picture: Pillow.Image) -> Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd but readable files, such as a palette with transparency
            upright = ImageOps.exif_transpose(picture)
            pixels = np.array(upright.convert("RGB"), np.uint8)
    except _BROKEN as error:
        raise _unreadable(error) from None
    return pixels


def _unreadable(error: BaseException) -> Refusal:
    if isinstance(error, UnidentifiedImageError):
        return Refusal(400, "bad_image", "The picture is no JPEG, PNG or WebP file.", _HINT)
    said = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
    return Refusal(400, "bad_image", f"The picture is damaged: {said}.", _HINT)


def _too_many(most: int, width: int = 0, height: int = 0) -> Refusal:
    size = f"{width}×{height} pixels" if width else "far too many pixels"
    numbers = {"limit": most} | ({"pixels": width * height} if width else {})
    return Refusal(
        413,
        "too_many_pixels",
        f"The picture has {size}; {most} are allowed.",
        "Send a smaller picture, or start the service with a larger --max-pixels.",
        numbers=numbers,
    )
