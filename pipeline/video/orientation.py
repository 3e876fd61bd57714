"""How a stored picture is turned to be shown."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import av
import numpy as np
from av.sidedata.sidedata import SideData

from pipeline.structures import Image


@dataclass(frozen=True, slots=True)
class Orientation:
    """Mirror the columns first, if at all, then turn by quarters counterclockwise.

    Attributes:
        quarters: 0 to 3.
        mirrored: Left and right exchanged.
    """

    quarters: int = 0
    mirrored: bool = False

    def size(self, width: int, height: int) -> tuple[int, int]:
        """(W, H) as shown."""
        return (height, width) if self.quarters % 2 else (width, height)

    def apply(self, image: Image) -> Image:
        """The picture as shown; (H, W, 3) to (H, W, 3) or (W, H, 3)."""
        if not self.quarters and not self.mirrored:
            return image
        import cv2  # here, because it takes 25 MB and most videos are stored upright

        turns = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}
        upright = cv2.flip(image, 1) if self.mirrored else image
        turned = cv2.rotate(upright, turns[self.quarters]) if self.quarters else upright
        return np.asarray(turned, np.uint8)


def orientation_of(frame: av.VideoFrame) -> Orientation:
    """What the display matrix that came with a frame asks for, to the nearest quarter."""
    data = frame.side_data.get("DISPLAYMATRIX")
    return orientation_from(bytes(data)) if isinstance(data, SideData) else Orientation()


def orientation_from(matrix: bytes) -> Orientation:
    """Read a display matrix.

    Args:
        matrix: Nine native 32-bit integers a b u, c d v, x y w; a stored pixel (p, q) is shown at
            (a p + c q + x, b p + d q + y), as in libavutil/display.h.
    """
    a, b, _, c, d, *_ = struct.unpack("9i", matrix[:36])
    if not (a or b or c or d):
        return Orientation()
    mirrored = a * d - b * c < 0
    # With columns mirrored first, the matrix that is left is a plain turn: its first row says how far.
    right, down = (-a, -b) if mirrored else (a, b)
    return Orientation(int(np.rint(np.arctan2(-down, right) / (np.pi / 2))) % 4, mirrored)
