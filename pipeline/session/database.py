"""The session file as a database: opened with care, written in transactions, errors put in words."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pipeline.errors import SessionError
from pipeline.places import resource
from pipeline.session.connect import APPLICATION_ID, LEFT_ALONE, check_file, connect, keep_journal

if TYPE_CHECKING:
    from typing import Self  # not in Python 3.10

FORMAT = 2
"""Number of the schema: `resources/session.sql`, and what each later format adds to it."""

_SCRIPTS = ("session.sql", "session-2.sql")

Row = tuple[Any, ...]


class NotInTransaction(RuntimeError):  # noqa: N818 - says what is wrong, as sqlite3's names do
    """A change was tried outside `Store.transaction()`; that is a bug."""


class Database:
    """One connection to a session file. Belongs to the thread that opened it; sqlite3 enforces that.

    While it is open for writing the file is in WAL mode where the file system can do that, so that
    other threads' read-only connections never wait; closing it returns to a single plain file.

    Attributes:
        path: The session file, or ":memory:".
        read_only: Whether writing raises SessionError.
        locked: Why it is read-only, and what to do about it; set by whoever opened it so.
    """

    def __init__(self, path: Path | str, *, read_only: bool = False, vfs: str = "") -> None:
        """Open a session, or begin one if there is no file and it may be written.

        Args:
            path: The session file, or ":memory:".
            read_only: Open without changing anything on disk.
            vfs: SQLite's name of an unusual file system layer, such as "unix-dotfile".

        Raises:
            SessionError: The file is missing, damaged, foreign or newer, or cannot be written.
        """
        self.path = Path(path)
        self.read_only = read_only
        self.locked = (f"{self.path.name} is open for reading only.", "")
        self._on_close: list[Callable[[], None]] = []
        try:
            if str(path) != ":memory:":
                check_file(self.path, read_only)
            self._db = connect(path, read_only, vfs)
            try:
                self._prepare()
                if not read_only:
                    keep_journal(self._db)
            except BaseException:
                self._db.close()
                raise
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def on_close(self, callback: Callable[[], None]) -> None:
        """Call `callback` when the file is closed, as to give back its lock."""
        self._on_close.append(callback)

    def close(self) -> None:
        """Close the file. Closing again does nothing."""
        if not self.read_only:
            # One file, to be copied or put on a disc. While somebody reads, it stays in WAL mode, with
            # all in the file itself; where the disk is full, nothing is lost either. On a connection
            # that is closed already there is nothing to do.
            with suppress(sqlite3.Error):
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                self._db.execute("PRAGMA journal_mode = DELETE")
        self._db.close()
        while self._on_close:
            self._on_close.pop()()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Change the session: all of it or, if anything raises, nothing.

        Raises:
            SessionError: The session is read-only, the disk is full, ...
        """
        if self.read_only:
            raise SessionError(*self.locked)
        if str(self.path) != ":memory:" and not self.path.exists():
            # SQLite would go on writing into a file that has no name any more.
            raise SessionError(
                f"{self.path.name} was moved or deleted while it was open.",
                "Put it back, or open the video again to begin a new session.",
            )
        self._execute("BEGIN IMMEDIATE")
        try:
            yield
            self._execute("COMMIT")
        except BaseException:
            # SQLite ends the transaction by itself when the disk is full.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            self._rolled_back()
            raise

    @contextmanager
    def within_transaction(self) -> Iterator[None]:
        """The transaction that is open, or one of its own."""
        with self._in_transaction():
            yield

    @contextmanager
    def _in_transaction(self) -> Iterator[None]:
        """The transaction that is open, or one of its own."""
        if self._db.in_transaction:
            yield
        else:
            with self.transaction():
                yield

    def _rolled_back(self) -> None:
        """A transaction came to nothing."""

    def compact(self) -> None:
        """Give the space of what was deleted back to the disk, as far as there is room to; else it is used again."""
        with suppress(sqlite3.Error):
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def dump(self) -> list[str]:
        """The whole content, a line for each row: equal dumps are equal sessions.

        Left out are the history of edits, what undoing has set aside for redoing, and where one was.
        """
        return [f"{table} {row!r}" for table, sql in _DUMPED.items() for row in self._rows(sql)]

    def _prepare(self) -> None:
        self._db.execute("PRAGMA foreign_keys = ON")
        if self._value("PRAGMA user_version") == 0 and not self._value("SELECT COUNT(*) FROM sqlite_master"):
            self._begin()
        elif self._value("PRAGMA application_id") != APPLICATION_ID:
            raise SessionError(f"{self.path.name} is not a Retake session.", LEFT_ALONE)
        elif (found := self._value("PRAGMA user_version")) > FORMAT:
            raise SessionError(
                f"{self.path.name} has session format {found}, this program reads {FORMAT}.",
                "Update Retake, then open it again.",
            )
        elif found < FORMAT:
            self._bring_up(found)

    def _begin(self) -> None:
        if self.read_only:
            raise SessionError(f"{self.path.name} is empty.", "Run some frames first.")
        self._db.executescript(
            f"BEGIN IMMEDIATE; {_schema(0)} PRAGMA application_id = {APPLICATION_ID}; "
            f"PRAGMA user_version = {FORMAT}; COMMIT;"
        )

    def _bring_up(self, found: int) -> None:
        """Add what an older format has not; where nothing may be written, in memory."""
        if self.read_only:
            # An index has no name of its own in another schema than its table's; without them it is slower.
            script = re.sub(r"CREATE INDEX [^;]+;", "", _schema(found))
            self._db.executescript(script.replace("CREATE TABLE", "CREATE TEMP TABLE"))
        else:
            self._db.executescript(
                f"BEGIN IMMEDIATE; {_schema(found)} PRAGMA user_version = {FORMAT}; COMMIT;"
            )

    def _execute(self, sql: str, *args: object) -> sqlite3.Cursor:
        try:
            return self._db.execute(sql, args)
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def _rows(self, sql: str, *args: object) -> list[Row]:
        try:
            return self._db.execute(sql, args).fetchall()
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def _row(self, sql: str, *args: object) -> Row | None:
        rows = self._rows(sql, *args)
        return rows[0] if rows else None

    def _value(self, sql: str, *args: object) -> Any:
        """First column of the first row, or None."""
        row = self._row(sql, *args)
        return row[0] if row else None

    def _write(self, sql: str, *args: object) -> int:
        """Change something; returns the id of the row inserted, if one was."""
        self._check_transaction(sql)
        return self._execute(sql, *args).lastrowid or 0

    def _write_many(self, sql: str, rows: Iterable[Row]) -> None:
        self._check_transaction(sql)
        try:
            self._db.executemany(sql, rows)
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def _check_transaction(self, sql: str) -> None:
        if not self._db.in_transaction:
            raise NotInTransaction(sql)


