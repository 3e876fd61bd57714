"""What every engine keeps to, whatever it is made of. Engines that are not here are skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from fakes_chunks import chunk_command
from fakes_engine import stand_in_command
from fakes_humans4d import humans4d_command, painted
from fakes_humans4d_files import write_weights
from fakes_waiting import wait_until

from pipeline.engines.client import START_TITLE, EngineClient, InferProgress
from pipeline.engines.command import EngineCommand, command_for
from pipeline.engines.engine import EngineInfo, EngineSettings
from pipeline.errors import EngineError
from pipeline.job import Cancelled, Job
from pipeline.loading import StageState
from pipeline.masks import decode_mask
from pipeline.places import resource
from pipeline.structures import Detections, Frame, FrameResult, People, RunOptions
from pipeline.video import open_video


@dataclass(frozen=True)
class Candidate:
    """An engine to be examined.

    Attributes:
        name: As it calls itself in its info.
        command: What starts its worker; raises EngineError where it is not installed. It is given a folder of its own.
        extra: Its settings.
        finds: Whether it is to find the people of the demo clip; random weights find nobody.
        close: How much px and rad a frame done in a chunk may differ from the same frame done alone.
        serves: The engine that does the work, if it is another.
        paint: What is done to the pictures so that it finds the people in them.
    """

    name: str
    command: Callable[[Path], EngineCommand]
    extra: dict[str, str] = field(default_factory=dict)
    finds: bool = True
    close: float = 0.0
    serves: str = ""
    paint: Callable[[Frame], Frame] = lambda frame: frame


def installed(name: str, _folder: Path) -> EngineCommand:
    return command_for(name)


def on_stand_ins(folder: Path) -> EngineCommand:
    return humans4d_command(write_weights(folder))


def walkers_painted(frame: Frame) -> Frame:
    """The demo clip's two people in colours that the stand-in detectors know."""
    with np.load(resource("demo_truth.npz")) as truth:
        boxes = truth["boxes"][frame.index]
    height, width = frame.image.shape[:2]
    return painted(frame.index, boxes, (width, height), on=frame.image)


def candidate(id_: str, *marks: pytest.MarkDecorator, **about: Any) -> Any:
    return pytest.param(Candidate(**about), id=id_, marks=marks)


STAND_IN = {"masks": "1", "people": "3", "seconds": "0.02", "stage_seconds": "0.05"}
CANDIDATES = [
    candidate("stand-in", name="stand-in", command=lambda folder: stand_in_command(), extra=STAND_IN),
    candidate(
        "remote",
        name="remote",
        serves="stand-in",
        command=lambda folder: stand_in_command(target="fakes_remote:SelfServed"),
        extra=STAND_IN,
    ),
    candidate(
        "stand-in in chunks",
        name="stand-in",
        command=lambda folder: chunk_command(),
        extra=STAND_IN | {"tracks": "4"},
    ),
    candidate(
        "humans4d on stand-ins", name="humans4d", command=on_stand_ins, paint=walkers_painted, close=0.5
    ),
    candidate(
        "humans4d on stand-ins, the fast detector",
        name="humans4d",
        command=on_stand_ins,
        extra={"detector": "regnety", "precision": "float32"},
        paint=walkers_painted,
        close=1e-3,
    ),
    candidate("mediapipe", pytest.mark.slow, name="mediapipe", command=partial(installed, "mediapipe")),
    candidate(
        "humans4d",
        pytest.mark.slow,
        pytest.mark.timeout(1800),
        name="humans4d",
        command=partial(installed, "humans4d"),
        extra={"detector": "regnety"},
        finds=False,
        close=0.5,
    ),
]
"""To examine one more engine, add what starts it."""


class Subject:
    """An engine that is loaded, and what to ask it."""

    def __init__(self, candidate: Candidate, client: EngineClient) -> None:
        self.candidate = candidate
        self.client = client
        assert client.info is not None
        self.info: EngineInfo = client.info
        self._once: dict[tuple[int, RunOptions], FrameResult] = {}

    def infer(self, frame: Frame, **options: Any) -> FrameResult:
        result = self.client.infer(frame, RunOptions(**options), Job(lambda job: None))
        assert isinstance(result, FrameResult), result
        return result

    def plain(self, frame: Frame, **options: Any) -> FrameResult:
        """A result that several tests may look at."""
        key = frame.index, RunOptions(**options)
        if key not in self._once:
            self._once[key] = self.infer(frame, **options)
        return self._once[key]


