"""What is looked at: the state the widgets share. Not undoable."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from pipeline.layers import Layers
from pipeline.orbit_state import OrbitState
from widgets.transport import SPEEDS

Range = tuple[int, int]


class ViewState(QObject):
    """Typed properties; a setter tells only what really changed.

    `frame_index` is the request; the picture that is shown carries an index of its own.

    Signals:
        frame_changed: The frame asked for.
        selection_changed: The selected track or person, or the track marked beside it.
        range_changed: The range to run or export.
        playing_changed: Whether it plays.
        speed_changed: Multiple of the source's rate, without direction.
        layers_changed: What is drawn over the picture.
        hidden_changed: Whether all overlays are hidden for now.
        tool_changed: "select" or "box".
        orbit_changed: How bodies are looked at in 3D.
        solo_changed: The only track that is drawn, if there is one.
    """

    frame_changed = Signal(int)
    selection_changed = Signal()
    range_changed = Signal()
    playing_changed = Signal(bool)
    speed_changed = Signal(float)
    layers_changed = Signal()
    hidden_changed = Signal(bool)
    tool_changed = Signal(str)
    orbit_changed = Signal()
    solo_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._frame_index = 0
        self._frame_count = 0
        self._track: int | None = None
        self._slot: int | None = None
        self._other: int | None = None
        self._range: Range | None = None
        self._direction = 0
        self._speed = 1.0
        self._layers = Layers()
        self._hidden = False
        self._tool = "select"
        self._orbit = OrbitState()
        self._solo: int | None = None

    @property
    def frame_count(self) -> int:
        """How many frames there are; 0 without a video."""
        return self._frame_count

    @property
    def frame_index(self) -> int:
        """The frame asked for."""
        return self._frame_index

    @property
    def selected_track(self) -> int | None:
        """The track whose person is selected in whatever frame."""
        return self._track

    @property
    def other_track(self) -> int | None:
        """A second track, marked to be swapped with the selected one or joined to it."""
        return self._other

    @property
    def selected_slot(self) -> int | None:
        """The person selected in the current frame, if that person belongs to no track."""
        return self._slot

    @property
    def range(self) -> Range | None:
        """First and last frame of the range, both inclusive."""
        return self._range

    @property
    def direction(self) -> int:
        """1 plays forwards, -1 backwards, 0 stands."""
        return self._direction

    @property
    def playing(self) -> bool:
        """Whether it plays."""
        return self._direction != 0

    @property
    def speed(self) -> float:
        """Multiple of the source's rate."""
        return self._speed

    @property
    def layers(self) -> Layers:
        """What is drawn over the picture."""
        return self._layers

    @property
    def hidden(self) -> bool:
        """Whether all overlays are hidden for now."""
        return self._hidden

    @property
    def tool(self) -> str:
        """What is in the hand: "select" or "box"."""
        return self._tool

    @property
    def orbit(self) -> OrbitState:
        """How bodies are looked at in 3D."""
        return self._orbit

    @property
    def solo(self) -> int | None:
        """The only track that is drawn; None draws all that are visible."""
        return self._solo

    def reset(self, frame_count: int) -> None:
        """Begin with another video, or with none."""
        self.set_playing(0)
        self.set_tool("select")
        self.set_solo(None)
        self.select(None)
        self.set_range(None)
        self._frame_count = frame_count
        self._frame_index = 0

    def set_frame_count(self, count: int) -> None:
        """Learn the exact count once the index is there."""
        self._frame_count = count
        if count and self._frame_index >= count:
            self.set_frame(count - 1)

    def set_frame(self, index: int) -> None:
        """Ask for a frame; out of bounds means the nearest there is."""
        index = max(0, min(index, self._frame_count - 1))
        if index == self._frame_index:
            return
        self._frame_index = index
        self.frame_changed.emit(index)
        if self._slot is not None:
            self.select(self._track)

    def step(self, frames: int) -> None:
        """Move by frames."""
        self.set_frame(self._frame_index + frames)

    def select(self, track: int | None, slot: int | None = None) -> None:
        """Select a track, or a person of the current frame who has none, or nothing."""
        chosen = (track, slot if track is None else None)
        if chosen != (self._track, self._slot):
            self._track, self._slot = chosen
            self._other = None
            self.selection_changed.emit()

    def select_other(self, track: int | None) -> None:
        """Mark a second track beside the selected one; the same again takes the mark back."""
        if self._track is None:
            self.select(track)
        elif track != self._track:
            self._other = None if track == self._other else track
            self.selection_changed.emit()

    def set_range(self, span: Range | None) -> None:
        """Set the range, or clear it; the ends may come in any order."""
        span = (min(span), max(span)) if span else None
        if span != self._range:
            self._range = span
            self.range_changed.emit()

    def mark_in(self) -> None:
        """Begin the range here."""
        here = self._frame_index
        end = self._range[1] if self._range and self._range[1] >= here else self._frame_count - 1
        self.set_range((here, end))

    def mark_out(self) -> None:
        """End the range here."""
        here = self._frame_index
        start = self._range[0] if self._range and self._range[0] <= here else 0
        self.set_range((start, here))

    def set_playing(self, direction: int) -> None:
        """Play forwards (1), backwards (-1), or stand (0)."""
        if direction != self._direction:
            self._direction = direction
            self.playing_changed.emit(direction != 0)

    def set_speed(self, speed: float) -> None:
        """Set the speed."""
        if speed != self._speed:
            self._speed = speed
            self.speed_changed.emit(speed)

    def change_speed(self, steps: int) -> None:
        """Take the next faster or slower speed."""
        nearest = min(range(len(SPEEDS)), key=lambda k: abs(SPEEDS[k] - self._speed))
        self.set_speed(SPEEDS[max(0, min(nearest + steps, len(SPEEDS) - 1))])

    def set_layers(self, layers: Layers) -> None:
        """Choose what is drawn."""
        if layers != self._layers:
            self._layers = layers
            self.layers_changed.emit()

    def set_hidden(self, hidden: bool) -> None:
        """Hide or show all overlays."""
        if hidden != self._hidden:
            self._hidden = hidden
            self.hidden_changed.emit(hidden)

    def set_tool(self, tool: str) -> None:
        """Take a tool into the hand."""
        if tool != self._tool:
            self._tool = tool
            self.tool_changed.emit(tool)

    def set_orbit(self, orbit: OrbitState) -> None:
        """Look at bodies in 3D so."""
        if orbit != self._orbit:
            self._orbit = orbit
            self.orbit_changed.emit()

    def set_solo(self, track: int | None) -> None:
        """Draw only one track, whatever its visibility; None draws all that are visible."""
        if track != self._solo:
            self._solo = track
            self.solo_changed.emit()
