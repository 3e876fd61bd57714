"""Unpacking the archive of HMR 2.0: all of it or nothing, and nothing outside its folder."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import time
import zlib
from collections.abc import Collection
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from pipeline.engines.download import Damaged
from pipeline.engines.download_faults import writing
from pipeline.errors import EngineError
from pipeline.loading import Tell

_BLOCK = 2**20
_TELL_EVERY = 0.1  # s


def unpack(archive: Path, folder: Path, tell: Tell, wanted: Collection[str]) -> None:
    """Unpack the plain files of a .tar.gz into a folder that is emptied first.

    The archive is read to its end, so that the checksum which stands there is compared.

    Args:
        archive: It.
        folder: Where to; what is written there is of use only if nothing is raised.
        tell: Gets bytes read of the archive and of how many; may raise Cancelled.
        wanted: Names that must have been in it.

    Raises:
        Damaged: It is cut off, damaged, no such archive, or lacks what is wanted.
        EngineError: It would write outside its folder, or the disk is full.
        Cancelled: By `tell`.
    """
    shutil.rmtree(folder, ignore_errors=True)
    with archive.open("rb") as file:
        progress = _Progress(archive, file, tell)
        try:
            with gzip.GzipFile(fileobj=file) as content:
                names = _unpack_members(content, folder, progress)
                while content.read(_BLOCK):
                    progress.tell()
        except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise Damaged("is cut off or damaged") from error
    if lacking := sorted(set(wanted) - names):
        raise Damaged(f"lacks {', '.join(lacking)}")


def publish(folder: Path, root: Path, bad: Collection[Path]) -> None:
    """Move unpacked files to where they belong, each in one step.

    Args:
        folder: Where they are, on the same disk.
        root: Where they go; files that are there stay, they may be the user's own.
        bad: Files that are there and known to be damaged, which do not stay.
    """
    for path in sorted(folder.rglob("*")):
        target = root / path.relative_to(folder)
        if path.is_file() and (target in bad or not target.exists()):
            with writing(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                path.replace(target)
    shutil.rmtree(folder, ignore_errors=True)


class _Progress:
    """Tells how much of a file has been read, not too often."""

    def __init__(self, path: Path, file: IO[bytes], tell: Tell) -> None:
        self._file = file
        self._total = path.stat().st_size
        self._tell = tell
        self._detail = f"unpacking {path.name.removesuffix('.part')}"
        self._told = 0.0

    def tell(self) -> None:
        """Say how far it is."""
        if time.monotonic() - self._told >= _TELL_EVERY:
            self._told = time.monotonic()
            done = self._file.tell()
            share = done / max(self._total, 1)
            self._tell(fraction=share, bytes_done=done, bytes_total=self._total, detail=self._detail)


def _unpack_members(content: gzip.GzipFile, folder: Path, progress: _Progress) -> set[str]:
    """Unpack what is plain files; returns their names."""
    names = set()
    with tarfile.open(fileobj=content, mode="r|") as members:
        for member in members:
            name = _safe_name(member)
            if (
                not member.isreg()
            ):  # folders are made as they are needed; links and devices have no place here
                continue
            source = members.extractfile(member)
            if source is not None:
                _copy(source, folder / name, progress)
                names.add(name)
    return names


def _safe_name(member: tarfile.TarInfo) -> str:
    """A member's name, if it stays in the folder.

    Python's own filter for data is not used, since 3.10 got it late; it would refuse the same.
    """
    name = PurePosixPath(member.name.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or PureWindowsPath(member.name).drive:
        raise EngineError(
            f"The archive was refused: it would write to {member.name}, outside its folder.",
            "It is not what 4D-Humans' authors offer. Delete it and load again.",
            kind="load_failed",
        )
    return name.as_posix()


def _copy(source: IO[bytes], target: Path, progress: _Progress) -> None:
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        file = target.open("wb")
    with file:
        while block := source.read(_BLOCK):
            with writing(target):
                file.write(block)
                file.flush()
            progress.tell()
