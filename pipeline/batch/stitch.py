"""From the files of a video's chunks to its session."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from pipeline.batch.chunks import Chunk, Shot
from pipeline.batch.output import DamagedChunk, is_done, read_chunk
from pipeline.batch.seams import Seams
from pipeline.engines.engine import Outcome
from pipeline.errors import SessionError, UserError
from pipeline.session.open import check_identity, index_path, open_session
from pipeline.session.record import record
from pipeline.session.store import Store
from pipeline.structures import FrameFailure, RunOptions
from pipeline.video import open_video


@dataclass(frozen=True, slots=True)
class Stitched:
    """What came into a session.

    Attributes:
        session: Its file.
        results: Frames that got a result.
        failures: Frames that have none, and why.
        notices: What the user should know.
        waiting: First and last frame of each stretch that is done but comes into the session later, since
            something before it was lost.
    """

    session: Path
    results: int
    failures: tuple[FrameFailure, ...]
    notices: tuple[str, ...]
    waiting: tuple[Shot, ...] = ()


def frames_there(store: Store, engine_id: str, options: RunOptions) -> set[int]:
    """The frames that have a result of an engine with these options, whether or not it counts."""
    return {
        frame
        for frame in store.frames_with_results().tolist()
        for version in store.versions(frame)
        if version.engine_id == engine_id
        and not version.shelved
        and replace(version.options, sequence="") == options
    }


def stitch(
    chunks: Sequence[Chunk],
    lost: dict[Chunk, str],
    engine_id: str,
    beside: Path,
    tell: Callable[[int], None] = lambda done: None,
) -> Stitched:
    """Bring the outcomes of all chunks of a video into its session, frame by frame, and say who is who.

    The session depends on nothing but the files: not on who did them, nor when. What is there already stays and
    is not brought twice, so that this may be stopped at any time and done again. Who somebody is follows from the
    frames before: what comes after a lost chunk is brought when that one is made good, and waits until then in its
    files. Frames of lost chunks are marked as failed.

    Args:
        chunks: All that the video was cut into, in order.
        lost: Those that could not be done, and why.
        engine_id: Of the engine that did them.
        beside: A file beside which the session is or will be: the video, or its name in another folder.
        tell: Gets the number of frames brought so far.

    Raises:
        SessionError: The session cannot be opened, or another program is writing to it.
    """
    opened = open_session(beside)
    with closing(opened.store) as store:
        if store.read_only:
            raise SessionError(*store.locked)
        changed = _check_video(store, chunks[0], beside)
        options = replace(chunks[0].options, sequence=_sequence(chunks, engine_id))
        there = frames_there(store, engine_id, chunks[0].options)
        gone = [chunk for chunk in chunks if chunk in lost and not is_done(chunk)]
        ready = [chunk for chunk in chunks if not gone or chunk.first < gone[0].first]
        found = chain(_joined(ready), _failed(gone, lost))
        wanted = (one for one in found if one.frame_index not in there)
        tally = _record(store, wanted, engine_id, options, tell)
        notices = (*opened.notices, *([changed] if changed else []), *tally.warned())
        waiting = _waiting([chunk for chunk in chunks if chunk not in ready and chunk not in gone], there)
        return Stitched(store.path, tally.results, tuple(tally.failures), notices, waiting)


def _check_video(store: Store, chunk: Chunk, beside: Path) -> str:
    """See that the session is this video's; a sentence if not. The window finds the index ready."""
    index_file = index_path(beside) if beside == chunk.video else chunk.index_file
    with closing(open_video(chunk.video, index_file=index_file)) as video:
        video.build_index()
        return check_identity(store, video)


def _sequence(chunks: Sequence[Chunk], engine_id: str) -> str:
    """A name within which the joined numbers hold: the same for the same chunks, for others another."""
    names = [f"{chunk.first}-{chunk.last}-{chunk.run_in}" for chunk in chunks]
    said = " ".join([engine_id, chunks[0].content, chunks[0].configuration, *names])
    return f"batch-{hashlib.sha256(said.encode()).hexdigest()[:24]}"


def _joined(chunks: Sequence[Chunk]) -> Iterator[Outcome]:
    seams = Seams()
    for chunk in chunks:
        yield from seams.join(chunk, _read(chunk))


def _failed(chunks: Sequence[Chunk], why: dict[Chunk, str]) -> Iterator[FrameFailure]:
    for chunk in chunks:
        for frame in range(chunk.first, chunk.last + 1):
            yield FrameFailure(frame, "engine", "failed", why[chunk], "Run the same command again.")


def _waiting(chunks: Sequence[Chunk], there: set[int]) -> tuple[Shot, ...]:
    """The frames of chunks that are not there yet, as stretches without gaps."""
    stretches: list[Shot] = []
    for frame in (frame for chunk in chunks for frame in range(chunk.first, chunk.last + 1)):
        if frame in there:
            continue
        if stretches and stretches[-1][1] == frame - 1:
            stretches[-1] = (stretches[-1][0], frame)
        else:
            stretches.append((frame, frame))
    return tuple(stretches)


def _read(chunk: Chunk) -> tuple[Outcome, ...]:
    try:
        return read_chunk(chunk)
    except (OSError, DamagedChunk) as error:
        raise UserError(
            f"{chunk}: {chunk.file} cannot be read: {error}.", "Run the same command again: it is done anew."
        ) from error


@dataclass(eq=False)
class _Tally:
    """What was brought so far."""

    results: int = 0
    failures: list[FrameFailure] = field(default_factory=list)
    warnings: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        """Count one more."""
        if isinstance(outcome, FrameFailure):
            self.failures.append(outcome)
            return
        self.results += 1
        if outcome.warning:
            self.warnings[outcome.warning] += 1

    def warned(self) -> list[str]:
        """What results warn of, each with how many do."""
        return [
            f"{count} {'frame' if count == 1 else 'frames'}: {text}" for text, count in self.warnings.items()
        ]


def _record(
    store: Store,
    outcomes: Iterator[Outcome],
    engine_id: str,
    options: RunOptions,
    tell: Callable[[int], None],
) -> _Tally:
    run, tally = _begun(store, options.sequence), _Tally()
    for done, outcome in enumerate(outcomes, 1):
        if run is None:
            run = store.start_run(engine_id, options, "Batch")
        record(store, outcome, run)
        tally.add(outcome)
        tell(done)
    return tally


def _begun(store: Store, sequence: str) -> int | None:
    """The run that an earlier attempt began, if it came to a result."""
    last = store.last_in_order(sequence)
    versions = store.versions(last) if last >= 0 else ()
    return next((one.run for one in versions if one.options.sequence == sequence), None)
