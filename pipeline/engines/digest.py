"""Checksums of large files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

BLOCK = 4 * 2**20


def sha256_of(path: Path, told: Callable[[int], None] = lambda count: None) -> str:
    """The SHA-256 of a file in hex; `told` gets the bytes read so far and may raise to stop it."""
    digest, count = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            count += len(block)
            told(count)
    return digest.hexdigest()
