"""What an import is about to do, or did, as sentences."""

from __future__ import annotations

from pipeline.importing.content import Content, Place
from pipeline.importing.entering import Entered
from pipeline.importing.matching import Match
from pipeline.smpl import find_body


def described(content: Content, found: Match, place: Place, title: str) -> tuple[tuple[str, str], ...]:
    """Rows of what was recognised: a name and what is said."""
    frames = list(found.frames)
    failures = sum(frame.failure is not None for frame in found.frames.values())
    by = {"frame": "by frame number", "time": "by presentation time"}[found.how]
    rows = [
        ("Format", title),
        ("People", _people(content)),
        (
            "Frames",
            f"{len(frames)} of {found.total} matched {by}, {frames[0]} to {frames[-1]} of {place.frame_count}",
        ),
    ]
    if content.ghosts:
        rows.append(("Ghosts", f"{content.ghosts}, kept as left out: people whom a tracker only expected"))
    if failures:
        rows.append(
            ("Failures", f"{failures} {'frame' if failures == 1 else 'frames'} that could not be done")
        )
    models = sorted(
        {f.result.people.body_model for f in found.frames.values() if f.result and len(f.result.people)}
    )
    rows += [("Body", _body(model, place)) for model in models]
    return tuple(rows)


def _people(content: Content) -> str:
    tracks = len(content.tracks)
    who = "1 track" if tracks == 1 else f"{tracks} tracks"
    bodies = content.bodies
    return f"{who}, {bodies} {'body' if bodies == 1 else 'bodies'}"


def _body(model: str, place: Place) -> str:
    body = find_body(model, place.body_paths)
    if body is not None:
        return body.id
    return (
        f"{model} is not here: boxes and tracks show, bodies do once its file is chosen in the Models panel"
    )


def summary(content: Content, done: Entered) -> tuple[str, tuple[str, ...]]:
    """What was done, and what one should know of it."""
    frames = len(done.frames)
    notices = []
    if done.kept:
        notices.append(
            f"{len(done.kept)} frames stay as they were: a reviewer said that somebody is there whom the file lacks."
        )
    if done.renumbered:
        said = ", ".join(f"{old} is {new}" for old, new in list(done.renumbered.items())[:8])
        more = f" and {len(done.renumbered) - 8} more" if len(done.renumbered) > 8 else ""
        notices.append(f"Tracks whose number is taken got another: {said}{more}.")
    return f"Imported {content.name}: {'1 frame' if frames == 1 else f'{frames} frames'}.", tuple(notices)
