"""Where the pelvis of the licensed bodies is at rest, for what is written for them or comes from them without the body.

The average person's, m, to 2 cm: persons differ by that. The bodies themselves are read where they are at hand.
"""

from __future__ import annotations

import numpy as np

SMPL_PELVIS = np.array([0.0, -0.23, 0.03], np.float32)
"""(3,) of SMPL and SMPL-H."""

SMPLX_PELVIS = np.array([0.0, -0.35, 0.01], np.float32)
"""(3,) of SMPL-X."""
