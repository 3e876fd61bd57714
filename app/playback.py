"""Getting the picture that is asked for onto the screen, and playing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal

from app.lane import Lane
from app.notices import Notices
from app.view_state import ViewState
from pipeline.errors import VideoError
from pipeline.job import Job
from pipeline.structures import Frame

if TYPE_CHECKING:
    from pipeline.video import Video

_TICK_MS = 8
_AHEAD = 24


class Playback(QObject):
    """Follows `ViewState.frame_index`; decoding is the io lane's work.

    The latest request wins, yet a picture that was decoded is shown also when newer requests
    wait: otherwise a drag over a slow stretch would show nothing at all. At most one picture is
    being decoded and one request waits.

    Signals:
        shown: A picture to paint, and whether it stands in until the exact one is there.
        failed: The frame that cannot be decoded, and why.
        cache_changed: Other frames are in the cache than before.
    """

    shown = Signal(object, bool)
    failed = Signal(int, str)
    cache_changed = Signal()

    def __init__(self, view: ViewState, lane: Lane, notices: Notices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._lane = lane
        self._notices = notices
        self._video: Video | None = None
        self._pending: Job | None = None
        self._movement = 1
        self._asked = -1
        self._prefetch = True
        self._ticking = False
        self._held = False
        self._clock = QElapsedTimer()
        self._origin = 0.0
        self._timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer, interval=_TICK_MS)
        self._timer.timeout.connect(self._tick)
        view.frame_changed.connect(self._request)
        view.playing_changed.connect(self._on_playing)
        view.speed_changed.connect(self._restart_clock)

    def set_video(self, video: Video | None) -> None:
        """Show another video, or none."""
        self._lane.cancel("frame")
        self._lane.cancel("prefetch")
        self._video = video
        self._pending = None
        self._asked = -1
        if video is not None:
            self._request(self._view.frame_index)

    def set_prefetch(self, prefetch: bool) -> None:
        """Whether to decode ahead in the direction of movement."""
        self._prefetch = prefetch

    def set_held(self, held: bool) -> None:
        """While it plays: no other picture as long as what lies over this one is being drawn."""
        self._held = held

    def toggle(self) -> None:
        """Play, or stand; at the end play from the start."""
        if self._view.playing:
            self._view.set_playing(0)
            return
        if self._view.frame_index >= self._view.frame_count - 1:
            self._view.set_frame(0)
        self._view.set_playing(1)

    def shuttle(self, direction: int) -> None:
        """J and L: play in a direction; again in the same direction: twice as fast."""
        if self._view.direction == direction:
            self._view.change_speed(1)
        else:
            self._view.set_speed(1.0)
            self._view.set_playing(0)
            self._view.set_playing(direction)

    def _request(self, index: int) -> None:
        if self._video is None:
            return
        self._movement = 1 if index >= self._asked else -1
        self._asked = index
        self._lane.cancel("prefetch")
        if self._timer.isActive() and not self._ticking:
            self._restart_clock()  # somebody moved while it plays: the clock goes on from there
        video = self._video
        job = Job(partial(_decode, video, index), key="frame", deliver_when_cancelled=True)
        self._pending = job
        self._lane.submit(
            job,
            succeeded=partial(self._on_frame, video),
            failed=partial(self._on_failure, video, index),
            reported=partial(self._on_stand_in, video),
            ended=partial(self._on_end, job),
        )

    def _on_stand_in(self, video: Video, frame: Frame) -> None:
        if video is self._video:
            self.shown.emit(frame, True)

    def _on_frame(self, video: Video, frame: Frame) -> None:
        if video is not self._video:
            return
        self.shown.emit(frame, False)
        if frame.index == self._asked and not self._timer.isActive():
            self._decode_ahead(video)

    def _on_failure(self, video: Video, index: int, error: Exception) -> None:
        if video is not self._video:
            return
        if not isinstance(error, VideoError):
            self._notices.tell_error(error)
        if not self._timer.isActive():  # while it plays, a damaged stretch would say so at every frame
            self.failed.emit(index, str(error))

    def _on_end(self, job: Job) -> None:
        if self._pending is job:
            self._pending = None

    def _decode_ahead(self, video: Video) -> None:
        self.cache_changed.emit()
        if not self._prefetch:
            return
        index, movement = self._asked, self._movement
        self._lane.submit(
            Job(lambda job: video.prefetch(index, movement, job, _AHEAD), key="prefetch", priority=1),
            ended=self.cache_changed.emit,
        )

    def _on_playing(self, playing: bool) -> None:
        if playing and self._video is not None:
            self._lane.cancel("prefetch")
            self._restart_clock()
            self._timer.start()
        else:
            self._timer.stop()
            if self._video is not None:
                self._decode_ahead(self._video)

    def _restart_clock(self) -> None:
        if self._video is not None:
            self._origin = self._video.time_of(self._view.frame_index)
            self._clock.start()

    def _tick(self) -> None:
        if self._video is None or self._pending is not None or self._held:
            return  # decoding or drawing does not keep up: frames are left out rather than the clock slowed
        view = self._view
        time = self._origin + view.direction * view.speed * self._clock.nsecsElapsed() / 1e9
        last = view.frame_count - 1
        index = max(0, min(self._video.index_at(max(time, 0.0)), last))
        self._ticking = True
        view.set_frame(index)
        self._ticking = False
        if (view.direction > 0 and index >= last) or (view.direction < 0 and time <= 0):
            view.set_playing(0)


def _decode(video: Video, index: int, job: Job) -> Frame:
    """Decode on the io lane: if the exact frame is far, something near it first.

    Only on that long way a newer request interrupts; what was decoded until then stays in the cache.
    """
    stand_in = video.preview(index)
    if stand_in is None:
        return video.frame(index)
    if job.cancelled:
        return stand_in
    job.report(stand_in)
    return video.frame(index, job)
