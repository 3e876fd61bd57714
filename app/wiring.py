"""Which signal goes where: widgets report wishes, services tell facts, and neither knows the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from app.dropping import receive
from app.engine_control import LOAD_AGAIN, REPAIR
from app.inference import RESUME
from app.reporting import OPEN_REPORT
from app.screen import Screen
from widgets.theme import apply_theme
from widgets.values import Preferences

if TYPE_CHECKING:
    from app.compose import Program

RUN_ALL = "Run All Frames"


def wire(program: Program) -> None:
    """Connect everything but the actions."""
    _wire_picture(program)
    _wire_transport(program)
    _wire_timeline(program)
    _wire_tracks(program)
    _wire_engine(program)
    _wire_notices(program)
    _wire_preferences(program)


def _wire_picture(program: Program) -> None:
    view, picture, playback, overlay = (
        program.view,
        program.window.frame_view,
        program.playback,
        program.overlay,
    )

    screen = Screen(picture, view, playback, overlay)

    def empty() -> None:
        playback.set_video(None)
        screen.clear()

    def refuse(index: int, why: str) -> None:
        program.session.tell_damage()  # before it, so that what was asked for just now is on top
        program.notices.tell(f"Frame {index} cannot be shown.", why, "error")

    playback.failed.connect(refuse)
    for decoded in (playback.cache_changed, program.inference.over):
        decoded.connect(program.session.tell_damage)
    program.session.opened.connect(lambda: playback.set_video(program.session.video))
    program.session.closed.connect(empty)
    overlay.people_changed.connect(picture.set_people)
    picture.person_clicked.connect(program.selection.select_slot)
    picture.scrub_requested.connect(program.view.step)
    for signal in (picture.files_dropped, program.window.files_dropped):
        signal.connect(partial(receive, program))
    view.hidden_changed.connect(picture.set_overlay_hidden)
    view.tool_changed.connect(picture.set_tool)
    _wire_layers(program)


def _wire_layers(program: Program) -> None:
    view, layers = program.view, program.window.layers_bar
    view.set_layers(program.settings.layers)
    layers.set_layers(view.layers)
    layers.layers_changed.connect(view.set_layers)
    layers.hidden_toggled.connect(view.set_hidden)
    view.hidden_changed.connect(layers.set_hidden)


def _wire_transport(program: Program) -> None:
    view, transport, go_to = program.view, program.window.transport, program.window.go_to
    transport.play_toggled.connect(program.playback.toggle)
    transport.step_requested.connect(view.step)
    transport.seek_requested.connect(view.set_frame)
    transport.time_requested.connect(program.travel.to_time)
    transport.speed_changed.connect(view.set_speed)
    view.playing_changed.connect(transport.set_playing)
    view.speed_changed.connect(transport.set_speed)
    go_to.seek_requested.connect(view.set_frame)
    go_to.time_requested.connect(program.travel.to_time)


def _wire_timeline(program: Program) -> None:
    view, timeline = program.view, program.window.timeline
    timeline.frame_requested.connect(view.set_frame)
    timeline.drag_started.connect(lambda: view.set_playing(0))
    timeline.range_selected.connect(lambda first, last: view.set_range((first, last)))
    timeline.range_cleared.connect(lambda: view.set_range(None))
    timeline.track_selected.connect(program.selection.select_track)
    timeline.other_selected.connect(view.select_other)


def _wire_tracks(program: Program) -> None:
    tracks, editing, inspector = program.window.tracks, program.editing, program.window.inspector
    tracks.track_selected.connect(program.selection.select_track)
    tracks.other_selected.connect(program.view.select_other)
    tracks.rename_requested.connect(editing.rename)
    tracks.color_requested.connect(editing.recolor)
    tracks.visibility_requested.connect(editing.show_track)
    tracks.frame_requested.connect(program.view.set_frame)
    inspector.version_requested.connect(editing.use_version)
    inspector.run_requested.connect(program.run_wishes.this_frame)
    inspector.accept_requested.connect(
        lambda index: program.accepting.accept(program.view.frame_index, index)
    )


def _wire_engine(program: Program) -> None:
    panel, engine, inference = program.window.models, program.engine, program.inference
    engine.state_changed.connect(panel.set_state)
    engine.statuses_changed.connect(panel.set_statuses)
    engine.log_changed.connect(panel.set_log_tail)
    engine.detail_changed.connect(panel.set_engine_detail)
    engine.engines_changed.connect(panel.set_engines)
    panel.engine_chosen.connect(engine.choose)
    panel.load_requested.connect(engine.load)
    panel.retry_requested.connect(engine.retry)
    panel.cancel_requested.connect(engine.cancel)
    panel.unload_requested.connect(engine.unload)
    panel.install_requested.connect(engine.install)
    panel.body_model_requested.connect(program.dialogs.choose_body)
    panel.builtin_body_requested.connect(program.dialogs.use_builtin_body)
    panel.gender_chosen.connect(program.dialogs.use_gender)
    _wire_import(program)
    status = program.window.run_status
    inference.progress_changed.connect(status.set_run)
    status.cancel_requested.connect(inference.cancel)
    status.pause_toggled.connect(inference.toggle_pause)
    program.gauge.measured.connect(program.window.memory_gauge.add_sample)


def _wire_import(program: Program) -> None:
    panel, bodies = program.window.models, program.body_import
    panel.smpl_file_given.connect(bodies.take)
    bodies.busy_changed.connect(panel.set_import_busy)
    bodies.refused.connect(panel.set_import_problem)
    bodies.imported.connect(program.engine.retry)
    bodies.imported.connect(program.overlay.refresh)


def _wire_notices(program: Program) -> None:
    bar, engine = program.window.message_bar, program.engine
    answers: dict[str, Callable[[], object]] = {
        "Install": lambda: engine.install(engine.name),
        REPAIR: lambda: engine.install(engine.name, fresh=True),
        "Retry": engine.retry,
        LOAD_AGAIN: lambda: engine.load(engine.name),
        RESUME: program.inference.resume,
        RUN_ALL: program.window.actions_table["run_all"].trigger,
        OPEN_REPORT: lambda: program.reporting.open(),
    }
    program.notices.posted.connect(bar.show_message)
    program.inference.begun.connect(lambda: bar.withdraw(RUN_ALL))
    bar.action_requested.connect(lambda action: answers[action]())


def _wire_preferences(program: Program) -> None:
    theme = program.settings.preferences.theme  # as it was put on before there was a window

    def take(preferences: Preferences) -> None:
        nonlocal theme
        application = QApplication.instance()
        if isinstance(application, QApplication) and preferences.theme != theme:
            theme = preferences.theme
            apply_theme(application, theme)
        program.playback.set_prefetch(preferences.prefetch)
        program.window.models.set_body_model(Path(preferences.body_model).name)
        program.window.models.set_gender(preferences.gender)

    program.settings.preferences_changed.connect(take)
    take(program.settings.preferences)
