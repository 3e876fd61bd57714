"""How long a run will take, said before it starts."""

from __future__ import annotations

from pipeline.engines.engine import EngineInfo
from widgets.units import format_count, format_duration

WORTH_SAYING = 60.0
"""Seconds from which on a run is slow enough to say so."""


def speed(info: EngineInfo) -> str:
    """How long a frame takes: "about 45 s a frame"; empty if that is not known."""
    return f"about {format_duration(info.seconds_per_frame)} a frame" if info.seconds_per_frame else ""


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
