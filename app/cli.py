"""The console command `retake`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib import import_module
from keyword import iskeyword
from pathlib import Path
from types import ModuleType

from app.crash import write_report
from pipeline.errors import UserError
from pipeline.job import Cancelled

COMMANDS = (
    "demo", "run", "batch", "frame", "info", "export", "import", "report", "serve", "engines", "doctor",
)  # fmt: skip
"""Modules of `app.commands`, imported when asked for: together they take as long to import as the window."""

_NO_TOUR = "--no-tour"

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_CANCELLED = 0, 1, 2, 130

_KEPT = dict.fromkeys(("export", "frame", "import", "report"), "nothing was written")
"""What is left of an interrupted command, where it is not what was done so far."""

EPILOG = """examples:
  retake                     open the window
  retake clip.mp4            open the window on a video
  retake demo                open the window on the demo clip
  retake run clip.mp4        run the engine on the whole clip, without a window

`retake COMMAND --help` explains a command. Exit codes: 0 done, 1 failed or some frames failed, 2 wrong
arguments, 130 interrupted.
"""


def build_parser(names: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """The parser of some commands; the bare `retake [VIDEO]` has none."""
    parser = argparse.ArgumentParser(
        prog="retake",
        usage="retake [--no-tour] [VIDEO]\n       retake COMMAND ...",
        description="Review human mesh recovery on video.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"retake {_version()}")
    commands = parser.add_subparsers(
        prog="retake", title="commands", metavar="COMMAND", dest="chosen", required=True
    )
    for name in names:
        module = _module(name)
        own = commands.add_parser(
            name,
            help=module.HELP,
            description=module.HELP,
            epilog=module.EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(own)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        bare = [argument for argument in arguments if argument != _NO_TOUR]
        if not bare or _is_video(bare):
            return _window(Path(bare[0]) if bare else None, tour=bare == arguments)
        parsed = build_parser(arguments[:1] if arguments[0] in COMMANDS else COMMANDS).parse_args(arguments)
        with _ends_in_order() if parsed.chosen != "demo" else nullcontext():  # a window is closed otherwise
            return int(_module(parsed.chosen).run(parsed))
    except UserError as error:
        print(f"retake: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"  {error.hint}", file=sys.stderr)
        return EXIT_FAILED
    except (Cancelled, KeyboardInterrupt):
        print(
            f"retake: interrupted; {_KEPT.get(''.join(arguments[:1]), 'what was done is kept')}",
            file=sys.stderr,
        )
        return EXIT_CANCELLED
    except BrokenPipeError:
        sys.stderr.close()  # the reader, such as `head`, has gone: nothing to say and nobody to say it to
        return EXIT_OK
    except Exception as error:  # noqa: BLE001 - whatever it is, a person is told it in words
        return _unexpected(error)


def _module(name: str) -> ModuleType:
    """A module cannot be called as a keyword of Python is: `import` is in `import_`."""
    return import_module(f"app.commands.{name}{'_' if iskeyword(name) else ''}")


@contextmanager
def _ends_in_order() -> Iterator[None]:
    """While a command runs, being told to end is what Ctrl+C is: files are closed, half-written ones removed.

    What is ignored, as under nohup, stays ignored.
    """
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]  # Windows has no SIGHUP
    numbers = [signal.Signals[name] for name in names]
    ours = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _unexpected(error: Exception) -> int:
    """Say what nobody foresaw, and where its traceback is."""
    report = write_report(error)
    print(f"retake: unexpected error: {type(error).__name__}: {error}", file=sys.stderr)
    print("  What was done is kept.", f"Report: {report}" if report else "", file=sys.stderr)
    return EXIT_FAILED


def _is_video(arguments: Sequence[str]) -> bool:
    first = arguments[0]
    return len(arguments) == 1 and not first.startswith("-") and first not in COMMANDS


def _window(video: Path | None, *, tour: bool) -> int:
    from app.gui import main as open_window

    return open_window(video, tour=tour)


def _version() -> str:
    from app.versions import package_versions

    return package_versions()["retake"]


if __name__ == "__main__":
    sys.exit(main())