@pytest.fixture(scope="module", params=CANDIDATES)
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    chosen: Candidate = request.param
    try:
        command = chosen.command(tmp_path_factory.mktemp("engine"))
    except EngineError as error:
        pytest.skip(str(error))
    client = EngineClient(chosen.name, command, EngineSettings(extra=chosen.extra))
    client.load(Job(lambda job: None))
    pid = client.pid
    assert pid is not None
    yield Subject(chosen, client)
    left = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))] if client.pid else []
    client.close()
    assert client.pid is None
    wait_until(lambda: not any(map(_lives, left)))


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(scope="module")
def pictures(subject: Subject) -> list[Frame]:
    """Three neighbours out of the demo clip, in which two people walk."""
    video = open_video(resource("demo.mp4"))
    video.build_index()
    frames = [video.frame(index) for index in (20, 21, 22)]
    video.close()
    return [subject.candidate.paint(frame) for frame in frames]


BLANK = Frame(5, 5, 0.2, np.full((240, 320, 3), 128, np.uint8))


def check(subject: Subject, frame: Frame, result: FrameResult) -> None:
    """Whether a result is one, whoever is in it."""
    height, width = frame.image.shape[:2]
    assert result.frame_index == frame.index
    assert result.engine_id == subject.info.engine_id
    assert result.people.image_size == (width, height)
    assert result.people.body_model == subject.info.body_model
    assert result.plan.device
    assert result.plan.batch_size >= 1
    assert result.timings
    assert all(np.isfinite(seconds) and seconds >= 0 for seconds in result.timings.values())
    assert result.peak_memory > 0
    _check_boxes(result.people.detections.boxes, result.people.detections.scores, (width, height))
    _check_boxes(result.rejected.boxes, result.rejected.scores, (width, height))
    assert all(reason.strip() for reason in result.rejected.reasons)
    _check_masks(result.people.detections, (height, width))
    _check_bodies(result.people)
    if result.tracks is not None:
        own = result.tracks[result.tracks >= 0].tolist()
        assert result.tracks.shape == (len(result.people),)
        assert len(own) == len(set(own))


def _check_boxes(boxes: np.ndarray, scores: np.ndarray, size: tuple[int, int]) -> None:
    assert np.isfinite(boxes).all()
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 2:] <= size).all()
    assert (boxes[:, :2] < boxes[:, 2:]).all()
    assert ((scores >= 0) & (scores <= 1)).all()


def _check_masks(detections: Detections, size: tuple[int, int]) -> None:
    for mask in detections.masks:
        if mask is not None:
            assert mask.size == size
            assert decode_mask(mask).shape == size


def _check_bodies(people: People) -> None:
    smpl = people.smpl
    rotations = np.concatenate([smpl.global_orient[:, None], smpl.body_pose], axis=1).astype(np.float64)
    square = rotations @ rotations.transpose(0, 1, 3, 2)
    np.testing.assert_allclose(square, np.broadcast_to(np.eye(3), square.shape), atol=1e-4)
    np.testing.assert_allclose(np.linalg.det(rotations), 1, atol=1e-4)
    assert np.isfinite(people.focal_length)
    assert people.focal_length > 0
    for numbers in (smpl.betas, people.cam_t, people.features):
        assert np.isfinite(numbers).all()


def check_equal(one: FrameResult, other: FrameResult, close: float = 0.0) -> None:
    for get in (
        lambda people: people.detections.boxes,
        lambda people: people.smpl.global_orient,
        lambda people: people.smpl.body_pose,
    ):
        np.testing.assert_allclose(get(one.people), get(other.people), rtol=0, atol=close)
    assert one.rejected.reasons == other.rejected.reasons


def test_every_stage_is_done_in_order_with_its_seconds(subject):
    statuses = subject.client.statuses
    titles = [status.title for status in statuses]
    assert titles[0] == START_TITLE
    assert len(titles) == len(set(titles)) > 1
    assert {status.state for status in statuses} == {StageState.DONE}
    assert all(status.seconds >= 0 for status in statuses)
    assert sum(status.seconds for status in statuses[1:]) > 0
    assert not any(status.error or status.need for status in statuses)


def test_it_says_what_it_is(subject):
    info = subject.info
    assert info.name == subject.candidate.name
    assert info.version
    assert info.engine_id.startswith(f"{subject.candidate.serves or info.name}-")
    assert info.device
    assert info.body_model
    assert info.gender in ("", "neutral", "male", "female")
    assert info.chunk >= 1
    assert info.seconds_per_frame >= 0


