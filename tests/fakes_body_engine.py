"""A stand-in that, as 4D-Humans does, needs the user's SMPL file, and says how slow it is.

Cues in `EngineSettings.extra` beside those of `fakes_engine`: seconds_per_frame, which it only says; rungs_on,
frames run on the ladder's last rungs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fakes_engine import StandIn

from pipeline.engines.engine import EngineInfo, EngineSettings, Report
from pipeline.errors import MissingFile
from pipeline.loading import Stage, Tell
from pipeline.places import data_folder
from pipeline.smpl import read_body
from pipeline.structures import Frame, FrameResult, Plan, RunOptions

RUNGS = ("caches freed", "one person at a time", "other models off the GPU", "masks off")


class NeedsBody(StandIn):
    def stages(self, settings: EngineSettings) -> Sequence[Stage]:
        self._gender = settings.extra["gender"]
        return [*super().stages(settings), Stage("SMPL model and faces loaded", self._find_body)]

    def info(self) -> EngineInfo:
        slow = float(self._extra.get("seconds_per_frame", 0))
        return replace(super().info(), gender=self._gender, seconds_per_frame=slow, detail="float32")

    def infer(self, frame: Frame, options: RunOptions, report: Report) -> FrameResult:
        result = super().infer(frame, options, report)
        if not self._cued("rungs_on", frame.index):
            return result
        return replace(
            result, plan=Plan("cuda:0", "float16", 1, 640, masks=False, resident=False, notes=RUNGS)
        )

    def _find_body(self, made: dict[str, Any], tell: Tell) -> dict[str, Any]:
        place = Path(data_folder()) / "models" / "smpl" / f"SMPL_{self._gender.upper()}.pkl"
        if not place.is_file():
            raise MissingFile(
                f"There is no SMPL file of the {self._gender} body.",
                f"Download it, free of charge, and put it at {place}.",
                need=f"smpl:{self._gender}",
            )
        self._body_model = read_body(place).id
        tell(detail=place.name)
        return {}


class Told(NeedsBody):
    """For the command line, which gives no cues: slow, warns on frames 3 to 5, and says what it was loaded with."""

    def stages(self, settings: EngineSettings) -> Sequence[Stage]:
        chosen = {name: settings.extra[name] for name in ("gender", "detector", "precision", "budget_gb")}
        said = " ".join(f"{name}={value}" for name, value in {**chosen, "device": settings.device}.items())
        stages = super().stages(replace(settings, extra={**settings.extra, "warn_on": "3,4,5"}))
        return [*stages, Stage(f"Loaded with {said}", lambda made, tell: {})]

    def info(self) -> EngineInfo:
        return replace(super().info(), seconds_per_frame=45.0)
