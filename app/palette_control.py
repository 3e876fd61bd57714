"""What the command palette offers: every action, every panel, frames, tracks, recent videos."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from widgets.command_list import Command
from widgets.command_palette import CommandPalette
from widgets.key_caps import native_keys
from widgets.units import format_count, format_time, parse_position

if TYPE_CHECKING:
    from app.compose import Program

_HELD = ("hold_hidden", "see_without_layers", "shuttle_stop", "command_palette")
"""Actions that mean something only while their key is down, and the palette itself."""
_WORDS_BEFORE = re.compile(r"^(?:(?:go|to|frame|time|at)\s+|#)+", re.IGNORECASE)
_MOST_TRACKS = 300


class PaletteControl(QObject):
    """Opens the palette and does what is chosen; all of it is made anew each time, so it is as things are now."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._program = program
        self._palette: CommandPalette | None = None
        self._doers: dict[str, Callable[[str], object]] = {
            "action": lambda id_: program.window.actions_table[id_].trigger(),
            "panel": self._show_panel,
            "track": lambda id_: self._select_track(int(id_)),
            "video": lambda path: program.open(Path(path)),
            "frame": lambda index: program.view.set_frame(int(index)),
            "time": lambda time: program.travel.to_time(float(time)),
        }

    @property
    def palette(self) -> CommandPalette:
        """The palette, made when it is first asked for."""
        if self._palette is None:
            self._palette = CommandPalette(self._program.window)
            self._palette.chosen.connect(self.do)
        return self._palette

    def open(self) -> None:
        """Show it."""
        commands = (*self._actions(), *self._panels(), *self._tracks(), *self._videos())
        self.palette.open_with(commands, self._program.settings.used_commands, self._places)

    def do(self, id: str) -> None:
        """Do a command."""
        kind, _, rest = id.partition(":")
        if kind in ("action", "panel"):
            self._program.settings.add_used_command(id)
        self._doers[kind](rest)

    def _actions(self) -> Iterator[Command]:
        table = self._program.window.actions_table
        for row in table.rows():
            if row.id not in _HELD:
                title = table[row.id].text().replace("&", "").rstrip("…")
                yield Command(
                    f"action:{row.id}", title, row.menu, native_keys(row.keys), table.why_not(row.id)
                )

    def _panels(self) -> Iterator[Command]:
        for name, dock in self._program.window.docks.items():
            yield Command(f"panel:{name}", f"Show {dock.windowTitle()}", "Panel", also="window dock tab")

    def _tracks(self) -> Iterator[Command]:
        for track in self._program.session.tracks()[:_MOST_TRACKS]:
            first = f"Track, from frame {format_count(track.first)}"
            yield Command(f"track:{track.track_id}", track.title, first, also=f"track {track.track_id}")

    def _videos(self) -> Iterator[Command]:
        for path in self._program.settings.recent:
            if path != self._program.session.path:
                yield Command(f"video:{path}", path.name, "Recent video", also=str(path.parent))

    def _places(self, text: str) -> tuple[Command, ...]:
        """A frame or a time, if that is what was typed."""
        place = parse_position(_WORDS_BEFORE.sub("", text))
        if place is None:
            return ()
        video, count = self._program.session.video, self._program.view.frame_count
        why = "" if video is not None else "Open a video first."
        if isinstance(place, int):
            index = min(place, count - 1) if video is not None else place
            rest = "" if index == place else f"the last; there is no {format_count(place)}"
            return (Command(f"frame:{index}", f"Go to Frame {format_count(index)}", rest, why_not=why),)
        return (Command(f"time:{place}", f"Go to {format_time(place)}", "Time", why_not=why),)

    def _show_panel(self, name: str) -> None:
        self._program.window.show_dock(name)
        self._program.window.reach.focus_dock(name)

    def _select_track(self, track: int) -> None:
        """Select it, and go where it can be seen."""
        program = self._program
        program.selection.select_track(track)
        known = next((one for one in program.session.tracks() if one.track_id == track), None)
        if known is not None and not known.first <= program.view.frame_index <= known.last:
            program.view.set_frame(known.first)


def wire_palette(program: Program) -> None:
    """Connect its action."""
    program.window.actions_table.on("command_palette", PaletteControl(program).open)
