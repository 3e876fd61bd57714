"""What a file loses that knows joints and weights, but none of SMPL's pose correctives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.formats.motion import Motion
from pipeline.structures import Float, SmplParams

_FRAMES = 25
"""So many frames of a track are measured, evenly spread."""


def correctives_notice(motions: Sequence[Motion]) -> str:
    """How far vertices are off without the correctives, as a sentence; empty where the body has none."""
    distances = [_distances(motion) for motion in motions if motion.body.posedirs is not None]
    if not distances:
        return ""
    lost = 1000 * np.concatenate(distances)
    return (
        f"Without SMPL's pose correctives, which the format lacks, vertices are off by {lost.mean():.1f} mm "
        f"on average and {lost.max():.0f} mm at most; joints are exact."
    )


def _distances(motion: Motion) -> Float:
    """(K * V,) m between the vertices with and without the correctives."""
    rows = np.unique(np.linspace(0, len(motion.frames) - 1, _FRAMES).round().astype(int))
    poses, betas = motion.rotations[rows].astype(np.float32), motion.betas[rows].astype(np.float32)
    smpl = SmplParams(poses[:, 0], poses[:, 1:], betas)
    plain = replace(motion.body, posedirs=None)
    lost: Float = np.linalg.norm(motion.body.skin(smpl)[0] - plain.skin(smpl)[0], axis=-1).ravel()
    return lost
