"""A pose service on loopback with the stand-in engine, and pictures to send to it."""

from __future__ import annotations

import base64
import http.server
import io
import json
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from fakes_engine import stand_in_command
from fakes_waiting import wait_until
from PIL import Image as Pillow

from pipeline.engines.client import EngineClient, Limits
from pipeline.engines.engine import EngineSettings
from pipeline.service.app import create_app
from pipeline.service.gate import Gate
from pipeline.service.limits import ServiceLimits
from pipeline.service.server import Server
from pipeline.service.service import PoseService
from pipeline.smpl import builtin_body

SIZE = (64, 48)


def limits(**changed) -> ServiceLimits:
    """Small ones, for quick tests."""
    usual = ServiceLimits(body=2**20, pixels=100_000, queue=2, seconds=20, receive=5, reload=0.2)
    return replace(usual, **changed)


def stand_in_client(**cues: str) -> EngineClient:
    """A client of the stand-in, whose bodies are the built-in one."""
    settings = EngineSettings(extra={"body_model": builtin_body().id, "masks": "1", **cues})
    return EngineClient("stand-in", stand_in_command(), settings, limits=Limits(cancel=0.5))


@contextmanager
def a_service(
    bounds: ServiceLimits | None = None, *, ready: bool = True, **cues: str
) -> Iterator[PoseService]:
    """A service that ends with the block; `ready` waits until its engine is."""
    service = PoseService(stand_in_client(**cues), bounds or limits())
    try:
        service.start()
        if ready:
            wait_until(lambda: service.host.status == "ready")
        yield service
    finally:
        service.close()


@contextmanager
def a_client(service: PoseService, *, host: str = "127.0.0.1", token: str = ""):
    """Flask's own client of a service's application."""
    with create_app(service, Gate(host, token)).test_client() as client:
        yield client


@dataclass
class Served:
    """A service that listens."""

    service: PoseService
    address: tuple[str, int]
    server: Server

    @property
    def url(self) -> str:
        return f"http://{self.address[0]}:{self.address[1]}"


@contextmanager
def served(service: PoseService, *, port: int = 0, token: str = "") -> Iterator[Served]:
    """Have a service listen on loopback."""
    app = create_app(service, Gate("127.0.0.1", token))
    server = Server(app, "127.0.0.1", port, service.limits)
    thread = threading.Thread(target=server.run, name="server")
    thread.start()
    try:
        yield Served(service, server.address, server)
    finally:
        server.stop()
        thread.join()
        server.close()


def picture(number: int = 0, size: tuple[int, int] = SIZE) -> np.ndarray:
    """(H, W, 3) noise, another one for each number."""
    return np.random.default_rng(number).integers(0, 256, (size[1], size[0], 3), np.uint8)


def encoded(image: np.ndarray, kind: str = "PNG", **options) -> bytes:
    held = io.BytesIO()
    Pillow.fromarray(image).save(held, kind, **options)
    return held.getvalue()


def png_header(width: int, height: int, *, body: bytes = b"") -> bytes:
    """A PNG that claims a size, with as much of a picture as given."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", body or zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def asked(frame: int = 0, image: bytes | None = None, **more) -> dict:
    """The body of a request."""
    data = encoded(picture(frame)) if image is None else image
    return {"frame_number": frame, "image_base64": in_base64(data), **more}


class Scripted:
    """A server that says it is a ready service, and answers frames with what it is told to, one after another."""

    def __init__(self, *answers: tuple[int, dict, dict[str, str]] | None) -> None:
        """Answers are status, body and headers; None closes the connection without one. The last is repeated."""
        self.asked: list[dict] = []
        self._answers = list(answers)
        script = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._say(200, READY if self.path == "/health" else {}, {})

            def do_POST(self) -> None:
                script.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                answer = script._answers.pop(0) if len(script._answers) > 1 else script._answers[0]
                if answer is None:
                    self.close_connection = True
                else:
                    self._say(*answer)

            def _say(self, status: int, told: dict, headers: dict[str, str]) -> None:
                body = json.dumps(told).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = "Content-Length" in headers  # a length of its own: the answer is cut

            def log_message(self, *_arguments) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Scripted:
        self._thread.start()
        return self

    def __exit__(self, *_error) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


READY = {
    "service": "retake",
    "status": "ready",
    "ready": True,
    "device": "cpu",
    "engine": {
        "name": "stand-in", "version": "1", "engine_id": "stand-in-1-cafe", "body_model": "", "gender": "",
        "detail": "", "seconds_per_frame": 0.0,
    },
}  # fmt: skip
