"""Numbers as people read and type them."""

from __future__ import annotations

import re

_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d{1,2}(?:[.,]\d*)?)")
_SECONDS = re.compile(r"(\d+(?:[.,]\d*)?|[.,]\d+)\s*s")


def format_time(seconds: float) -> str:
    """Time in the video with thousandths: "0:04.367", "1:02:03.500"."""
    thousandths = round(max(seconds, 0.0) * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{clock}:{rest // 1000:02}.{rest % 1000:03}"


def format_duration(seconds: float) -> str:
    """How long something takes: "0.4 s", "12 s", "2 min 5 s", "1 h 4 min"."""
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def format_bytes(count: float) -> str:
    """Bytes in powers of 1024 with one digit after the point: "1.2 GB"."""
    for unit in ("B", "kB", "MB"):
        if abs(count) < 1023.95:
            return f"{count:.0f} {unit}" if unit == "B" or abs(count) >= 99.95 else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GB"


def format_count(count: int) -> str:
    """An integer with thin separators between thousands: "12 345"."""
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def parse_position(text: str) -> int | float | None:
    """A place in the video as typed.

    Returns:
        A frame (int) for "123" or "12 345", a time in s (float) for "0:12.5", "1:02:03" or "12.5s",
        None if it is neither.
    """
    plain = re.sub(r"\s+", " ", text).strip().lower()
    if digits := re.fullmatch(r"#?\s*(\d[\d ]*)", plain):
        return int(digits[1].replace(" ", ""))
    if clock := _CLOCK.fullmatch(plain):
        hours, minutes, seconds = clock.groups()
        return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))
    if seconds_only := _SECONDS.fullmatch(plain):
        return float(seconds_only[1].replace(",", "."))
    return None
