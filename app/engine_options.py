"""What an engine is loaded with, out of the preferences."""

from __future__ import annotations

from dataclasses import replace

from pipeline.engines.engine import EngineSettings
from pipeline.engines.registry import ENGINES
from widgets.values import Preferences


def engine_settings(name: str, preferences: Preferences, base: EngineSettings) -> EngineSettings:
    """The settings an engine is loaded with: only what concerns it, so that other changes make no difference.

    Args:
        name: Of the engine; one that is not in the registry is taken as one without choices.
        preferences: The user's.
        base: What holds whatever the preferences are.
    """
    settings = replace(base, body_model=preferences.body_model or base.body_model)
    spec = ENGINES.get(name)
    if spec is None or not spec.own_body:
        return settings
    chosen = {
        "gender": preferences.gender,
        "detector": preferences.detector,
        "precision": preferences.precision,
        "budget_gb": f"{preferences.gpu_memory:g}" if preferences.gpu_memory else "",
    }
    return replace(settings, device=preferences.device or base.device, extra={**base.extra, **chosen})


def what_differs(loaded: EngineSettings, wanted: EngineSettings) -> str:
    """What a loaded engine goes on with although something else is wished for: "body" or "settings"; "" if nothing."""
    if loaded == wanted:
        return ""
    rest = replace(wanted, body_model=loaded.body_model, extra={**wanted.extra, **_gender(loaded)})
    return "body" if rest == loaded else "settings"


def _gender(settings: EngineSettings) -> dict[str, str]:
    return {"gender": settings.extra["gender"]} if "gender" in settings.extra else {}