def test_a_blank_picture_gives_a_whole_result(subject):
    check(subject, BLANK, subject.infer(BLANK))


def test_people_are_found_and_whole(subject, pictures):
    result = subject.plain(pictures[0])
    check(subject, pictures[0], result)
    if subject.candidate.finds:
        assert len(result.people) >= 1


def test_a_frame_on_its_own_is_the_same_twice(subject, pictures):
    first = subject.plain(pictures[0])
    subject.infer(pictures[1])
    check_equal(first, subject.infer(pictures[0]))


def test_a_chunk_is_the_same_frames_in_order(subject, pictures):
    results: list[Any] = []
    subject.client.infer_chunk(pictures, RunOptions(), Job(lambda job: None), results.append)
    assert [result.frame_index for result in results] == [frame.index for frame in pictures]
    for frame, result in zip(pictures, results, strict=True):
        check(subject, frame, result)
        check_equal(result, subject.plain(frame), subject.candidate.close)


def test_a_run_in_order_gives_whole_results(subject, pictures):
    results: list[Any] = []
    ordered = RunOptions(sequence="conformance")
    subject.client.infer_chunk(pictures[:2], ordered, Job(lambda job: None), results.append)
    subject.client.infer_chunk(pictures[2:], ordered, Job(lambda job: None), results.append)
    for frame, result in zip(pictures, results, strict=True):
        check(subject, frame, result)


@pytest.mark.parametrize("strict", [{"score_threshold": 1.0}, {"min_size": 5000}], ids=["score", "height"])
def test_who_is_below_a_threshold_is_told_with_the_reason(subject, pictures, strict):
    plain, result = subject.plain(pictures[0]), subject.infer(pictures[0], **strict)
    check(subject, pictures[0], result)
    people = result.people.detections
    assert (people.scores >= strict.get("score_threshold", 0)).all()
    assert (people.boxes[:, 3] - people.boxes[:, 1] >= strict.get("min_size", 0)).all()
    dropped = len(plain.people) - len(result.people)
    assert len(result.rejected.reasons) >= dropped
    if len(plain.people):
        assert dropped >= 1


def test_the_best_so_many_are_kept(subject, pictures):
    plain, result = subject.plain(pictures[0]), subject.infer(pictures[0], max_people=1)
    check(subject, pictures[0], result)
    assert len(result.people) == min(1, len(plain.people))
    if len(plain.people) > 1:
        assert result.people.detections.scores[0] == plain.people.detections.scores.max()
        assert len(result.rejected.reasons) > len(plain.rejected.reasons)


def test_boxes_drawn_by_hand_are_used(subject, pictures):
    found = subject.plain(pictures[0]).people.detections.boxes
    boxes = found[:1] if len(found) else np.array([[500.0, 100.0, 800.0, 650.0]], np.float32)
    box = tuple(float(value) for value in boxes[0])
    result = subject.infer(pictures[0], boxes=(box,))
    check(subject, pictures[0], result)
    assert len(result.people) + len(result.rejected.boxes) == 1
    for given in (*result.people.detections.boxes, *result.rejected.boxes):
        np.testing.assert_allclose(given, box, atol=40)
    if not subject.candidate.finds or len(found):
        assert len(result.people) == 1


def test_masks_are_made_only_when_asked_for(subject, pictures):
    without = subject.infer(pictures[0], masks=False)
    check(subject, pictures[0], without)
    assert not any(without.people.detections.masks)
    assert not without.plan.masks
    made = subject.plain(pictures[0])
    assert made.plan.masks
    if subject.candidate.finds:
        assert any(made.people.detections.masks)


class Impatient(Job):
    """Cancelled as soon as it hears of the frame."""

    def __init__(self) -> None:
        super().__init__(lambda job: None)

    def report(self, value: Any) -> None:
        self.check()
        if isinstance(value, InferProgress):
            self.cancel()


def test_a_frame_can_be_cancelled_and_the_next_is_done(subject, pictures):
    with pytest.raises(Cancelled):
        subject.client.infer(pictures[1], RunOptions(), Impatient())
    assert subject.infer(pictures[0]).frame_index == pictures[0].index


def test_it_says_how_much_memory_it_uses(subject, pictures):
    subject.plain(pictures[0])
    memory = subject.client.memory
    assert memory is not None
    assert memory.total > 0
    assert 0 < memory.worker <= memory.total
