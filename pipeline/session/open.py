"""Opening the session of a video: where it is, who may write it, whether it fits."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Protocol

from filelock import FileLock, Timeout

from pipeline.errors import SessionError
from pipeline.places import data_folder
from pipeline.session.identity import difference, identity_of, same_video
from pipeline.session.store import Store

_CLOSE_OTHER = "Close the other window, or wait until the command has ended, then open the video again."
_COPY = "Copy the video and its session to where files can be written, then open it there."


class _Info(Protocol):
    @property
    def path(self) -> Path: ...


class VideoFile(Protocol):
    """What is compared of a `pipeline.video.Video`."""

    @property
    def info(self) -> _Info:
        """Holds the path."""

    @property
    def frame_count(self) -> int:
        """Exact once indexed."""

    @property
    def identity(self) -> str:
        """Hash of the timestamps, empty before it is indexed."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An open session. Closing the store gives back the lock.

    Attributes:
        store: The session; read-only if another window or command has it.
        notices: What the reviewer should know, as sentences.
    """

    store: Store
    notices: tuple[str, ...] = ()


def session_path(video: Path) -> Path:
    """Where a video's session is or will be: beside it, or in the user's data folder where that cannot be written.

    A session that is beside the video on a medium that can only be read is named as it is, unless work on it has
    gone on in the data folder. That of a link which was made where can be written is beside the link: see `linking`.
    """
    beside = _beside(video)
    elsewhere = _elsewhere(video)
    if _exists(elsewhere) and not (video.is_symlink() and _writable(beside.parent)):
        return elsewhere
    return beside if _exists(beside) or _writable(beside.parent) else elsewhere


def index_path(video: Path) -> Path:
    """Where a video's index of frames is kept: hidden beside its session."""
    session = session_path(video)
    folder = session.parent if _writable(session.parent) else _elsewhere(video).parent
    return folder / f".{session.name}-index"


def open_session(video: Path, *, read_only: bool = False) -> Opened:
    """Open a video's session, or begin it.

    Args:
        video: The video; it need not be readable.
        read_only: Only look: an existing session is opened whoever has it.

    Raises:
        SessionError: The session is damaged, foreign or newer; it was left as it is. Or there is none to look at,
            or nowhere to make one.
    """
    path = session_path(video)
    if read_only or (_exists(path) and not _writable(path.parent)):
        notice = f"{path.name} is where nothing can be written: it is open for reading only."
        return _looking(path, notice, _COPY, () if read_only else (notice,))
    _make_folder(path.parent, video)
    notices = () if path == _beside(video) else (_moved(video, path),)
    try:
        lock = _lock(path)
    except Timeout:
        notice = (
            f"{video.name} is open in another window, or a command is writing to it: "
            "here it is shown and not changed."
        )
        return _looking(path, notice, _CLOSE_OTHER, (*notices, notice))
    except (OSError, NotImplementedError):
        # Some network drives have no locks. SQLite keeps the file whole even so.
        notice = f"{path.name} cannot be locked here: do not open it in two windows."
        return Opened(Store(path), (*notices, notice))
    return Opened(_open_locked(path, lock), notices)


@contextmanager
def leaving_no_empty(video: Path) -> Iterator[None]:
    """Afterwards remove the session and index that were made meanwhile beside a video, if nothing was put in."""
    session, index = session_path(video), index_path(video)
    known, indexed = _exists(session), _exists(index)
    try:
        yield
    finally:
        if not known:
            _remove_empty(session)
        if not indexed and not _exists(session):
            with suppress(OSError):  # there is no harm in it
                index.unlink(missing_ok=True)


def _remove_empty(path: Path) -> None:
    if not _exists(path):
        return
    with suppress(OSError, NotImplementedError, SessionError):  # Timeout, an OSError: somebody has it by now
        lock = _lock(path)
        try:
            if _is_empty(path):
                path.unlink()
        finally:
            _give_back(lock)


def _is_empty(path: Path) -> bool:
    with Store(path, read_only=True) as store:
        return not (store.version_count() or len(store.failures()) or store.steps())


def _looking(path: Path, why: str, hint: str, notices: tuple[str, ...]) -> Opened:
    """Open a session that cannot be changed, which says why when somebody tries."""
    store = Store(path, read_only=True)
    store.locked = (why, hint)
    return Opened(store, notices)


def check_identity(store: Store, video: VideoFile) -> str:
    """Compare the video with the one the session was made with; the first time, remember it.

    A copy or a file that was merely touched is the same video, and remembered as it is now.

    Args:
        store: The session.
        video: The video, best after its index was built.

    Returns:
        A notice for the reviewer, empty if it is the same video.
    """
    stamps = video.identity
    now = identity_of(video.info.path, frame_count=video.frame_count if stamps else 0, index_hash=stamps)
    known = store.identity()
    if known is not None and not same_video(known, now):
        return difference(known, now)
    if known != now and (now.index_hash or known is None) and not store.read_only:
        store.set_identity(now)
    return ""


def _beside(video: Path) -> Path:
    return video.with_name(f"{video.name}.retake")


def _elsewhere(video: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(video.resolve())).hexdigest()[:12]
    return data_folder() / "sessions" / f"{digest}-{video.name}.retake"


def _moved(video: Path, path: Path) -> str:
    return f"The folder of {video.name} cannot be written: its session is kept in {path.parent}."


def _make_folder(folder: Path, video: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SessionError(
            f"The results for {video.name} will not be kept: neither its folder nor {folder} can be written.",
            "Move the video to where files can be made, or set RETAKE_HOME to such a folder.",
        ) from error


def _exists(path: Path) -> bool:
    """Whether something is there; a folder that may not be looked into counts as empty."""
    try:
        return path.exists()
    except OSError:
        return False


def _writable(folder: Path) -> bool:
    """Whether files can be made in a folder. Permissions do not tell on all systems, so one is made."""
    try:
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            return False
        with TemporaryFile(dir=folder, prefix=".retake-"):
            return True
    except OSError as error:
        return error.errno == errno.ENOSPC  # full is not what was asked


def _lock(path: Path) -> FileLock:
    """Take the session's lock. The system gives it back when the process ends, however it ends.

    Raises:
        Timeout: Somebody else has it.
    """
    lock = FileLock(path.with_name(f".{path.name}-lock"), timeout=0, thread_local=False)
    lock.acquire()
    return lock


def _open_locked(path: Path, lock: FileLock) -> Store:
    try:
        store = Store(path)
    except SessionError:
        _give_back(lock)
        raise
    store.on_close(partial(_give_back, lock))
    return store


def _give_back(lock: FileLock) -> None:
    # While it is still ours: another who waits for it sees that the file is gone, and makes a new one.
    with suppress(OSError):
        Path(lock.lock_file).unlink()
    lock.release()
