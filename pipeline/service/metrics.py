"""What `GET /metrics` tells Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from pipeline.service.host import EngineHost

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """Counts of one service, in a registry of their own."""

    def __init__(self, host: EngineHost, waiting: Callable[[], int]) -> None:
        """Gauges are asked when they are told.

        Args:
            host: The engine's.
            waiting: How many frames wait.
        """
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "retake_requests", "Requests answered.", ("route", "status"), registry=self._registry
        )
        self.frames = Counter(
            "retake_frames",
            "Frames asked for, by what became of them.",
            ("outcome",),
            registry=self._registry,
        )
        self.people = Counter("retake_people", "People found.", registry=self._registry)
        self.seconds = Histogram(
            "retake_frame_seconds", "Seconds the engine took.", buckets=_SECONDS, registry=self._registry
        )
        self._gauge("retake_queue_length", "Frames that wait for the engine.", waiting)
        self._gauge("retake_engine_memory_bytes", "Memory of the engine's process.", lambda: _memory(host))
        self._gauge("retake_engine_restarts", "Times the engine was started again.", lambda: host.restarts)
        self._gauge("retake_ready", "Whether frames are done now.", lambda: host.status == "ready")

    def text(self) -> bytes:
        """Everything, in Prometheus's text format."""
        told: bytes = generate_latest(self._registry)
        return told

    def _gauge(self, name: str, what: str, ask: Callable[[], float]) -> None:
        Gauge(name, what, registry=self._registry).set_function(ask)


def _memory(host: EngineHost) -> float:
    memory = host.client.memory
    return 0 if memory is None else memory.worker
