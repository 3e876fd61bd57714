"""What the service refuses, and how it says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.errors import UserError
from pipeline.structures import FrameFailure

_STATUS = {"out_of_memory": 507, "engine_died": 502, "timeout": 504, "bad_input": 422}
"""By kind of a frame's failure; any other is the service's own fault: 500."""


class Refusal(UserError):  # noqa: N818 - an answer, as it is to the client
    """A request that gets no result.

    Attributes:
        status: Of the HTTP answer.
        kind: Machine-readable cause.
        numbers: Such as requested and free bytes, or the limit that was passed.
        retry_after: Seconds after which asking again makes sense; 0 if it makes none.
        fields: By field of the request, what is wrong with it.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        hint: str = "",
        *,
        numbers: Mapping[str, float] | None = None,
        retry_after: int = 0,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, hint)
        self.status = status
        self.kind = kind
        self.numbers = dict(numbers or {})
        self.retry_after = retry_after
        self.fields = dict(fields or {})

    def body(self) -> dict[str, Any]:
        """What is answered."""
        return error_body(self.kind, self.message, self.hint, numbers=self.numbers, fields=self.fields)

    def headers(self) -> dict[str, str]:
        """What goes with it."""
        headers = {"Retry-After": str(self.retry_after)} if self.retry_after else {}
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return headers


def error_body(
    kind: str,
    message: str,
    hint: str = "",
    *,
    numbers: Mapping[str, float] | None = None,
    fields: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The one form every error has."""
    error: dict[str, Any] = {"kind": kind, "message": message, "hint": hint}
    if numbers:
        error["numbers"] = dict(numbers)
    if fields:
        error["fields"] = dict(fields)
    return {"error": error}


def refusal_of(failure: FrameFailure) -> Refusal:
    """The answer to a frame the engine could not do."""
    status = _STATUS.get(failure.kind, 500)
    return Refusal(
        status,
        failure.kind,
        failure.message,
        failure.hint,
        numbers={**failure.numbers},
        retry_after=_again(status),
    )


def _again(status: int) -> int:
    return 2 if status == 502 else 0


def bad_fields(fields: Mapping[str, str]) -> Refusal:
    """Fields that are missing or not what they should be."""
    listed = "; ".join(f"{name}: {problem}" for name, problem in fields.items())
    return Refusal(
        400,
        "bad_fields",
        f"The request is not as it should be: {listed}.",
        "See /openapi.json.",
        fields=fields,
    )


def too_large(limit: int) -> Refusal:
    """A body of more bytes than are taken."""
    return Refusal(
        413,
        "body_too_large",
        f"The body is larger than {limit} bytes.",
        "Send a smaller picture, or start the service with a larger --max-body.",
        numbers={"limit": limit},
    )


def not_ready(message: str, hint: str, *, kind: str = "loading", retry_after: int = 2) -> Refusal:
    """The engine is not there yet."""
    return Refusal(503, kind, message, hint, retry_after=retry_after)


def out_of_time(seconds: float) -> Refusal:
    """A request that took too long and was given up."""
    return Refusal(
        504,
        "timeout",
        f"The frame was not done within {seconds:g} s and was given up.",
        "Send fewer frames at once, or start the service with a longer --time-limit.",
        numbers={"seconds": seconds},
    )


def queue_full(limit: int, retry_after: int) -> Refusal:
    """More frames than may wait."""
    return Refusal(
        429,
        "queue_full",
        f"{limit} frames are waiting already.",
        "Send it again after the seconds in Retry-After.",
        numbers={"queue": limit},
        retry_after=retry_after,
    )


def closing() -> Refusal:
    """The service is being ended."""
    return Refusal(503, "closing", "The service is ending.", "Send it again when it is back.", retry_after=5)