def _schema(found: int) -> str:
    """The SQL that brings a session from a format to the newest."""
    return "\n".join(resource(name).read_text(encoding="utf-8") for name in _SCRIPTS[found:])


_KEPT = "NOT IN (SELECT version FROM shelved)"
_DUMPED = {
    "meta": "SELECT * FROM meta WHERE key = 'identity'",
    "run": f"""SELECT * FROM run WHERE id IN (SELECT run FROM version WHERE id {_KEPT})
               OR id IN (SELECT run FROM failure) ORDER BY id""",
    "version": f"SELECT * FROM version WHERE id {_KEPT} ORDER BY id",
    "result": f"SELECT * FROM result WHERE version {_KEPT} ORDER BY version",
    "counting": "SELECT * FROM counting ORDER BY frame",
    "failure": "SELECT * FROM failure ORDER BY frame",
    "assignment": f"SELECT * FROM assignment WHERE version {_KEPT} ORDER BY version, slot",
    "track": "SELECT * FROM track ORDER BY id",
    "verdict": "SELECT * FROM verdict ORDER BY frame, track",
    "note": "SELECT * FROM note ORDER BY id",
    "ignored": "SELECT * FROM ignored ORDER BY signal, track, first",
    "setting": "SELECT * FROM setting ORDER BY key",
    "layer": "SELECT * FROM layer WHERE NOT shelved ORDER BY id",
    "layer_pose": """SELECT layer_pose.* FROM layer_pose JOIN layer ON layer.id = layer
                     WHERE NOT shelved ORDER BY layer, frame""",
}


def explain(error: sqlite3.Error, path: Path) -> Exception:
    """The error in a reviewer's words; a bug of ours stays what it is."""
    text, name = str(error), path.name
    if isinstance(error, (sqlite3.ProgrammingError, sqlite3.IntegrityError, sqlite3.InterfaceError)):
        return error
    if "full" in text:
        hint = "Nothing that was saved is lost. Free some space, then run the frame or do the change again."
        return SessionError(f"The disk is full: {name} cannot grow.", hint)
    if "locked" in text or "busy" in text:
        return SessionError(f"{name} is being written by another program.", "Try again when it has finished.")
    if "readonly" in text:
        return SessionError(
            f"{name} cannot be written.", "Check the permissions of the file and of its folder."
        )
    if "not a database" in text or "malformed" in text:
        return SessionError(f"{name} is damaged or is not a Retake session.", LEFT_ALONE)
    if isinstance(error, sqlite3.OperationalError) and "no such" not in text and "syntax" not in text:
        return SessionError(
            f"{name} cannot be read or written: {text}.", "Check the disk, then open it again."
        )
    return error
