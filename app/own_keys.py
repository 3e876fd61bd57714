"""What knows of keys besides the actions follows the reviewer's own: keys that are held, and tooltips."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.key_caps import native_keys

if TYPE_CHECKING:
    from app.compose import Program

_BUTTONS = {
    "first": "first",
    "back": "previous_frame",
    "play": "play",
    "forward": "next_frame",
    "last": "last",
}


def wire_keys(program: Program) -> None:
    """Tell them now and at every change."""
    actions = program.window.actions_table
    program.travel.follow_keys(actions["shuttle_stop"], actions["hold_hidden"])
    actions.keys_changed.connect(lambda: _tell(program))
    _tell(program)


def _tell(program: Program) -> None:
    window = program.window
    tips = {button: " or ".join(_keys(program, id_)) for button, id_ in _BUTTONS.items()}
    named = (("slower", "slower"), ("faster", "faster"), ("normal", "normal_speed"))
    tips["speed"] = ", ".join(f"{name} {keys[0]}" for name, id_ in named if (keys := _keys(program, id_)))
    window.transport.set_keys(tips)
    window.layers_bar.set_keys(_first(program, "hidden"), _first(program, "hold_hidden"))
    opens = _first(program, "open")
    window.frame_view.set_message(f"Drop a video here or press {opens}" if opens else "Drop a video here")


def _keys(program: Program, id: str) -> tuple[str, ...]:
    return native_keys(program.window.actions_table.keys(id))


def _first(program: Program, id: str) -> str:
    return next(iter(_keys(program, id)), "")
