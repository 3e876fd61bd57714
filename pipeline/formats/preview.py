"""What would be written, before it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from pipeline.atomic import refuse_others
from pipeline.formats.extent import Extent, in_words
from pipeline.formats.format import ExportSource, Format
from pipeline.session.layered import shown, shown_frames
from pipeline.session.store import Store
from pipeline.structures import Int
from pipeline.world import world_in


def preview(format: Format, source: ExportSource, options: Mapping[str, str], path: Path) -> str:
    """One sentence on what would be written to `path`, about how large it would be, and what it would replace.

    Raises:
        ExportError: A choice that is not on offer, a path that must not be written to, or a folder with files that are
            not an export's.
    """
    chosen = format.chosen(options)
    format.check_target(source, path)
    with Store(source.store_path, read_only=True) as store:
        world = f"; in the world: {world_in(store).note}" if chosen.get("space") == "world" else ""
        frames = _frames(store, source)
        tracks, bodies = _people(store, source)
        picture, mask = _seen(store, frames)
        extent = Extent(len(frames), _span(store, source), len(tracks), bodies, picture, mask)
    files = format.files(path, tracks)
    for folder in files if format.is_folder else ():
        refuse_others(folder)
    people = "1 person" if len(tracks) == 1 else f"{len(tracks)} people"
    said = f"{extent.frames} frames, {people}, {bodies} bodies"
    said += f", {len(files)} files" if len(files) > 1 else ""
    if format.size is not None and extent.frames:
        said += f", {in_words(format.size(extent, chosen))}"
    there = [file.name for file in files if file.is_file() or (file.is_dir() and any(file.iterdir()))]
    return said + world + (f"; replaces {', '.join(there)}" if there else "")


def _frames(store: Store, source: ExportSource) -> Int:
    """The frames with results."""
    frames = shown_frames(store)
    first, last = source.frames or (0, np.iinfo(np.int64).max)
    return frames[(frames >= first) & (frames <= last)]


def _people(store: Store, source: ExportSource) -> tuple[list[int], int]:
    """The tracks, and in how many bodies they are seen."""
    table = store.assignment_table()
    first, last = source.frames or (0, np.iinfo(np.int64).max)
    inside = (table.frames >= first) & (table.frames <= last) & (table.tracks >= 0)
    if source.tracks is not None:
        inside &= np.isin(table.tracks, sorted(source.tracks))
    return np.unique(table.tracks[inside]).tolist(), int(inside.sum())


def _span(store: Store, source: ExportSource) -> int:
    """Frames of the video, as far as the session knows how many it has."""
    frames = shown_frames(store)
    identity = store.identity()
    count = max(identity.frame_count if identity else 0, int(frames[-1]) + 1 if len(frames) else 0)
    first, last = source.frames or (0, count - 1)
    return max(min(last, count - 1) - first + 1, 0)


def _seen(store: Store, frames: Int) -> tuple[tuple[int, int], float]:
    """Size of the picture, and bytes of a mask, as the frame in the middle has them."""
    seen = shown(store, int(frames[len(frames) // 2])) if len(frames) else None
    if seen is None:
        return (0, 0), 0.0
    people = seen.result.people
    masks = [len(mask.counts) for mask in people.detections.masks or () if mask is not None]
    return people.image_size, sum(masks) / max(len(people), 1)
