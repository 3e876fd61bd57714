"""What a service answers about frames."""

from __future__ import annotations

import base64
import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from fakes_service import a_client, a_service, asked, encoded, limits, picture, stand_in_client
from fakes_waiting import wait_until
from PIL import Image as Pillow
from scipy.spatial.transform import Rotation

from pipeline.job import Job
from pipeline.masks import decode_mask
from pipeline.service.pictures import decode
from pipeline.smpl import builtin_body
from pipeline.structures import Frame, Mask, RunOptions

EVERYTHING = ["vertices", "overlay", "masks", "keypoints", "features", "rejected"]


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RETAKE_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("RETAKE_RENDERER", "software")
        with a_service(people="3") as service:
            yield service


@pytest.fixture
def client(service):
    with a_client(service) as client:
        yield client


@pytest.fixture(scope="module")
def local():
    """The same engine, asked directly."""
    client = stand_in_client(people="3")
    client.load(Job(client.load))
    yield lambda frame: client.infer(frame, RunOptions(), Job(lambda job: None))
    client.close()


def pose(client, **body):
    answer = client.post("/pose/hybrid", json=asked(**body))
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def test_parameters_boxes_and_camera_are_the_engines_own(client, local):
    told = pose(client, frame=4)
    people = local(Frame(4, 4, 4 / 30, picture(4))).people
    assert len(told["people"]) == len(people) == 3
    for slot, person in enumerate(told["people"]):
        assert np.array_equal(np.float32(person["box"]), people.detections.boxes[slot])
        assert np.float32(person["score"]) == people.detections.scores[slot]
        for name in ("global_orient", "body_pose", "betas"):
            assert np.array_equal(np.float32(person["smpl"][name]), getattr(people.smpl, name)[slot])
        assert np.array_equal(np.float32(person["camera"]["cam_t"]), people.cam_t[slot])
        assert person["camera"]["focal_length"] == people.focal_length
        assert person["camera"]["principal_point"] == [32, 24]
    assert told["engine_id"] == "stand-in-1-cafe"
    assert told["body_model"] == builtin_body().id
    assert told["plan"]["device"] == "cpu"
    assert told["peak_memory"] > 0
    assert set(told["timings"]) == {"detect"}


def test_axis_angles_are_the_same_rotations(client):
    for person in pose(client, frame=7)["people"]:
        smpl = person["smpl"]
        for name in ("global_orient", "body_pose"):
            turned = Rotation.from_rotvec(smpl[f"{name}_axis_angle"]).as_matrix()
            assert np.allclose(turned, smpl[name], atol=1e-5)


def test_joints_and_vertices_are_those_of_the_body_model(client, local):
    told = pose(client, frame=4, include=EVERYTHING)
    meshes = builtin_body().meshes(local(Frame(4, 4, 4 / 30, picture(4))).people)
    for slot, person in enumerate(told["people"]):
        assert np.array_equal(np.float32(person["joints_3d"]), meshes.joints[slot])
        assert np.array_equal(np.float32(person["joints_2d"]), meshes.keypoints_2d[slot])
        assert np.array_equal(np.float32(person["vertices"]), meshes.vertices[slot])
        mask = Mask(tuple(person["mask"]["size"]), person["mask"]["counts"].encode())
        assert decode_mask(mask).shape == (48, 64)
        assert len(person["features"]) == told["feature_size"] == 8
    assert np.array_equal(told["faces"], builtin_body().faces)
    assert told["keypoint_layout"] is None
    quiet = pose(client, frame=4)
    assert not {"faces", "overlay", "rejected"} & set(quiet)
    assert not {"vertices", "mask", "features", "keypoints"} & set(quiet["people"][0])
    assert quiet["people"][0]["joints_3d"] == told["people"][0]["joints_3d"]  # with and without skinning


def test_the_overlay_is_a_transparent_picture_of_the_people(client):
    told = pose(client, frame=4, include=["overlay"])
    overlay = np.array(Pillow.open(io.BytesIO(base64.b64decode(told["overlay"]))))
    assert overlay.shape == (48, 64, 4)
    assert overlay[..., 3].max() > 200
    assert overlay[..., 3].min() == 0


def test_options_reach_the_engine(client):
    told = pose(client, frame=4, options={"score_threshold": 0.7}, include=["rejected"])
    assert len(told["people"]) == 2
    assert told["rejected"][0]["reason"] == "score 0.60 below 0.70"
    boxes = [[1, 2, 30, 40]]
    assert pose(client, frame=4, options={"boxes": boxes})["people"][0]["box"] == boxes[0]
    assert "mask" not in pose(client, frame=4, options={"masks": False}, include=["masks"])["people"][0]


def test_frames_of_a_video_are_tracked_and_others_are_not(client):
    first = [person["track_id"] for person in pose(client, frame=0, video_id="tracked")["people"]]
    second = [person["track_id"] for person in pose(client, frame=1, video_id="tracked")["people"]]
    assert first == second == [1, 2, 3]
    assert [person["track_id"] for person in pose(client, frame=1)["people"]] == [None] * 3
    assert pose(client, frame=1, video_id="another")["people"][0]["track_id"] == 1


