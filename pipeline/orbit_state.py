"""What a session remembers of its 3D view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from pipeline.orbit import FARTHEST, NEAREST, Orbit, point

SPACES = ("camera", "world")
TRAILS: dict[str, tuple[int, ...]] = {
    "": (),
    "pelvis": (0,),
    "head": (15,),
    "hands": (22, 23),
    "feet": (10, 11),
}
"""Joints of `pipeline.smpl.joints` whose ways can be drawn."""


@dataclass(frozen=True, slots=True)
class OrbitState:
    """What a session remembers of its 3D view.

    Attributes:
        orbit: Where one looked from; None until there was somebody to look at.
        space: "camera" or "world".
        trail: A key of `TRAILS`.
        shown: Whether the view is open.
    """

    orbit: Orbit | None = None
    space: str = "camera"
    trail: str = ""
    shown: bool = False

    def to_plain(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: object) -> OrbitState:
        """Take over what fits: other versions of the program may have written it."""
        if not isinstance(plain, Mapping):
            return cls()
        space, trail, shown = (plain.get(key) for key in ("space", "trail", "shown"))
        return cls(
            _orbit(plain.get("orbit")),
            str(space) if space in SPACES else "camera",
            str(trail) if trail in TRAILS else "",
            shown is True,
        )


def _orbit(plain: object) -> Orbit | None:
    try:
        orbit = Orbit(**plain) if isinstance(plain, Mapping) else None
        if orbit is None:
            return None
        numbers = [
            float(n) for n in (orbit.azimuth, orbit.elevation, orbit.roll, orbit.distance, orbit.field)
        ]
        target = np.array(orbit.target, float)
    except (TypeError, ValueError):
        return None
    fits = target.shape == (3,) and np.isfinite([*numbers, *target]).all()
    if not fits or not NEAREST <= orbit.distance <= FARTHEST or not 1 <= orbit.field <= 150:
        return None
    return replace(orbit, target=point(target))
