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


_IN_NAMES = {"neutral": ("neutral",), "male": ("_male", "_m_"), "female": ("female", "_f_")}
"""How files are named after the gender of the body they hold."""


@lru_cache(maxsize=1)
def builtin_body() -> BodyModel:
    """The body that comes with Retake: neutral, made from Anny by `resources/make/make_body.py`."""
    return read_body(resource("body.npz"))


def find_body(body_id: str, paths: Iterable[Path]) -> BodyModel | None:
    """The body with that id: the built-in one, or the first that holds it of the files, then of those in their places.

    An id without a hash, such as "smpl-neutral", is any body of that family and gender: results made elsewhere
    do not say which version of the file they were made with.

    Files that are missing or not readable as a body are passed over.
    """
    from pipeline.smpl.places import smpl_files  # here, because it reads bodies itself

    if builtin_body().id == body_id:
        return builtin_body()
    found = next(
        (path for path in (*paths, *_likely_first(smpl_files(), body_id)) if _is(_id_of(path), body_id)), None
    )
    return _body_or_none(found) if found is not None else None


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


def _is(found: str, wanted: str) -> bool:
    return found == wanted or (wanted.count("-") == 1 and found.startswith(f"{wanted}-"))


def _likely_first(files: Iterable[Path], body_id: str) -> list[Path]:
    """Those named after the body's gender first: a file takes a second to read."""
    gender = next((part for part in body_id.split("-") if part in _IN_NAMES), "neutral")
    return sorted(files, key=lambda path: not any(part in path.name.lower() for part in _IN_NAMES[gender]))


def _id_of(path: Path) -> str:
    """Id of the body in a file; empty if it is missing or not readable as one."""
    try:
        state = path.stat()
    except OSError:
        return ""
    return _read_id_once(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _read_id_once(path: Path, mtime_ns: int, size: int) -> str:
    """Ids are kept of more files than bodies are, and of files that hold none."""
    try:
        return _read_once(path, mtime_ns, size).id
    except BodyError:
        return ""


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
