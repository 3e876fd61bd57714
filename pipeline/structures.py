"""The values that flow through the program.

Arrays are read-only, so a value may cross threads without a copy or a lock; N is people in a frame.
Lengths are metres (m) and pixels (px); rotations are matrices; images are RGB uint8 (H, W, 3).
The camera looks along +z with x right and y down, as in OpenCV; its principal point is the image
centre. `SmplParams.global_orient` and `cam_t` live in that camera frame: a body's vertices in the
camera are the skinned vertices plus `cam_t`, and a point (x, y, z) is seen at
`(focal_length * x / z + W / 2, focal_length * y / z + H / 2)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float32]
Half = npt.NDArray[np.float16]
Int = npt.NDArray[np.int64]
Index = npt.NDArray[np.int32]
Image = npt.NDArray[np.uint8]


def _freeze(value: object, **shapes: tuple[int | str, ...]) -> None:
    """Check the shapes of an instance's arrays and make the arrays read-only.

    Raises:
        ValueError: A shape differs from what is asked, or symbolic sizes contradict each other.
    """
    sizes: dict[str, int] = {}
    for name, shape in shapes.items():
        array = getattr(value, name)
        matches = len(array.shape) == len(shape) and all(
            have == (want if isinstance(want, int) else sizes.setdefault(want, have))
            for have, want in zip(array.shape, shape, strict=True)
        )
        if not matches:
            raise ValueError(f"{type(value).__name__}.{name} has shape {array.shape}, not {shape}")
        array.flags.writeable = False


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One decoded picture.

    Attributes:
        index: Position among the presented frames, from 0.
        pts: Presentation timestamp in the stream's time base.
        time: Presentation time in s, from the first presented frame.
        image: (H, W, 3) uint8 RGB, turned as the file's rotation says.
    """

    index: int
    pts: int
    time: float
    image: Image

    def __post_init__(self) -> None:
        _freeze(self, image=("H", "W", 3))


@dataclass(frozen=True, slots=True)
class Mask:
    """A segmentation mask as COCO's compressed run-length code. See `pipeline.masks`.

    Attributes:
        size: (H, W) px of the whole image.
        counts: The compressed code, as pycocotools writes it.
    """

    size: tuple[int, int]
    counts: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """People found in one frame.

    Attributes:
        boxes: (N, 4) x1, y1, x2, y2 in px.
        scores: (N,) in [0, 1].
        masks: One per person, or None where there is none; empty means none at all.
    """

    boxes: Float
    scores: Float
    masks: tuple[Mask | None, ...] = ()

    def __post_init__(self) -> None:
        _freeze(self, boxes=("N", 4), scores=("N",))
        if self.masks and len(self.masks) != len(self.boxes):
            raise ValueError(f"{len(self.masks)} masks for {len(self.boxes)} boxes")

    def __len__(self) -> int:
        return len(self.boxes)


@dataclass(frozen=True, slots=True, eq=False)
class Rejected:
    """People an engine saw and left out, each with the reason.

    Attributes:
        boxes: (N, 4) x1, y1, x2, y2 in px.
        scores: (N,) in [0, 1].
        reasons: N sentences, such as "score 0.31 below 0.50".
    """

    boxes: Float = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    scores: Float = field(default_factory=lambda: np.zeros(0, np.float32))
    reasons: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _freeze(self, boxes=("N", 4), scores=("N",))
        if len(self.reasons) != len(self.boxes):
            raise ValueError(f"{len(self.reasons)} reasons for {len(self.boxes)} boxes")


@dataclass(frozen=True, slots=True, eq=False)
class SmplParams:
    """SMPL parameters of N people.

    Attributes:
        global_orient: (N, 3, 3) root rotation in the camera frame.
        body_pose: (N, 23, 3, 3) joint rotations relative to the parent.
        betas: (N, 10) shape coefficients.
    """

    global_orient: Float
    body_pose: Float
    betas: Float

    def __post_init__(self) -> None:
        _freeze(self, global_orient=("N", 3, 3), body_pose=("N", 23, 3, 3), betas=("N", 10))


