"""Chunks done by the jobs of a Slurm array, through submitit. Needs the extra `batch`.

Each job of the array loads one engine and does its share of the chunks; which is which does not matter, since a
chunk that is done is never done again. What jobs left undone, for whatever reason, is submitted again.
"""

from __future__ import annotations

import os
import shlex
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from pipeline.batch.chunks import Chunk
from pipeline.batch.executor import MOST_TRIES, Report, Tell
from pipeline.batch.output import is_done
from pipeline.batch.places import way_here
from pipeline.batch.work import Equipment, Worker
from pipeline.engines.engine import EngineInfo
from pipeline.errors import EngineError, UserError

POLL = 1.0
"""Seconds between two looks at what is there."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """How jobs are asked for.

    Attributes:
        kind: "slurm", or "local" for processes of this machine, to try it.
        workers: Jobs of the array, at most so many at once.
        gpus: Whole GPUs a job gets.
        options: submitit's own parameters, such as slurm_partition or timeout_min.
        folder: Where submitit keeps what it sends and gets; all machines see it.
    """

    kind: str
    workers: int
    gpus: int
    options: Mapping[str, Any]
    folder: Path


def share(equipment: Equipment, chunks: Sequence[Chunk], engine_id: str) -> dict[str, str]:
    """What a job does: its share of the chunks. Returns what could not be done, file by file, and why.

    Raises:
        EngineError: The engine cannot be loaded here.
    """
    worker = Worker(equipment)
    problems: dict[str, str] = {}
    try:
        worker.load()
        for chunk in chunks:
            try:
                worker.do(chunk, engine_id)
            except EngineError:
                raise
            except UserError as error:
                problems[str(chunk.file)] = str(error)
    finally:
        worker.close()
    return problems


def introduce(equipment: Equipment) -> EngineInfo:
    """What the first job does: say what the engine is."""
    worker = Worker(equipment)
    try:
        return worker.load()
    finally:
        worker.close()


class SlurmExecutor:
    """Submits arrays of jobs and looks after what they write."""

    def __init__(self, equipment: Equipment, cluster: Cluster, notice: Callable[[str], None]) -> None:
        """Nothing is submitted yet.

        Raises:
            UserError: submitit is not installed, there is no Slurm, or an option is none of submitit's.
        """
        submitit = _submitit()
        self._equipment, self._notice = equipment, notice
        self._jobs: list[Any] = []
        parameters: dict[str, Any] = {"name": "retake", "gpus_per_node": cluster.gpus, "timeout_min": 24 * 60}
        if cluster.kind == "slurm":
            parameters["slurm_array_parallelism"] = cluster.workers
            parameters["slurm_setup"] = [
                f"export {name}={shlex.quote(value)}" for name, value in way_here().items()
            ]
        else:
            os.environ.update(way_here())  # which its processes inherit
        self._workers = cluster.workers
        try:
            self._executor = submitit.AutoExecutor(folder=cluster.folder, cluster=cluster.kind)
            self._executor.update_parameters(**{**parameters, **cluster.options})
        except (RuntimeError, NameError, ValueError, TypeError) as error:
            raise UserError(
                f"No jobs can be submitted: {error}", "Check --slurm and --slurm-option."
            ) from error

    def engine(self) -> EngineInfo:
        """Have one job load the engine and say what it is."""
        (job,) = self._submit([(introduce, self._equipment)])
        self._notice(f"Job {job.job_id} loads the engine, to learn which it is.")
        self._until_over([job], lambda: None)
        error = _why(job)
        if error:
            raise EngineError(f"The engine could not be loaded in job {job.job_id}. {error}", _where(job))
        info: EngineInfo = job.result()
        return info

    def run(self, chunks: Sequence[Chunk], engine_id: str, tell: Tell) -> None:
        """Submit arrays until all is done, or was tried often enough."""
        left, why = dict.fromkeys(chunks, 0), {}
        again = {chunk.file: _stamp(chunk.file) for chunk in chunks if chunk.again}

        def look() -> None:
            there = _files_beside(left)
            for chunk in [one for one in left if one.file in there and _is_new(one, again)]:
                del left[chunk]
                tell(Report(chunk, "done"))

        for _ in range(MOST_TRIES):
            waiting = [chunk for chunk in chunks if chunk in left]
            shares = [waiting[part :: self._workers] for part in range(min(self._workers, len(waiting)))]
            jobs = self._submit([(share, self._equipment, some, engine_id) for some in shares])
            self._until_over(jobs, look)
            look()
            if not left:
                return
            why.update(self._problems(jobs, shares))
            self._notice(f"{len(left)} chunks were left undone. {_commonest(why[chunk] for chunk in left)}")
        for chunk in tuple(left):
            tell(Report(chunk, "failed", message=f"Tried {MOST_TRIES} times. {why[chunk]}"))

    def close(self) -> None:
        """Cancel what is still queued or at work."""
        for job in self._jobs:
            if not job.done():
                job.cancel(check=False)

    def _submit(self, calls: Sequence[tuple[Any, ...]]) -> list[Any]:
        with self._executor.batch():
            jobs = [self._executor.submit(*call) for call in calls]
        self._jobs += jobs
        return jobs

    def _until_over(self, jobs: Sequence[Any], look: Callable[[], None]) -> None:
        while not all(job.done() for job in jobs):
            look()
            time.sleep(POLL)

    def _problems(self, jobs: Sequence[Any], shares: Sequence[Sequence[Chunk]]) -> dict[Chunk, str]:
        """For each chunk of a job why it is not there, in case it is not."""
        found: dict[Chunk, str] = {}
        for job, some in zip(jobs, shares, strict=True):
            error = _why(job)
            said = {} if error else job.result()
            for chunk in some:
                found[chunk] = error or said.get(str(chunk.file), "Its job ended.")
        return found


def _submitit() -> ModuleType:
    try:
        import submitit
    except ImportError:
        raise UserError("Slurm needs submitit.", "Install it: pip install 'retake[batch]'") from None
    return submitit


def _why(job: Any) -> str:
    """Why a job that is over has no result; empty if it has one."""
    error = job.exception()
    if error is None:
        return ""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"Job {job.job_id} ended: {lines[-1] if lines else type(error).__name__}"


def _where(job: Any) -> str:
    return f"What it printed is in {job.paths.stderr}."


def _stamp(file: Path) -> int:
    return file.stat().st_mtime_ns if file.is_file() else 0


def _is_new(chunk: Chunk, again: Mapping[Path, int]) -> bool:
    return _stamp(chunk.file) != again.get(chunk.file, 0) and is_done(chunk)


def _files_beside(chunks: Iterable[Chunk]) -> set[Path]:
    """All files in the folders of chunks; listing these is kinder to a file server than asking for each."""
    folders = {chunk.file.parent for chunk in chunks}
    return {file for folder in folders if folder.is_dir() for file in folder.iterdir()}


def _commonest(reasons: Iterable[str]) -> str:
    return Counter(reasons).most_common(1)[0][0]
