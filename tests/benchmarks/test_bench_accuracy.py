"""How right the MediaPipe engine is: the demo clip against its ground truth, the runner against the landmarks.

`pytest tests/benchmarks/test_bench_accuracy.py --override-ini addopts= -s` prints the numbers.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.engines.client import EngineClient
from pipeline.engines.command import command_for
from pipeline.errors import EngineError
from pipeline.job import Job
from pipeline.places import resource
from pipeline.smpl import builtin_body
from pipeline.structures import FrameResult, RunOptions
from pipeline.track import link, observe
from pipeline.video import open_video

# A person counts as visible when nobody hides more than 70 % of them.
VISIBLE = 0.3
SAME = 0.4  # intersection over union with the true box
LANDMARKS = [*range(11, 17), *range(23, 29)]
JOINTS = [16, 17, 18, 19, 20, 21, 1, 2, 4, 5, 7, 8]


@pytest.fixture(scope="module")
def client() -> Iterator[EngineClient]:
    try:
        engine = EngineClient("mediapipe", command_for("mediapipe"))
    except EngineError as error:
        pytest.skip(str(error))
    engine.load(Job(lambda job: None))
    yield engine
    engine.close()


def run_all(client: EngineClient, path: Path, sequence: str) -> tuple[list[FrameResult], np.ndarray]:
    """Results of all frames and how long each took, s."""
    video, results, seconds = open_video(path), [], []
    video.build_index()
    options, job = RunOptions(sequence=sequence), Job(lambda job: None)
    for index in range(video.frame_count):
        frame = video.frame(index)
        start = time.perf_counter()
        result = client.infer(frame, options, job)
        seconds.append(time.perf_counter() - start)
        assert isinstance(result, FrameResult), result
        results.append(result)
    video.close()
    return results, np.array(seconds)


def iou(one: np.ndarray, other: np.ndarray) -> float:
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    shared = np.prod(np.maximum(high - low, 0))
    areas = np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2])
    return float(shared / (areas - shared))


def aligned(points: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """`points` (24, 3) moved, turned and scaled onto `truth` (Procrustes), as PA-MPJPE has it."""
    here, there = points - points.mean(0), truth - truth.mean(0)
    left, values, right = np.linalg.svd(here.T @ there)
    sign = np.array([1, 1, np.sign(np.linalg.det(left @ right))])
    scale = (values * sign).sum() / (here**2).sum()
    return scale * here @ (left * sign) @ right + truth.mean(0)


def pairs(result: FrameResult, truth: Any) -> dict[int, int]:
    """Slot by true person, for the visible people that were found."""
    index, found = result.frame_index, {}
    boxes = np.clip(truth["boxes"][index], 0, np.tile(truth["image_size"], 2))
    free = set(range(len(result.people)))
    for person in np.argsort(-truth["seen"][index]):
        overlaps = {slot: iou(result.people.detections.boxes[slot], boxes[person]) for slot in free}
        best = max(overlaps, key=lambda slot: overlaps[slot], default=-1)
        if best >= 0 and overlaps[best] > SAME:
            found[int(person)] = best
            free.remove(best)
    return found


def compare(results: list[FrameResult], truth: Any) -> dict[str, float]:
    """MPJPE and PA-MPJPE in mm (24 joints, pelvises together), recall, precision, identity switches."""
    body, errors, aligned_errors, who = builtin_body(), [], [], {}
    tracks = link([observe(result) for result in results])
    seen = found = people = 0
    switches = 0
    for result, track in zip(results, tracks, strict=True):
        matched, people = pairs(result, truth), people + len(result.people)
        visible = [
            p for p in range(truth["seen"].shape[1]) if truth["seen"][result.frame_index, p] >= VISIBLE
        ]
        seen, found = seen + len(visible), found + len(set(visible) & set(matched))
        joints = body.meshes(result.people).joints if len(result.people) else np.zeros((0, 24, 3))
        for person, slot in matched.items():
            true = truth["joints"][result.frame_index, person]
            offset = (joints[slot] - joints[slot, 0]) - (true - true[0])
            errors.append(np.linalg.norm(offset, axis=1).mean())
            aligned_errors.append(np.linalg.norm(aligned(joints[slot], true) - true, axis=1).mean())
            switches += who.setdefault(person, int(track[slot])) != int(track[slot])
            who[person] = int(track[slot])
    matched_people = len(errors)
    return {
        "mpjpe_mm": float(np.mean(errors)) * 1000,
        "pa_mpjpe_mm": float(np.mean(aligned_errors)) * 1000,
        "recall": found / seen,
        "precision": matched_people / people,
        "id_switches": switches,
        "tracks": len(set(np.concatenate(tracks).tolist())),
    }


def off_landmarks(result: FrameResult) -> list[float]:
    """Median distance of each person's joints from the landmarks, in % of the box's diagonal."""
    people = result.people
    if not len(people):
        return []
    assert people.keypoints is not None
    pixels = builtin_body().meshes(people).keypoints_2d[:, JOINTS]
    apart = np.linalg.norm(pixels - people.keypoints.image[:, LANDMARKS], axis=2)
    boxes = people.detections.boxes
    diagonals = np.linalg.norm(boxes[:, 2:] - boxes[:, :2], axis=1)
    return [float(value) for value in np.median(apart, 1) / diagonals * 100]


def report(benchmark: Any, numbers: dict[str, float]) -> None:
    benchmark.extra_info.update(numbers)
    print("\n" + "  ".join(f"{name} {value:.4g}" for name, value in numbers.items()))  # noqa: T201


@pytest.mark.timeout(900)
def test_demo_clip_against_its_truth(benchmark, client):
    if not resource("demo_truth.npz").is_file():
        pytest.skip("the demo clip is not made yet")
    results, seconds = benchmark.pedantic(run_all, (client, resource("demo.mp4"), "demo"), rounds=1)
    with np.load(resource("demo_truth.npz")) as archive:
        numbers = compare(results, dict(archive))
    numbers |= {"ms_median": float(np.median(seconds)) * 1000, "ms_mean": float(seconds.mean()) * 1000}
    report(benchmark, numbers)
    assert numbers["mpjpe_mm"] < 95
    assert numbers["pa_mpjpe_mm"] < 85
    assert numbers["recall"] > 0.9
    assert numbers["precision"] > 0.95
    assert numbers["id_switches"] == 0


@pytest.mark.timeout(900)
def test_runner_all_frames(benchmark, client, runner_clip):
    results, seconds = benchmark.pedantic(run_all, (client, runner_clip, "runner"), rounds=1)
    counts = np.array([len(result.people) for result in results])
    tracks = link([observe(result) for result in results])
    off = np.array([value for result in results for value in off_landmarks(result)])
    numbers = {
        "frames_with_one_person": int((counts == 1).sum()),
        "tracks": len(set(np.concatenate(tracks).tolist())),
        "off_landmarks_median_percent": float(np.median(off)),
        "off_landmarks_worst_percent": float(off.max()),
        "ms_median": float(np.median(seconds)) * 1000,
        "ms_mean": float(seconds.mean()) * 1000,
    }
    report(benchmark, numbers)
    assert numbers["frames_with_one_person"] >= 175
    assert numbers["tracks"] == 1
    assert numbers["off_landmarks_median_percent"] < 3
