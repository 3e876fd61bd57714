"""The description that `GET /openapi.json` answers: OpenAPI 3.1."""

from __future__ import annotations

from importlib import metadata
from typing import Any

from pipeline.service.limits import ServiceLimits
from pipeline.service.schemas import answered, asked

_ERRORS = {
    400: "No JSON, no base64, no picture, or fields that are missing or wrong; all of them are listed.",
    401: "The token is missing or wrong.",
    403: "Called by a name that is not this machine's.",
    411: "The length of the body is not said.",
    413: "More bytes or more pixels than are taken. Pixels are counted before anything is decoded.",
    415: "The body is not said to be JSON.",
    422: "The engine cannot use the picture.",
    429: "As many frames wait as may; Retry-After says when to try again.",
    500: "A fault of the service.",
    502: "The engine died on the frame, twice. It is started again.",
    503: "The engine is loading, or could not be loaded; Retry-After says when to try again.",
    504: "The frame took too long and was given up.",
    507: "The engine ran out of memory on the frame; `numbers` says how. The service goes on.",
}
_ALWAYS = (401, 403, 500)


def describe(limits: ServiceLimits) -> dict[str, Any]:
    """The description of a service with these limits."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Retake pose service",
            "version": _version(),
            "description": "People in SMPL's format from pictures. Lengths are m and px, times s.",
        },
        "security": [{"token": []}, {}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"PoseRequest": asked(limits), **answered()},
        },
    }


def _paths() -> dict[str, Any]:
    health = {
        str(status): _json(what, "Health") for status, what in ((200, "Ready."), (503, "Not ready yet."))
    }
    return {
        "/": {"get": _operation("welcome", "What there is", {"200": _text("text/plain")})},
        "/health": {
            "get": _operation("health", "How the engine stands", health) | {"security": [{}]},
        },
        "/metrics": {"get": _operation("metrics", "For Prometheus", {"200": _text("text/plain")})},
        "/openapi.json": {
            "get": _operation(
                "openapi",
                "This description",
                {"200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {}}}}},
            )
        },
        "/pose/hybrid": {"post": _pose()},
    }


def _pose() -> dict[str, Any]:
    body = {"required": True, "content": _content("PoseRequest")}
    answers = {"200": _json("The people of the frame.", "PoseAnswer"), **_errors(tuple(_ERRORS))}
    return _operation("pose", "The people of a frame", answers) | {"requestBody": body}


def _operation(name: str, summary: str, answers: dict[str, Any]) -> dict[str, Any]:
    return {"operationId": name, "summary": summary, "responses": {**_errors(_ALWAYS), **answers}}


def _errors(statuses: tuple[int, ...]) -> dict[str, Any]:
    return {str(status): _error(status) for status in statuses}


def _error(status: int) -> dict[str, Any]:
    told = _json(_ERRORS[status], "Error")
    if status in (429, 503):
        told["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "s"}}
    return told


def _json(what: str, schema: str) -> dict[str, Any]:
    return {"description": what, "content": _content(schema)}


def _content(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _text(kind: str) -> dict[str, Any]:
    return {"description": "Text.", "content": {kind: {"schema": {"type": "string"}}}}


def _version() -> str:
    try:
        return metadata.version("retake")
    except metadata.PackageNotFoundError:
        return "unknown"
