"""Which engines there are and whether they work, as the Models panel shows them."""

from __future__ import annotations

from collections.abc import Callable

from app.estimate import speed
from pipeline.engines.command import EngineCommand
from pipeline.engines.engine import EngineInfo
from pipeline.engines.environment import EngineStatus
from pipeline.engines.registry import ENGINES, EngineSpec
from pipeline.engines.remote.address import no_address
from pipeline.errors import EngineError
from widgets.values import EngineRow


def quick_rows(commands: Callable[[str], EngineCommand]) -> tuple[EngineRow, ...]:
    """What can be told without starting anything: whether an engine's program is there."""
    return tuple(_quick_row(name, commands) for name in ENGINES)


def checked_rows(check: Callable[[str], EngineStatus]) -> tuple[EngineRow, ...]:
    """What a look into each environment tells; starts a process for each."""
    return tuple(_checked_row(name, check) for name in ENGINES)


def engine_detail(info: EngineInfo) -> str:
    """What a loaded engine says of itself: "4D-Humans 1.0 · cpu · neutral body · about 45 s a frame"."""
    body = f"{info.gender} body" if info.gender else ""
    said = (f"{info.name} {info.version}", info.device, info.detail, body, speed(info))
    return " · ".join(part for part in said if part)


def _quick_row(name: str, commands: Callable[[str], EngineCommand]) -> EngineRow:
    try:
        commands(name)
    except EngineError as error:
        problem = "" if error.kind == "not_installed" else str(error)
        return _row(ENGINES[name], installed=False, problem=problem)
    return _row(ENGINES[name])


def _checked_row(name: str, check: Callable[[str], EngineStatus]) -> EngineRow:
    """Broken counts as not installed where installing mends it: not where the user chose the program."""
    try:
        status = check(name)
    except EngineError as error:
        return _row(ENGINES[name], installed=False, problem=error.message)
    if status.installed:
        return _row(ENGINES[name])
    missing = status.python is None and status.own
    problem = "" if missing else f"Its environment is broken: {status.problem}."
    if ENGINES[name].remote:
        problem = str(no_address()) if missing else f"{status.problem[:1].upper()}{status.problem[1:]}."
    return _row(ENGINES[name], installed=not status.own, problem=problem)


def _row(spec: EngineSpec, *, installed: bool = True, problem: str = "") -> EngineRow:
    return EngineRow(spec.name, spec.title, spec.summary, installed, problem, spec.own_body, not spec.remote)
