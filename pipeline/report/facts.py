"""What a video and its session are, as plain values: for `retake info`, and for scripts that read its JSON."""

from __future__ import annotations

from typing import Any

from pipeline.formats.format import Opened
from pipeline.job import Job
from pipeline.problems import Thresholds
from pipeline.report.writing import stated_problems
from pipeline.session.store import Store
from pipeline.structures import Track
from pipeline.video import Video


def video_facts(video: Video) -> dict[str, Any]:
    """Facts of an indexed video: px, s, frames per s; the focal length in px is 0 where the file says none."""
    info = video.info
    return {
        "width": info.size[0],
        "height": info.size[1],
        "frames": video.frame_count,
        "rate": float(info.rate),
        "variable_rate": info.variable_rate,
        "duration": float(info.duration),
        "codec": info.codec,
        "container": info.container,
        "audio": info.has_audio,
        "focal_length": float(video.focal_length),
        "notices": list(video.notices),
    }


def session_facts(opened: Opened) -> dict[str, Any]:
    """Facts of a session; frames are counted within its video.

    Raises:
        SessionError: It is damaged.
    """
    store, count = opened.store, opened.video.frame_count
    done = store.frames_with_results()
    failed = [frame for frame in store.failures() if frame < count]
    left = count - len({*done[done < count].tolist()} | {*failed})
    versions, spare = store.version_count(), store.spare_versions()
    return {
        "path": str(store.path),
        "bytes": store.path.stat().st_size,
        "runs": [run._asdict() for run in store.runs()],
        "engines": store.engines(),
        "frames_done": len(done),
        "frames_failed": len(failed),
        "frames_left": left,
        "failed": failed,
        "tracks": [_track(track) for track in store.tracks()],
        "versions": versions,
        "versions_spare": spare[0],
        "bytes_spare": spare[2],
        **_reviewed(store, count),
    }


def problem_facts(opened: Opened, thresholds: Thresholds, job: Job) -> dict[str, int]:
    """How many problems are "open", "fixed" and "ignored", as the window and the report count them.

    It reads all results, which takes about as long as opening the session in the window.

    Raises:
        SessionError: A result is damaged.
        Cancelled: The job was cancelled.
    """
    states = [state for _, state in stated_problems(opened, thresholds, job)]
    return {state: states.count(state) for state in ("open", "fixed", "ignored")}


def _track(track: Track) -> dict[str, Any]:
    return {
        "id": track.track_id,
        "name": track.name,
        "frames": track.frames,
        "first": track.first,
        "last": track.last,
    }


def _reviewed(store: Store, count: int) -> dict[str, Any]:
    table = store.verdicts()
    whole = int(((table.tracks == 0) & (table.frames < count)).sum())
    return {"frames_reviewed": whole, "share_reviewed": whole / max(count, 1), "notes": len(store.notes())}
