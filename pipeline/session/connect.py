"""Connecting to a session file: what SQLite leaves to its users to look after."""

from __future__ import annotations

import os
import sqlite3
import struct
from pathlib import Path
from urllib.parse import quote

from pipeline.errors import SessionError

APPLICATION_ID = 0x52544B53  # "RTKS": marks the file as ours, in SQLite's own header
BUSY_SECONDS = 5.0
"""How long to wait for another connection; its transactions last milliseconds."""

LEFT_ALONE = "It was left as it is. Rename it or move it away to begin a new session."

_MAGIC = b"SQLite format 3\x00"


def check_file(path: Path, read_only: bool) -> None:
    """See what SQLite would only find out later, or would make up for by beginning anew."""
    try:
        if not path.exists() and not read_only:
            return
        with path.open("rb") as file:
            header = file.read(100)
    except FileNotFoundError:
        raise SessionError(
            f"There is no session {path.name}.", "Open the video and run some frames first."
        ) from None
    except OSError as error:
        raise SessionError(
            f"{path.name} cannot be opened: {error.strerror}.", "Check its permissions."
        ) from error
    if header and not header.startswith(_MAGIC):
        raise SessionError(f"{path.name} is damaged or is not a Retake session.", LEFT_ALONE)
    if _unfinished(path):
        return
    if header and header[68:72] != APPLICATION_ID.to_bytes(4, "big"):
        raise SessionError(f"{path.name} is not a Retake session.", LEFT_ALONE)
    if header and path.stat().st_size < _expected_size(header):
        raise SessionError(f"{path.name} is damaged: its end is missing.", LEFT_ALONE)


def _expected_size(header: bytes) -> int:
    """Bytes the file has by its header (https://sqlite.org/fileformat2.html 1.3)."""
    if len(header) < 100:
        return 100
    (page,) = struct.unpack_from(">H", header, 16)
    pages, changes, counted_at = (struct.unpack_from(">I", header, at)[0] for at in (28, 24, 92))
    return pages * (65536 if page == 1 else page) if changes == counted_at else 0


def _unfinished(path: Path) -> bool:
    """Whether a journal of an interrupted program holds what the file itself lacks; SQLite puts it in."""
    journals = (path.with_name(path.name + end) for end in ("-wal", "-journal"))
    return any(journal.exists() and journal.stat().st_size for journal in journals)


def connect(path: Path | str, read_only: bool, vfs: str) -> sqlite3.Connection:
    """A connection without implicit transactions; for `path` ":memory:" one to nothing on disk."""
    if str(path) == ":memory:":
        return sqlite3.connect(":memory:", isolation_level=None)
    options = ["mode=ro" if read_only else "mode=rwc"] + ([f"vfs={vfs}"] if vfs else [])
    where = Path(path).absolute()
    # As bytes: Linux takes any in a name, also such as are no text.
    address = "file:" + quote(os.fsencode(where.as_posix())) + "?" + "&".join(options)
    db = sqlite3.connect(address, uri=True, isolation_level=None, timeout=BUSY_SECONDS)
    return _readable(db, address, where) if read_only else db


def keep_journal(db: sqlite3.Connection) -> None:
    """WAL, so that readers never wait; a plain journal where there is no shared memory, as on network drives.

    In WAL mode a kill of the program loses nothing that was committed, even without waiting for the disk
    at each commit (NORMAL); only a power failure can take the last commits, never the file. A plain
    journal needs the wait (FULL) for the same safety.
    """
    try:
        mode = db.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    except sqlite3.OperationalError as error:
        if "locked" in str(error):  # a reader is there just now; it has WAL already or will do without
            return
        mode = "none"
    if mode != "wal":
        db.execute("PRAGMA journal_mode = TRUNCATE")
    db.execute(f"PRAGMA synchronous = {'NORMAL' if mode == 'wal' else 'FULL'}")


def _readable(db: sqlite3.Connection, address: str, path: Path) -> sqlite3.Connection:
    """The connection, or one that needs no lock files, for media that cannot be written."""
    try:
        db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        # Left in WAL mode where the files beside it cannot be made. Without a journal to put in, and
        # with nobody who could write, the file can be read as it is.
        db.close()
        if os.access(path.parent, os.W_OK) or _unfinished(path):
            raise
        return sqlite3.connect(address + "&immutable=1", uri=True, isolation_level=None)
    return db
