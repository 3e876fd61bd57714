"""Whether a service answers, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.engines.remote.address import Address
from pipeline.engines.remote.connection import Connection, DroppedError
from pipeline.errors import EngineError


def look(address: Address) -> tuple[bool, str]:
    """Ask a service how it stands: whether it answers, and in words how."""
    connection = Connection(address, patience=5.0)
    try:
        reply = connection.ask("GET", "/health")
        if reply.told.get("service") != "retake":
            return False, other_service(address, reply.status).message.rstrip(".")
        welcome = connection.ask("GET", "/")
    except DroppedError as error:
        return False, f"the service at {address.url} cannot be reached: {error}"
    finally:
        connection.close()
    if welcome.status == 401:
        return False, f"the service at {address.url} refuses the token"
    return True, _words(reply.told, address)


def other_service(address: Address, status: int) -> EngineError:
    """What to say where something answers that is no service of ours."""
    return EngineError(
        f"What answers at {address.url} is no pose service (status {status}).",
        "Check the address and the port.",
        kind="protocol",
    )


def progress_of(health: Mapping[str, Any]) -> tuple[float, str]:
    """How far a service's loading is, in [0, 1], and what it is at: "ViTDet loaded, 43 %"."""
    stages = [stage for stage in health.get("stages", ()) if isinstance(stage, dict)]
    done = sum(stage.get("state") == "done" for stage in stages)
    running = next((stage for stage in stages if stage.get("state") == "running"), None)
    if running is None:
        return done / max(1, len(stages)), "the service is loading"
    part = running.get("fraction")
    share = float(part) if isinstance(part, (int, float)) else 0.0
    said = f", {share:.0%}" if part is not None else ""
    return (done + share) / max(1, len(stages)), f"{running.get('title', '')}{said}"


def _words(health: Mapping[str, Any], address: Address) -> str:
    engine = health.get("engine") or {}
    if health.get("ready"):
        return f"{engine.get('name', '')} {engine.get('version', '')} on {health.get('device', '')}, at {address.url}"
    if health.get("status") == "error":
        told = health.get("error") or {}
        return f"{address.url} answers, but its engine could not be loaded: {told.get('message', '')}"
    return f"{address.url} is loading: {progress_of(health)[1]}"
