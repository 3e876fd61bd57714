"""How long a run will take, said before it starts."""

from __future__ import annotations

from pipeline.engines.engine import EngineInfo
from widgets.units import format_count, format_duration

WORTH_SAYING = 60.0
"""Seconds from which on a run is slow enough to say so."""


def speed(info: EngineInfo) -> str:
    """How long a frame takes: "about 45 s a frame"; empty if that is not known."""
    return f"about {format_duration(info.seconds_per_frame)} a frame" if info.seconds_per_frame else ""


class Pace:
    """How long a frame takes with each engine, as measured."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    def note(self, engine_id: str, seconds: float) -> None:
        """A frame took so long, s."""
        self._seconds[engine_id] = seconds

    def of(self, info: EngineInfo) -> float:
        """Seconds a frame, as measured or as the engine expects; 0 if unknown."""
        return self._seconds.get(info.engine_id) or info.seconds_per_frame


def size(frames: int, seconds_per_frame: float = 0.0) -> str:
    """How much a run is: "31 frames · about 12 s", without the time where it is not known."""
    count = f"{format_count(frames)} frame{'' if frames == 1 else 's'}"
    return f"{count} · about {format_duration(frames * seconds_per_frame)}" if seconds_per_frame else count


def short_size(frames: int, seconds_per_frame: float = 0.0) -> str:
    """The same where there is little room, in one unit: "31 frames · ~12 s", "900 frames · ~7 min"."""
    whole = frames * seconds_per_frame
    if not whole:
        return size(frames)
    if whole < 9.95:
        time = format_duration(whole)
    else:
        steps = ((100.0, 1, "s"), (6000.0, 60, "min"), (float("inf"), 3600, "h"))
        unit, name = next((unit, name) for limit, unit, name in steps if whole < limit)
        time = f"{whole / unit:.0f} {name}"
    return f"{size(frames)} · ~{time}"


def estimate(title: str, frames: int, info: EngineInfo) -> str:
    """What a run will take, such as "All frames: 180 frames at about 45 s each on the CPU take about 2 h 15 min".

    Args:
        title: Of the run.
        frames: How many.
        info: Of the engine that will run them.

    Returns:
        A sentence, or nothing where the run takes less than a minute or it is not known.
    """
    whole = frames * info.seconds_per_frame
    if whole < WORTH_SAYING:
        return ""
    where = "the CPU" if info.device.startswith("cpu") else info.device
    each = format_duration(info.seconds_per_frame)
    if frames == 1:
        return f"{title}: one frame takes about {each} on {where}."
    return (
        f"{title}: {format_count(frames)} frames at about {each} each on {where} "
        f"take about {format_duration(whole)}."
    )
