"""Results such as no engine makes: any bits in every array, for what must not change one of them."""

from __future__ import annotations

import numpy as np

from pipeline.masks import encode_mask
from pipeline.structures import (
    Detections,
    FrameResult,
    Keypoints,
    People,
    Plan,
    Rejected,
    SmplParams,
)


def strange_result(seed: int) -> FrameResult:
    """Nobody to three people of any numbers, with and without all that may be missing."""
    some = np.random.default_rng(seed)
    count = seed % 4

    def floats(*shape: int) -> np.ndarray:
        """Any float32 there is, subnormal and negative zero too; now and then one that is not finite."""
        bits = some.integers(0, 2**32, shape, np.uint32).view(np.float32)
        odd = np.array([np.nan, np.inf, -np.inf, -0.0, 1e-45, 0.1], np.float32)
        values = np.where(np.isnan(bits), np.float32(np.nan), bits)
        return np.where(some.random(shape) < 0.05, some.choice(odd, shape), values).astype(np.float32)

    people = People(
        Detections(floats(count, 4), floats(count), _masks(seed, count)),
        SmplParams(floats(count, 3, 3), floats(count, 23, 3, 3), floats(count, 10)),
        floats(count, 3),
        float(some.random() * 1e4),
        (int(some.integers(1, 5000)), int(some.integers(1, 5000))),
        "made-up-neutral-1a2b3c4d",
        some.random((count, seed % 7)).astype(np.float16),
        None
        if seed % 3
        else Keypoints("mediapipe_33", floats(count, 5, 2), floats(count, 5), floats(count, 5, 3)),
    )
    return FrameResult(
        int(some.integers(0, 10**9)),
        people,
        Rejected(floats(seed % 3, 4), floats(seed % 3), ("too small, “so to say”",) * (seed % 3)),
        "made-up-1",
        Plan("cuda:0", "float16", 3, 512, bool(seed % 2), False, ("one\n", "two")),
        {"detect": float(some.random()), "reconstruct": 1 / 3},
        int(some.integers(0, 2**50)),
        tracks=some.integers(-1, 2**60, count) if seed % 2 else None,
        warning="It is hot." if seed % 5 == 0 else "",
    )


def _masks(seed: int, count: int) -> tuple:
    if seed % 5 == 2:
        return ()
    mask = encode_mask(np.random.default_rng(seed).random((7, 9)) > 0.5)
    return tuple(None if slot == 1 else mask for slot in range(count))
