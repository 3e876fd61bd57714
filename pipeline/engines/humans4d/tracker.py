"""PHALP's tracker, fed in order: who is who in a range of frames.

`Tracker`, `Track` and `Detection` are upstream's; what they ask of the class around them (predictions, distances) is
answered here, without its renderer and second detector. Frames that were left out, because they failed or had a result
already, are passed over as frames in which nobody was seen. The state can be taken out and put back as plain arrays.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from pipeline.engines.humans4d.costs import Encode, Metric
from pipeline.engines.humans4d.locations import SIZE, predict_locations
from pipeline.engines.humans4d.pose_prediction import POSE, PosePredictor
from pipeline.engines.humans4d.upstream import undisturbed
from pipeline.structures import Float, Int

HISTORY, MAX_AGE, TENTATIVE = 7, 50, 5  # `track_history`, `max_age_track`, `n_init`
LOOKS = 4096
_DEPTH_UNIT = 200.0  # of the depth in a pose, upstream's
NOBODY = -1

State = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """What tracking needs of the people of one frame.

    Attributes:
        boxes: (N, 4) x1, y1, x2, y2 px.
        scores: (N,).
        size: (W, H) px of the picture.
        looks: (N, 4096) encoded texture maps.
        maps: (N, 4, 256, 256) texture maps.
        poses: (N, 229).
        places: (N, 99) PHALP's `loca`.
    """

    boxes: Float
    scores: Float
    size: tuple[int, int]
    looks: Float
    maps: Float
    poses: Float
    places: Float

    def __len__(self) -> int:
        return len(self.scores)


def pose_vectors(global_orient: Float, body_pose: Float, betas: Float, camera: Float) -> Float:
    """(N, 229) of rotations (N, 3, 3), (N, 23, 3, 3), shapes (N, 10) and cameras (N, 3) in the padded square."""
    count = len(betas)
    placed = camera / np.array([1, 1, _DEPTH_UNIT], np.float32)
    columns = (global_orient.reshape(count, 9), body_pose.reshape(count, 207), betas, placed)
    return np.concatenate(columns, axis=1, dtype=np.float32)


def place_vectors(keypoints_3d: Float, camera: Float, focal: float, side: float) -> Float:
    """(N, 99): 44 joints (N, 44, 3) m and the root as cameras (N, 3) m see them in the padded square, in [0, 1]."""
    joints = np.concatenate([keypoints_3d, np.zeros_like(keypoints_3d[:, :1])], axis=1) + camera[:, None]
    seen = joints[..., :2] / joints[..., 2:] * (focal / side) + 0.5
    return np.concatenate([seen.reshape(len(camera), 90), np.tile(camera, 3)], axis=1).astype(np.float32)


@dataclass(eq=False)
class PhalpTracker:
    """Upstream's tracker with its networks.

    Attributes:
        predictor: Guesses poses.
        encode: Encodes texture maps.
        frame: The newest frame it was given; None before the first.
    """

    predictor: PosePredictor
    encode: Encode
    device: str = "cpu"
    frame: int | None = None
    _tracker: Any = field(init=False)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self, first_number: int = 1) -> None:
        """Forget everybody; the next new track gets that number."""
        with undisturbed():
            from phalp.external.deep_sort_.tracker import Tracker

            metric = Metric(self.encode, self.device)
            self._tracker = Tracker(
                _SETTINGS,
                metric,
                max_age=MAX_AGE,
                n_init=TENTATIVE,
                phalp_tracker=self,
                dims=[LOOKS, LOOKS, SIZE],
            )
        self._tracker._next_id = first_number
        self.frame = None

    def telling(self, tell: Callable[[float], None]) -> None:
        """Whom to tell how far a frame is; many people in crowds take minutes on a CPU."""
        self._tracker.metric.tell = tell

    def place(self, device: str) -> None:
        """Where the networks are now."""
        self.device = device
        self._tracker.metric.device = device

    def follow(self, frame: int, seen: Sightings) -> Int:
        """Say who the people of a frame are, later than all before.

        Returns:
            (N,) PHALP's track numbers, of tracks that are tentative yet too.
        """
        from phalp.external.deep_sort_.detection import Detection

        with undisturbed():
            for _missed in range(0 if self.frame is None else frame - self.frame):
                self._tracker.predict()
            detections = [Detection(_detection(seen, slot, frame)) for slot in range(len(seen))]
            self._tracker.update(detections, frame, str(frame), 0)
        self._tracker.tracked_cost.clear()  # upstream keeps every cost matrix for good
        self.frame = frame
        return self._numbers(frame, len(seen))

    def _numbers(self, frame: int, count: int) -> Int:
        numbers = np.full(count, NOBODY, np.int64)
        for track in self._tracker.tracks:
            newest = track.track_data["history"][-1]
            if newest["time"] == frame:
                numbers[newest["slot"]] = track.track_id
        return numbers

    # what upstream's tracker asks of the class around it

    def forward_for_tracking(self, vectors: list[npt.NDArray[Any]], attibute: str, time: Int) -> torch.Tensor:
        """Predictions of poses ("P") or places ("L"); the argument's name is upstream's."""
        if attibute == "P":
            poses, _data, times = vectors
            return torch.from_numpy(self.predictor.predict(np.asarray(poses, np.float32), times, time))
        places, times, _scores = vectors
        return torch.from_numpy(predict_locations(np.asarray(places, np.float32), times, time))

    # the state, as arrays

    def state(self) -> State:
        """Everything that decides what comes next."""
        tracks = self._tracker.tracks
        content: State = {
            "frame": np.array(NOBODY if self.frame is None else self.frame),
            "next": np.array(self._tracker._next_id),
            "count": np.array(len(tracks)),
        }
        for number, track in enumerate(tracks):
            content |= {f"{number}.{name}": value for name, value in _track_state(track).items()}
        return content

    def restore(self, state: State) -> None:
        """Go on where a state was taken."""
        self.reset()
        self._tracker._next_id = int(state["next"])
        self.frame = int(state["frame"])
        for number in range(int(state["count"])):
            prefix = f"{number}."
            own = {name[len(prefix) :]: value for name, value in state.items() if name.startswith(prefix)}
            track = _restored(own)
            self._tracker.tracks.append(track)
            guess = track.track_data["prediction"]
            sample = [guess[kind][-1] for kind in ("appe", "loca", "pose", "uv")]
            self._tracker.metric.samples[track.track_id] = [sample]


_SETTINGS = SimpleNamespace(
    phalp=SimpleNamespace(
        predict="TPL", track_history=HISTORY, n_init=TENTATIVE, alpha=0.1, shot=0, distance_type="EQ_019",
        past_lookback=1, pose_distance="smpl", max_age_track=MAX_AGE,
    ),
    use_gt=False,
    verbose=False,
)  # fmt: skip
"""Upstream's defaults, as far as its tracker reads them."""


