"""What `GET /health` says."""

from __future__ import annotations

import dataclasses
from typing import Any

from pipeline.engines.client import EngineClient
from pipeline.engines.engine import EngineInfo
from pipeline.errors import UserError
from pipeline.loading import StageStatus
from pipeline.service.host import EngineHost
from pipeline.service.models import models

SERVICE = "retake"


def health(host: EngineHost, waiting: int) -> dict[str, Any]:
    """How the engine stands, part by part and stage by stage."""
    client, status = host.client, host.status
    info = client.info if status == "ready" else None
    return {
        "service": SERVICE,
        "status": status,
        "ready": status == "ready",
        "models": models(client.name, client.statuses, failed=status == "error"),
        "device": info.device if info is not None else "",
        "engine": None if info is None else _engine(client, info),
        "stages": [_stage(one) for one in client.statuses],
        "error": None if host.error is None else _error(host.error),
        "queue": waiting,
        "restarts": host.restarts,
        "memory": None if client.memory is None else dataclasses.asdict(client.memory),
    }


def _engine(client: EngineClient, info: EngineInfo) -> dict[str, Any]:
    return {
        "name": client.name,
        "version": info.version,
        "engine_id": info.engine_id,
        "body_model": info.body_model,
        "gender": info.gender,
        "detail": info.detail,
        "seconds_per_frame": info.seconds_per_frame,
    }


def _stage(status: StageStatus) -> dict[str, Any]:
    return {
        "title": status.title,
        "state": status.state.value,
        "fraction": status.fraction,
        "seconds": status.seconds,
        "detail": status.detail,
        "error": status.error,
        "hint": status.hint,
    }


def _error(error: UserError) -> dict[str, str]:
    return {"message": error.message, "hint": error.hint}
