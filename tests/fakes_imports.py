"""A video without results, and what is imported into its session."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

from pipeline.importing import Wish, import_all, match, place_of, read_files
from pipeline.job import Job
from pipeline.session.open import index_path, open_session
from pipeline.video import open_video


def no_job() -> Job:
    return Job(lambda job: None)


class Desk:
    """A video without results, and what is done to its session."""

    def __init__(self, video: Path) -> None:
        self.path = video

    @contextmanager
    def opened(self):
        """The video's place and its store."""
        video = open_video(self.path, index_file=index_path(self.path))
        video.build_index()
        store = open_session(self.path).store
        try:
            yield place_of(video, store), store
        finally:
            store.close()
            video.close()

    def matched(self, *files: Path, wish: Wish | None = None, **options: str):
        """Content and match of files."""
        with self.opened() as (place, _store):
            content = read_files(files, place, options, no_job())
            return content, match(content, place, wish or Wish())

    def import_(self, *files: Path, wish: Wish | None = None, **options: str):
        """Put files into the session."""
        content, found = self.matched(*files, wish=wish, **options)
        with self.opened() as (_place, store):
            return import_all(store, content, found)
