"""What an export format is, and what it is given to write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pipeline.atomic import require_suffix, spare
from pipeline.errors import ExportError
from pipeline.formats.extent import Size
from pipeline.job import Job
from pipeline.layers import Layers
from pipeline.session.layered import ShownFrames, all_shown, shown_frames
from pipeline.session.open import index_path
from pipeline.session.store import Store
from pipeline.smpl import BodyModel, require_body
from pipeline.structures import FrameResult, Int, Track
from pipeline.video import Video, open_video
from pipeline.video.pictures import pictures_at
from pipeline.world import World, world_in


@dataclass(frozen=True, slots=True)
class Option:
    """A choice a format offers.

    Attributes:
        key: Its name on the command line.
        title: Its name in the dialog.
        choices: What may be chosen; empty means free text.
        default: What is chosen if nothing is said.
        labels: What the choices are called in the dialog, in their order; empty means as they are.
    """

    key: str
    title: str
    choices: tuple[str, ...]
    default: str
    labels: tuple[str, ...] = ()

    def label(self, choice: str) -> str:
        """What a choice is called in the dialog."""
        return dict(zip(self.choices, self.labels, strict=False)).get(choice, choice)


SPACE = Option("space", "Space", ("camera", "world"), "camera", ("seen from the camera", "world"))
"""In which axes bodies are written: those of the camera, or those of `pipeline.world`."""


@dataclass(frozen=True, slots=True)
class ExportSource:
    """What is exported. Plain values, so that it can cross threads; `opened` gives the content.

    Attributes:
        store_path: The session file.
        video_path: Its video.
        body_paths: The user's own SMPL files, to find the body a result was made for.
        frames: First and last frame, inclusive; None means all.
        tracks: Only these; None means all visible and hidden ones, and people of no track too.
        layers: What an overlay shows.
    """

    store_path: Path
    video_path: Path
    body_paths: tuple[Path, ...] = ()
    frames: tuple[int, int] | None = None
    tracks: frozenset[int] | None = None
    layers: Layers = field(default_factory=Layers)

    @contextmanager
    def opened(self) -> Iterator[Opened]:
        """Open the session, read-only, and the video, on the thread that will write."""
        store = Store(self.store_path, read_only=True)
        try:
            video = open_video(self.video_path, index_file=index_path(self.video_path))
            try:
                video.build_index()
                yield Opened(self, store, video)
            finally:
                video.close()
        finally:
            store.close()


@dataclass(eq=False)
class Opened:
    """An export's source, open for reading."""

    source: ExportSource
    store: Store
    video: Video

    def frames(self) -> Int:
        """The frames with results that are to be exported, ascending.

        Raises:
            ExportError: There are none.
        """
        frames = shown_frames(self.store)
        if self.source.frames is not None:
            first, last = self.source.frames
            frames = frames[(frames >= first) & (frames <= last)]
        if not len(frames):
            raise ExportError(
                "There is nothing to export: no frame in the range has a result.",
                "Run the engine on some frames first, or choose another range.",
            )
        return frames

    def results(self, job: Job) -> Iterator[FrameResult]:
        """The results in frame order, telling the job how far it is."""
        frames = self.frames()
        for done, seen in enumerate(all_shown(self.store, frames.tolist())):
            job.report(done / len(frames))
            yield seen.result

    def tracks(self) -> tuple[Track, ...]:
        """The tracks that are to be exported."""
        wanted = self.source.tracks
        return tuple(track for track in self.store.tracks() if wanted is None or track.track_id in wanted)

    def track_of(self, frame: int) -> dict[int, int]:
        """Slot → track of the people of a frame that are to be exported."""
        return {
            assignment.slot: assignment.track_id
            for assignment in self._shown.assignments(frame)
            if assignment.track_id is not None
            and (self.source.tracks is None or assignment.track_id in self.source.tracks)
        }

    def edited(self, frame: int) -> frozenset[int]:
        """Slots of a frame whose track a reviewer set."""
        return frozenset(a.slot for a in self._shown.assignments(frame) if a.by == "reviewer")

    def made(self, frame: int) -> Mapping[int, str]:
        """Slots of a frame whose pose a layer made: "filled" or "smoothed"."""
        seen = self._shown.of(frame)
        return {} if seen is None else seen.made

    def removed(self, frame: int) -> frozenset[int]:
        """Slots of a frame that a reviewer deleted from it."""
        seen = self._shown.of(frame)
        return frozenset() if seen is None else seen.removed

    @property
    def _shown(self) -> ShownFrames:
        return self.store.companion(ShownFrames)

    @property
    def world(self) -> World:
        """Where cameras and floor are."""
        return world_in(self.store)

    def body(self, body_id: str) -> BodyModel:
        """The body a result was made for.

        Raises:
            BodyError: It is not here.
        """
        return require_body(body_id, self.source.body_paths)

    def times(self, frames: Int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Presentation times of frames in s, from the first frame of the video."""
        return np.array([self.video.time_of(int(frame)) for frame in frames], np.float64)


@dataclass(frozen=True, slots=True)
class Written:
    """What an export made.

    Attributes:
        paths: The files.
        notices: What the user should know of them, as sentences.
    """

    paths: tuple[Path, ...]
    notices: tuple[str, ...] = ()


Write = Callable[[Opened, Path, Mapping[str, str], Job], Written]


@dataclass(frozen=True, slots=True)
class Format:
    """One way out.

    Attributes:
        key: Its name on the command line.
        title: Its name in the dialog.
        summary: What it holds.
        readers: Who reads it.
        suffix: Of the file, or "" where a folder is written.
        options: What can be chosen.
        write_opened: Writes an opened source to a path.
        per_track: One file for each track is written, named after the path.
        size: About how many bytes an export makes; None where that is not known.
        group: The heading it is listed under in the dialog.
    """

    key: str
    title: str
    summary: str
    readers: str
    suffix: str
    options: tuple[Option, ...]
    write_opened: Write
    per_track: bool = False
    size: Size | None = None
    group: str = "Other"

    @property
    def is_folder(self) -> bool:
        """Whether a folder is written instead of a file."""
        return not self.suffix

    def write(self, source: ExportSource, path: Path, options: Mapping[str, str], job: Job) -> Written:
        """Write the source to `path`, or to one file a person named after it.

        What was there before is replaced only by a whole file.

        Raises:
            ExportError: Nothing to write, an unknown choice, a full disk, a folder that refuses, a name of
                another kind of file, or a path that is the video or the session itself.
            Cancelled: The job was cancelled; nothing is left behind.
        """
        chosen = self.chosen(options)
        self.check_target(source, path)
        with source.opened() as opened:
            written = self.write_opened(opened, path, chosen, job)
            job.report(1.0)
            return written

    def check_target(self, source: ExportSource, path: Path) -> None:
        """Refuse what must not be written over, and a name of another kind of file; a folder's may be any.

        Raises:
            ExportError: It is what is exported, somebody's session, or so named.
        """
        pictures = pictures_at(source.video_path) or ()
        spare(path, (source.video_path, source.store_path, *pictures))
        if not self.is_folder:
            require_suffix(path, (Path(f"x{self.suffix}").suffix,), self.title)

    def files(self, path: Path, tracks: Sequence[int]) -> tuple[Path, ...]:
        """The files that are written for these tracks."""
        if not self.per_track or len(tracks) < 2:
            return (path,)
        return tuple(path.with_name(f"{path.stem}-person-{track}{path.suffix}") for track in tracks)

    def chosen(self, options: Mapping[str, str]) -> dict[str, str]:
        """Defaults filled in, and what is not on offer refused."""
        known = {option.key: option for option in self.options}
        for key, value in options.items():
            if key not in known:
                raise ExportError(
                    f"{self.title} has no option {key!r}.", f"It has: {', '.join(known) or 'none'}."
                )
            choices = known[key].choices
            if choices and value not in choices:
                raise ExportError(f"{key}={value} is not on offer.", f"Choose one of: {', '.join(choices)}.")
        return {key: options.get(key, option.default) for key, option in known.items()}
