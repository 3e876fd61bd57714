"""What `retake doctor` looks at of the engines: whether they run, and what theirs needs that only they can see."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator

from pipeline.diagnosis import Finding, finding_of
from pipeline.engines import environment
from pipeline.engines.command import WORKER
from pipeline.engines.environment import EngineStatus, Place
from pipeline.engines.registry import ENGINES
from pipeline.engines.remote.address import USE
from pipeline.errors import UserError

_DOCTORS = {"humans4d": "pipeline.engines.humans4d.doctor"}
"""Modules that examine an engine's environment from inside, and print findings."""

_SECONDS = 600.0
"""The first time, checksums of 6 GB are made, on a slow disk at 20 MB/s."""


def engines(*, verify: bool = False) -> Iterator[Finding]:
    """Each engine; one that is not installed is a fault only if no other works."""
    found = {name: _status(name) for name in ENGINES}
    some_work = any(isinstance(status, EngineStatus) and status.installed for status in found.values())
    for name, status in found.items():
        if isinstance(status, UserError):
            yield Finding("engines", False, f"Engine {name}: {status.message}", status.hint)
            continue
        yield _judge(name, status, some_work=some_work)
        if name in _DOCTORS and (status.installed or not status.own):
            yield from _inside(name, verify=verify)


def _status(name: str) -> EngineStatus | UserError:
    try:
        return environment.check(name)
    except UserError as error:
        return error


def _judge(name: str, status: EngineStatus, *, some_work: bool) -> Finding:
    if status.installed:
        return Finding("engines", True, f"Engine {name} {status.version}: {status.python or 'by a command'}")
    absent = status.own and status.python is None
    good = None if absent and some_work else False
    return Finding("engines", good, f"Engine {name}: {status.problem}", _mend(name, status))


def _mend(name: str, status: EngineStatus) -> str:
    if ENGINES[name].remote:
        return f"Say where the service is: {USE}"
    install = f"retake engines install {name}"
    return (
        install if status.own else f"Mend it, choose another with `retake engines use {name}`, or {install}"
    )


def _inside(name: str, *, verify: bool) -> Iterator[Finding]:
    """What the engine's own Python sees."""
    place = environment.place_of(name)
    if place.python is None:
        yield _elsewhere(name, place)
        return
    argv = (str(place.python), "-m", _DOCTORS[name], *(("--verify",) if verify else ()))
    command = place.probe()  # for its environment
    said = ""
    try:
        done = subprocess.run(
            argv, env=dict(command.env), cwd=command.cwd, capture_output=True, text=True, timeout=_SECONDS
        )
        said = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        yield from map(finding_of, json.loads(done.stdout.splitlines()[-1])["findings"])
    except (OSError, ValueError, LookupError, TypeError, subprocess.TimeoutExpired) as error:
        yield Finding(name, False, f"Engine {name} could not be examined: {said or error}", _line(argv))


def _elsewhere(name: str, place: Place) -> Finding:
    """An engine behind a command is on a machine, or in a system, that this one cannot look into."""
    doctor = _DOCTORS[name]
    words = [doctor if word == WORKER else word for word in place.command if word != place.spec.target]
    there = shlex.join(words) if doctor in words else f"run there, in its environment: python -m {doctor}"
    text = f"Engine {name} runs by a command: its packages, GPU and weights cannot be examined from here"
    return Finding(name, None, text, f"To examine it: {there}")


def _line(argv: tuple[str, ...]) -> str:
    return f"See what this says: {shlex.join(argv)}"
