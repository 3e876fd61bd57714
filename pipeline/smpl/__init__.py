"""Bodies in SMPL's format: reading them, posing them, and the one that comes with Retake."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from pipeline.errors import BodyError
from pipeline.places import resource
from pipeline.smpl.body import BodyModel, project
from pipeline.smpl.joints import BONES, JOINT_NAMES, PARENTS
from pipeline.smpl.read import read_body

__all__ = [
    "BONES",
    "JOINT_NAMES",
    "PARENTS",
    "BodyModel",
    "builtin_body",
    "find_body",
    "project",
    "read_body",
    "require_body",
]


@lru_cache(maxsize=1)
def builtin_body() -> BodyModel:
    """The body that comes with Retake: neutral, made from Anny by `resources/make/make_body.py`."""
    return read_body(resource("body.npz"))


def find_body(body_id: str, paths: Iterable[Path]) -> BodyModel | None:
    """The body with that id: the built-in one, or the first of the files that holds it.

    Files that are missing or not readable as a body are passed over.
    """
    if builtin_body().id == body_id:
        return builtin_body()
    bodies = (_body_or_none(path) for path in paths)
    return next((body for body in bodies if body is not None and body.id == body_id), None)


def require_body(body_id: str, paths: Iterable[Path]) -> BodyModel:
    """As `find_body`.

    Raises:
        BodyError: It is not here.
    """
    body = find_body(body_id, paths)
    if body is None:
        raise BodyError(
            f"These bodies are of the model {body_id}, which is not here.",
            "Choose its SMPL file in the Models panel or with --body FILE, or run the frames again.",
        )
    return body


def _body_or_none(path: Path) -> BodyModel | None:
    try:
        state = path.stat()
        return _read_once(path, state.st_mtime_ns, state.st_size)
    except (OSError, BodyError):
        return None


@lru_cache(maxsize=4)
def _read_once(path: Path, mtime_ns: int, size: int) -> BodyModel:
    """Read a file again only when it changed: an official file takes a second and 20 MB."""
    del mtime_ns, size
    return read_body(path)