def _detection(seen: Sightings, slot: int, frame: int) -> dict[str, Any]:
    """One person as upstream's `Detection` wants it, and in which row of the result."""
    x1, y1, x2, y2 = seen.boxes[slot]
    width, height = seen.size
    return {
        "bbox": np.array([x1, y1, x2 - x1, y2 - y1]),
        "conf": float(seen.scores[slot]),
        "appe": seen.looks[slot],
        "pose": seen.poses[slot],
        "loca": seen.places[slot],
        "uv": seen.maps[slot],
        "scale": np.array([x2 - x1, y2 - y1]),
        "size": [height, width],
        "time": frame,
        "ground_truth": 1,
        "annotations": [],
        "slot": slot,
    }


_PAST = ("pose", "loca", "conf", "scale", "time", "xy")


def _track_state(track: Any) -> State:
    """What upstream's `Track` goes by: of the past its poses and places, of looks only the newest."""
    past = track.track_data["history"]
    guess = track.track_data["prediction"]
    return {
        "counts": np.array(
            [track.track_id, track.hits, track.age, track.time_since_update, track.time_init, track.state]
        ),
        **{f"past.{name}": np.array([entry[name] for entry in past]) for name in _PAST},
        "past.appe": np.asarray(past[-1]["appe"]),
        **{f"next.{name}": np.asarray(guess[name][-1]) for name in ("appe", "loca", "pose", "uv")},
    }


def _restored(state: State) -> Any:
    from phalp.external.deep_sort_.track import Track

    count = len(state["past.time"])
    past = [_entry(state, step) for step in range(count)]
    track_id, hits, age, missed, begun, stage = (int(value) for value in state["counts"])
    past[-1]["uv"] = state["next.uv"]
    track = Track(_SETTINGS, track_id, TENTATIVE, MAX_AGE, past[-1], dims=[LOOKS, LOOKS, SIZE])
    track.hits, track.age, track.time_since_update = hits, age, missed
    track.time_init, track.state = begun, stage
    track.track_data["history"] = deque(past, maxlen=HISTORY)
    for name in ("appe", "loca", "pose", "uv"):
        track.track_data["prediction"][name] = deque([state[f"next.{name}"]], maxlen=TENTATIVE + 1)
    return track


def _entry(state: State, step: int) -> dict[str, Any]:
    entry: dict[str, Any] = {name: state[f"past.{name}"][step] for name in _PAST}
    entry["time"] = int(entry["time"])
    return entry | {"appe": state["past.appe"], "ground_truth": 1, "annotations": [], "slot": 0}


assert POSE == 9 + 207 + 10 + 3
