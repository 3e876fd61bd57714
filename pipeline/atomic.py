"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import ExportError

_FULL = {errno.ENOSPC, errno.EDQUOT}


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


def spare(path: Path, sources: Iterable[Path]) -> None:
    """Refuse a path where what is being read would be written over.

    Args:
        path: Where something is to be written.
        sources: What it is made from: the video, its session.

    Raises:
        ExportError: It is one of them.
    """
    for source in sources:
        if path.exists() and source.exists() and path.samefile(source):
            raise ExportError(f"{path} is what is being exported; it would be lost.", "Choose another name.")


def _give_usual_rights(path: Path) -> None:
    """Undo mkstemp's owner-only mode: an export is for others to read, as the umask says."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)


def _explained(error: OSError, path: Path) -> ExportError:
    if error.errno in _FULL:
        return ExportError(
            f"The disk is full: {path.name} was not written.", "Free some space and export again."
        )
    no_folder = isinstance(error, (FileExistsError, NotADirectoryError)) and not path.parent.is_dir()
    reason = f"{path.parent} is no folder" if no_folder else error.strerror or str(error)
    return ExportError(f"Cannot write {path}: {reason}.", "Choose another folder or name.")
