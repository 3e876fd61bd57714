"""Exports that are named on the command line: which format, and where to."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from rich.progress import Progress

from pipeline.formats import FORMATS, ExportSource, Format, Written
from pipeline.job import Job


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """An export.

    Attributes:
        format: Its format.
        target: File or folder, as typed; empty for a name of our own beside the session.
    """

    format: Format
    target: str = ""

    @property
    def is_folder(self) -> bool:
        """Whether the target is a folder to put files in, named after their videos."""
        named = self.target.endswith(("/", "\\"))
        return not self.target or named or (Path(self.target).is_dir() and not self.format.is_folder)

    def path(self, video: Path) -> Path:
        """Where the export of a video goes."""
        if not self.is_folder:
            return with_suffix(Path(self.target), self.format)
        folder = Path(self.target) if self.target else video.parent
        return folder / f"{video.stem}-{self.format.key}{self.format.suffix}"


def wanted(text: str) -> Wanted:
    """Read FORMAT or FORMAT=PATH."""
    key, _, target = text.partition("=")
    if key not in FORMATS:
        raise argparse.ArgumentTypeError(f"{key!r} is no format; there are {', '.join(FORMATS)}")
    return Wanted(FORMATS[key], target)


def with_suffix(path: Path, format: Format) -> Path:
    """A file's name with the suffix of its format, if it has none; a folder's as it is."""
    return path if path.suffix or format.is_folder else path.with_suffix(format.suffix)


def write(
    format: Format, source: ExportSource, path: Path, options: dict[str, str], progress: Progress
) -> Written:
    """Write a file, showing how far it is.

    Raises:
        UserError: It cannot be written; nothing is left of it.
    """
    job = Job(lambda job: None)
    task = progress.add_task(f"Writing {path.name}", total=100, note="")
    job.listen(lambda: progress.update(task, completed=round(100 * (job.take_report() or 0.0))))
    try:
        return format.write(source, path, options, job)
    finally:
        progress.remove_task(task)
