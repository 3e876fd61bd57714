"""Errors a person can do something about."""

from __future__ import annotations


class UserError(Exception):
    """Something outside the program went wrong; the message bar shows it, no traceback.

    Attributes:
        message: What happened, one sentence.
        hint: What to do about it; may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class MissingFile(UserError):  # noqa: N818 - what is wrong, as a person says it
    """A file is missing that only the user can give.

    Attributes:
        need: Which, machine-readable: "smpl:neutral", "smpl:male" or "smpl:female".
    """

    def __init__(self, message: str, hint: str = "", *, need: str) -> None:
        super().__init__(message, hint)
        self.need = need


class VideoError(UserError):
    """A video cannot be opened or a frame of it cannot be decoded."""


class BodyError(UserError):
    """A body model file is not what it should be."""


class EngineError(UserError):
    """An engine could not be started, loaded or asked.

    Attributes:
        kind: Machine-readable cause: "not_installed", "protocol", "load_failed", "engine_died",
            "timeout", "out_of_memory", "bad_input" or "failed".
        details: Longer text for the log panel, such as the worker's traceback.
    """

    def __init__(self, message: str, hint: str = "", *, kind: str = "failed", details: str = "") -> None:
        super().__init__(message, hint)
        self.kind = kind
        self.details = details


class SessionError(UserError):
    """A session file cannot be read or written."""


class ExportError(UserError):
    """An export could not be written."""


class ResultsError(UserError):
    """A file of results computed elsewhere cannot be read, or does not fit the video."""


class UnknownResults(ResultsError):  # noqa: N818 - what is wrong, as a person says it
    """A file holds no results of a format that is known; it may be something else."""
