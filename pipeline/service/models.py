"""Which parts an engine is made of, and how each of them stands, out of the stages of loading."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from pipeline.engines.link import START_TITLE
from pipeline.loading import StageState, StageStatus

PartState = Literal["loading", "ready", "error", "absent"]

_HUMANS4D: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "hmr2": ("HMR2 modules loaded", "HMR2 data present or downloaded", "HMR2 checkpoint loaded"),
        "vitdet": ("ViTDet loaded",),
        "regnety": ("Mask R-CNN RegNetY loaded",),
        "phalp": ("PHALP loaded",),
        "smpl": ("SMPL model and faces loaded",),
    }
)
_MEDIAPIPE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "pose": ("Load pose detector and landmark model",),
        "people_detector": ("Load people detector (HOG)",),
        "body": ("Read body model",),
    }
)
_PARTS = {"humans4d": _HUMANS4D, "mediapipe": _MEDIAPIPE}
FIELD = ("hmr2", "vitdet", "phalp")
"""The parts that everybody who serves 4D-Humans asks for; named whatever the engine is."""


def models(engine: str, statuses: Sequence[StageStatus], *, failed: bool) -> dict[str, PartState]:
    """By part, how it stands.

    Args:
        engine: Name in the registry; of an engine without a list of parts every stage is one.
        statuses: Of all stages; empty before the engine's program has started.
        failed: Loading has failed, so that parts that are not ready will not be.
    """
    of_parts = _PARTS.get(engine) or {_slug(status.title): (status.title,) for status in statuses[1:]}
    told: dict[str, PartState] = dict.fromkeys(FIELD, "absent")
    for part, titles in of_parts.items():
        state = _state(titles, statuses, failed)
        if state != "absent" or part in FIELD:
            told[part] = state
    return told


def _state(titles: Sequence[str], statuses: Sequence[StageStatus], failed: bool) -> PartState:
    states = [status.state for status in statuses if status.title in titles]
    if not states and any(status.title != START_TITLE for status in statuses):
        return "absent"
    if states and all(state is StageState.DONE for state in states):
        return "ready"
    return "error" if failed or StageState.FAILED in states else "loading"


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")
