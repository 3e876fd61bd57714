"""`retake info`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from app.commands.arguments import add_body, add_videos
from app.commands.videos import named_videos
from pipeline.errors import UserError
from pipeline.formats import ExportSource
from pipeline.job import Job
from pipeline.problems import Thresholds
from pipeline.report.facts import problem_facts, session_facts, video_facts
from pipeline.session.open import index_path, session_path
from pipeline.video import open_video
from widgets.units import format_bytes, format_count

HELP = "Say what videos and their sessions are: frames, runs, tracks, problems, what is reviewed."
EPILOG = """examples:
  retake info clip.mp4
  retake info folder --no-problems
  retake info *.mp4 --json             one object for each video, for scripts

The session is not changed. Exit codes: 0 done, 1 a video or session cannot be read, 2 wrong arguments.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Videos, and how to say it."""
    add_videos(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument(
        "--no-problems", action="store_true", help="do not look for problems, which reads all results"
    )
    add_body(parser)


def run(arguments: argparse.Namespace) -> int:
    """Look at each video; one that cannot be read is said so, and the others are looked at."""
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    found, failed = [], False
    for path in named_videos(arguments.videos):
        try:
            facts = _facts(path, arguments)
        except UserError as error:
            facts, failed = {"path": str(path), "error": str(error)}, True
            console.print(f"{path.name}: {error}", style="red")
        found.append(facts)
        if not arguments.json and "error" not in facts:
            print(*_lines(facts), sep="\n")
    if arguments.json:
        print(json.dumps(found, indent=2))
    return 1 if failed else 0


def _facts(path: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    session = session_path(path)
    if not session.is_file():
        video = open_video(path, index_file=index_path(path))
        try:
            video.build_index()
            return {"path": str(path), "video": video_facts(video), "session": None}
        finally:
            video.close()
    bodies = (arguments.body,) if arguments.body else ()
    with ExportSource(session, path, bodies).opened() as opened:
        facts = session_facts(opened)
        if not arguments.no_problems:
            facts["problems"] = problem_facts(opened, Thresholds(), Job(lambda job: None))
        return {"path": str(path), "video": video_facts(opened.video), "session": facts}


def _lines(facts: dict[str, Any]) -> Iterator[str]:
    yield facts["path"]
    rows = [*_of_video(facts["video"]), *_of_session(facts["session"])]
    yield from (f"  {name:10} {text}" for name, text in rows)


def _of_video(video: dict[str, Any]) -> Iterator[tuple[str, str]]:
    rate = f"{video['rate']:.6g} frames per second{', variable' if video['variable_rate'] else ''}"
    sound = "with sound" if video["audio"] else "no sound"
    yield "Video", f"{video['width']} × {video['height']} px, {rate}, {video['codec']}, {sound}"
    yield "Length", f"{format_count(video['frames'])} frames, {video['duration']:.2f} s"
    yield from (("Note", notice) for notice in video["notices"])


def _of_session(session: dict[str, Any] | None) -> Iterator[tuple[str, str]]:
    if session is None:
        yield "Session", "none yet; make one with: retake run"
        return
    yield "Session", f"{session['path']}, {format_bytes(session['bytes'])}"
    done, failed, left = (format_count(session[f"frames_{what}"]) for what in ("done", "failed", "left"))
    yield "Frames", f"{done} done, {failed} failed, {left} left"
    runs, versions = len(session["runs"]), format_count(session["versions"])
    yield "Runs", f"{runs}, {versions} versions{_spare(session)}"
    yield from (
        ("Engine", f"{engine} ({format_count(n)} frames)") for engine, n in session["engines"].items()
    )
    yield "Tracks", _tracks(session["tracks"])
    share, notes = session["share_reviewed"], session["notes"]
    yield "Reviewed", f"{share:.0%} ({format_count(session['frames_reviewed'])} frames), {notes} notes"
    if problems := session.get("problems"):
        yield "Problems", ", ".join(f"{count} {state}" for state, count in problems.items())


def _spare(session: dict[str, Any]) -> str:
    count, size = session["versions_spare"], session["bytes_spare"]
    return f", of which {format_count(count)} do not count ({format_bytes(size)})" if count else ""


def _tracks(tracks: list[dict[str, Any]]) -> str:
    named = [
        f"{track['name'] or 'Person {}'.format(track['id'])} ({track['frames']})" for track in tracks[:8]
    ]
    more = [f"{len(tracks) - 8} more"] if len(tracks) > 8 else []
    return f"{len(tracks)}: {', '.join(named + more)}" if tracks else "none"
