"""The pose service under load, with an engine that costs nothing: what the service itself takes, and whether it grows.

    python tests/benchmarks/service_load.py [--requests 10000] [--clients 4] [--size 640x360]
    python tests/benchmarks/service_load.py --serve          only serve, for another program to drive

The service runs in a process of its own with the stand-in engine, which finds two people. Clients are threads with a
kept connection each, on loopback; each sends the frames of a video of its own in order. Printed are requests a second,
the median and the 95th percentile of a request, and the resident memory of the service and of its engine's worker at
intervals.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

REPORTS = 10
MB = 2**20


def tell(line: object) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def image(size: tuple[int, int]) -> str:
    """A smooth picture as base64 of a JPEG."""
    width, height = size
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    picture = np.stack([x, y, (x + y) / 2], -1).astype(np.uint8)
    return base64.b64encode(cv2.imencode(".jpg", picture)[1].tobytes()).decode()


def serve() -> None:
    """Serve on a free port until told to end; the address is the first line printed."""
    from fakes_service import stand_in_client

    from pipeline.service.app import create_app
    from pipeline.service.gate import Gate
    from pipeline.service.limits import ServiceLimits
    from pipeline.service.server import Server
    from pipeline.service.service import PoseService

    limits = ServiceLimits()
    service = PoseService(stand_in_client(), limits)
    server = Server(create_app(service, Gate("127.0.0.1", "")), "127.0.0.1", 0, limits)
    service.start()
    tell(server.address[1])
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    service.close()
    server.close()


class Client(threading.Thread):
    """Sends frames of one video, one after another."""

    def __init__(self, number: int, port: int, frames: int, picture: str, told: threading.Semaphore) -> None:
        super().__init__(name=f"client {number}")
        self.seconds: list[float] = []
        self.failed: list[int] = []
        self._number, self._port, self._frames, self._picture, self._told = (
            number,
            port,
            frames,
            picture,
            told,
        )

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        for frame in range(self._frames):
            body = json.dumps(
                {"frame_number": frame, "video_id": f"video {self._number}", "image_base64": self._picture}
            )
            began = time.perf_counter()
            connection.request("POST", "/pose/hybrid", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            told = answer.read()
            self.seconds.append(time.perf_counter() - began)
            if answer.status != 200 or len(json.loads(told)["people"]) != 2:
                self.failed.append(answer.status)
            self._told.release()
        connection.close()


def memory(service: psutil.Process) -> str:
    """Resident memory of the service, and of its engine's worker."""
    worker = sum(child.memory_info().rss for child in service.children(recursive=True))
    return f"service {service.memory_info().rss / MB:6.1f} MB, engine {worker / MB:6.1f} MB"


def drive(port: int, service: psutil.Process, arguments: argparse.Namespace) -> int:
    """Send all requests and print what they took; the number that failed."""
    each = arguments.requests // arguments.clients
    told = threading.Semaphore(0)
    picture = image(arguments.size)
    clients = [Client(n, port, each, picture, told) for n in range(arguments.clients)]
    tell(f"{each * len(clients)} requests of {len(picture) / 1000:.0f} kB by {len(clients)} clients")
    began = time.perf_counter()
    for client in clients:
        client.start()
    step = each * len(clients) // REPORTS
    for report in range(1, REPORTS + 1):
        for _ in range(step):
            told.acquire()
        tell(f"{report * step:6d}  {time.perf_counter() - began:6.1f} s  {memory(service)}")
    for client in clients:
        client.join()
    took = time.perf_counter() - began
    seconds = np.concatenate([client.seconds for client in clients])
    failed = [status for client in clients for status in client.failed]
    half, most, worst = np.percentile(seconds, [50, 95, 100]) * 1000
    tell(
        f"{len(seconds) / took:.0f} requests/s, p50 {half:.1f} ms, p95 {most:.1f} ms, longest {worst:.0f} ms"
    )
    tell(f"{len(failed)} failed {sorted(set(failed))}")
    return len(failed)


def await_ready(port: int) -> None:
    """Wait until the engine is loaded."""
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/health")
        status = connection.getresponse().status
        connection.close()
        if status == 200:
            return
        time.sleep(0.1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--size", type=lambda text: tuple(map(int, text.split("x"))), default=(640, 360))
    parser.add_argument("--serve", action="store_true", help="only serve")
    arguments = parser.parse_args()
    if arguments.serve:
        serve()
        return 0
    with tempfile.TemporaryFile() as log:
        command = [sys.executable, __file__, "--serve"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            try:
                await_ready(port)
                return 1 if drive(port, psutil.Process(process.pid), arguments) else 0
            finally:
                process.terminate()


if __name__ == "__main__":
    sys.exit(main())