@dataclass(frozen=True, slots=True, eq=False)
class Keypoints:
    """An engine's own keypoints, before any body is fitted to them.

    Attributes:
        layout: Names the K points: "mediapipe_33" or "smpl_44".
        image: (N, K, 2) px.
        scores: (N, K) visibility in [0, 1].
        body: (N, K, 3) m in camera axes, relative to the middle of the hips.
    """

    layout: str
    image: Float
    scores: Float
    body: Float

    def __post_init__(self) -> None:
        _freeze(self, image=("N", "K", 2), scores=("N", "K"), body=("N", "K", 3))


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """The people of one frame, row by row; a row is called a slot.

    Attributes:
        detections: Boxes, scores and masks.
        smpl: Pose and shape.
        cam_t: (N, 3) m, translation of the body in the camera frame.
        focal_length: px.
        image_size: (W, H) px.
        body_model: Id of the body model the parameters are for, as in `BodyModel.id`.
        features: (N, D) appearance, compared by cosine for tracking; D may be 0.
        keypoints: The engine's own keypoints, if it has any.
    """

    detections: Detections
    smpl: SmplParams
    cam_t: Float
    focal_length: float
    image_size: tuple[int, int]
    body_model: str
    features: Half
    keypoints: Keypoints | None = None

    def __post_init__(self) -> None:
        _freeze(self, cam_t=("N", 3), features=("N", "D"))
        counts = {len(self.detections), len(self.smpl.betas), len(self.cam_t), len(self.features)}
        if self.keypoints is not None:
            counts.add(len(self.keypoints.image))
        if len(counts) != 1:
            raise ValueError(f"People disagree about how many they are: {sorted(counts)}")

    def __len__(self) -> int:
        return len(self.cam_t)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a frame was run: what the memory ladder and the settings decided.

    Attributes:
        device: "cpu", "cuda:0", ...
        precision: "float32", "float16" or "bfloat16".
        batch_size: People in one batch.
        detector_size: Longer side of the detector's input in px; 0 if it has none.
        masks: Whether segmentation masks were made.
        resident: Whether models that were not at work stayed on the device.
        notes: What else was decided, as short sentences; each rung taken of the memory ladder.
    """

    device: str = "cpu"
    precision: str = "float32"
    batch_size: int = 1
    detector_size: int = 0
    masks: bool = True
    resident: bool = True
    notes: tuple[str, ...] = ()


PASSING = "passing-"
"""Begins the names of sequences that are gone on with only while whoever runs them lives, such as those of a batch's
chunks. There are many: what is kept of them must not push out what other runs are resumed from."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a reviewer may choose for a run.

    Attributes:
        score_threshold: People below it go to `rejected`.
        min_size: Height in px below which people go to `rejected`.
        max_people: At most so many, best first; 0 means no limit.
        masks: Make segmentation masks.
        focal_length: px; 0 lets the engine choose.
        boxes: Boxes x1, y1, x2, y2 in px to reconstruct as they are; empty means detect.
        sequence: Non-empty while a range is run in order: frames with the same name that follow one
            another (index + 1) may use temporal state. Empty: the frame is run on its own. One that begins
            with `PASSING` is never gone on with by a later run.
    """

    score_threshold: float = 0.5
    min_size: int = 40
    max_people: int = 0
    masks: bool = True
    focal_length: float = 0.0
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    sequence: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class FrameResult:
    """What an engine made of one frame.

    Attributes:
        frame_index: The frame.
        people: The people found.
        rejected: The people left out, with reasons.
        engine_id: Engine, version, weights and configuration hash.
        plan: How the frame was run.
        timings: Seconds by step.
        peak_memory: Bytes the engine held at most; on a GPU its GPU memory.
        tracks: (N,) the engine's own track numbers, -1 for none, if it tracks people itself; they hold
            within one `RunOptions.sequence`.
        warning: What whoever runs the engine should know at once, such as that the GPU spills into main memory.
    """

    frame_index: int
    people: People
    rejected: Rejected
    engine_id: str
    plan: Plan
    timings: Mapping[str, float]
    peak_memory: int
    tracks: Int | None = None
    warning: str = ""

    def __post_init__(self) -> None:
        if self.tracks is not None:
            _freeze(self, tracks=(len(self.people),))


@dataclass(frozen=True, slots=True)
class FrameFailure:
    """Why a frame has no result.

    Attributes:
        frame_index: The frame.
        stage: Where it failed: "decode", "detect", "reconstruct", "track", "engine".
        kind: "out_of_memory", "engine_died", "timeout", "bad_input" or "failed".
        message: What happened.
        hint: What to do.
        numbers: Such as requested, free and reserved bytes.
    """

    frame_index: int
    stage: str
    kind: str
    message: str
    hint: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Meshes:
    """Skinned bodies in the camera frame. Derived and cached, never stored.

    Attributes:
        vertices: (N, V, 3) m.
        joints: (N, 24, 3) m, the SMPL joints.
        keypoints_2d: (N, 24, 2) px, the joints as the camera sees them.
    """

    vertices: Float
    joints: Float
    keypoints_2d: Float

    def __post_init__(self) -> None:
        _freeze(self, vertices=("N", "V", 3), joints=("N", 24, 3), keypoints_2d=("N", 24, 2))


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """What is laid over a picture.

    Attributes:
        frame_index: The frame it belongs to; it is never shown over another.
        rgba: (H, W, 4) uint8, premultiplied alpha.
    """

    frame_index: int
    rgba: Image

    def __post_init__(self) -> None:
        _freeze(self, rgba=("H", "W", 4))


Assigner = Literal["tracker", "reviewer"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who a person in a frame is.

    Attributes:
        frame_index: The frame.
        slot: The person's row in that frame's counting version.
        track_id: The track, or None if it belongs to nobody.
        by: Who said so; what a reviewer said is never overwritten by the tracker.
    """

    frame_index: int
    slot: int
    track_id: int | None
    by: Assigner = "tracker"


@dataclass(frozen=True, slots=True)
class Track:
    """One person through the video.

    Attributes:
        track_id: From 1.
        name: As the reviewer named it; empty means "Person ID".
        color: (R, G, B) in 0..255.
        visible: Whether it is drawn.
        frames: In how many frames it was found.
        first: First such frame.
        last: Last such frame.
    """

    track_id: int
    name: str
    color: tuple[int, int, int]
    visible: bool
    frames: int
    first: int
    last: int

    @property
    def title(self) -> str:
        """The name to show."""
        return self.name or f"Person {self.track_id}"


@dataclass(frozen=True, slots=True)
class Changes:
    """What a change of the session touched.

    Attributes:
        frames: Frames whose results, failures or assignments changed; None means all.
        tracks: Whether names, colours or the set of tracks changed.
        history: Whether what can be undone or redone changed.
        review: Whether verdicts, notes or ignored problems changed.
        settings: Whether what holds for the whole video changed, such as the camera.
    """

    frames: frozenset[int] | None = frozenset()
    tracks: bool = False
    history: bool = False
    review: bool = False
    settings: bool = False

    def __or__(self, other: Changes) -> Changes:
        both = None if self.frames is None or other.frames is None else self.frames | other.frames
        flags = ("tracks", "history", "review", "settings")
        return Changes(both, *(getattr(self, flag) or getattr(other, flag) for flag in flags))
