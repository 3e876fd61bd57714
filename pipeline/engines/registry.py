"""Which engines there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.errors import EngineError


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """What must be known of an engine without importing it.

    Attributes:
        name: Its name on the command line.
        title: Its name in the window.
        summary: What it is for, one sentence.
        extra: The extra of the package's metadata that lists what it needs.
        target: "module:Class" that the worker loads.
        distribution: The package whose version is the engine's.
        imports: Modules that must be found in its environment.
        without_dependencies: Distributions to install without what they claim to depend on.
        python: First and last minor version of Python 3 that its packages have wheels for.
        room: Bytes of disk its environment takes, with what pip needs on the way.
        without_isolation: Distributions to build in the environment itself, since they import what they need.
        own_body: Whether it needs the user's own SMPL file, of a gender the user chooses.
        remote: Whether it is a service elsewhere: nothing to install, but an address to be told.
    """

    name: str
    title: str
    summary: str
    extra: str
    target: str
    distribution: str
    imports: tuple[str, ...]
    without_dependencies: tuple[str, ...] = ()
    python: tuple[int, int] = (10, 99)
    room: int = 0
    without_isolation: tuple[str, ...] = ()
    own_body: bool = False
    remote: bool = False


_MEDIAPIPE = EngineSpec(
    name="mediapipe",
    title="MediaPipe Pose",
    summary="Runs on any laptop: no GPU, no download of weights, no licence forms.",
    extra="mediapipe",
    target="pipeline.engines.mediapipe.engine:MediaPipeEngine",
    distribution="mediapipe",
    imports=("numpy", "cv2", "pycocotools", "psutil", "mediapipe"),
    # Its metadata pulls in 500 MB that Pose never imports; the extra lists what it does import.
    without_dependencies=("mediapipe",),
    python=(10, 12),
    room=800 * 2**20,
)

_HUMANS4D = EngineSpec(
    name="humans4d",
    title="4D-Humans",
    summary="ViTDet, HMR 2.0 and PHALP: the real thing. Wants a GPU and your own SMPL file.",
    extra="humans4d",
    target="pipeline.engines.humans4d.engine:Humans4DEngine",
    distribution="hmr2",
    imports=(
        "numpy",
        "cv2",
        "pycocotools",
        "psutil",
        "torch",
        "torchvision",
        "smplx",
        "detectron2",
        "hmr2",
        "phalp",
    ),
    # They claim renderers, notebooks and a CUDA-only rasteriser, none of which is used; the extra lists what is.
    without_dependencies=("detectron2", "hmr2", "phalp"),
    without_isolation=("detectron2",),  # its setup.py imports torch
    python=(10, 13),
    room=12 * 2**30,
    own_body=True,
)

_REMOTE = EngineSpec(
    name="remote",
    title="Remote service",
    summary="An engine on another machine, where “retake serve” runs.",
    extra="",
    target="pipeline.engines.remote.engine:RemoteEngine",
    distribution="retake",
    imports=("numpy", "cv2"),
    remote=True,
)

ENGINES: Mapping[str, EngineSpec] = MappingProxyType(
    {spec.name: spec for spec in (_MEDIAPIPE, _HUMANS4D, _REMOTE)}
)


def spec_of(name: str) -> EngineSpec:
    """The engine of that name.

    Raises:
        EngineError: There is none.
    """
    if name not in ENGINES:
        raise EngineError(f"There is no engine called “{name}”.", f"There is: {', '.join(ENGINES)}.")
    return ENGINES[name]
