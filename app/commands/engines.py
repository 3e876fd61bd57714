"""`retake engines`."""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.engines import environment
from pipeline.engines.registry import ENGINES
from pipeline.engines.remote.address import read_address
from pipeline.errors import UserError

HELP = "List, install, check and choose engines."
EPILOG = """examples:
  retake engines list
  retake engines install mediapipe
  retake engines use humans4d --python ~/miniconda3/envs/4D-humans/bin/python
  retake engines use humans4d --command 'wsl -d Ubuntu /home/me/env/bin/python -m pipeline.engines.worker'
  retake engines use humans4d --command 'ssh gpu PYTHONPATH=retake env/bin/python -m pipeline.engines.worker'
  retake engines use humans4d --own
  retake engines use remote --url http://127.0.0.1:8000
  retake engines remove mediapipe

An engine runs in a Python environment of its own. `install` makes it, uses it again if it is whole, and mends it
if it is not. `use` points to an environment that already works, here, in WSL or on another machine: --python to
its interpreter, --command to what starts the worker there. Another machine needs a copy of Retake's folder, on
PYTHONPATH; WSL is given the one that is here. The remote engine is a service that `retake serve` runs elsewhere.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The action and what it is about."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    actions.add_parser("list", help="the engines and their state")
    install = actions.add_parser("install", help="make or mend an engine's environment")
    remove = actions.add_parser("remove", help="delete an engine's environment")
    use = actions.add_parser("use", help="choose which Python, or which command, runs an engine")
    for action in (install, remove, use):
        action.add_argument("name", choices=tuple(ENGINES), metavar="NAME", help=", ".join(ENGINES))
    where = use.add_mutually_exclusive_group(required=True)
    where.add_argument("--python", type=Path, metavar="PATH", help="a Python that has the engine's packages")
    where.add_argument(
        "--command", metavar="COMMAND", help="a command that starts the worker, by ssh or in WSL"
    )
    where.add_argument("--own", action="store_true", help="the environment that `install` made")
    where.add_argument("--url", help="for remote: the address of a service, such as http://127.0.0.1:8000")
    use.add_argument(
        "--token",
        default=os.environ.get("RETAKE_TOKEN", ""),
        help="for remote: what the service asks for (default: RETAKE_TOKEN of the environment)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked."""
    console = Console(highlight=False, soft_wrap=True)
    actions = {"list": _list, "install": _install, "remove": _remove, "use": _use}
    return actions[arguments.action](arguments, console)


def _list(arguments: argparse.Namespace, console: Console) -> int:
    table = Table("Engine", "State", "Python", "What it is")
    for name, spec in ENGINES.items():
        status = environment.check(name)
        state = f"ready, {status.version}" if status.installed else status.problem
        table.add_row(name, state, str(status.python or "–"), spec.summary)
    console.print(table)
    return 0


def _install(arguments: argparse.Namespace, console: Console) -> int:
    if environment.check(arguments.name).installed:
        console.print(f"The {arguments.name} engine is installed.")
        return 0
    environment.install(arguments.name, None, partial(console.print, markup=False))
    status = environment.check(arguments.name)
    if not status.installed:
        raise UserError(
            f"The {arguments.name} engine does not work: {status.problem}.", "See the lines above."
        )
    console.print(f"The {arguments.name} engine is installed: {status.version}.")
    return 0


def _remove(arguments: argparse.Namespace, console: Console) -> int:
    environment.uninstall(arguments.name)
    what = "address" if ENGINES[arguments.name].remote else "environment"
    console.print(f"The {what} of the {arguments.name} engine is gone.")
    return 0


def _use(arguments: argparse.Namespace, console: Console) -> int:
    if arguments.url is not None:
        environment.use_service(arguments.name, arguments.url, arguments.token)
        _warn_if_bare(arguments, console)
    else:
        environment.use(arguments.name, python=arguments.python, command=arguments.command)
    status = environment.check(arguments.name)
    console.print(f"{arguments.name}: {'ready, ' + status.version if status.installed else status.problem}")
    return 0 if status.installed else 1


def _warn_if_bare(arguments: argparse.Namespace, console: Console) -> None:
    if read_address(arguments.url).is_bare:
        console.print(
            "Pictures and token travel there unencrypted. Over a network you do not trust, use "
            "ssh -L 8000:127.0.0.1:8000 HOST and --url http://127.0.0.1:8000, or https.",
            style="yellow",
        )
