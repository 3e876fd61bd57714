"""The MediaPipe engine: real models on any CPU, no download, no licence form.

People are found with MediaPipe's detector on the picture and on tiles of it, with OpenCV's HOG detector, and
where they were in the frame before (`finding`, `following`). MediaPipe's landmark network gives each 33
landmarks and a mask; a body in SMPL's format is fitted to them by inverse kinematics and least squares
(`kinematics`, `fit`). One network pass costs about 10 ms on two cores, a search everywhere 150 to 400 ms.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pipeline.engines.engine import EngineInfo, EngineSettings, Report
from pipeline.engines.mediapipe.finding import Finder, Found
from pipeline.engines.mediapipe.following import Follower
from pipeline.engines.mediapipe.graphs import DETECTOR_SIZE, LandmarkNetwork, PoseDetector
from pipeline.engines.mediapipe.journal import Journal
from pipeline.engines.mediapipe.markers import Markers, markers_of
from pipeline.engines.mediapipe.people import Builder, recognised, selected
from pipeline.engines.mediapipe.proposals import Proposer
from pipeline.engines.mediapipe.regions import region_of_box
from pipeline.engines.memory import peak_resident, system_memory
from pipeline.errors import BodyError, EngineError
from pipeline.loading import Stage, Tell
from pipeline.memory import Memory
from pipeline.places import data_folder
from pipeline.smpl import BodyModel, builtin_body, read_body
from pipeline.structures import Frame, FrameResult, Plan, Rejected, RunOptions

# Raised whenever code of this folder changes what comes out for the same picture.
REVISION = 1
DETECTOR_THRESHOLD = 0.3

Made = dict[str, Any]


class MediaPipeEngine:
    """Implements `pipeline.engines.engine.Engine`."""

    def __init__(self) -> None:
        self._body: tuple[BodyModel, Markers] | None = None
        self._detector: PoseDetector | None = None
        self._network: LandmarkNetwork | None = None
        self._follower: Follower | None = None

    def stages(self, settings: EngineSettings) -> Sequence[Stage]:
        """Stages of loading."""
        return (
            Stage("Import MediaPipe", _import_mediapipe),
            Stage("Read body model", lambda made, tell: self._read_body(settings, tell)),
            Stage("Load pose detector and landmark model", lambda made, tell: self._load_networks(tell)),
            Stage("Load people detector (HOG)", lambda made, tell: self._load_finder(tell)),
            Stage("Warm-up", lambda made, tell: self._warm_up(tell)),
        )

    def info(self) -> EngineInfo:
        """What was loaded."""
        version, (body, _) = metadata.version("mediapipe"), self._loaded_body()
        return EngineInfo(
            name="mediapipe",
            version=version,
            engine_id=engine_id(version, body.id),
            device="cpu",
            body_model=body.id,
            detail=f"pose_landmark_full, {body.name}",
        )

    def infer(self, frame: Frame, options: RunOptions, report: Report) -> FrameResult:
        """Find the people of a frame and fit a body to each."""
        start = time.perf_counter()
        kept, rejected, how = self._find(frame, options, report)
        found = time.perf_counter()
        body, markers = self._loaded_body()
        builder = Builder(body, markers, self._loaded_follower(), options)
        people = builder.build(frame.image, kept, lambda done: report("reconstruct", done))
        if not options.boxes:
            builder.follower.finished(frame, options.sequence)
        return FrameResult(
            frame_index=frame.index,
            people=people,
            rejected=rejected,
            engine_id=self.info().engine_id,
            plan=Plan(device="cpu", detector_size=DETECTOR_SIZE, masks=options.masks, notes=(how,)),
            timings={"detect": found - start, "reconstruct": time.perf_counter() - found},
            peak_memory=peak_resident(),
        )

    def memory(self) -> Memory:
        """The machine's memory; this engine has no other."""
        return system_memory()

    def close(self) -> None:
        """End the graphs."""
        graphs, self._detector, self._network, self._follower = (
            (self._detector, self._network),
            None,
            None,
            None,
        )
        for graph in graphs:
            if graph is not None:
                graph.close()

    def _find(self, frame: Frame, options: RunOptions, report: Report) -> tuple[list[Found], Rejected, str]:
        follower = self._loaded_follower()
        report("detect", 0.0)
        if not options.boxes:
            found, how = follower.find(frame, options.sequence, lambda done: report("detect", done))
            return *selected(found, options), how
        drawn = [follower.finder.in_box(frame.image, region_of_box(box)) for box in options.boxes]
        return *recognised(drawn), f"read {len(drawn)} boxes drawn by hand"

    def _read_body(self, settings: EngineSettings, tell: Tell) -> Made:
        body = read_body(Path(settings.body_model)) if settings.body_model else builtin_body()
        try:
            self._body = (body, markers_of(body))
        except ValueError as error:
            raise BodyError(
                str(error), "Choose a body model in SMPL's format, or the built-in one."
            ) from error
        tell(detail=f"{body.name} ({body.id})")
        return {}

    def _load_networks(self, tell: Tell) -> Made:
        size = sum(path.stat().st_size for path in _weights())
        tell(fraction=0.0, bytes_total=size)
        self._detector = PoseDetector(DETECTOR_THRESHOLD)
        tell(fraction=0.5, bytes_done=_weights()[0].stat().st_size, bytes_total=size)
        self._network = LandmarkNetwork()
        tell(bytes_done=size, bytes_total=size, detail=", ".join(path.name for path in _weights()))
        return {}

    def _load_finder(self, tell: Tell) -> Made:
        if self._detector is None or self._network is None:
            raise EngineError("The networks are not loaded.", kind="load_failed")
        finder = Finder(Proposer(self._detector), self._network)
        self._follower = Follower(finder, Journal(data_folder() / "following"))
        tell(detail="OpenCV's default people detector")
        return {}

    def _warm_up(self, tell: Tell) -> Made:
        """Run everything once: the first pass of a network costs 0.1 to 0.4 s."""
        image = np.zeros((360, 640, 3), np.uint8)
        finder = self._loaded_follower().finder
        finder.search(image, [], lambda done: tell(fraction=done / 2))
        finder.in_box(image, region_of_box((200, 0, 400, 360)))
        tell(detail="CPU")
        return {}

    def _loaded_body(self) -> tuple[BodyModel, Markers]:
        if self._body is None:
            raise EngineError("The body model is not loaded.", kind="load_failed")
        return self._body

    def _loaded_follower(self) -> Follower:
        if self._follower is None:
            raise EngineError("The engine is not loaded.", kind="load_failed")
        return self._follower


def _import_mediapipe(made: Made, tell: Tell) -> Made:
    del made
    from mediapipe.python.solutions import pose as _loaded  # noqa: F401

    tell(detail=f"MediaPipe {metadata.version('mediapipe')}, OpenCV {cv2.__version__}")
    return {}


def _weights() -> tuple[Path, Path]:
    """The models' files, detector and landmarks."""
    import mediapipe

    folder = Path(mediapipe.__file__).parent / "modules"
    return (
        folder / "pose_detection" / "pose_detection.tflite",
        folder / "pose_landmark" / "pose_landmark_full.tflite",
    )


def engine_id(version: str, body_id: str) -> str:
    """Name, version, and a hash of what decides a result: the code's revision, the threshold, the body."""
    content = f"{REVISION} {DETECTOR_THRESHOLD} {body_id}"
    return f"mediapipe-{version}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"
