"""Make `resources/demo.mp4` and `resources/demo_truth.npz`: two people who cross, and where they are.

The people are the built-in body with clothes painted on. The ground truth is what posed them: SMPL
parameters in the program's camera frame, so an engine's answer can be compared number by number.

    python -m resources.make.make_demo            # writes both files beside this folder
    python -m resources.make.make_demo --still 80 frame.png

Ground truth, T frames and P people:

    global_orient (T, P, 3, 3), body_pose (T, P, 23, 3, 3), betas (P, 10), cam_t (T, P, 3) m,
    joints (T, P, 24, 3) m in the camera, keypoints_2d (T, P, 24, 2) px, boxes (T, P, 4) px,
    seen (T, P) share of the person's own pixels that nobody hides, track_ids (P), focal_length px,
    image_size (W, H), frame_rate, body_model, and camera_rotation (3, 3) and camera_translation (3) m
    that take the world (y up, floor at 0) to the camera.
"""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from pipeline.smpl import BodyModel, builtin_body, project
from pipeline.structures import Image, SmplParams
from resources.make.dress import Look, dressed, garments
from resources.make.stage import FOCAL_LENGTH, SIZE, Stage, camera_from_world
from resources.make.walk import AT, Motion, Walk, joint_places, look, wave

Array = npt.NDArray[np.float64]

RATE = 25
FRAMES = 135
FOLDER = Path(__file__).resolve().parent.parent

LOOKS = (
    Look(
        betas=np.array([0.9, 0.2, 0.8, 1.8, 0.3, 0.2, 0.0, 0.3, -0.2, 0.0]),
        sleeve=0.40,
        hair=0.62,
        colours={
            "skin": (0.52, 0.31, 0.21),
            "hair": (0.035, 0.025, 0.02),
            "shirt": (0.62, 0.36, 0.05),
            "stripe": (0.62, 0.36, 0.05),
            "trousers": (0.045, 0.07, 0.14),
            "shoes": (0.32, 0.32, 0.33),
        },
        stripes=0.0,
    ),
    Look(
        betas=np.array([-0.5, 0.1, 0.2, -2.0, 0.6, 0.3, 0.1, 0.0, 0.3, -0.3]),
        sleeve=0.64,
        hair=0.545,
        colours={
            "skin": (0.66, 0.43, 0.32),
            "hair": (0.12, 0.05, 0.025),
            "shirt": (0.66, 0.64, 0.60),
            "stripe": (0.05, 0.13, 0.24),
            "trousers": (0.13, 0.12, 0.11),
            "shoes": (0.35, 0.06, 0.05),
        },
        stripes=13.0,
    ),
)


def motions(body: BodyModel, times: Array) -> tuple[Motion, ...]:
    """How the two walk: one to the right in front, one to the left behind, who waves at the other."""
    first = Walk(body, LOOKS[0].betas, (-2.35, -4.8), (2.1, -4.35), 1.14, 0.15).motion(times)
    second = Walk(body, LOOKS[1].betas, (2.5, -5.0), (-2.75, -5.5), 1.02, 0.55).motion(times)
    wave(second.rotations, "left", times, 0.7, 2.5)
    meeting = np.exp(-(((times - 1.7) / 0.9) ** 2))
    look(first.rotations, 0.45 * meeting)
    look(second.rotations, 0.25 * np.exp(-(((times - 1.5) / 0.9) ** 2)))
    return first, second


def in_camera(body: BodyModel, motion: Motion, betas: Array) -> tuple[SmplParams, npt.NDArray[np.float32]]:
    """SMPL parameters and cam_t (T, 3) of a motion, in the camera frame."""
    rotation, translation = camera_from_world()
    shapes = np.repeat(betas[None], len(motion.pelvis), 0).astype(np.float32)
    smpl = SmplParams(
        (rotation @ motion.rotations[:, 0]).astype(np.float32),
        motion.rotations[:, 1:].astype(np.float32),
        shapes,
    )
    # Skinning turns about the rest pelvis, which stays where it is.
    rest = body.rest_joints(shapes[:1])[0, 0]
    return smpl, (motion.pelvis @ rotation.T + translation - rest).astype(np.float32)


def one(smpl: SmplParams, frame: int) -> SmplParams:
    """The parameters of one frame."""
    return SmplParams(*(part[frame : frame + 1] for part in (smpl.global_orient, smpl.body_pose, smpl.betas)))


