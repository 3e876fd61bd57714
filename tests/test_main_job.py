"""The main job on real footage with the real engine: run, see, export. Skipped where engine or footage is absent."""

import shutil

import av
import joblib
import numpy as np
import pytest

from app.cli import main
from pipeline.engines.environment import check
from pipeline.session.open import session_path
from pipeline.session.store import Store
from pipeline.smpl import builtin_body
from pipeline.video import open_video

# Shoulders, elbows, wrists, knees and ankles: MediaPipe's landmark and SMPL's joint. Hips are left out, because
# the two place them differently by definition.
COMPARED = np.array(
    [(11, 16), (12, 17), (13, 18), (14, 19), (15, 20), (16, 21), (25, 4), (26, 5), (27, 7), (28, 8)]
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def run(clip, folder):
    """A copy of a clip, run from end to end by the command line."""
    status = check("mediapipe")
    if not status.installed:
        pytest.skip(f"the MediaPipe engine is {status.problem}")
    copy = folder / clip.name
    shutil.copyfile(clip, copy)
    assert main(["run", str(copy)]) == 0
    return copy


@pytest.fixture(scope="module")
def runner(runner_clip, tmp_path_factory):
    return run(runner_clip, tmp_path_factory.mktemp("runner"))


@pytest.fixture
def results(runner):
    with Store(session_path(runner), read_only=True) as store:
        return list(store.results())


def test_every_frame_is_decoded_as_it_was_presented(runner):
    video = open_video(runner)
    with av.open(str(runner)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            ours = video.frame(index)
            assert ours.pts == frame.pts
            assert (ours.image == frame.to_ndarray(format="rgb24")).all()
    assert index + 1 == video.frame_count == 180
    video.close()


def test_she_is_found_in_nearly_every_frame_and_is_one_track(runner, results):
    assert len(results) == 180
    assert sum(len(result.people) >= 1 for result in results) >= 175
    with Store(session_path(runner), read_only=True) as store:
        table = store.assignment_table()
    assert set(table.tracks.tolist()) == {1}


def test_the_bodys_joints_lie_on_mediapipes_landmarks(results):
    shares = []
    for result in results:
        people = result.people
        joints = builtin_body().meshes(people).keypoints_2d[:, COMPARED[:, 1]]
        off = np.linalg.norm(joints - people.keypoints.image[:, COMPARED[:, 0]], axis=2)
        box = people.detections.boxes
        shares.extend((off / np.linalg.norm(box[:, 2:] - box[:, :2], axis=1)[:, None]).ravel())
    assert np.median(shares) < 0.03


def test_left_is_left(results):
    """She runs to the right, so we see her right side: it is nearer to the camera than her left."""
    depths = [
        builtin_body().meshes(result.people).joints[0, :, 2] for result in results if len(result.people)
    ]
    right, left = np.mean(depths, 0)[17], np.mean(depths, 0)[16]
    assert right < left


def test_what_is_exported_is_read_by_others(runner, tmp_path):
    for key, name in (("phalp", "a.pkl"), ("npz", "a.npz")):
        assert main(["export", str(runner), key, "-o", str(tmp_path / name)]) == 0
    assert main(["export", str(runner), "mp4", "-o", str(tmp_path / "a.mp4"), "--frames", "0-29"]) == 0
    content = joblib.load(tmp_path / "a.pkl")
    assert len(content) == 180
    assert sum(frame["tid"] == [1] for frame in content.values()) >= 175
    motion = np.load(tmp_path / "a.npz")
    assert np.isfinite(motion["poses"]).all()
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 30


def test_the_street_has_several_people_who_keep_their_ids(street_clip, tmp_path):
    clip = run(street_clip, tmp_path)
    with Store(session_path(clip), read_only=True) as store:
        seen = [{a.track_id for a in store.assignments(frame)} for frame in range(5)]
    assert len(set.intersection(*seen)) >= 2
