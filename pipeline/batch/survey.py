"""Looking at a video once: what it is, where its shots are. Kept in the work folder for the next time."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pipeline.atomic import replacing
from pipeline.batch.chunks import Shot
from pipeline.batch.content import content_key
from pipeline.batch.cuts import find_shots
from pipeline.errors import ExportError, UserError
from pipeline.session.open import index_path, session_path
from pipeline.video import Video, open_video
from pipeline.video.index import save_index

WORK_NAME = ".retake-batch"
"""The folder beside a video that holds its chunks, unless another is named."""

_CACHE_BYTES = 64 * 2**20
_VERSION = 1  # of what is kept, and of how shots are found


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of a video.

    Attributes:
        named: Absolute path as it was named, perhaps of a link to the video: its session is beside that.
        video: Absolute path of the video itself, the same by whatever link it was named.
        content: See `pipeline.batch.content.content_key`.
        frame_count: Exact.
        focal_length: px, as the camera wrote it into the file; 0 if it did not.
        shots: In order, without gaps.
        folder: Where its chunks go.
        notices: What decoding has found out about it.
    """

    named: Path
    video: Path
    content: str
    frame_count: int
    focal_length: float
    shots: tuple[Shot, ...]
    folder: Path
    notices: tuple[str, ...]


def survey(path: Path, work: Path | None, tell: Callable[[float], None] = lambda done: None) -> Survey:
    """Look at a video, or at what was kept when it was looked at before.

    Args:
        path: The video.
        work: The work folder; None is one beside the video.
        tell: Gets the share done.

    Raises:
        VideoError: It is no video.
        UserError: The work folder cannot be written.
    """
    named, path = as_named(path), path.resolve()
    root = work_folder(path, work)
    with closing(open_video(path, cache_bytes=_CACHE_BYTES, index_file=index_path(path))) as video:
        video.build_index()
        content = content_key(video)
        folder = root / content
        shots = _known_shots(folder, video) or _find_shots(folder, video, tell)
        known = video.frame_count, video.focal_length
        return Survey(named, path, content, *known, shots, folder, video.notices)


def as_named(path: Path) -> Path:
    """A path by which two files are the same if their sessions are: links of folders are followed, a video's is not."""
    return path.resolve() if path.name in ("", "..") else path.parent.resolve() / path.name


def work_folder(video: Path, chosen: Path | None) -> Path:
    """The folder named on the command line, or the one beside a video's session."""
    return (chosen or session_path(video).parent / WORK_NAME).resolve()


def _find_shots(folder: Path, video: Video, tell: Callable[[float], None]) -> tuple[Shot, ...]:
    shots = find_shots(video, tell)
    try:
        with replacing(_shots_file(folder)) as part:
            part.write_text(json.dumps({"version": _VERSION, "shots": shots}), encoding="utf-8")
    except ExportError as error:
        raise UserError(error.message, "Let --work name a folder that can be written.") from error
    _keep_index(folder, video)
    return shots


def _keep_index(folder: Path, video: Video) -> None:
    """Spare the workers the reading of the whole file."""
    if video.info.path.is_file():
        state = video.info.path.stat()
        save_index(video.build_index(), folder / "index.npz", (state.st_size, state.st_mtime_ns))


def _known_shots(folder: Path, video: Video) -> tuple[Shot, ...]:
    try:
        kept = json.loads(_shots_file(folder).read_text(encoding="utf-8"))
        shots = tuple((int(first), int(last)) for first, last in kept["shots"])
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    ends = [-1, *(last for _, last in shots)]
    whole = ends[-1] == video.frame_count - 1 and all(
        first == end + 1 for (first, _), end in zip(shots, ends, strict=False)
    )
    return shots if whole and kept.get("version") == _VERSION else ()


def _shots_file(folder: Path) -> Path:
    return folder / "shots.json"