class Play:
    """The scene: who moves how, drawn and measured frame by frame."""

    def __init__(self) -> None:
        self.body = builtin_body()
        times = np.arange(FRAMES) / RATE
        self.motions = motions(self.body, times)
        parts = [
            in_camera(self.body, motion, who.betas) for motion, who in zip(self.motions, LOOKS, strict=True)
        ]
        self.smpl, self.cam_t = [part[0] for part in parts], [part[1] for part in parts]
        self.clothed = [dressed(self.body, who) for who in LOOKS]
        rests = [body.v_template.astype(np.float64) for body in self.clothed]
        edges = [garments(rest, who) for rest, who in zip(rests, LOOKS, strict=True)]
        self.stage = Stage(LOOKS, rests, edges, self.body.faces)

    def place(self, frame: int) -> None:
        """Put the people where they are in a frame."""
        rotation, translation = camera_from_world()
        seen = [
            body.skin(one(smpl, frame))[0][0] + cam_t[frame]
            for body, smpl, cam_t in zip(self.clothed, self.smpl, self.cam_t, strict=True)
        ]
        self.stage.place([(vertices - translation) @ rotation for vertices in seen])

    def picture(self, frame: int) -> Image:
        """A frame."""
        self.place(frame)
        return self.stage.picture(self._contacts(frame))

    def seen(self) -> list[float]:
        """The share of each person's pixels that the other does not hide, of the frame in place."""
        together = self.stage.numbers(range(len(LOOKS)))
        alone = [self.stage.numbers([index]) for index in range(len(LOOKS))]
        return [
            float((together == index + 1).sum() / max((own > 0).sum(), 1)) for index, own in enumerate(alone)
        ]

    def _contacts(self, frame: int) -> Array:
        """Where the floor is darkened: under the feet, the more the lower they are, and the body."""
        spots = []
        for motion, who in zip(self.motions, LOOKS, strict=True):
            rest = self.body.rest_joints(who.betas[None].astype(np.float32))[0].astype(np.float64)
            now = slice(frame, frame + 1)
            places = joint_places(motion.rotations[now], rest, motion.pelvis[now])[0]
            for name in ("left_ankle", "right_ankle", "left_foot", "right_foot"):
                x, y, z = places[AT[name]]
                spots.append((x, max(0.13 - 0.5 * max(y - 0.08, 0), 0.02), z))
            spots.append((places[0, 0], 0.42, places[0, 2]))
        return np.array(spots)

    def truth(self) -> dict[str, npt.NDArray[np.generic]]:
        """The ground truth, but for what is seen in the pictures."""
        joints = []
        boxes = []
        for smpl, cam_t in zip(self.smpl, self.cam_t, strict=True):
            vertices, places = self.body.skin(smpl)
            joints.append(places + cam_t[:, None])
            pixels = project(vertices + cam_t[:, None], FOCAL_LENGTH, SIZE)
            boxes.append(np.concatenate([pixels.min(1), pixels.max(1)], 1))
        corner = np.array([*SIZE, *SIZE], np.float32)
        stacked = np.stack(joints, 1)
        rotation, translation = camera_from_world()
        return {
            "global_orient": np.stack([smpl.global_orient for smpl in self.smpl], 1),
            "body_pose": np.stack([smpl.body_pose for smpl in self.smpl], 1),
            "betas": np.stack([smpl.betas[0] for smpl in self.smpl]),
            "cam_t": np.stack(self.cam_t, 1),
            "joints": stacked,
            "keypoints_2d": project(stacked, FOCAL_LENGTH, SIZE),
            "boxes": np.clip(np.stack(boxes, 1), 0, corner),
            "track_ids": np.array([1, 2]),
            "camera_rotation": rotation,
            "camera_translation": translation,
            "focal_length": np.float64(FOCAL_LENGTH),
            "image_size": np.array(SIZE),
            "frame_rate": np.float64(RATE),
            "body_model": np.array(self.body.id),
        }


def make(folder: Path) -> None:
    """Write the clip and its ground truth."""
    play = Play()
    shares = []
    with av.open(str(folder / "demo.mp4"), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.time_base = Fraction(1, RATE)
        stream.options = {"crf": "23", "preset": "slow", "g": "50"}
        for frame in range(FRAMES):
            picture = play.picture(frame)
            shares.append(play.seen())
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())
    np.savez_compressed(folder / "demo_truth.npz", **play.truth(), seen=np.array(shares, np.float32))


def main() -> None:
    """Make the clip, or one picture of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--still", nargs=2, metavar=("FRAME", "FILE"))
    chosen = parser.parse_args()
    if chosen.still:
        frame, file = chosen.still
        picture = Play().picture(int(frame))
        cv2.imwrite(file, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    else:
        make(chosen.folder)


if __name__ == "__main__":
    main()
