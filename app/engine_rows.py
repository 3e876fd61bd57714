"""Which engines there are and whether they work, as the Models panel shows them."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.engines.command import EngineCommand
from pipeline.engines.environment import EngineStatus
from pipeline.engines.registry import ENGINES
from pipeline.errors import EngineError
from widgets.values import EngineRow


def quick_rows(commands: Callable[[str], EngineCommand]) -> tuple[EngineRow, ...]:
    """What can be told without starting anything: whether an engine's program is there."""
    return tuple(_quick_row(name, commands) for name in ENGINES)


def checked_rows(check: Callable[[str], EngineStatus]) -> tuple[EngineRow, ...]:
    """What a look into each environment tells; starts a process for each."""
    return tuple(_checked_row(name, check) for name in ENGINES)


def _quick_row(name: str, commands: Callable[[str], EngineCommand]) -> EngineRow:
    spec = ENGINES[name]
    try:
        commands(name)
    except EngineError as error:
        problem = "" if error.kind == "not_installed" else error.message
        return EngineRow(name, spec.title, spec.summary, installed=False, problem=problem)
    return EngineRow(name, spec.title, spec.summary)


def _checked_row(name: str, check: Callable[[str], EngineStatus]) -> EngineRow:
    """Broken counts as not installed where installing mends it: not where the user chose the program."""
    spec = ENGINES[name]
    try:
        status = check(name)
    except EngineError as error:
        return EngineRow(name, spec.title, spec.summary, installed=False, problem=error.message)
    if status.installed:
        return EngineRow(name, spec.title, spec.summary)
    missing = status.python is None and status.own
    problem = "" if missing else f"Its environment is broken: {status.problem}."
    return EngineRow(name, spec.title, spec.summary, installed=not status.own, problem=problem)
