"""`retake doctor`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from functools import partial

from rich.console import Console
from rich.markup import escape

from app.commands import doctor_machine as machine
from app.commands.doctor_engines import engines
from app.commands.doctor_qt import qt_beside_opencv
from pipeline.diagnosis import Finding

HELP = "Check what Retake needs on this machine."
EPILOG = """examples:
  retake doctor
  retake doctor --json > report.json
  retake doctor --verify

Each line says what was found; a line marked ✗ says what to do. The exit code is 1 if there is one.
The first look at an engine's weights takes checksums of them, which are remembered; --verify takes them anew
and finds files that a failing disk has changed.
"""

_MARKS = {True: "[green]✓[/green]", False: "[red]✗[/red]", None: "·"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How to say it, and how closely to look."""
    parser.add_argument("--json", action="store_true", help="print a list of objects instead of lines")
    parser.add_argument("--verify", action="store_true", help="read all weights anew to find damage")


def run(arguments: argparse.Namespace) -> int:
    """Print the findings."""
    findings = examine(verify=arguments.verify)
    found = _print_json(findings) if arguments.json else _print_lines(findings)
    return int(any(finding.good is False for finding in found))


def examine(*, verify: bool = False) -> Iterator[Finding]:
    """Look at everything, cheapest first."""
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        machine.python,
        machine.packages,
        machine.display,
        qt_beside_opencv,
        machine.drawing,
        machine.video,
        machine.gpu,
        machine.room,
        partial(engines, verify=verify),
    )
    for check in checks:
        yield from check()


def _print_json(findings: Iterator[Finding]) -> list[Finding]:
    found = list(findings)
    print(json.dumps([finding.as_json() for finding in found], indent=1))
    return found


def _print_lines(findings: Iterator[Finding]) -> list[Finding]:
    """Print each as soon as it is found: the engines take their time."""
    console = Console(highlight=False, soft_wrap=True)
    found = []
    with console.status("Looking …"):
        for finding in findings:
            found.append(finding)
            console.print(f"{_MARKS[finding.good]} {escape(finding.text)}")
            if finding.hint:
                console.print(f"    {escape(finding.hint)}")
    return found
