"""Plain values that only widgets need; those of the whole program are in `pipeline.structures`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

Int = npt.NDArray[np.int64]
Color = tuple[int, int, int]
Range = tuple[int, int]
"""First and last frame, both included."""


def _no_frames() -> Int:
    return np.zeros(0, np.int64)


def _no_runs() -> Int:
    return np.zeros((0, 2), np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """What the seek bar shows of each frame.

    Attributes:
        decoded: Ranges of frames whose pictures are in the cache.
        inferred: Sorted frames that have a result.
        failed: Sorted frames that have a failure.
        running: The range that is being run, if any.
        verified: Sorted frames that the reviewer found right.
        problems: Sorted frames that the reviewer found wrong.
        ignored: Sorted frames that the reviewer ignores.
        notes: Sorted frames at which notes begin.
    """

    decoded: tuple[Range, ...] = ()
    inferred: Int = field(default_factory=_no_frames)
    failed: Int = field(default_factory=_no_frames)
    running: Range | None = None
    verified: Int = field(default_factory=_no_frames)
    problems: Int = field(default_factory=_no_frames)
    ignored: Int = field(default_factory=_no_frames)
    notes: Int = field(default_factory=_no_frames)


DELETED = -1
"""Stands for a track in the lane of people whom a reviewer deleted."""


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """One track on the timeline.

    Attributes:
        track_id: The track.
        title: Its name.
        color: (R, G, B) in 0..255.
        segments: (K, 2) first and last frame, both included, of each run of frames it is in; sorted.
        edited: (E,) sorted frames that a reviewer assigned.
        visible: Whether its person is drawn on the picture; a hidden track's lane is dimmed.
        filled: (F, 2) first and last of each run of frames in which a layer filled the person in.
        smoothed: (S, 2) the same of frames that a layer smoothed.
        deleted: It is no track but shows, as `DELETED`, where a reviewer deleted people.
    """

    track_id: int
    title: str
    color: Color
    segments: Int
    edited: Int = field(default_factory=_no_frames)
    visible: bool = True
    filled: Int = field(default_factory=_no_runs)
    smoothed: Int = field(default_factory=_no_runs)
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class EngineRow:
    """An engine one may choose.

    Attributes:
        name: Its key, as signals carry it.
        title: What people call it.
        summary: One sentence.
        installed: Whether its environment is there.
        problem: What is wrong with the environment; empty if nothing.
        own_body: Whether it works with the user's own SMPL file, of a gender the user chooses, and never
            with the built-in body.
        installable: Whether it is one to install; otherwise one that has to be told where to ask.
    """

    name: str
    title: str
    summary: str = ""
    installed: bool = True
    problem: str = ""
    own_body: bool = False
    installable: bool = True


LoadState = Literal["stopped", "loading", "ready", "failed", "installing", "dead"]


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A person the engine saw and left out."""

    score: float
    reason: str
    box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One run of one frame.

    Attributes:
        version_id: As `version_requested` carries it.
        engine: What ran it.
        created: When, as shown.
        people: How many it found.
        seconds: How long it took.
        counts: Whether it is the version that counts.
        undone: Whether the run that made it was undone; it can be chosen all the same.
        plan: How it was run, in a few words.
        score: Mean score of its people, in [0, 1]; None if it has none.
    """

    version_id: int
    engine: str
    created: str
    people: int
    seconds: float
    counts: bool = False
    undone: bool = False
    plan: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """What the inspector says of one person.

    Attributes:
        title: Name of the track, or such as "Person in slot 2".
        color: The track's colour (R, G, B).
        track_id: None if the person belongs to no track.
        slot: Row in the frame's result.
        score: In [0, 1].
        box: x1, y1, x2, y2 px.
        height: Height of the body in its rest pose, m; None if not known.
        betas: Shape coefficients.
        cam_t: Translation in the camera frame, m.
        focal_length: px.
        body_model: Name of the body model.
        mask: Whether there is a segmentation mask.
        edited: Whether a reviewer assigned the person.
    """

    title: str
    color: Color
    track_id: int | None
    slot: int
    score: float
    box: tuple[float, float, float, float]
    height: float | None
    betas: tuple[float, ...]
    cam_t: tuple[float, float, float]
    focal_length: float
    body_model: str
    mask: bool = False
    edited: bool = False


@dataclass(frozen=True, slots=True)
class FrameDetails:
    """What the inspector says of one frame.

    Attributes:
        frame_index: The frame.
        time: Its time, as shown.
        engine: What ran it; empty if nothing did.
        plan: How it was run: rows of name and value, such as ("Device", "cpu").
        options: What was asked for: rows of name and value.
        timings: Seconds by step.
        peak_memory: Bytes.
        rejected: People left out.
        versions: All runs of the frame, newest first.
        failure: Why it has no result; empty if it did not fail.
        failure_hint: What to do about it.
        failure_numbers: Such as requested and free memory, as rows of name and value.
        warning: What the engine warned of while it ran the frame.
    """

    frame_index: int
    time: str = ""
    engine: str = ""
    plan: tuple[tuple[str, str], ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    peak_memory: int = 0
    rejected: tuple[RejectedRow, ...] = ()
    versions: tuple[VersionRow, ...] = ()
    failure: str = ""
    failure_hint: str = ""
    failure_numbers: tuple[tuple[str, str], ...] = ()
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    """What the inspector shows: a person, if one is selected, and the frame."""

    person: PersonDetails | None
    frame: FrameDetails


MessageKind = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class RunProgress:
    """A run, an export or another long job.

    Attributes:
        title: Such as "Running frames 0–179".
        done: Frames done.
        total: Frames to do; 0 if unknown.
        seconds: Time spent, without pauses.
        failed: Frames that failed.
        paused: Whether it waits.
        can_pause: Whether it may be paused at all.
        earlier: Of the frames done, those done before `seconds` were counted.
    """

    title: str
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    failed: int = 0
    paused: bool = False
    can_pause: bool = True
    earlier: int = 0


@dataclass(frozen=True, slots=True)
class OptionRow:
    """A choice an export format offers.

    Attributes:
        key: As signals carry it.
        title: What it decides.
        choices: Rows of value and title; empty means yes or no.
        default: The value chosen at first; "yes" or "no" if there are no choices.
    """

    key: str
    title: str
    choices: tuple[tuple[str, str], ...] = ()
    default: str = ""


@dataclass(frozen=True, slots=True)
class FormatRow:
    """An export format.

    Attributes:
        key: As signals carry it.
        title: Such as "PHALP .pkl".
        summary: What is in the file: units, axes.
        readers: Who reads it.
        suffix: What names end in: with the dot, or what is put behind the name of a folder.
        options: What can be chosen.
        group: The heading it is listed under.
        is_folder: Whether a folder is written instead of a file.
    """

    key: str
    title: str
    summary: str
    readers: str
    suffix: str
    options: tuple[OptionRow, ...] = ()
    group: str = ""
    is_folder: bool = False


Scheme = Literal["auto", "light", "dark"]
RendererKind = Literal["auto", "opengl", "software"]
Gender = Literal["neutral", "male", "female"]
DetectorKind = Literal["vitdet", "regnety"]
Precision = Literal["auto", "float32"]
FocalFrom = Literal["engine", "value", "video"]


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person may choose for good.

    Attributes:
        theme: Colours of the window.
        cache_mb: Decoded pictures kept, MB.
        prefetch: Decode ahead in the direction of movement.
        run_while_scrubbing: Run the models on each frame one stops at.
        score_threshold: People below it are left out, [0, 1].
        min_size: People less high are left out, px.
        max_people: At most so many; 0 means no limit.
        masks: Make segmentation masks.
        focal_length: px; counts if `focal_from` is "value".
        body_model: Path of a SMPL file; empty means the built-in body, or for an engine that does not
            work with that one the file it finds in the usual places.
        renderer: What draws the bodies.
        autoload_engine: Load the models when the window opens.
        engine: The engine in use.
        focal_from: Who says the focal length: the engine's rule, `focal_length`, or the video's metadata.
        gender: Of the body model, for engines where that is a choice.
        detector: What finds people in 4D-Humans: ViTDet-H, or Mask R-CNN with RegNetY.
        precision: Of 4D-Humans' backbone: half where the device gains by it, or always float32.
        gpu_memory: GB of GPU memory 4D-Humans may use; 0 means all.
        device: "cpu", "cuda:0", ...; empty lets 4D-Humans choose.
    """

    theme: Scheme = "auto"
    cache_mb: int = 256
    prefetch: bool = True
    run_while_scrubbing: bool = False
    score_threshold: float = 0.5
    min_size: int = 40
    max_people: int = 0
    masks: bool = True
    focal_length: float = 0.0
    body_model: str = ""
    renderer: RendererKind = "auto"
    autoload_engine: bool = True
    engine: str = "mediapipe"
    focal_from: FocalFrom = "engine"
    gender: Gender = "neutral"
    detector: DetectorKind = "vitdet"
    precision: Precision = "auto"
    gpu_memory: float = 0.0
    device: str = ""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """An action in the list of keys.

    Attributes:
        menu: Where it is.
        title: What it does.
        keys: Its shortcuts, such as "Ctrl+K".
        id: What the program calls it.
        standard: The shortcuts it has if nobody changes them.
    """

    menu: str
    title: str
    keys: tuple[str, ...]
    id: str = ""
    standard: tuple[str, ...] = ()
