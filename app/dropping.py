"""What becomes of files that are dropped on the window."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.compose import Program

_SESSION = ".retake"
_BODIES = (".pkl", ".npz")
_RESULTS = (".pkl", ".npz", ".pt", ".jsonl")
"""What may hold results of other programs; what it is, is found out by reading it."""
_CAMERAS = ("cameras.txt", "images.txt", "points3d.txt")
_NO_VIDEOS = (*_BODIES, ".pt", ".txt", ".json", ".jsonl", ".csv", ".md", ".py", ".pdf", ".zip", ".html")
"""Not even tried. All else is: there are more kinds of video than anybody can list, and opening says what is wrong."""
_WELCOME = "Videos, pictures, folders of pictures and .retake sessions can be dropped here."


def receive(program: Program, dropped: Sequence[str]) -> None:
    """Open the first that can be opened, and say what became of the rest.

    A session stands for the video beside it. Several pictures of one folder are one series.
    """
    paths = [Path(text) for text in dropped]
    good = list(dict.fromkeys(path for one in paths if (path := _openable(one)) is not None))
    if not good and program.session.path is not None and all(map(_may_be_results, paths)):
        program.importing.begin(paths, otherwise=partial(_refuse, program, paths))
        return
    if not good:
        _refuse(program, paths)
        return
    program.open(good[0])
    rest = [path for path in good[1:] if not _one_series(good[0], path)]
    for path in reversed(rest):
        program.settings.add_recent(path)
    if rest:
        others = "The other one is" if len(rest) == 1 else f"The other {len(rest)} are"
        program.notices.tell(f"Opened {good[0].name}.", f"{others} under File › Open Recent.")
    if bad := [path for path in paths if _openable(path) is None]:
        _refuse(program, bad)


def _may_be_results(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in _RESULTS


def _openable(path: Path) -> Path | None:
    """The video that a file stands for; None if it stands for none."""
    if path.suffix.lower() == _SESSION:
        video = path.with_suffix("")
        return video if video.exists() else None
    if path.is_dir():
        return path
    return path if path.is_file() and path.suffix.lower() not in _NO_VIDEOS else None


def _one_series(first: Path, other: Path) -> bool:
    from pipeline.video.pictures import PICTURE_SUFFIXES  # brings a decoder, which the window can do without

    both = {first.suffix.lower(), other.suffix.lower()}
    return first.parent == other.parent and both <= PICTURE_SUFFIXES


def _refuse(program: Program, paths: Sequence[Path]) -> None:
    path, more = paths[0], len(paths) - 1
    name = f"“{path.name}”" + (f" and {more} more" if more else "")
    suffix = path.suffix.lower()
    if suffix == _SESSION:
        hint = f"The session belongs to “{path.stem}”, which is not beside it. Put the two into one folder."
        program.notices.tell(f"{name}: there is no video to it.", hint, "error")
    elif suffix in _BODIES:
        program.notices.tell(
            f"{name} may be a body model, or results.",
            "Drop it on the Models panel, which takes SMPL files; results are imported once their video is open.",
            "warning",
        )
    elif suffix == ".json" or path.name.lower() in _CAMERAS:
        hint = "Drop it on the Camera panel, which takes JSON and COLMAP's text."
        program.notices.tell(f"{name} may be a solved camera.", hint, "warning")
    else:
        verb = "are no videos" if more else "is no video"
        program.notices.tell(f"{name} {verb}.", _WELCOME, "error")
