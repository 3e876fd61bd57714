"""Files and folders that are there whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import ExportError

_SESSION = ".retake"
_FULL = {errno.ENOSPC, errno.EDQUOT}
MARKER = ".retake-export"
"""In a folder that was exported: a JSON object that names the files written, so that no other is ever lost."""
_SAID = "Retake wrote these files. An export into this folder replaces them, and is refused while there are others."
_UNIMPORTANT = {MARKER, ".DS_Store", "Thumbs.db", "desktop.ini"}


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path`; move it into place if all went well, remove it if not.

    Raises:
        ExportError: The folder cannot be written to, the path is no file, or the disk is full.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():  # a folder, or a device such as /dev/null
            raise FileExistsError(errno.EEXIST, "it is no file")
        handle, name = tempfile.mkstemp(prefix=f".{path.stem[:40]}-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        _give_usual_rights(temporary)
        temporary.replace(path)
    except OSError as error:
        raise _explained(error, path) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Give an empty temporary folder beside `path`; move it into place if all went well, remove it if not.

    What may be replaced is an empty folder, or one that this made before and that holds nothing else since.

    Raises:
        ExportError: The folder cannot be written to, the path is a file or a folder with other things in it, or the
            disk is full.
    """
    path = path.resolve()  # a link to a folder stays a link
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        refuse_others(path)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name[:40]}-", dir=path.parent))
        yield temporary
        _mark(temporary)
        temporary.chmod(0o777 & ~_umask())
        refuse_others(path)  # writing takes minutes, in which somebody may have put something there
        _swap(temporary, path)
    except OSError as error:
        raise _explained(error, path) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def spare(path: Path, sources: Iterable[Path]) -> None:
    """Refuse a path where what is being read, or somebody's session, would be written over.

    Args:
        path: Where something is to be written.
        sources: What it is made from: the video, its session.

    Raises:
        ExportError: It is one of them, or named as sessions are.
    """
    for source in sources:
        if path.exists() and source.exists() and path.samefile(source):
            raise ExportError(f"{path} is what is being exported; it would be lost.", "Choose another name.")
    if path.suffix.lower() == _SESSION:
        raise ExportError(
            f"{path.name} is the name of a session, which must not be written over.", "Choose another name."
        )


def require_suffix(path: Path, suffixes: Sequence[str], what: str) -> None:
    """Refuse a name that says it is another kind of file, such as that of a video.

    Args:
        path: Where something is to be written.
        suffixes: What its name may end in, with the dot, in small letters; the usual one first. Without any
            suffix it is taken as it is.
        what: What is written, as the beginning of a sentence.

    Raises:
        ExportError: It ends in something else.
    """
    if path.suffix.lower() in ("", *suffixes):
        return
    raise ExportError(
        f"{what}: the file's name must end in {' or '.join(suffixes)}, but {path.name} ends in {path.suffix}.",
        f"Choose a name such as {path.with_suffix(suffixes[0]).name}.",
    )


def refuse_others(path: Path) -> None:
    """Refuse a folder to be written where something lies that is no former export.

    Raises:
        ExportError: It is a file, or a folder with files that no export wrote.
    """
    if not path.exists():
        return
    if not path.is_dir():
        raise ExportError(
            f"{path} is a file, and a folder is to be written.", "Choose another name for the folder."
        )
    others = sorted(_files(path) - _marked(path), key=lambda name: (name.startswith("."), name))
    if others:
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        raise ExportError(
            f"{path} holds files that Retake did not write ({others[0]}{more}); they would be lost.",
            "Choose a folder that is new or empty, or one that an export made.",
        )


def _files(folder: Path) -> set[str]:
    found = (inside for inside in folder.rglob("*") if inside.is_symlink() or not inside.is_dir())
    return {inside.relative_to(folder).as_posix() for inside in found if inside.name not in _UNIMPORTANT}


def _marked(folder: Path) -> set[str]:
    """The files that a former export wrote into a folder; none if there was no such export."""
    marker = folder / MARKER
    if not marker.is_file():
        return set()
    try:
        said = json.loads(marker.read_text("utf-8"))
        return {str(name) for name in said["files"]} if said["retake"] == _SAID else set()
    except (ValueError, TypeError, KeyError):  # something else of that name
        return set()


def _mark(folder: Path) -> None:
    said = {"retake": _SAID, "files": sorted(_files(folder))}
    (folder / MARKER).write_text(json.dumps(said, indent=0) + "\n", "utf-8")


def _swap(new: Path, path: Path) -> None:
    """Move a folder to where another may be. The other is back in its place if that fails."""
    if not path.exists():
        new.replace(path)
        return
    old = new.with_name(f"{new.name}-old")
    path.replace(old)
    try:
        new.replace(path)
    except OSError:
        old.replace(path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _give_usual_rights(path: Path) -> None:
    """Undo mkstemp's owner-only mode: an export is for others to read, as the umask says."""
    path.chmod(0o666 & ~_umask())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _explained(error: OSError, path: Path) -> ExportError:
    if error.errno in _FULL:
        return ExportError(
            f"The disk is full: {path.name} was not written.", "Free some space and export again."
        )
    no_folder = isinstance(error, (FileExistsError, NotADirectoryError)) and not path.parent.is_dir()
    reason = f"{path.parent} is no folder" if no_folder else error.strerror or str(error)
    return ExportError(f"Cannot write {path}: {reason}.", "Choose another folder or name.")
