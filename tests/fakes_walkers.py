"""Made-up people for sessions and tracking: no body model, just boxes that fit where they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from pipeline.structures import Detections, FrameFailure, FrameResult, People, Plan, Rejected, SmplParams

SIZE = (1280, 720)
FOCAL = 1000.0
HEIGHT, WIDTH = 1.75, 0.6  # m


@dataclass(frozen=True)
class Walker:
    """Somebody who walks straight on, facing where they go.

    Attributes:
        x, z: m, in frame 0.
        vx, vz: m a frame.
        looks: Appearance features, () for none.
        gone: Frames in which they are not seen.
    """

    x: float
    z: float
    vx: float = 0.0
    vz: float = 0.0
    looks: tuple[float, ...] = ()
    gone: frozenset[int] = frozenset()

    def at(self, frame: int) -> tuple[float, float, float]:
        return self.x + self.vx * frame, 0.0, self.z + self.vz * frame

    @property
    def facing(self) -> np.ndarray:
        turn = np.arctan2(self.vx, -self.vz) if self.vx or self.vz else 0.0
        return Rotation.from_euler("xy", [np.pi, turn]).as_matrix()


def seen(frame: int, walkers, *, seed: int | None = None, engine: str = "made-up-1") -> FrameResult:
    """A result with the walkers who are there in that frame, a little noisy if there is a seed."""
    here = [walker for walker in walkers if frame not in walker.gone]
    noise = np.random.default_rng((seed, frame)) if seed is not None else None
    count, width = len(here), max((len(walker.looks) for walker in here), default=0)
    places = np.array([walker.at(frame) for walker in here], np.float32).reshape(count, 3)
    facing = np.array([walker.facing for walker in here], np.float32).reshape(count, 3, 3)
    looks = np.array([walker.looks or (0.0,) * width for walker in here], np.float32).reshape(count, width)
    if noise is not None:
        places *= 1 + noise.normal(0, [0.002, 0.002, 0.02], (count, 3)).astype(np.float32)
        turns = Rotation.from_rotvec(noise.normal(0, 0.1, (count, 3))).as_matrix() if count else facing
        facing = (facing @ turns).astype(np.float32)
        looks = np.clip(looks + noise.normal(0, 0.02, looks.shape), 0, None).astype(np.float32)
    return FrameResult(
        frame,
        People(
            Detections(boxes_of(places), np.full(count, 0.9, np.float32)),
            SmplParams(
                facing,
                np.tile(np.eye(3, dtype=np.float32), (count, 23, 1, 1)),
                np.zeros((count, 10), np.float32),
            ),
            places,
            FOCAL,
            SIZE,
            "made-up-body",
            looks.astype(np.float16),
        ),
        Rejected(),
        engine,
        Plan(notes=("made up",)),
        {"detect": 0.01, "reconstruct": 0.03},
        1000,
    )


def boxes_of(places: np.ndarray) -> np.ndarray:
    """(N, 4) px boxes of people whose middle is at (N, 3) m."""
    z = places[:, 2]
    x, y = FOCAL * places[:, 0] / z + SIZE[0] / 2, FOCAL * places[:, 1] / z + SIZE[1] / 2
    w, h = FOCAL * WIDTH / z / 2, FOCAL * HEIGHT / z / 2
    return np.stack([x - w, y - h, x + w, y + h], 1).astype(np.float32)


def failed(frame: int, kind: str = "out_of_memory") -> FrameFailure:
    return FrameFailure(frame, "detect", kind, "Out of memory.", "Close other programs.", {"free": 1.5})
