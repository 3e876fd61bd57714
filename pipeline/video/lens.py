"""The focal length a camera wrote into its file."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

# QuickTime's com.apple.quicktime.camera.focal_length.35mm_equivalent, and what other cameras make of it.
_KEY = re.compile(r"focal.?length.*35.?mm", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_FILM = math.hypot(36.0, 24.0)
"""Diagonal of a frame of 35-mm film, mm."""
_EXIF = 0x8769
_FOCAL_LENGTH_IN_35MM_FILM = 0xA405  # Exif 2.32, 4.6.5
_LONGEST = 10_000.0


def focal_length_px(equivalent: float, size: tuple[int, int]) -> float:
    """The focal length of a picture, px.

    The 35-mm equivalent is the focal length that sees the same angle from corner to corner on film
    (CIPA DCG-001).

    Args:
        equivalent: 35-mm equivalent, mm; 0 if unknown.
        size: (W, H) px of the picture.
    """
    return equivalent * math.hypot(*size) / _FILM


def equivalent_in_tags(*tags: Mapping[str, str]) -> float:
    """The 35-mm equivalent in mm from the metadata of a container or a stream; 0 if it says nothing."""
    for several in tags:
        for key, value in several.items():
            if _KEY.search(key) and (length := _millimetres(value)):
                return length
    return 0.0


def equivalent_in_picture(path: Path) -> float:
    """The 35-mm equivalent in mm from a picture's EXIF data; 0 if it says nothing."""
    from PIL import Image  # here, because videos do not need it

    try:
        with Image.open(path) as picture:
            value = picture.getexif().get_ifd(_EXIF).get(_FOCAL_LENGTH_IN_35MM_FILM, 0)
    # What Pillow raises for damaged and for huge files; the picture may be shown all the same.
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return 0.0
    return _millimetres(str(value))


def _millimetres(text: str) -> float:
    number = _NUMBER.search(text)
    length = float(number[0]) if number else 0.0
    return length if 0 < length < _LONGEST else 0.0
