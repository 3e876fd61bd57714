"""The service's HTTP: routes, and one form for every error."""

from __future__ import annotations

import json
import time
from typing import Any

from flask import Flask, Request, Response, g, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from pipeline.service.faults import Refusal, error_body, too_large
from pipeline.service.gate import Gate
from pipeline.service.journal import log
from pipeline.service.metrics import CONTENT_TYPE
from pipeline.service.openapi import describe
from pipeline.service.service import PoseService

_WELCOME = """Retake's pose service.

GET  /health         how the engine stands
POST /pose/hybrid    the people of a frame
GET  /metrics        for Prometheus
GET  /openapi.json   the description of all this
"""
_NO_STORE = "no-store"


def create_app(service: PoseService, gate: Gate) -> Flask:
    """The WSGI application of a service.

    Args:
        service: What answers.
        gate: Who may ask.
    """
    app = Flask("retake_http", static_folder=None, template_folder=None)  # files are none of its business
    app.config["MAX_CONTENT_LENGTH"] = service.limits.body
    _add_routes(app, service)
    _add_guards(app, service, gate)
    _add_errors(app, service)
    return app


def _add_routes(app: Flask, service: PoseService) -> None:
    description = describe(service.limits)

    @app.get("/", provide_automatic_options=False)
    def welcome() -> Response:
        return Response(_WELCOME, mimetype="text/plain")

    @app.get("/health", provide_automatic_options=False)
    def health() -> Response:
        told = service.health()
        return _json(told, 200 if told["ready"] else 503)

    @app.get("/metrics", provide_automatic_options=False)
    def metrics() -> Response:
        return Response(service.metrics.text(), content_type=CONTENT_TYPE)

    @app.get("/openapi.json", provide_automatic_options=False)
    def openapi() -> Response:
        return _json(description)

    @app.post("/pose/hybrid", provide_automatic_options=False)
    def pose() -> Response:
        told = service.pose(lambda: _body(request, service))
        g.said = f"frame {told['frame_number']} of {told['video_id']!r}, {len(told['people'])} people"
        return _json(told)


def _add_guards(app: Flask, service: PoseService, gate: Gate) -> None:
    @app.before_request
    def check() -> None:
        g.began = time.perf_counter()
        gate.check(request.path, request.headers.get("Host"), request.headers.get("Authorization"))

    @app.after_request
    def note(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule is not None else "none"
        service.metrics.requests.labels(route, str(response.status_code)).inc()
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        if route == "/pose/hybrid" or response.status_code not in (200, 503):
            said = g.get("said", "")
            log.info(
                "[REQUEST] %s %s %d %.3f s %s", ascii(request.method)[1:-1][:20],
                ascii(request.path)[1:-1][:200], response.status_code, seconds, said,
            )  # fmt: skip
        response.headers["Cache-Control"] = _NO_STORE
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def _add_errors(app: Flask, service: PoseService) -> None:
    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> Response:
        g.said = f"{refusal.kind}: {refusal}"[:500]
        return _json(refusal.body(), refusal.status, refusal.headers())

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        if isinstance(error, RequestEntityTooLarge):
            return refused(too_large(service.limits.body))
        kind = error.name.lower().replace(" ", "_")
        headers = {name: value for name, value in error.get_headers() if name == "Allow"}
        return _json(
            error_body(kind, error.description or error.name, "See /openapi.json."), error.code, headers
        )

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> Response:
        log.error("[REQUEST] ✗ %s", type(error).__name__, exc_info=error)
        g.said = type(error).__name__
        return _json(
            error_body("failed", f"An unexpected fault: {type(error).__name__}.", "See the log."), 500
        )


def _body(asked: Request, service: PoseService) -> bytes:
    """The body of a request, if it is JSON and not too large.

    Raises:
        Refusal: It is not.
    """
    if asked.mimetype != "application/json":  # else any page on the web could have a browser send one unasked
        raise Refusal(
            415, "not_json", "The body is not said to be JSON.", "Send Content-Type: application/json."
        )
    if asked.content_length is None:
        raise Refusal(411, "length_missing", "The length of the body is not said.", "Send Content-Length.")
    if asked.content_length > service.limits.body:
        raise too_large(service.limits.body)
    return asked.get_data(cache=False)


def _json(value: Any, status: int | None = 200, headers: dict[str, str] | None = None) -> Response:
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    response = Response(text, status or 500, headers or {}, mimetype="application/json")
    if status == 503 and "Retry-After" not in response.headers:
        response.headers["Retry-After"] = "2"
    return response
