"""Where feet are."""

from __future__ import annotations

import numpy as np

from pipeline.problems.observed import Observed
from pipeline.structures import Float

_FEET = (10, 11)
FEET_COLUMNS = 6
"""For each foot: right and down as seen from the camera, as shares of the depth, and how far below the pelvis
it is, as a share of the stature."""


def measure_feet(people: Observed) -> Float:
    """(K, FEET_COLUMNS) where the feet are."""
    columns = []
    for foot in _FEET:
        x, y, z = people.joints[foot] + people.pelvis.T
        deep = np.where(z > 0, z, np.nan)
        columns += [x / deep, y / deep, people.joints[foot, 1] / people.stature]
    return np.stack(columns, 1).astype(np.float32)
