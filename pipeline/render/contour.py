"""Contours around bodies, drawn from the picture of who is where."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.palette import Color
from pipeline.render.bodies import Ids
from pipeline.structures import Image

WHITE: Color = (255, 255, 255)
DARK: Color = (16, 18, 24)
BOTH_SIDES = 1.0

Mask = npt.NDArray[np.uint8]
Mat = npt.NDArray[np.integer | np.floating]


def contour_color(color: Color) -> Color:
    """A lighter tint of a track's colour: seen on the body and on most pictures."""
    r, g, b = (round(channel + (255 - channel) * 0.55) for channel in color)
    return r, g, b


def reach(scale: float) -> int:
    """How far in px the widest contour reaches out of a body."""
    return 2 * _radius(scale, 2.2) + _radius(scale, BOTH_SIDES) + 2


def draw_contours(rgba: Image, ids: Ids, colors: Sequence[Color], scale: float, width: float = 2) -> None:
    """Draw a line where the id changes, in the colour of the nearer body.

    Args:
        rgba: (h, w, 4) uint8 premultiplied, drawn on.
        ids: (h, w) uint8; the nearer of two neighbours has the higher id.
        colors: Of the lines of ids 1, 2, ...
        scale: Picture height over 1080.
        width: Of the line at 1080.
    """
    kernel = _disc(_radius(scale, width / 2))
    owners = cv2.dilate(ids, kernel)
    band = cv2.compare(owners, cv2.erode(ids, kernel), cv2.CMP_NE)
    # One step further out, so that the band's soft rim has a colour too.
    owners = cv2.dilate(owners, _disc(1))
    table = np.array([(0, 0, 0), *colors], np.uint8)
    _lay_band(rgba, _smooth(band), table, owners)


def draw_selection(rgba: Image, ids: Ids, selected: int, scale: float) -> None:
    """Draw a dark and a white ring around the one body that is selected, not over nearer ones."""
    inside = cv2.inRange(ids, selected, selected)
    nearer = cv2.inRange(ids, selected + 1, 255)
    first = cv2.dilate(inside, _disc(_radius(scale, BOTH_SIDES)))
    for color in (DARK, WHITE):
        second = cv2.dilate(first, _disc(_radius(scale, 2.2)))
        ring = cv2.bitwise_and(cv2.subtract(second, first), cv2.bitwise_not(nearer))
        _lay_band(rgba, _smooth(ring), np.array([color], np.uint8), None)
        first = second


def soften(rgba: Image, ids: Ids) -> None:
    """Take the steps out of the bodies' outer edge, where no contour hides them."""
    covered = cv2.inRange(ids, 1, 255)
    cover = cv2.blur(covered, (3, 3), borderType=cv2.BORDER_REPLICATE)
    rim = np.flatnonzero(cv2.bitwise_and(cv2.inRange(cover, 0, 254), covered))
    pixels = rgba.reshape(-1, 4)
    share = cover.reshape(-1)[rim, None].astype(np.uint16)
    pixels[rim] = (pixels[rim] * share + 127) // 255


def _lay_band(rgba: Image, band: Mat, table: Image, owners: Mat | None) -> None:
    """Lay colours over pixels with `band` as alpha; only the pixels of the band are touched."""
    where = np.flatnonzero(band)
    color = table[0 if owners is None else owners.reshape(-1)[where]]
    paint = np.full((len(where), 4), 255, np.uint16)
    paint[:, :3] = color
    share = band.reshape(-1)[where, None].astype(np.uint16)
    pixels = rgba.reshape(-1, 4)
    pixels[where] = (paint * share + pixels[where] * (255 - share) + 127) // 255


def _smooth(band: Mat) -> Mat:
    """Take the steps out of a band, without making a thin one faint."""
    return cv2.GaussianBlur(band, (3, 3), 0.6)


def _radius(scale: float, wanted: float) -> int:
    return max(1, round(wanted * scale))


def _disc(radius: int) -> Mask:
    kernel: Mask = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)).astype(
        np.uint8
    )
    return kernel
