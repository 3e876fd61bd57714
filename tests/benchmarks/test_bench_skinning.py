"""Skinning one body is a small part of a drawn frame."""

from __future__ import annotations

import numpy as np

from pipeline.smpl import builtin_body
from pipeline.structures import SmplParams


def test_one_body_is_skinned_in_under_10_ms(benchmark):
    rng = np.random.default_rng(0)
    turns = np.linalg.qr(rng.normal(size=(24, 3, 3)))[0]
    turns *= np.linalg.det(turns)[:, None, None]
    smpl = SmplParams(
        turns[None, 0].astype(np.float32),
        turns[None, 1:].astype(np.float32),
        rng.normal(size=(1, 10)).astype(np.float32),
    )
    vertices, _ = benchmark(builtin_body().skin, smpl)
    assert vertices.shape == (1, 6890, 3)
    assert benchmark.stats["median"] < 0.010
