"""How smoothing changes the error of a session of the demo clip against its ground truth.

    python tests/benchmarks/smoothing_error.py DEMO.mp4.retake

Prints, for each person and way of smoothing, the mean error of the joints' positions relative to the pelvis (mm) and of
their accelerations (m/s²), over the frames in which the person was found.
"""

from __future__ import annotations

import sys

import numpy as np

from pipeline.motion.reading import Motion, read_motion
from pipeline.motion.smoothing import STRENGTHS, Smoothing, smooth
from pipeline.places import resource
from pipeline.session.store import Store
from pipeline.smpl import builtin_body
from pipeline.smpl.body import pose_joints

RATE = 25.0


def joints(rotations: np.ndarray, betas: np.ndarray) -> np.ndarray:
    """(T, 24, 3) m relative to the pelvis."""
    _, posed = pose_joints(rotations, builtin_body().rest_joints(betas))
    return posed - posed[:, :1]


def truth_of(motion: Motion) -> np.ndarray:
    """The joints of whoever's true boxes are nearest."""
    truth = np.load(resource("demo_truth.npz"))
    apart = np.abs(truth["boxes"][motion.frames] - motion.boxes[:, None]).sum(-1).mean(0)
    true = truth["joints"][motion.frames][:, apart.argmin()]
    return true - true[:, :1]


def errors(posed: np.ndarray, true: np.ndarray, frames: np.ndarray) -> tuple[float, float]:
    """Mean position error in mm and acceleration error in m/s²."""
    steady = (np.diff(frames, 2) == 0) & (np.diff(frames)[1:] == 1)
    jerk = np.linalg.norm(np.diff(posed - true, 2, axis=0) * RATE**2, axis=-1)[steady]
    return 1000 * float(np.linalg.norm(posed - true, axis=-1).mean()), float(jerk.mean())


def main(path: str) -> None:
    """Print the table."""
    with Store(path, read_only=True) as store:
        for track in store.tracks():
            motion = read_motion(store, track.track_id, 0, 10**9)
            if motion is None:
                continue
            true = truth_of(motion)
            rows = {"as found": joints(motion.rotations, motion.betas)}
            for method in ("gaussian", "one_euro"):
                for strength in STRENGTHS:
                    poses = smooth(motion, lambda frame: frame / RATE, Smoothing(method, strength))
                    posed = joints(np.stack([p.rotations for p in poses]), np.stack([p.betas for p in poses]))
                    rows[f"{method}, {strength}"] = posed
            for name, posed in rows.items():
                position, acceleration = errors(posed, true, motion.frames)
                print(f"{track.title:10}  {name:22} {position:6.1f} mm  {acceleration:6.2f} m/s²")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
