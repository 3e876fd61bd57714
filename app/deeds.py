"""What each action does."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.recent import Recent
from app.selection import wanted_track

if TYPE_CHECKING:
    from app.compose import Program


def wire_actions(program: Program) -> None:
    """Connect every action of the table."""
    _files(program)
    _edits(program)
    _travel(program)
    _view(program)
    _tracks(program)
    _runs(program)


def _files(program: Program) -> None:
    on, window, dialogs = program.window.actions_table.on, program.window, program.dialogs
    on("open", dialogs.open_video)
    on("open_folder", dialogs.open_folder)
    on("close_video", program.session.close)
    on("export", program.exporting.open)
    on("quit", window.close)
    on("keys", dialogs.keys)
    on("about", dialogs.about)
    on("logs", dialogs.logs)
    Recent(window.menus["Recent"], program.settings, program.open)


def _edits(program: Program) -> None:
    actions, editing, view = program.window.actions_table, program.editing, program.view
    actions.on("undo", editing.undo)
    actions.on("redo", editing.redo)
    actions.on("preferences", program.dialogs.preferences)
    actions.on("escape", program.travel.escape)
    actions.on("draw_box", lambda: view.set_tool("select" if view.tool == "box" else "box"))
    view.tool_changed.connect(lambda tool: actions["draw_box"].setChecked(tool == "box"))

    def name_steps(undo: str, redo: str) -> None:
        writable = program.session.writable
        for id, text, label in (("undo", "Undo", undo), ("redo", "Redo", redo)):
            actions[id].setText(f"{text} {label[:1].lower()}{label[1:]}" if label else text)
        actions.set_met({"undo": bool(undo) and writable, "redo": bool(redo) and writable})

    editing.history_changed.connect(name_steps)


def _travel(program: Program) -> None:
    on, view, travel, playback = (
        program.window.actions_table.on,
        program.view,
        program.travel,
        program.playback,
    )
    on("play", playback.toggle)
    for id, frames in (("next_frame", 1), ("previous_frame", -1), ("forward_ten", 10), ("back_ten", -10)):
        on(id, partial(view.step, frames))
    on("forward_second", partial(travel.by_time, 1.0))
    on("back_second", partial(travel.by_time, -1.0))
    on("forward_tenth", partial(travel.by_share, 0.1))
    on("back_tenth", partial(travel.by_share, -0.1))
    on("first", partial(view.set_frame, 0))
    on("last", travel.to_last)
    on("go_to", lambda: program.window.go_to.open_at(view.frame_index, view.frame_count))
    on("next_track_start", travel.to_next_track_start)
    on("shuttle_back", partial(travel.shuttle, -1))
    on("shuttle_stop", travel.shuttle_stop)
    on("shuttle_forward", partial(travel.shuttle, 1))
    for id in ("shuttle_back", "shuttle_forward"):
        travel.stepping_changed.connect(program.window.actions_table[id].setAutoRepeat)
    on("slower", partial(view.change_speed, -1))
    on("faster", partial(view.change_speed, 1))
    on("normal_speed", partial(view.set_speed, 1.0))
    on("mark_in", view.mark_in)
    on("mark_out", view.mark_out)


def _view(program: Program) -> None:
    actions, view, window = program.window.actions_table, program.view, program.window
    actions.on("hold_hidden", program.travel.hold_hidden)
    actions.on("hidden", lambda: view.set_hidden(not view.hidden))
    view.hidden_changed.connect(actions["hidden"].setChecked)
    actions.on("fit", window.frame_view.fit)
    actions.on("actual", window.frame_view.zoom_actual)
    actions.on("zoom_in", window.frame_view.zoom_in)
    actions.on("zoom_out", window.frame_view.zoom_out)
    actions.on("timeline_all", window.timeline.zoom_all)
    actions.on("reset_layout", window.reset_layout)
    actions.on(
        "full_screen", lambda: window.showNormal() if window.isFullScreen() else window.showFullScreen()
    )


def _tracks(program: Program) -> None:
    on, selection = program.window.actions_table.on, program.selection

    def rename() -> None:
        track = wanted_track(program.view, program.notices)
        if track is not None:
            program.window.show_dock("tracks")
            program.window.tracks.edit_name(track)

    on("rename", rename)
    on("track_again", program.retracking.start)
    on("cycle", selection.cycle)
    for number in range(1, 10):
        on(f"select_{number}", partial(selection.select_person, number))
        on(f"assign_{number}", partial(program.editing.assign, number))


def _runs(program: Program) -> None:
    on, inference, engine, wishes = (
        program.window.actions_table.on,
        program.inference,
        program.engine,
        program.run_wishes,
    )
    on("run_frame", wishes.this_frame)
    on("run_range", wishes.range)
    on("run_all", wishes.all)
    on("run_missing", wishes.missing)
    on("run_failed", wishes.failed)
    on("pause_run", inference.toggle_pause)
    on("cancel_run", inference.cancel)
    on("load_engine", lambda: engine.load(engine.name))
    on("unload_engine", engine.unload)
    for signal in (inference.begun, inference.over, engine.state_changed):
        signal.connect(partial(_tell_what_runs, program))


def _tell_what_runs(program: Program, *_state: str) -> None:
    state = program.engine.state
    program.window.actions_table.set_met(
        {
            "run": program.inference.running,
            "loaded": state in ("loading", "ready"),
            "unloaded": state in ("stopped", "failed", "dead"),
        }
    )
