"""What a video and a way to run it are, as short names that mean the same on every machine."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Iterable
from pathlib import Path

from pipeline import codec
from pipeline.engines.engine import EngineSettings
from pipeline.errors import VideoError
from pipeline.structures import RunOptions
from pipeline.video import Video
from pipeline.video.pictures import pictures_at

CHUNK_FORMAT = 1
"""Of the files that hold chunks."""

_SAMPLES = 16
_SAMPLE_BYTES = 65536


def content_key(video: Video) -> str:
    """16 hex digits for what is in a video, whatever its name and dates; the index must be complete.

    They are made of the size, the times of all frames, and 16 samples of 64 kB spread over the file. Reading
    all of it would take longer than finding its cuts does.

    Raises:
        VideoError: It cannot be read.
    """
    path = video.info.path
    digest = hashlib.sha256(f"{video.identity} {video.frame_count} {video.info.size}".encode())
    try:
        pictures = pictures_at(path)
        for part in _samples_of_file(path) if pictures is None else _samples_of_pictures(pictures):
            digest.update(part)
    except OSError as error:
        raise VideoError(f"“{path.name}” cannot be read: {error.strerror}.") from error
    return digest.hexdigest()[:16]


def configuration_key(engine_id: str, settings: EngineSettings, options: RunOptions) -> str:
    """12 hex digits for how frames are run: engine, weights, options, and the programs that matter.

    Where a model runs and where its body file lies make no difference; what is in that file does, by the
    engine's id.
    """
    said = {
        "engine": engine_id,
        "extra": dict(sorted(settings.extra.items())),
        "options": codec.to_parts(options)[0],
        "retake": _version(),
        "formats": [CHUNK_FORMAT, codec.VERSION],
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:12]


def _samples_of_file(path: Path) -> Iterable[bytes]:
    size = path.stat().st_size
    yield str(size).encode()
    with path.open("rb") as file:
        for place in range(_SAMPLES):
            file.seek(max(0, size - _SAMPLE_BYTES) * place // (_SAMPLES - 1))
            yield file.read(_SAMPLE_BYTES)


def _samples_of_pictures(pictures: tuple[Path, ...]) -> Iterable[bytes]:
    for picture in pictures:
        yield f"{picture.name} {picture.stat().st_size};".encode()
    for place in sorted({(len(pictures) - 1) * part // (_SAMPLES - 1) for part in range(_SAMPLES)}):
        with pictures[place].open("rb") as file:
            yield file.read(_SAMPLE_BYTES)


def _version() -> str:
    try:
        return importlib.metadata.version("retake")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
