"""Every way in which a request gets no result, and what is answered."""

from __future__ import annotations

import json
import os
import signal
import threading

import pytest
from fakes_service import a_client, a_service, asked, encoded, in_base64, limits, picture, png_header
from fakes_waiting import wait_until


def error_of(answer, status, kind):
    assert answer.status_code == status, answer.get_json()
    assert answer.mimetype == "application/json"
    error = answer.get_json()["error"]
    assert error["kind"] == kind
    assert error["message"]
    return error


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.setenv("RETAKE_HOME", str(home))
        cues = {"oom_on": "11", "torch_oom_on": "12", "die_on": "13", "bad_input_on": "15", "fail_on": "16"}
        with a_service(die_once_on="17", once=str(home), **cues) as service:
            yield service


@pytest.fixture
def client(service):
    wait_until(lambda: service.host.status == "ready")
    with a_client(service) as client:
        yield client


def post(client, body):
    return client.post("/pose/hybrid", data=body, content_type="application/json")


@pytest.mark.parametrize(
    "body",
    [b"{", b"nothing", b"[1]", b"7", b"null", b'"text"', b"\xff\xfe\x00", b'{"frame_number": NaN}',
     b"[" * 100_000, b'{"frame_number": ' + b"9" * 5000 + b"}", b'{"a": "\xc3"}', b"{} {}"],
)  # fmt: skip
def test_what_is_no_json_object_is_refused(client, body):
    error_of(post(client, body), 400, "bad_json")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"frame_number": None}, "frame_number"),
        ({"frame_number": -1}, "frame_number"),
        ({"frame_number": True}, "frame_number"),
        ({"frame_number": 1.5}, "frame_number"),
        ({"frame_number": 10**30}, "frame_number"),
        ({"frame_number": "1"}, "frame_number"),
        ({"image_base64": 7}, "image_base64"),
        ({"image_base64": ""}, "image_base64"),
        ({"video_id": 1}, "video_id"),
        ({"video_id": "new\nline"}, "video_id"),
        ({"video_id": "x" * 201}, "video_id"),
        ({"video_id": "\ud800"}, "video_id"),
        ({"time": -1}, "time"),
        ({"time": "soon"}, "time"),
        ({"include": "vertices"}, "include"),
        ({"include": ["everything"]}, "include"),
        ({"include": [["vertices"]]}, "include"),
        ({"options": []}, "options"),
        ({"options": {"score_threshold": 2}}, "options.score_threshold"),
        ({"options": {"min_size": -1}}, "options.min_size"),
        ({"options": {"masks": 1}}, "options.masks"),
        ({"options": {"boxes": [[0, 0, 1]]}}, "options.boxes"),
        ({"options": {"boxes": [[5, 0, 1, 1]]}}, "options.boxes"),
        ({"options": {"boxes": [[0, 0, 1, 1]] * 101}}, "options.boxes"),
        ({"options": {"boxes": [[0, 0, 1e300, 1]]}}, "options.boxes"),
        ({"options": {"sequence": "x"}}, "options.sequence"),
        ({"frame": 1}, "frame"),
    ],
)
def test_wrong_fields_are_named(client, changes, field):
    error = error_of(post(client, json.dumps(asked() | changes)), 400, "bad_fields")
    assert list(error["fields"]) == [field]
    assert field in error["message"]


def test_all_wrong_fields_are_named_at_once(client):
    error = error_of(post(client, b'{"time": -1, "options": {"min_size": "a"}, "x": 1}'), 400, "bad_fields")
    assert set(error["fields"]) == {"frame_number", "image_base64", "time", "options.min_size", "x"}
    assert "missing" in error["fields"]["frame_number"]


def test_a_method_is_cut_and_escaped_in_the_log(client, monkeypatch):
    said = []
    monkeypatch.setattr("pipeline.service.app.log.info", lambda text, *values: said.append(text % values))
    client.open("/health", method="\x1b[2J" + "M" * 5000)
    assert len(said[0]) < 200
    assert "\x1b" not in said[0]


def test_numbers_too_large_for_a_float_are_refused(client):
    body = json.dumps(asked()).replace('"frame_number": 0', '"frame_number": 0, "time": 1e999')
    assert "time" in error_of(post(client, body), 400, "bad_fields")["fields"]


@pytest.mark.parametrize(
    ("image", "status", "kind"),
    [
        ("?!", 400, "bad_base64"),
        (in_base64(b"no picture"), 400, "bad_image"),
        (in_base64(encoded(picture(0), "JPEG")[:200]), 400, "bad_image"),
        (in_base64(encoded(picture(0), "GIF")), 400, "bad_image"),
        (in_base64(png_header(100_000, 100_000)), 413, "too_many_pixels"),
        (in_base64(encoded(picture(0, (400, 251)), "JPEG")), 413, "too_many_pixels"),
    ],
)
def test_bad_pictures_are_refused(client, image, status, kind):
    error_of(post(client, json.dumps(asked() | {"image_base64": image})), status, kind)


def test_a_body_that_is_too_large_or_of_unsaid_length_is_refused(client, service):
    large = error_of(post(client, b" " * (service.limits.body + 1)), 413, "body_too_large")
    assert large["numbers"] == {"limit": service.limits.body}
    error_of(post(client, b""), 411, "length_missing")


def test_a_body_that_is_not_said_to_be_json_is_refused(client):
    # A form on a web page can send text/plain to this machine without asking.
    answer = client.post("/pose/hybrid", data=json.dumps(asked()), content_type="text/plain")
    error_of(answer, 415, "not_json")


