"""`retake serve`."""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.arguments import amount, length
from app.commands.engine_arguments import add_engine, add_engine_settings, settings_of
from pipeline.engines.client import EngineClient, Limits
from pipeline.engines.command import command_for
from pipeline.errors import UserError
from pipeline.places import log_folder
from pipeline.service.allocator import give_back_memory
from pipeline.service.journal import Journal, log
from pipeline.service.limits import MOST_PIXELS, ServiceLimits

if TYPE_CHECKING:
    from pipeline.service.server import Server
    from pipeline.service.service import PoseService

HELP = "Answer over HTTP who is in a picture and how they stand."
EPILOG = """examples:
  retake serve
  retake serve --engine humans4d --gpu-memory 8 --port 8080
  RETAKE_TOKEN=secret retake serve --host 0.0.0.0
  curl http://127.0.0.1:8000/health

The engine loads in the background while /health already answers. Only this machine is listened to unless --host
says otherwise, and then a token is needed. Nothing is encrypted: from elsewhere use ssh -L or a reverse proxy.
"""
_MB = 1e6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Engine, address, limits and log."""
    add_engine(parser)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=amount, default=8000, help="port; 0 for a free one (%(default)s)")
    parser.add_argument(
        "--token",
        default=os.environ.get("RETAKE_TOKEN", ""),
        help="clients must send it (default: RETAKE_TOKEN of the environment, where other users cannot see it)",
    )
    parser.add_argument(
        "--log", type=Path, default=log_folder() / "serve.log", metavar="FILE", help="log (%(default)s)"
    )
    _add_limits(parser)
    add_engine_settings(parser)


def _add_limits(parser: argparse.ArgumentParser) -> None:
    usual = ServiceLimits()
    group = parser.add_argument_group("limits")
    group.add_argument(
        "--queue", type=amount, default=usual.queue, metavar="N", help="frames that may wait (%(default)s)"
    )
    group.add_argument(
        "--time-limit", type=length, default=usual.seconds, metavar="S", help="s for a request (%(default)g)"
    )
    group.add_argument(
        "--max-body", type=length, default=usual.body / _MB, metavar="MB", help="of a request (%(default).0f)"
    )
    group.add_argument(
        "--max-pixels",
        type=length,
        default=usual.pixels / 1e6,
        metavar="MP",
        help=f"million pixels of a picture (%(default)g, at most {MOST_PIXELS / 1e6:g})",
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to end."""
    try:
        from pipeline.service.app import create_app
        from pipeline.service.gate import Gate
        from pipeline.service.server import Server
        from pipeline.service.service import PoseService
    except ImportError as error:
        raise UserError(
            f"The service needs packages that are not here: {error}.", "Get them: pip install 'retake[serve]'"
        ) from None
    give_back_memory()
    limits, gate = _limits(arguments), Gate(arguments.host, arguments.token)
    journal = Journal(arguments.log)
    try:
        client = _client(arguments)
        service = PoseService(client, limits, body_files=[arguments.body] if arguments.body else [])
        try:
            server = Server(create_app(service, gate), arguments.host, arguments.port, limits)
        except UserError:
            service.close()
            raise
        _serve(service, server)
    finally:
        journal.close()
    return 0


def _client(arguments: argparse.Namespace) -> EngineClient:
    patience = Limits(infer=arguments.time_limit + 10)  # the request's own limit comes first
    return EngineClient(
        arguments.engine,
        command_for(arguments.engine),
        settings_of(arguments),
        on_notice=lambda text: log.warning("[INIT] %s", text),
        limits=patience,
    )


def _serve(service: PoseService, server: Server) -> None:
    """Load and serve; Ctrl+C and SIGTERM are the usual end, and end the engine too."""
    host, port = server.address
    log.info("[STARTUP] Starting HTTP server...")
    try:
        service.start()
        log.info("[STARTUP] ✓ Listening on http://%s:%d", f"[{host}]" if ":" in host else host, port)
        server.run()
    except KeyboardInterrupt:
        log.info("[SHUTDOWN] Ending the engine and the HTTP server...")
    finally:
        with _deaf():
            service.close()
            server.close()
        log.info("[SHUTDOWN] ✓ Ended")


@contextmanager
def _deaf() -> Iterator[None]:
    """While it ends in order, being told to end again changes nothing."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    were = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        yield
    finally:
        for number, was in zip(numbers, were, strict=True):
            signal.signal(number, was)


def _limits(arguments: argparse.Namespace) -> ServiceLimits:
    pixels, body = int(arguments.max_pixels * 1e6), int(arguments.max_body * _MB)
    if not 0 < pixels <= MOST_PIXELS:
        raise UserError(
            f"Pictures of {arguments.max_pixels:g} million pixels cannot be allowed.",
            f"Allow more than 0 and at most {MOST_PIXELS / 1e6:g} million.",
        )
    if body < 1 or arguments.time_limit <= 0 or arguments.port > 65535:
        raise UserError("A limit or the port is out of range.", "See retake serve --help.")
    return ServiceLimits(body=body, pixels=pixels, queue=arguments.queue, seconds=arguments.time_limit)
