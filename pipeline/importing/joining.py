"""Several files, each a track, as one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.errors import ResultsError
from pipeline.importing.content import Content, ReadFrame
from pipeline.structures import Detections, FrameResult, SmplParams


def joined(contents: Sequence[Content]) -> Content:
    """All their people; a track's number that is taken gives way to the next that is free.

    Raises:
        ResultsError: They are not of one video or not of one body, or one is given twice.
    """
    if len(contents) == 1:
        return contents[0]
    _must_differ(contents)
    first = contents[0]
    if len({content.rate for content in contents}) > 1:
        rates = ", ".join(f"{content.name} {content.rate:g}" for content in contents)
        raise ResultsError(f"The files have unlike frame rates: {rates}.", "Import them one after the other.")
    named = _named(contents)
    frames: dict[int, list[ReadFrame]] = {}
    for content in named:
        for frame in content.frames:
            frames.setdefault(frame.number, []).append(frame)
    counts = [content.count for content in contents if content.count is not None]
    return replace(
        first,
        name=f"{first.name} and {len(contents) - 1} more",
        digest=hashlib.sha256("".join(c.digest for c in contents).encode()).hexdigest()[:12],
        frames=tuple(_together(frames[number]) for number in sorted(frames)),
        count=max(counts) if counts else None,
        sourced=all(content.sourced for content in contents),
        looks={track: looks for content in named for track, looks in content.looks.items()},
        notices=tuple(dict.fromkeys(notice for content in contents for notice in content.notices)),
    )


def _must_differ(contents: Sequence[Content]) -> None:
    seen: dict[str, str] = {}
    for content in contents:
        if content.digest in seen:
            same = seen[content.digest]
            raise ResultsError(
                f"{content.name} is given twice."
                if same == content.name
                else f"{same} and {content.name} hold the same.",
                "That would make two people in one place: give each file once.",
            )
        seen[content.digest] = content.name


def _named(contents: Sequence[Content]) -> list[Content]:
    taken: set[int] = set()
    found = []
    for content in contents:
        new: dict[int, int] = {}
        for track in content.tracks:
            new[track] = track if track not in taken else max(taken) + 1
            taken.add(new[track])
        frames = tuple(
            replace(frame, tracks=tuple(None if t is None else new[t] for t in frame.tracks))
            for frame in content.frames
        )
        looks = {new[track]: looks for track, looks in content.looks.items() if track in new}
        found.append(replace(content, frames=frames, looks=looks))
    return found


def _together(parts: Sequence[ReadFrame]) -> ReadFrame:
    if len(parts) == 1:
        return parts[0]
    results = [part.result for part in parts if part.result is not None]
    starts = np.cumsum([0] + [len(result.people) for result in results])
    return replace(
        parts[0],
        result=_result(results),
        tracks=tuple(track for part in parts for track in part.tracks),
        reviewed=frozenset(
            int(s) + slot for s, part in zip(starts, parts, strict=False) for slot in part.reviewed
        ),
        made={
            int(s) + slot: how
            for s, part in zip(starts, parts, strict=False)
            for slot, how in part.made.items()
        },
    )


def _result(results: Sequence[FrameResult]) -> FrameResult:
    people = [result.people for result in results]
    if len({one.body_model for one in people}) > 1:
        models = ", ".join(sorted({one.body_model for one in people}))
        raise ResultsError(
            f"The files are of unlike bodies: {models}.",
            "People of one frame have one body: say gender=neutral.",
        )
    smpl = [one.smpl for one in people]
    joined_people = replace(
        people[0],
        detections=Detections(
            np.concatenate([one.detections.boxes for one in people]),
            np.concatenate([one.detections.scores for one in people]),
        ),
        smpl=SmplParams(
            np.concatenate([one.global_orient for one in smpl]),
            np.concatenate([one.body_pose for one in smpl]),
            np.concatenate([one.betas for one in smpl]),
        ),
        cam_t=np.concatenate([one.cam_t for one in people]),
        features=np.zeros((sum(map(len, people)), 0), np.float16),
    )
    return replace(results[0], people=joined_people)