def test_unknown_paths_and_methods_are_refused_in_the_same_form(client):
    for path in (
        "/nowhere",
        "/static/secret.txt",
        "/static/../pyproject.toml",
        "/%2e%2e/pyproject.toml",
    ):
        error_of(client.get(path), 404, "not_found")
    answer = client.get("/pose/hybrid")
    error_of(answer, 405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]
    error_of(client.options("/health"), 405, "method_not_allowed")


def test_other_names_for_this_machine_are_refused(client):
    for path in ("/health", "/", "/metrics"):
        error_of(client.get(path, headers={"Host": "rebound.example"}), 403, "other_host")
    assert client.get("/health", headers={"Host": "localhost:1"}).status_code == 200


def test_with_a_token_all_but_health_want_it(service):
    with a_client(service, host="0.0.0.0", token="secret") as client:
        assert client.get("/health").status_code == 200
        for path in ("/", "/metrics", "/openapi.json", "/nowhere"):
            answer = client.get(path)
            error_of(answer, 401, "unauthorized")
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        error_of(client.post("/pose/hybrid", json=asked()), 401, "unauthorized")
        error_of(client.get("/", headers={"Authorization": "Bearer other"}), 401, "unauthorized")
        right = {"Authorization": "Bearer secret"}
        assert client.get("/", headers=right).status_code == 200
        assert client.post("/pose/hybrid", json=asked(), headers=right).status_code == 200


def test_out_of_memory_is_told_with_its_numbers_and_the_service_lives_on(client):
    error = error_of(client.post("/pose/hybrid", json=asked(11)), 507, "out_of_memory")
    assert error["numbers"] == {"requested": 2**31, "free": 5}
    assert error["hint"] == "Close other programs."
    error = error_of(client.post("/pose/hybrid", json=asked(12)), 507, "out_of_memory")
    assert error["numbers"]["total"] > 0
    assert client.post("/pose/hybrid", json=asked(0)).status_code == 200
    assert 'retake_frames_total{outcome="out_of_memory"} 2.0' in client.get("/metrics").text


def test_an_engine_that_dies_is_started_again(client, service):
    before = service.host.restarts
    answer = client.post("/pose/hybrid", json=asked(13))
    error = error_of(answer, 502, "engine_died")
    assert "SIGKILL" in error["message"]
    assert int(answer.headers["Retry-After"]) > 0
    wait_until(lambda: service.host.status == "ready")
    assert service.host.restarts > before
    assert client.post("/pose/hybrid", json=asked(0)).status_code == 200


def test_an_engine_that_dies_once_does_the_frame_all_the_same(client):
    assert client.post("/pose/hybrid", json=asked(17)).status_code == 200


def test_an_engine_killed_while_idle_is_started_again(client, service):
    os.kill(service.host.client.pid, signal.SIGKILL)
    wait_until(lambda: service.host.status == "loading")
    wait_until(lambda: service.host.status == "ready")
    assert client.post("/pose/hybrid", json=asked(0)).status_code == 200


def test_what_the_engine_cannot_use_and_its_own_faults_are_told_apart(client):
    error = error_of(client.post("/pose/hybrid", json=asked(15)), 422, "bad_input")
    assert error["hint"] == "Use a larger one."
    error = error_of(client.post("/pose/hybrid", json=asked(16)), 500, "failed")
    assert "left_knee" in error["message"]


@pytest.mark.parametrize("cue", ["hang_on", "stall_on"])
def test_a_frame_that_takes_too_long_is_given_up_and_the_next_is_done(cue):
    with a_service(limits(seconds=0.6), **{cue: "3"}) as service, a_client(service) as client:
        error = error_of(client.post("/pose/hybrid", json=asked(3)), 504, "timeout")
        assert error["numbers"] == {"seconds": 0.6}
        wait_until(lambda: client.post("/pose/hybrid", json=asked(4)).status_code == 200)


def test_a_full_queue_sends_away_and_closing_sends_all_away():
    with a_service(limits(queue=1, seconds=60), hang_on="1,2") as service, a_client(service) as client:
        app, answers = client.application, []

        def ask(frame):
            answers.append(app.test_client().post("/pose/hybrid", json=asked(frame)))

        threads = [threading.Thread(target=ask, args=(frame,)) for frame in (1, 2)]
        threads[0].start()
        wait_until(lambda: service._line._at_work is not None)
        threads[1].start()
        wait_until(lambda: client.get("/health").get_json()["queue"] == 1)
        answer = client.post("/pose/hybrid", json=asked(3))
        error_of(answer, 429, "queue_full")
        assert int(answer.headers["Retry-After"]) >= 1
        assert "retake_queue_length 1.0" in client.get("/metrics").text
        service.close()
        for thread in threads:
            thread.join()
        for answer in answers:
            error_of(answer, 503, "closing")


def test_a_stored_answer_is_given_although_the_queue_is_full():
    with a_service(limits(queue=0, seconds=60), hang_on="1") as service, a_client(service) as client:
        assert client.post("/pose/hybrid", json=asked(0, video_id="v")).status_code == 200
        app = client.application
        thread = threading.Thread(target=lambda: app.test_client().post("/pose/hybrid", json=asked(1)))
        thread.start()
        wait_until(lambda: service._line._at_work is not None)
        assert client.post("/pose/hybrid", json=asked(0, video_id="v")).get_json()["stored"]
        error_of(client.post("/pose/hybrid", json=asked(2)), 429, "queue_full")
        service.close()
        thread.join()
