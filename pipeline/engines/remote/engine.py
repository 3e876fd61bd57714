"""The remote engine: it sends pictures to a service and makes its answers results again, bit by bit the same."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
import time
from collections.abc import Sequence
from typing import Any

import cv2

from pipeline.engines.engine import EngineInfo, EngineSettings, Report
from pipeline.engines.memory import system_memory
from pipeline.engines.remote.address import Address, address_of
from pipeline.engines.remote.connection import Connection, DroppedError
from pipeline.engines.remote.looking import other_service, progress_of
from pipeline.engines.remote.persistence import Persistence, error_of
from pipeline.engines.remote.result import INCLUDE, memory_of, result_of
from pipeline.errors import EngineError
from pipeline.loading import Stage, Tell
from pipeline.memory import Memory
from pipeline.service.asking import VIDEO_ID
from pipeline.structures import Frame, FrameResult, Image, RunOptions

PATIENCE = 120.0
"""s that a frame waits for a service that is away; `patience` in the settings."""

_REACH = 10.0  # s that loading waits for one
_SILENCE = 10.0  # s it may take to say how it stands; only frames take longer
_LOOK = 0.5  # s between looks at how the service's loading stands

Made = dict[str, Any]


class RemoteEngine:
    """Implements `pipeline.engines.engine.Engine`."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._looks: Connection | None = None
        self._patience = PATIENCE
        self._persistence: Persistence | None = None
        self._health: dict[str, Any] = {}
        self._memory: Memory | None = None

    def stages(self, settings: EngineSettings) -> Sequence[Stage]:
        """Stages of loading; the second mirrors the service's own."""
        self._patience = float(settings.extra.get("patience") or PATIENCE)
        return (
            Stage("Reach the service", lambda made, tell: self._reach(address_of(settings.extra), tell)),
            Stage("Service ready", lambda made, tell: self._await_ready(tell)),
        )

    def info(self) -> EngineInfo:
        """What the service has loaded."""
        engine, url = self._told_engine(), self._connected().address.url
        return EngineInfo(
            name="remote",
            version=str(engine.get("version", "")),
            engine_id=str(engine.get("engine_id", "")),
            device=str(self._health.get("device", "")),
            body_model=str(engine.get("body_model", "")),
            detail=f"{engine.get('name', 'an engine')} at {url}",
            gender=str(engine.get("gender", "")),
            seconds_per_frame=float(engine.get("seconds_per_frame", 0.0)),
        )

    def infer(self, frame: Frame, options: RunOptions, report: Report) -> FrameResult:
        """Have the service do a frame."""
        if self._persistence is None:
            raise EngineError("The service has not been reached.", kind="load_failed")
        report("encode", 0.0)
        body = _body(frame, options)
        reply = self._persistence.ask("POST", "/pose/hybrid", body, lambda step: report(step, 0.2))
        report("read", 0.9)
        self._memory = memory_of(reply.told) or self._memory
        return result_of(reply.told)

    def memory(self) -> Memory:
        """The service's, as it last said; this machine's before."""
        return self._memory or system_memory()

    def close(self) -> None:
        """Drop the connections; the service goes on."""
        self._disconnect()

    def _disconnect(self) -> None:
        for connection in (self._connection, self._looks):
            if connection is not None:
                connection.close()

    def _connected(self) -> Connection:
        if self._connection is None:
            raise EngineError("The service has not been reached.", kind="load_failed")
        return self._connection

    def _reach(self, address: Address, tell: Tell) -> Made:
        """See that a service answers there, and that it takes the token."""
        self._disconnect()
        self._connection = Connection(address)
        self._looks = Connection(address, patience=_SILENCE)
        tell(detail=address.url)
        until = time.monotonic() + _REACH
        while not self._look():
            if time.monotonic() > until:
                self._look(final=True)
            time.sleep(_LOOK)
            tell(detail=f"{address.url} does not answer yet")
        try:
            reply = self._looks.ask("GET", "/")
        except DroppedError as error:
            raise _unreachable(address, error) from error
        if reply.status != 200:
            raise error_of(reply)
        tell(detail=address.url)
        return {}

    def _look(self, *, final: bool = False) -> bool:
        """Ask how the service stands; whether it answered.

        Raises:
            EngineError: Something else is there; with `final`, nothing answers.
        """
        connection = self._looks or self._connected()
        try:
            reply = connection.ask("GET", "/health")
        except DroppedError as error:
            if not final:
                return False
            raise _unreachable(connection.address, error) from error
        if reply.status == 403:
            raise error_of(reply)
        if reply.told.get("service") != "retake":
            raise other_service(connection.address, reply.status)
        self._health, self._memory = reply.told, memory_of(reply.told) or self._memory
        return True

    def _await_ready(self, tell: Tell) -> Made:
        """Follow the service's own loading."""
        while not self._health.get("ready"):
            if self._health.get("status") == "error":
                told = self._health.get("error") or {}
                raise EngineError(str(told.get("message", "")), str(told.get("hint", "")), kind="load_failed")
            fraction, detail = progress_of(self._health)
            tell(fraction=fraction, detail=detail)
            time.sleep(_LOOK)
            self._look(final=True)
        self._persistence = Persistence(self._connected(), self._patience)
        if self._looks is not None:
            self._looks.close()
        tell(detail=f"{self._told_engine().get('name', 'an engine')} on {self._health.get('device', '')}")
        return {}

    def _told_engine(self) -> dict[str, Any]:
        """What the service says of its engine; a service of another version may say less."""
        engine = self._health.get("engine")
        return engine if isinstance(engine, dict) else {}


def _unreachable(address: Address, error: DroppedError) -> EngineError:
    return EngineError(
        f"The service at {address.url} cannot be reached: {error}.",
        "See that it runs there (retake serve), and that the address is right.",
        kind="load_failed",
    )


def _body(frame: Frame, options: RunOptions) -> bytes:
    asked = dataclasses.asdict(options)
    sequence = asked.pop("sequence")
    told = {
        "frame_number": frame.index,
        "time": frame.time,
        "video_id": sequence if re.fullmatch(VIDEO_ID, sequence) else _digest(sequence),
        "options": asked,
        "include": INCLUDE,
        "image_base64": base64.b64encode(_png(frame.image)).decode("ascii"),
    }
    return json.dumps(told).encode()


def _digest(sequence: str) -> str:
    return hashlib.sha256(sequence.encode("utf-8", "surrogatepass")).hexdigest()


def _png(image: Image) -> bytes:
    """The picture without loss; more compression would cost more time than it saves on the way."""
    good, data = cv2.imencode(
        ".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 1]
    )
    if not good:
        raise EngineError("The picture cannot be made a PNG.", kind="bad_input")
    return bytes(data)
