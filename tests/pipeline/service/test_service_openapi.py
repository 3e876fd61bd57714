"""The service keeps to its own description."""

from __future__ import annotations

import pytest
import schemathesis
from fakes_service import a_client, a_service, encoded, in_base64, limits, picture
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode

from pipeline.service.app import create_app
from pipeline.service.gate import Gate
from pipeline.service.openapi import describe

PICTURES = st.builds(
    lambda number, kind: in_base64(encoded(picture(number, (24, 16)), kind)),
    st.integers(0, 20),
    st.sampled_from(["PNG", "JPEG", "WEBP"]),
)
schemathesis.openapi.format("picture-base64", PICTURES)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RETAKE_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("RETAKE_RENDERER", "software")
        with a_service(limits(queue=4)) as service:
            yield service


@pytest.fixture(scope="module")
def described(service):
    return schemathesis.openapi.from_wsgi("/openapi.json", create_app(service, Gate("127.0.0.1", "")))


def _has_area(box) -> bool:
    return not isinstance(box, list) or len(box) != 4 or (box[0] < box[2] and box[1] < box[3])


@schemathesis.hook
def filter_body(context, body):
    """That x1 < x2 is more than a schema can say."""
    options = body.get("options") if isinstance(body, dict) else None
    boxes = options.get("boxes") if isinstance(options, dict) else None
    return not isinstance(boxes, list) or all(_has_area(box) for box in boxes if _is_numbers(box))


def _is_numbers(box) -> bool:
    return isinstance(box, list) and all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in box)


CASES = [("GET", path, GenerationMode.POSITIVE) for path in ("/", "/health", "/metrics", "/openapi.json")]
CASES += [("POST", "/pose/hybrid", mode) for mode in GenerationMode]


@pytest.mark.parametrize(("method", "path", "mode"), CASES)
def test_every_operation_answers_as_described(described, method, path, mode):
    @given(described[path][method].as_strategy(generation_mode=mode))
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def answers(case):
        case.call_and_validate()

    answers()


def test_the_cases_are_all_operations(described):
    paths = described.raw_schema["paths"]
    assert {(method.upper(), path) for path, methods in paths.items() for method in methods} == {
        (method, path) for method, path, _ in CASES
    }


def test_answers_with_everything_in_them_are_as_described(service):
    with a_client(service) as client:
        document = client.get("/openapi.json").get_json()
        body = {
            "frame_number": 1,
            "image_base64": in_base64(encoded(picture(1))),
            "video_id": "v",
            "include": ["vertices", "overlay", "masks", "keypoints", "features", "rejected"],
        }
        answer = client.post("/pose/hybrid", json=body).get_json()
        health = client.get("/health").get_json()
    for name, told in (("PoseAnswer", answer), ("Health", health)):
        Draft202012Validator({"$ref": f"#/components/schemas/{name}", **document}).validate(told)
    assert answer["people"][0]["vertices"]


def test_the_description_says_what_the_limits_are():
    described = describe(limits(pixels=123_456))
    asked = described["components"]["schemas"]["PoseRequest"]
    assert "123456" in asked["properties"]["image_base64"]["description"]
