"""How often a JPEG goes over its pixels: a small file with a thousand scans keeps a decoder busy for minutes."""

from __future__ import annotations

import re

MOST_SCANS = 40
"""Encoders make about ten of a progressive picture, up to 24 of one with four channels."""

_START_OF_SCAN, _END = 0xDA, 0xD9
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_MARKER = re.compile(rb"\xff[^\x00\xff]")


def has_too_many_scans(data: bytes) -> bool:
    """Whether a file is a JPEG with more than MOST_SCANS scans.

    It goes from marker to marker as a decoder does: what is inside a segment, such as a thumbnail, or after the end,
    such as a phone's film, is not counted.
    """
    if not data.startswith(b"\xff\xd8"):
        return False
    scans, place = 0, 2
    while scans <= MOST_SCANS and (found := _MARKER.search(data, place)) is not None:
        kind, place = data[found.end() - 1], found.end()
        if kind == _END:
            return False
        if kind not in _ALONE:
            place += int.from_bytes(data[place : place + 2], "big")
            scans += kind == _START_OF_SCAN
    return scans > MOST_SCANS
