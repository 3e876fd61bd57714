"""One person seen."""

from __future__ import annotations

from typing import Any

import numpy as np


class Detection:
    """Completes the data: where the person is in the padded square, and how large there."""

    def __init__(self, detection_data: dict[str, Any]) -> None:
        self.detection_data = detection_data
        self.tlwh = np.asarray(detection_data["bbox"], np.float64)
        high, wide = (float(side) for side in detection_data["size"])
        square = max(high, wide)
        x, y, width, height = self.tlwh
        # Half of corner plus size is not the centre; so it is upstream, and so it must stay.
        self.xy = [
            ((x + width) / 2 + (square - wide) // 2) / square,
            ((y + height) / 2 + (square - high) // 2) / square,
        ]
        detection_data["xy"] = self.xy
        detection_data["scale"] = float(max(detection_data["scale"])) / square
