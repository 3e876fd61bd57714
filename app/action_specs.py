"""The table of all actions, menu by menu: what each is called, its keys, what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Need = Literal["", "video", "session", "writable", "undo", "redo", "run", "loaded", "unloaded"]

WHY: dict[Need, str] = {
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


MENUS = ("File", "Edit", "Go", "View", "Tracks", "Run", "Analyze", "Window", "Help")

_FILE = (
    Spec("open", "Open Video…", ("Ctrl+O",), "File"),
    Spec("open_folder", "Open Folder of Pictures…", ("Ctrl+Shift+O",), "File"),
    Spec("close_video", "Close Video", ("Ctrl+W",), "File", "video"),
    Spec("export", "Export…", ("Ctrl+Shift+E",), "File", "session", group=1),
    Spec("import", "Import Results…", ("Ctrl+Shift+I",), "File", "writable", group=1),
    Spec("prune", "Remove Old Versions…", (), "File", "writable", group=1),
    Spec("quit", "Quit", ("Ctrl+Q",), "File", group=2),
)

_EDIT = (
    Spec("undo", "Undo", ("Ctrl+Z",), "Edit", "undo", repeats=True),
    Spec("redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "Edit", "redo", repeats=True),
    Spec(
        "draw_box", "Draw a Box Around a Missed Person", ("B",), "Edit", "writable", checkable=True, group=1
    ),
    Spec("escape", "Put the Tool Away, Clear Range or Selection", ("Esc",), "Edit", "video", group=1),
    Spec("preferences", "Preferences…", ("Ctrl+,",), "Edit", group=2),
)

_GO = (
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
    _go("previous_problem", "Previous Problem", "Up", group=2),
    _go("next_problem", "Next Problem", "Down", group=2),
    _go("next_track_start", "Next Track Start", "Ctrl+E", group=2),
    _go("shuttle_back", "Shuttle Back", "J", repeats=False, group=3),
    _go("shuttle_stop", "Shuttle Stop (held with J or L: One Frame)", "K", repeats=False, group=3),
    _go("shuttle_forward", "Shuttle Forward", "L", repeats=False, group=3),
    _go("slower", "Slower", "[", group=3),
    _go("faster", "Faster", "]", group=3),
    _go("normal_speed", "Normal Speed", "Backspace", group=3),
    _go("mark_in", "Range Starts Here", "I", repeats=False, group=4),
    _go("mark_out", "Range Ends Here", "O", repeats=False, group=4),
)

_VIEW = (
    Spec("hold_hidden", "Hide Overlays While Held", ("H",), "View", "video"),
    Spec("see_without_layers", "See Without Layers While Held", ("\\",), "View", "video"),
    Spec("hidden", "Hide Overlays", ("Shift+H",), "View", "video", checkable=True),
    Spec("fit", "Fit the Picture", ("Ctrl+0",), "View", "video", group=1),
    Spec("actual", "Actual Pixels", ("Ctrl+Alt+0",), "View", "video", group=1),
    Spec("zoom_in", "Zoom In", ("Ctrl+=", "Ctrl++"), "View", "video", repeats=True, group=1),
    Spec("zoom_out", "Zoom Out", ("Ctrl+-",), "View", "video", repeats=True, group=1),
    Spec("timeline_all", "Whole Timeline", ("Shift+Z",), "View", "video", group=2),
    *(
        Spec(id, text, (key,), "View/Compare Versions", "video", checkable=True, group=3)
        for id, text, key in (
            ("compare_wipe", "Wipe", "Ctrl+Alt+C"),
            ("compare_flicker", "Flicker", "Ctrl+Alt+F"),
            ("compare_side", "Side by Side", "Ctrl+Alt+S"),
        )
    ),
    Spec("orbit", "3D View", ("F3",), "View", checkable=True, group=3),
    *(
        Spec(f"orbit_{side}", f"3D View {text}", (key,), "View/3D View From", "video", group=3)
        for side, text, key in (
            ("camera", "Through the Video's Camera", "F4"),
            ("front", "from the Front", "F7"),
            ("side", "from the Side", "F8"),
            ("top", "from the Top", "F9"),
            ("all", "of Everybody", "Shift+F3"),
        )
    ),
)

_TRACKS = (
    Spec("rename", "Rename the Selected Track", ("F2",), "Tracks", "writable"),
    Spec("color", "Colour the Selected Track…", (), "Tracks", "writable"),
    Spec("hide", "Hide or Show the Selected Track", (), "Tracks", "writable"),
    Spec("solo", "Show Only the Selected Track", ("Alt+S",), "Tracks", "video", checkable=True),
    Spec("track_again", "Track Again", (), "Tracks", "writable"),
    Spec("swap", "Swap with Another Track from Here On…", ("Ctrl+T",), "Tracks", "writable", group=2),
    Spec("merge", "Merge into Another Track…", ("M",), "Tracks", "writable", group=2),
    Spec("split", "Split the Track Here", ("Alt+M",), "Tracks", "writable", group=2),
    Spec("reassign", "Move the Range to Another Track…", ("Shift+M",), "Tracks", "writable", group=2),
    Spec("delete_here", "Delete the Person in This Frame", ("Delete",), "Tracks/Delete", "writable", group=2),
    Spec(
        *("delete_range", "Delete the Person in the Range", ("Shift+Delete",), "Tracks/Delete", "writable"),
        group=2,
    ),
    Spec(
        *("delete_on", "Delete the Person from Here On", ("Ctrl+Delete",), "Tracks/Delete", "writable"),
        group=2,
    ),
    Spec(
        *("delete_track", "Delete the Whole Track", ("Ctrl+Shift+Backspace",), "Tracks/Delete", "writable"),
        group=2,
    ),
    Spec("bring_back", "Bring Deleted People of This Frame Back", (), "Tracks", "writable", group=2),
    Spec("bring_back_range", "Bring Deleted People of the Range Back", (), "Tracks", "writable", group=2),
    Spec("fill_gaps", "Fill Gaps of the Selected Track", (), "Tracks", "writable", group=3),
    Spec("smooth", "Smooth the Selected Track", (), "Tracks", "writable", group=3),
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
)

_RUN = (
    Spec("run_frame", "Run This Frame", ("R",), "Run", "writable"),
    Spec("run_range", "Run the Range", ("Shift+R",), "Run", "writable"),
    Spec("run_all", "Run All Frames", ("Ctrl+R",), "Run", "writable"),
    Spec("run_missing", "Run Frames Without a Result", (), "Run", "writable", group=1),
    Spec("run_failed", "Run Failed Frames Again", (), "Run", "writable", group=1),
    Spec("run_problems", "Run Frames With Problems Again", (), "Run", "writable", group=1),
    Spec("pause_run", "Pause or Go On", (), "Run", "run", group=2),
    Spec("cancel_run", "Cancel the Run", (), "Run", "run", group=2),
    Spec("load_engine", "Load the Engine", (), "Run", "unloaded", group=3),
    Spec("unload_engine", "Unload the Engine", (), "Run", "loaded", group=3),
)

_ANALYZE = (
    Spec("verified", "Mark This Frame Verified", ("V",), "Analyze", "writable"),
    Spec("problem", "Mark This Frame a Problem", ("X",), "Analyze", "writable"),
    Spec("ignored", "Ignore This Frame", ("Alt+X",), "Analyze", "writable"),
    Spec("range_verified", "Mark the Range Verified", ("Shift+V",), "Analyze", "writable", group=1),
    Spec("range_problem", "Mark the Range a Problem", ("Shift+X",), "Analyze", "writable", group=1),
    Spec("range_ignored", "Ignore the Range", (), "Analyze", "writable", group=1),
    Spec("track_verified", "Mark the Selected Track Verified", (), "Analyze", "writable", group=1),
    Spec("track_problem", "Mark the Selected Track a Problem", (), "Analyze", "writable", group=1),
    Spec("track_ignored", "Ignore the Selected Track", (), "Analyze", "writable", group=1),
    Spec("next_unreviewed", "Next Frame Not Reviewed", ("U",), "Analyze", "video", group=2),
    Spec("add_note", "Write a Note…", ("N",), "Analyze", "writable", group=2),
    Spec("plots", "Show Plots", ("F5",), "Analyze", group=3),
    Spec("plots_fit", "Fit the Plots", (), "Analyze", "video", group=3),
    Spec("plots_csv", "Export Plotted Numbers as CSV…", (), "Analyze", "video", group=3),
    Spec("plots_svg", "Export Plots as SVG…", (), "Analyze", "video", group=3),
    Spec("plots_png", "Export Plots as PNG…", (), "Analyze", "video", group=3),
    *(
        Spec(id, text, (), "Analyze/Camera and Floor", "writable", group=4)
        for id, text in (
            ("focal_length", "Set the Focal Length…"),
            ("import_camera", "Import a Solved Camera…"),
            ("scale_from_feet", "Scale of the Camera from the Selected Track's Feet"),
            ("floor_from_feet", "Floor from the Selected Track's Feet"),
        )
    ),
    Spec("report", "Review Report…", (), "Analyze", "session", group=3),
)

_WINDOW = (
    Spec("next_pane", "Next Pane", ("F6",), "Window", group=2),
    Spec("previous_pane", "Previous Pane", ("Shift+F6",), "Window", group=2),
    Spec("reset_layout", "Reset Layout", (), "Window", group=1),
    Spec("full_screen", "Full Screen", ("F11",), "Window", checkable=True, group=1),
)

_HELP = (
    Spec("command_palette", "Find a Command…", ("Ctrl+K",), "Help"),
    Spec("keys", "Keys", ("F1",), "Help"),
    Spec("tour", "Take the Tour", (), "Help"),
    Spec("open_demo", "Open the Demo Clip", (), "Help"),
    Spec("logs", "Open the Log Folder", (), "Help", group=1),
    Spec("about", "About Retake", (), "Help", group=1),
)

SPECS = (*_FILE, *_EDIT, *_GO, *_VIEW, *_TRACKS, *_RUN, *_ANALYZE, *_WINDOW, *_HELP)
