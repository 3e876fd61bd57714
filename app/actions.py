"""Every action of the window in one table: its text, keys, menu, and what it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from widgets.values import KeyRow

Need = Literal["", "video", "session", "writable", "undo", "redo", "run", "loaded", "unloaded"]

_WHY: dict[Need, str] = {
    "video": "Open a video first.",
    "session": "The session of this video cannot be opened.",
    "writable": "The session of this video cannot be changed.",
    "undo": "Nothing has been edited.",
    "redo": "Nothing has been undone.",
    "run": "Nothing is being run.",
    "loaded": "No engine is loaded.",
    "unloaded": "The engine is loaded.",
}


@dataclass(frozen=True, slots=True)
class Spec:
    """One action.

    Attributes:
        id: What the program calls it.
        text: What people call it; an ellipsis means that something is asked for.
        keys: Shortcuts, the first is shown in the menu.
        menu: Its menu; "A/B" is the submenu B of A.
        need: What must be there for it: a video, a session that may be written, something to undo, a run …
        repeats: Whether holding the key repeats it.
        checkable: Whether it is on or off.
        group: Actions of a menu with different groups have a line between them.
    """

    id: str
    text: str
    keys: tuple[str, ...]
    menu: str
    need: Need = ""
    repeats: bool = False
    checkable: bool = False
    group: int = 0


def _go(id: str, text: str, *keys: str, repeats: bool = True, group: int = 0) -> Spec:
    return Spec(id, text, keys, "Go", "video", repeats, group=group)


MENUS = ("File", "Edit", "Go", "View", "Tracks", "Run", "Window", "Help")

SPECS = (
    Spec("open", "Open Video…", ("Ctrl+O",), "File"),
    Spec("open_folder", "Open Folder of Pictures…", ("Ctrl+Shift+O",), "File"),
    Spec("close_video", "Close Video", ("Ctrl+W",), "File", "video"),
    Spec("export", "Export…", ("Ctrl+Shift+E",), "File", "session", group=1),
    Spec("quit", "Quit", ("Ctrl+Q",), "File", group=2),
    Spec("undo", "Undo", ("Ctrl+Z",), "Edit", "undo", repeats=True),
    Spec("redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "Edit", "redo", repeats=True),
    Spec(
        "draw_box", "Draw a Box Around a Missed Person", ("B",), "Edit", "writable", checkable=True, group=1
    ),
    Spec("escape", "Put the Tool Away, Clear Range or Selection", ("Esc",), "Edit", "video", group=1),
    Spec("preferences", "Preferences…", ("Ctrl+,",), "Edit", group=2),
    _go("play", "Play or Pause", "Space", repeats=False),
    _go("next_frame", "Next Frame", "Right", ".", group=1),
    _go("previous_frame", "Previous Frame", "Left", ",", group=1),
    _go("forward_ten", "Ten Frames Forward", "Shift+Right", group=1),
    _go("back_ten", "Ten Frames Back", "Shift+Left", group=1),
    _go("forward_second", "One Second Forward", "Ctrl+Right", group=1),
    _go("back_second", "One Second Back", "Ctrl+Left", group=1),
    _go("forward_tenth", "10 % Forward", "PgDown", group=1),
    _go("back_tenth", "10 % Back", "PgUp", group=1),
    _go("first", "First Frame", "Home", group=1),
    _go("last", "Last Frame", "End", group=1),
    _go("go_to", "Go to Frame or Time…", "G", "Ctrl+J", repeats=False, group=2),
    _go("next_track_start", "Next Track Start", "Ctrl+E", group=2),
    _go("shuttle_back", "Shuttle Back", "J", repeats=False, group=3),
    _go("shuttle_stop", "Shuttle Stop (held with J or L: One Frame)", "K", repeats=False, group=3),
    _go("shuttle_forward", "Shuttle Forward", "L", repeats=False, group=3),
    _go("slower", "Slower", "[", group=3),
    _go("faster", "Faster", "]", group=3),
    _go("normal_speed", "Normal Speed", "Backspace", group=3),
    _go("mark_in", "Range Starts Here", "I", repeats=False, group=4),
    _go("mark_out", "Range Ends Here", "O", repeats=False, group=4),
    Spec("hold_hidden", "Hide Overlays While Held", ("H",), "View", "video"),
    Spec("hidden", "Hide Overlays", ("Shift+H",), "View", "video", checkable=True),
    Spec("fit", "Fit the Picture", ("Ctrl+0",), "View", "video", group=1),
    Spec("actual", "Actual Pixels", ("Ctrl+Alt+0",), "View", "video", group=1),
    Spec("zoom_in", "Zoom In", ("Ctrl+=", "Ctrl++"), "View", "video", repeats=True, group=1),
    Spec("zoom_out", "Zoom Out", ("Ctrl+-",), "View", "video", repeats=True, group=1),
    Spec("timeline_all", "Whole Timeline", ("Shift+Z",), "View", "video", group=2),
    Spec("rename", "Rename the Selected Track", ("F2",), "Tracks", "writable"),
    Spec("track_again", "Track Again", (), "Tracks", "writable"),
    Spec("cycle", "Select the Next Person", ("`",), "Tracks", "video", repeats=True, group=1),
    *(
        Spec(f"select_{n}", f"Person {n} in This Frame", (str(n),), "Tracks/Select", "video", group=1)
        for n in range(1, 10)
    ),
    *(
        Spec(
            f"assign_{n}",
            f"Track {n}",
            (f"Ctrl+{n}",),
            "Tracks/Assign the Selected Person To",
            "writable",
            group=1,
        )
        for n in range(1, 10)
    ),
    Spec("run_frame", "Run This Frame", ("R",), "Run", "writable"),
    Spec("run_range", "Run the Range", ("Shift+R",), "Run", "writable"),
    Spec("run_all", "Run All Frames", ("Ctrl+R",), "Run", "writable"),
    Spec("run_missing", "Run Frames Without a Result", (), "Run", "writable", group=1),
    Spec("run_failed", "Run Failed Frames Again", (), "Run", "writable", group=1),
    Spec("pause_run", "Pause or Go On", (), "Run", "run", group=2),
    Spec("cancel_run", "Cancel the Run", (), "Run", "run", group=2),
    Spec("load_engine", "Load the Engine", (), "Run", "unloaded", group=3),
    Spec("unload_engine", "Unload the Engine", (), "Run", "loaded", group=3),
    Spec("reset_layout", "Reset Layout", (), "Window", group=1),
    Spec("full_screen", "Full Screen", ("F11",), "Window", checkable=True, group=1),
    Spec("keys", "Keys", ("F1",), "Help"),
    Spec("logs", "Open the Log Folder", (), "Help", group=1),
    Spec("about", "About Retake", (), "Help", group=1),
)


class Actions(QObject):
    """The table as QActions, with their menus."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._actions = {spec.id: self._make(spec, window) for spec in SPECS}
        self._why = dict(_WHY)
        self._met: dict[Need, bool] = dict.fromkeys(_WHY, False)
        self.set_met({"unloaded": True})

    def __getitem__(self, id: str) -> QAction:
        return self._actions[id]

    def on(self, id: str, receiver: Callable[[], object]) -> None:
        """Call `receiver` when the action is chosen."""
        self._actions[id].triggered.connect(lambda _checked=False: receiver())

    def fill(self, menus: dict[str, QMenu]) -> None:
        """Put every action into its menu, with lines between groups."""
        last: dict[str, int] = {}
        for spec in SPECS:
            name, _, submenu = spec.menu.partition("/")
            menu = menus[name]
            if last.get(name, spec.group) != spec.group:
                menu.addSeparator()
            last[name] = spec.group
            if submenu:
                menu = menus.get(spec.menu) or menus.setdefault(spec.menu, menu.addMenu(submenu))
            menu.addAction(self._actions[spec.id])

    def set_why(self, need: Need, why: str) -> None:
        """Say why what needs this cannot be done, from the next `set_met` on; empty for what is always said."""
        self._why[need] = why or _WHY[need]

    def set_met(self, met: Mapping[Need, bool]) -> None:
        """Enable what makes sense now; say why the rest does not. Needs that are left out stay as they are."""
        self._met.update(met)
        for spec in SPECS:
            action, enabled = self._actions[spec.id], not spec.need or self._met[spec.need]
            why = "" if enabled else f"\n{self._why[self._unmet(spec.need)]}"
            action.setEnabled(enabled)
            action.setToolTip(f"{_described(spec)}{why}")

    def _unmet(self, need: Need) -> Need:
        """What to do first: without a video there is nothing to write, undo or run."""
        return need if need in ("loaded", "unloaded") or self._met["video"] else "video"

    def rows(self) -> tuple[KeyRow, ...]:
        """Everything with its keys, for the list of keys."""
        native = QKeySequence.SequenceFormat.NativeText
        return tuple(
            KeyRow(
                spec.menu.replace("/", " › "),
                spec.text.rstrip("…"),
                tuple(shortcut.toString(native) for shortcut in self._actions[spec.id].shortcuts()),
            )
            for spec in SPECS
            if spec.keys
        )

    def _make(self, spec: Spec, window: QWidget) -> QAction:
        action = QAction(spec.text, window)
        action.setObjectName(spec.id)
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setAutoRepeat(spec.repeats)
        action.setCheckable(spec.checkable)
        action.setToolTip(_described(spec))
        window.addAction(action)
        return action


def _described(spec: Spec) -> str:
    keys = ", ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in spec.keys)
    return f"{spec.text.rstrip('…')} ({keys})" if keys else spec.text.rstrip("…")