def test_a_repeated_request_gets_the_answer_that_is_there(client):
    first = pose(client, frame=3, video_id="again")
    second = pose(client, frame=3, video_id="again")
    assert (first.pop("stored"), second.pop("stored")) == (False, True)
    assert first | {"memory": None} == second | {"memory": None}
    # Whoever wants to see more of the same gets it without another run, too.
    assert pose(client, frame=3, video_id="again", include=["vertices"])["stored"]
    assert not pose(client, frame=3, video_id="again", options={"max_people": 1})["stored"]
    assert not pose(client, frame=3, video_id="again", image=encoded(picture(9)))["stored"]
    assert not pose(client, frame=3, video_id="other")["stored"]
    assert not pose(client, frame=3)["stored"]
    assert not pose(client, frame=3)["stored"]


def test_the_same_request_while_the_first_is_in_work_waits_for_it(monkeypatch):
    with a_service(limits(queue=3), seconds="0.5") as service, a_client(service) as client:
        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(lambda _: client.application.test_client().post(
                "/pose/hybrid", json=asked(2, video_id="v")), range(3)))  # fmt: skip
        told = [answer.get_json() for answer in answers]
        assert [answer.status_code for answer in answers] == [200] * 3
        assert len({one["timings"]["detect"] for one in told}) == 1
        metrics = client.get("/metrics").text
        assert "retake_frame_seconds_count" in metrics


def test_the_same_request_whose_picture_is_decoded_meanwhile_is_not_done_again(service, client, monkeypatch):
    said = []

    def slow(data, most):
        if not said:  # the other is answered before this picture is there
            said.append(None)
            said[0] = pose(client.application.test_client(), frame=6, video_id="meanwhile")
        return decode(data, most)

    monkeypatch.setattr("pipeline.service.service.decode", slow)
    told = pose(client, frame=6, video_id="meanwhile")
    assert told["timings"] == said[0]["timings"]
    assert told["people"] == said[0]["people"]


def test_concurrent_requests_each_get_their_own_frame(client):
    app = client.application

    def ask(frame):
        return pose(app.test_client(), frame=frame)["frame_number"]

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(ask, range(12))) == list(range(12))


def test_health_and_metrics_tell_how_it_stands(client):
    health = client.get("/health")
    told = health.get_json()
    assert health.status_code == 200
    assert (told["status"], told["ready"], told["device"]) == ("ready", True, "cpu")
    assert told["models"] == {
        "hmr2": "absent", "vitdet": "absent", "phalp": "absent",
        "stand_in_imported": "ready", "weights_read": "ready", "warm_up": "ready",
    }  # fmt: skip
    assert [stage["state"] for stage in told["stages"]] == ["done"] * 4
    assert told["error"] is None
    pose(client, frame=0)
    metrics = client.get("/metrics").text
    assert 'retake_requests_total{route="/pose/hybrid",status="200"}' in metrics
    assert 'retake_frames_total{outcome="done"}' in metrics
    assert "retake_ready 1.0" in metrics
    assert "retake_queue_length 0.0" in metrics
    assert "retake_engine_restarts 0.0" in metrics
    memory = next(line for line in metrics.splitlines() if line.startswith("retake_engine_memory_bytes"))
    assert float(memory.split()[1]) > 2**20


def test_a_body_model_that_is_not_here_is_told():
    with a_service(body_model="nobody-neutral-00000000") as service, a_client(service) as client:
        told = pose(client, frame=0, include=["vertices", "overlay"])
        assert told["faces"] is None
        assert told["overlay"] is None
        assert told["people"][0]["joints_3d"] is None
        assert "nobody-neutral-00000000" in told["notes"][0]


def test_an_engine_with_tracks_of_its_own_decides():
    with a_service(tracks="5") as service, a_client(service) as client:
        first, second = (pose(client, frame=frame, video_id="v") for frame in (0, 1))
        assert [person["engine_track"] for person in second["people"]] == [5, 6]
        assert [person["track_id"] for person in second["people"]] == [
            person["track_id"] for person in first["people"]
        ]  # fmt: skip


def test_health_answers_while_it_loads_and_frames_are_put_off():
    with a_service(ready=False, stage_seconds="0.4") as service, a_client(service) as client:
        wait_until(lambda: len(service.host.client.statuses) == 4)
        health = client.get("/health")
        told = health.get_json()
        assert health.status_code == 503
        assert health.headers["Retry-After"] == "2"
        assert (told["status"], told["ready"], told["engine"]) == ("loading", False, None)
        assert told["models"]["warm_up"] == "loading"
        refused = client.post("/pose/hybrid", json=asked())
        assert refused.status_code == 503
        assert refused.get_json()["error"]["kind"] == "loading"
        assert refused.headers["Retry-After"] == "2"
        assert "retake_ready 0.0" in client.get("/metrics").text
        wait_until(lambda: client.get("/health").status_code == 200)


def test_a_failure_to_load_is_told_and_loading_tried_again():
    with a_service(limits(reload=0.5), ready=False, stage_fail="1") as service, a_client(service) as client:
        wait_until(lambda: service.host.status == "error")
        told = client.get("/health").get_json()
        assert told["status"] == "error"
        assert told["error"] == {
            "message": "Weights read: The weights are damaged.",
            "hint": "Fetch them again.",
        }
        assert told["models"]["weights_read"] == "error"
        refused = client.post("/pose/hybrid", json=asked())
        assert refused.status_code == 503
        assert refused.get_json()["error"]["kind"] == "load_failed"
        assert refused.get_json()["error"]["hint"] == "Fetch them again."
        wait_until(lambda: client.get("/health").status_code == 200)
