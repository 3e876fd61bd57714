"""The engine itself, in a worker of its own environment; skipped where that is not installed."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pipeline.engines.client import EngineClient
from pipeline.engines.command import command_for, worker_environment
from pipeline.engines.engine import EngineSettings
from pipeline.errors import EngineError
from pipeline.job import Cancelled, Job
from pipeline.loading import StageError, StageState
from pipeline.masks import decode_mask
from pipeline.places import engines_folder
from pipeline.smpl import builtin_body
from pipeline.structures import Frame, FrameResult, RunOptions
from pipeline.video import Video, open_video

pytestmark = pytest.mark.slow

LIMBS = [*range(11, 17), *range(23, 29)]
SMPL_LIMBS = [16, 17, 18, 19, 20, 21, 1, 2, 4, 5, 7, 8]


@pytest.fixture(scope="module")
def client() -> Iterator[EngineClient]:
    try:
        command = command_for("mediapipe")
    except EngineError as error:
        pytest.skip(str(error))
    engine = EngineClient("mediapipe", command)
    engine.load(Job(lambda job: None))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def runner(runner_clip: Path) -> Iterator[Video]:
    video = open_video(runner_clip)
    video.build_index()
    yield video
    video.close()


@pytest.fixture(scope="module")
def street(street_clip: Path) -> Iterator[Video]:
    video = open_video(street_clip)
    video.build_index()
    yield video
    video.close()


def infer(client: EngineClient, frame: Frame, **options: object) -> FrameResult:
    result = client.infer(frame, RunOptions(**options), Job(lambda job: None))  # type: ignore[arg-type]
    assert isinstance(result, FrameResult), result
    return result


def off_landmarks(result: FrameResult) -> float:
    """Median distance of body joints from MediaPipe's landmarks, as a share of the box's diagonal; worst person."""
    people = result.people
    pixels = builtin_body().meshes(people).keypoints_2d[:, SMPL_LIMBS]
    assert people.keypoints is not None
    apart = np.linalg.norm(pixels - people.keypoints.image[:, LIMBS], axis=2)
    boxes = people.detections.boxes
    return float((np.median(apart, 1) / np.linalg.norm(boxes[:, 2:] - boxes[:, :2], axis=1)).max())


def test_every_stage_is_done_and_says_what_it_found(client):
    assert all(status.state is StageState.DONE for status in client.statuses)
    details = {status.title: status.detail for status in client.statuses}
    assert "0.10.21" in details["Import MediaPipe"]
    assert builtin_body().id in details["Read body model"]
    assert client.info is not None
    assert client.info.body_model == builtin_body().id
    assert client.info.engine_id.startswith("mediapipe-0.10.21-")


@pytest.mark.parametrize("index", [0, 70, 179])
def test_the_runner_is_found_alone_and_the_body_lies_on_her(client, runner, index):
    result = infer(client, runner.frame(index))
    people = result.people
    assert len(people) == 1
    assert people.detections.scores[0] > 0.9
    assert off_landmarks(result) < 0.015
    x1, y1, x2, y2 = people.detections.boxes[0]
    assert 450 < y2 - y1 < 700
    assert 480 < (x1 + x2) / 2 < 960
    assert 4 < people.cam_t[0, 2] < 9
    assert result.engine_id == client.info.engine_id


def test_she_runs_to_the_right_upright_and_is_not_mirrored(client, runner):
    orient = infer(client, runner.frame(60)).people.smpl.global_orient[0]
    left, up, forward = orient.T
    assert forward[0] > 0.5, "the body looks where she runs, to the right"
    assert up[1] < -0.8, "the camera's y points down"
    assert left[2] > 0.5, "her left is away from the camera"


def test_the_mask_shows_her(client, runner):
    people = infer(client, runner.frame(60)).people
    mask = decode_mask(people.detections.masks[0])
    x1, y1, x2, y2 = people.detections.boxes[0].astype(int)
    assert mask.shape == (1088, 1920)
    inside = mask[y1:y2, x1:x2]
    assert 0.25 < inside.mean() < 0.75
    assert inside.sum() > 0.99 * mask.sum()


def test_without_masks_there_are_none(client, runner):
    assert infer(client, runner.frame(60), masks=False).people.detections.masks == ()


@pytest.mark.parametrize("index", [0, 2, 4])
def test_several_people_in_the_street(client, street, index):
    result = infer(client, street.frame(index))
    assert 3 <= len(result.people) <= 8
    assert off_landmarks(result) < 0.03
    boxes = result.people.detections.boxes
    assert ((boxes[:, 3] - boxes[:, 1] > 300) & (boxes[:, 0] > 700)).sum() == 1, "the woman in white"
    features = result.people.features.astype(np.float32)
    assert np.allclose(np.linalg.norm(features, axis=1), 1, atol=1e-2)


def test_a_frame_on_its_own_is_the_same_whatever_ran_before(client, runner):
    alone = infer(client, runner.frame(30))
    for index in (28, 29):
        infer(client, runner.frame(index), sequence="a")
    again = infer(client, runner.frame(30))
    for one, other in (
        (alone.people.cam_t, again.people.cam_t),
        (alone.people.smpl.body_pose, again.people.smpl.body_pose),
        (alone.people.detections.boxes, again.people.detections.boxes),
    ):
        assert np.array_equal(one, other)


def test_a_sequence_follows_her_and_keeps_her_shape_steady(client, runner):
    results = [infer(client, runner.frame(index), sequence="b") for index in range(100, 106)]
    assert [len(result.people) for result in results] == [1] * 6
    assert "searched everywhere" in results[0].plan.notes[0]
    assert "followed 1 of 1" in results[1].plan.notes[0]
    betas = np.stack([result.people.smpl.betas[0] for result in results])
    assert np.abs(np.diff(betas, axis=0)).max() < 0.5
    assert max(off_landmarks(result) for result in results) < 0.015


def test_a_frame_whose_answer_was_lost_is_answered_alike_and_the_next_too(client, runner):
    first = [infer(client, runner.frame(index), sequence="lost") for index in range(100, 104)]
    infer(client, runner.frame(100), sequence="another")
    again = [infer(client, runner.frame(index), sequence="lost") for index in (102, 103)]
    for one, other in zip(first[2:], again, strict=True):
        assert one.plan == other.plan
        assert np.array_equal(one.people.cam_t, other.people.cam_t)
        assert np.array_equal(one.people.smpl.body_pose, other.people.smpl.body_pose)
        assert np.array_equal(one.people.keypoints.image, other.people.keypoints.image)


def test_a_frame_cancelled_at_any_point_and_run_again_is_as_if_it_never_was(client, runner):
    plain = [infer(client, runner.frame(index), sequence="plain") for index in range(50, 55)]
    again = []
    for at, index in enumerate(range(50, 55)):
        if at:  # the first has no state before it
            cancel_at_report(client, runner.frame(index), at, sequence="cancelled")
        again.append(infer(client, runner.frame(index), sequence="cancelled"))
    for one, other in zip(plain, again, strict=True):
        assert one.plan == other.plan
        assert np.array_equal(one.people.cam_t, other.people.cam_t)
        assert np.array_equal(one.people.smpl.betas, other.people.smpl.betas)


def cancel_at_report(client: EngineClient, frame: Frame, number: int, sequence: str) -> None:
    """Ask for a frame, and cancel when its so-many-th report comes; it may then be done already."""
    heard = []
    job = Job(lambda job: None)

    def listen() -> None:
        heard.append(job.take_report())
        if len(heard) == number:
            job.cancel()

    job.listen(listen)
    with contextlib.suppress(Cancelled):
        client.infer(frame, RunOptions(sequence=sequence), job)


def test_a_frame_run_in_between_does_not_disturb_a_sequence(client, runner):
    infer(client, runner.frame(40), sequence="d")
    infer(client, runner.frame(90))
    assert "followed 1 of 1" in infer(client, runner.frame(41), sequence="d").plan.notes[0]


def test_a_gap_in_a_sequence_starts_anew(client, runner):
    infer(client, runner.frame(10), sequence="c")
    assert "started" in infer(client, runner.frame(14), sequence="c").plan.notes[0]


def test_boxes_drawn_by_hand_are_read_as_they_are(client, runner):
    frame = runner.frame(60)
    box = tuple(float(v) for v in infer(client, frame).people.detections.boxes[0])
    result = infer(client, frame, boxes=(box, (1500.0, 100.0, 1600.0, 300.0)))
    assert len(result.people) == 1
    assert np.allclose(result.people.detections.boxes[0], box, atol=40)
    assert "no person recognised in this box" in result.rejected.reasons[0]


def test_what_the_thresholds_drop_is_told_with_the_reason(client, runner):
    result = infer(client, runner.frame(60), min_size=900)
    assert len(result.people) == 0
    assert any("below 900 px" in reason for reason in result.rejected.reasons)


def test_an_empty_picture_has_nobody(client):
    result = infer(client, Frame(0, 0, 0.0, np.full((120, 160, 3), 128, np.uint8)))
    assert len(result.people) == 0
    assert result.people.smpl.body_pose.shape == (0, 23, 3, 3)


@pytest.mark.parametrize(("height", "width"), [(2, 3000), (4000, 1), (1, 1), (3000, 40)])
def test_a_strip_of_a_picture_has_nobody_and_costs_little(client, height, width):
    result = infer(client, Frame(0, 0, 0.0, np.zeros((height, width, 3), np.uint8)))
    assert len(result.people) == 0
    assert result.peak_memory < 2 * 2**30


def test_a_chosen_focal_length_moves_her_in_depth_only(client, runner):
    near, far = (infer(client, runner.frame(60), focal_length=f).people for f in (1500.0, 4500.0))
    assert near.focal_length == 1500.0
    assert far.cam_t[0, 2] / near.cam_t[0, 2] == pytest.approx(3, rel=0.15)


def test_a_broken_body_model_fails_its_stage_with_a_hint(tmp_path):
    try:
        command = command_for("mediapipe")
    except EngineError as error:
        pytest.skip(str(error))
    broken = tmp_path / "body.npz"
    broken.write_bytes(b"no body")
    engine = EngineClient("mediapipe", command, EngineSettings(body_model=str(broken)))
    with pytest.raises(StageError, match="Read body model"):
        engine.load(Job(lambda job: None))
    states = {status.title: status for status in engine.statuses}
    assert states["Import MediaPipe"].state is StageState.DONE
    assert states["Read body model"].hint
    engine.close()


_COMPARE = """
import json, sys
import numpy as np
from mediapipe.python.solutions.pose import Pose
from pipeline.engines.mediapipe.graphs import LandmarkNetwork, PoseDetector
from pipeline.engines.mediapipe.landmarks import read_pose
from pipeline.engines.mediapipe.regions import region_of_axis
image = np.load(sys.argv[1])
height, width = image.shape[:2]
with Pose(static_image_mode=True, model_complexity=1) as solution:
    theirs = solution.process(image)
one = max(PoseDetector(0.5).detect(image), key=lambda found: found.score)
ours = read_pose(LandmarkNetwork(), image, region_of_axis(one.hips, one.rim))
points = np.array([(p.x * width, p.y * height) for p in theirs.pose_landmarks.landmark])
world = np.array([(p.x, p.y, p.z) for p in theirs.pose_world_landmarks.landmark])
print(json.dumps([float(np.abs(points - ours.points).max()), float(np.abs(world - ours.world).max())]))
"""


def test_our_graphs_say_what_mediapipes_own_solution_says(client, runner, tmp_path):
    picture = tmp_path / "frame.npy"
    np.save(picture, runner.frame(60).image)
    python = engines_folder() / "mediapipe" / "bin" / "python"
    if not python.is_file():
        pytest.skip("the engine runs elsewhere")
    run = subprocess.run(
        [str(python), "-c", _COMPARE, str(picture)],
        env=worker_environment(with_users_path=False),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    pixels, metres = json.loads(run.stdout.splitlines()[-1])
    assert pixels < 0.5
    assert metres < 0.005
