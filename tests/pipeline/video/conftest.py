"""One clip of every kind, encoded once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fakes_clips import Clip
from video_kinds import KINDS


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Clip]:
    """Gives the clip of a kind, encoded once a session."""
    folder = tmp_path_factory.mktemp("clips")
    made: dict[str, Clip] = {}

    def get(kind: str) -> Clip:
        if kind not in made:
            made[kind] = KINDS[kind](folder)
        return made[kind]

    return get
