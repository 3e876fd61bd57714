"""Gathers what a review came to, and writes it as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from pipeline.atomic import replacing, require_suffix, spare
from pipeline.depict import Painter
from pipeline.formats.format import ExportSource, Opened, Written
from pipeline.job import Job
from pipeline.places import resource
from pipeline.problems import BY_KEY, SIGNALS, Problem, ProblemBook, Thresholds
from pipeline.problems.ledger import Ledger
from pipeline.report.pictures import Photographer
from pipeline.session.layered import all_shown
from pipeline.session.reviews import VERDICTS
from pipeline.smpl import find_body
from pipeline.structures import Changes

MOST_PROBLEMS = 60
"""Shown with pictures; a page of more is not read, and hardly opens."""

Stated = tuple[Problem, str]
"""A problem, and "open", "fixed" or "ignored"."""


def write_report(source: ExportSource, path: Path, thresholds: Thresholds, job: Job) -> Written:
    """Write the report of a session to an HTML file that needs no other.

    What was there before is replaced only by a whole file.

    Args:
        source: The session and its video.
        path: The file.
        thresholds: From which values signals are problems.
        job: Told how far it is, and may be cancelled.

    Raises:
        ExportError: A full disk, a folder that refuses, a name of another kind of file, or a path that is the
            video or the session itself.
        SessionError: The session cannot be read.
    """
    spare(path, (source.video_path, source.store_path))
    require_suffix(path, (".html", ".htm"), "Report")
    with source.opened() as opened:
        page = _page(opened, thresholds, job)
    with replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    job.report(1.0)
    return Written((path,))


def _page(opened: Opened, thresholds: Thresholds, job: Job) -> str:
    from jinja2 import Environment  # here, for nothing else needs it

    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        resource("report.html").read_text(encoding="utf-8")
    )
    stated = stated_problems(opened, thresholds, job)
    names = {track.track_id: track.title for track in opened.store.tracks()}
    return template.render(
        version=installed_version("retake"),
        written=f"{datetime.now().astimezone():%Y-%m-%d %H:%M}",
        video=_video(opened),
        reviewed=_reviewed(opened),
        made=tuple(_made(opened)),
        signals=tuple(_by_signal(stated, thresholds)),
        problems=tuple(_shown_problems(opened, stated[:MOST_PROBLEMS], names, job)),
        more=max(len(stated) - MOST_PROBLEMS, 0),
        notes=[
            {
                "where": _where(note.first, note.last, (note.track,) if note.track else (), names),
                "text": note.text,
            }
            for note in opened.store.notes()
        ],
        edits=[label for _id, label, done in opened.store.steps() if done],
    )


def _video(opened: Opened) -> dict[str, str]:
    info = opened.video.info
    variable = ", variable rate" if info.variable_rate else ""
    return {
        "name": info.path.name,
        "size": f"{info.size[0]} × {info.size[1]} px",
        "frames": str(opened.video.frame_count),
        "rate": f"{float(info.rate):.6g} frames per second{variable}",
        "duration": f"{info.duration:.2f} s",
    }


def _reviewed(opened: Opened) -> dict[str, Any]:
    table, count = opened.store.verdicts(), max(opened.video.frame_count, 1)
    whole = (table.tracks == 0) & (table.frames < count)
    rows = [
        {
            "name": name.capitalize(),
            "frames": int((whole & (table.verdicts == code)).sum()),
            "people": int(((table.tracks > 0) & (table.verdicts == code)).sum()),
        }
        for code, name in enumerate(VERDICTS)
        if name
    ]
    return {"frames": int(whole.sum()), "share": int(whole.sum()) * 100 // count, "rows": rows}


def _made(opened: Opened) -> Iterator[tuple[str, str]]:
    """Engines, bodies and settings of what counts, each once."""
    store = opened.store
    engines: dict[str, int] = {}
    bodies: set[str] = set()
    lenses: set[float] = set()
    for result in (seen.result for seen in all_shown(store)):
        engines[result.engine_id] = engines.get(result.engine_id, 0) + 1
        bodies.add(result.people.body_model)
        lenses.add(round(result.people.focal_length))
    for engine, frames in engines.items():
        yield "Engine", f"{engine or 'none, filled in'} ({frames} frames)"
    yield from (("Body model", body) for body in sorted(bodies))
    if lenses:
        yield "Focal length", ", ".join(f"{lens:.0f} px" for lens in sorted(lenses))
    tracks = store.tracks()
    yield "Tracks", ", ".join(f"{track.title} ({track.frames} frames)" for track in tracks) or "none"
    for layer in store.pose_layers():
        state = "" if layer.enabled else ", switched off"
        yield "Layer", f"{layer.kind}, track {layer.track}, frames {layer.first}–{layer.last}{state}"
    yield "Failed frames", str(len(store.failures()))
    yield "Units", "m, px, s; camera axes x right, y down, z forward"


def stated_problems(opened: Opened, thresholds: Thresholds, job: Job) -> tuple[Stated, ...]:
    """Open and ignored ones as they are found now, fixed ones as the session remembers them, by frame."""
    store, video = opened.store, opened.video
    book = ProblemBook(lambda body: find_body(body, opened.source.body_paths), video.time_of)
    book.update(store, Changes(None), lambda share: job.report(0.4 * share))
    while book.masks_to_do:
        job.check()
        book.measure_masks(store)
    ignored = store.ignored_problems()
    opens = set(book.problems(thresholds, ignored))
    found = [(one, "open" if one in opens else "ignored") for one in book.problems(thresholds)]
    fixed = [(one, "fixed") for one in Ledger(store.known_problems()).fixed_at(thresholds)]
    return tuple(sorted([*found, *fixed], key=lambda stated: (stated[0].first, stated[0].signal)))


def _by_signal(stated: Sequence[Stated], thresholds: Thresholds) -> Iterator[dict[str, Any]]:
    for signal in SIGNALS:
        states = [state for one, state in stated if one.signal == signal.key]
        if states:
            yield {
                "title": signal.title,
                "meaning": signal.meaning,
                "threshold": signal.text(thresholds.of(signal.key)),
                **{state: states.count(state) for state in ("open", "fixed", "ignored")},
            }


def _shown_problems(
    opened: Opened, stated: Sequence[Stated], names: dict[int, str], job: Job
) -> Iterator[dict[str, Any]]:
    with Painter(opened.source.body_paths) as painter:
        photographer = Photographer(opened, painter)
        for done, (one, state) in enumerate(stated):
            job.check()
            job.report(0.4 + 0.6 * done / len(stated))
            signal = BY_KEY[one.signal]
            yield {
                "title": signal.title,
                "value": signal.text(one.value),
                "threshold": signal.text(one.threshold),
                "state": state,
                "where": _where(one.first, one.last, (), names),
                "who": ", ".join(names.get(track, f"Person {track}") for track in one.people),
                "pictures": photographer.pictures(one, fixed=state == "fixed"),
            }


def _where(first: int, last: int, people: Sequence[int], names: dict[int, str]) -> str:
    frames = f"Frame {first}" if first == last else f"Frames {first}–{last}"
    return ", ".join([frames, *(names.get(track, f"Person {track}") for track in people)])
