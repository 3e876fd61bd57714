"""What is open: a video and the session beside it."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.lane import Lane
from app.notices import Notices
from app.settings import Settings
from app.view_state import ViewState
from pipeline.errors import SessionError
from pipeline.job import Job
from pipeline.orbit_state import OrbitState
from pipeline.structures import Changes, Track

if TYPE_CHECKING:  # decoders and databases load when the first video is opened: the window shows before
    from pipeline.session.history import History
    from pipeline.session.presence import Presence
    from pipeline.session.store import Store
    from pipeline.video import Video

_SAVE_AFTER_MS = 1000
_NUMBERS = re.compile(r"frames?|[\d–, ]")
_CACHE_BYTES = 10**6 * 7 / 8
"""Of each MB of pictures: the decoders hold the rest, some ten pictures each."""


class SessionControl(QObject):
    """Opens and closes; remembers where one was.

    The video is decoded on the io lane; only what `Video` calls thread-safe is read here. The
    session is read and written in the window's thread alone.

    Signals:
        opened: A video and its session are there.
        closing: They are about to go.
        closed: They are gone.
        changed: Changes of the session's content.
        index_progress: Share of the video indexed in [0, 1]; None once it is done.
        indexed: The exact number of frames is known.
        noticed: More is known of damage in the video's file.
    """

    opened = Signal()
    closing = Signal()
    closed = Signal()
    changed = Signal(object)
    index_progress = Signal(object)
    indexed = Signal()
    noticed = Signal()

    def __init__(
        self,
        view: ViewState,
        settings: Settings,
        io: Lane,
        files: Lane,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._settings = settings
        self._io = io
        self._files = files
        self._notices = notices
        self.video: Video | None = None
        self.path: Path | None = None
        self.store: Store | None = None
        self.history: History | None = None
        self._unopened = ("", "")
        self._tracks: tuple[Track, ...] | None = None
        self._told: set[str] = set()
        self._found: tuple[str, ...] = ()
        self._saving = QTimer(self, singleShot=True, interval=_SAVE_AFTER_MS)
        self._saving.timeout.connect(self.save_view)
        for signal in (view.frame_changed, view.selection_changed, view.range_changed, view.orbit_changed):
            signal.connect(self._saving.start)

    @property
    def writable(self) -> bool:
        """Whether edits and runs are possible."""
        return self.store is not None and not self.store.read_only

    @property
    def locked(self) -> tuple[str, str]:
        """Why edits and runs are not possible, and what to do about it."""
        return self.store.locked if self.store is not None else self._unopened

    @property
    def presence(self) -> Presence | None:
        """Which track is in which frames; None without a session."""
        return _presence(self.store) if self.store is not None else None

    def tracks(self) -> tuple[Track, ...]:
        """All tracks; counting them goes through the whole session, so they are kept until they change."""
        if self.store is None:
            return ()
        if self._tracks is None:
            self._tracks = _presence(self.store).tracks()
        return self._tracks

    def title_of(self, track: int) -> str:
        """What a track is called, also one that nobody is in."""
        return next((one.title for one in self.tracks() if one.track_id == track), f"Person {track}")

    def open(self, path: Path) -> None:
        """Open a video in the background; the one that is open stays until the new one is there."""
        path = path.absolute()
        cache = round(self._settings.preferences.cache_mb * _CACHE_BYTES)
        job = Job(lambda job: _open_video(path, cache), key="open")
        self._io.submit(job, succeeded=partial(self._on_opened, path), failed=self._notices.tell_error)

    def close(self) -> None:
        """Close video and session, keeping where one was."""
        if self.video is None:
            return
        self.save_view()
        self.closing.emit()
        self._files.cancel("index")
        video, store = self.video, self.store
        self.video = self.path = self.store = self.history = self._tracks = None
        self._io.submit(Job(lambda job: video.close()))
        if store is not None:
            store.close()
        self._view.reset(0)
        self.index_progress.emit(None)
        self.closed.emit()

    def tell(self, changes: Changes) -> None:
        """Say what was changed in the session."""
        if changes.tracks or changes.frames is None:
            self._tracks = None
        if self.store is not None:
            _presence(self.store).forget(changes)
        self.changed.emit(changes)

    def tell_damage(self) -> None:
        """Say what decoding has found damaged in the meantime."""
        if self.video is not None:
            self._tell_notices(self.video)

    def save_view(self) -> None:
        """Keep where one is; not being able to is no reason to disturb anybody."""
        self._saving.stop()
        if self.store is None or not self.writable:
            return
        view = self._view
        state = {
            "frame": view.frame_index,
            "track": view.selected_track,
            "range": view.range,
            "orbit": view.orbit.to_plain(),
        }
        try:
            self.store.set_view_state(state)
        except SessionError as error:
            self._notices.tell_error(error)

    def _on_opened(self, path: Path, video: Video) -> None:
        self.close()
        self.video, self.path = video, path
        self._told.clear()
        self._found = ()
        self._open_session(path)
        self._view.reset(video.frame_count)
        self._restore_view()
        self._settings.add_recent(path)
        self.opened.emit()
        self._tell_notices(video)
        self._index(video)

    def _open_session(self, path: Path) -> None:
        from pipeline.session.history import History
        from pipeline.session.open import open_session

        try:
            opened = open_session(path)
            _look_through(opened.store)
        except SessionError as error:
            self._unopened = (error.message, error.hint)
            self._notices.tell(
                error.message,
                f"{error.hint} The video can be looked at; nothing can be run or edited.".strip(),
                "error",
            )
            return
        self.store = opened.store
        self.history = History(opened.store)
        for notice in opened.notices:
            self._notices.tell(notice, kind="warning")

    def _restore_view(self) -> None:
        state = self.store.view_state() if self.store is not None else {}
        self._view.set_orbit(OrbitState.from_plain(state.get("orbit")))
        if self.store is None:
            return
        self._view.set_frame(int(state.get("frame", 0)))
        track, span = state.get("track"), state.get("range")
        self._view.select(int(track) if track is not None else None)
        self._view.set_range((int(span[0]), int(span[1])) if span else None)

    def _index(self, video: Video) -> None:
        if video.indexed:
            self._on_indexed(video, None)
            return
        self.index_progress.emit(0.0)
        self._files.submit(
            Job(video.build_index, key="index"),
            succeeded=partial(self._on_indexed, video),
            failed=self._notices.tell_error,
            reported=self.index_progress.emit,
        )

    def _on_indexed(self, video: Video, _index: object) -> None:
        if video is not self.video:
            return
        self._view.set_frame_count(video.frame_count)
        self.index_progress.emit(None)
        self.indexed.emit()
        self._tell_notices(video)
        if self.store is not None:
            self._compare(self.store, video)

    def _tell_notices(self, video: Video) -> None:
        """What is known of a damaged file: much of it is found only by indexing and decoding.

        One sentence about damage grows frame by frame; it is said once, and the video panel shows it whole.
        """
        if video.notices == self._found:
            return
        self._found = video.notices
        for notice in self._found:
            if (kind := _NUMBERS.sub("", notice)) not in self._told:
                self._told.add(kind)
                self._notices.tell(notice, kind="warning")
        self.noticed.emit()

    def _compare(self, store: Store, video: Video) -> None:
        from pipeline.session.open import check_identity

        try:
            notice = check_identity(store, video)
        except SessionError as error:
            self._notices.tell_error(error)
            return
        if notice:
            self._notices.tell(notice, kind="warning")


def _presence(store: Store) -> Presence:
    from pipeline.session.presence import Presence

    return store.companion(Presence)


def _look_through(store: Store) -> None:
    """Read what the window reads first, so that a damaged session does not keep the video from being seen.

    Raises:
        SessionError: It cannot be read; it was closed.
    """
    try:
        store.view_state()
        _presence(store).tracks()
    except SessionError:
        store.close()
        raise


def _open_video(path: Path, cache_bytes: int) -> Video:
    """On the io lane."""
    from pipeline.session.open import index_path
    from pipeline.video import open_video

    return open_video(path, cache_bytes=cache_bytes, index_file=index_path(path))
