"""The service on waitress, with bounds on what a connection may do."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING, Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask

from pipeline.errors import UserError
from pipeline.service.faults import error_body
from pipeline.service.limits import ServiceLimits

if TYPE_CHECKING:
    from flask import Flask

_HEADER_BYTES = 16 * 2**10
_CLEAN_EVERY = 1  # s
_FAREWELL = 1.0  # s for answers that are on their way when it ends
_BACKLOG = 128
_KINDS = {
    "400": "bad_request",
    "413": "body_too_large",
    "431": "headers_too_large",
    "501": "not_implemented",
}


class _ErrorTask(ErrorTask):  # type: ignore[misc] # waitress has no types
    """What waitress refuses before the application hears of it, in the form of all other errors."""

    def execute(self) -> None:
        """Answer and close."""
        error = self.request.error
        kind = _KINDS.get(str(error.code), "bad_request")
        body = json.dumps(error_body(kind, f"{error.reason}: {error.body}.", "See /openapi.json.")).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", "application/json"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc] # waitress has no types
    """A connection on which a request has a limited time to arrive, however it trickles in, and answers to leave."""

    error_task_class = _ErrorTask
    _began = 0.0
    _sent_last, _moved = 0.0, 0.0

    def received(self, data: bytes) -> Any:
        """Take what came, unless the request it belongs to should be here by now."""
        now = time.monotonic()
        if self.request is None:
            self._began = now
        elif now - self._began > self.adj.channel_timeout:
            self.will_close = True
            return False
        return super().received(data)

    def drop_if_stuck(self) -> None:
        """Close it if of an answer that is on its way nothing was taken for too long; the server's thread only.

        Waitress itself spares connections with requests, and waits with closing until more can be sent.
        """
        now = time.monotonic()
        if not self.total_outbufs_len or self.last_activity != self._sent_last:
            self._sent_last, self._moved = self.last_activity, now
        elif now - self._moved > self.adj.channel_timeout:
            self.handle_close()


class Server:
    """Listens from the moment it is made; serves while it runs."""

    def __init__(self, app: Flask, host: str, port: int, limits: ServiceLimits) -> None:
        """Listen.

        Args:
            app: What answers.
            host: Address to listen on.
            port: Port; 0 for a free one.
            limits: Of connections and requests.

        Raises:
            UserError: The address cannot be listened on.
        """
        self._ending = False
        self._map: dict[int, Any] = {}
        self._server = create_server(
            app,
            map=self._map,
            sockets=[_listener(host, port)],
            threads=limits.threads,
            connection_limit=limits.connections,
            channel_timeout=limits.receive,
            cleanup_interval=_CLEAN_EVERY,
            max_request_body_size=limits.body + 1,  # it refuses what is as long as that, too
            max_request_header_size=_HEADER_BYTES,
            asyncore_loop_timeout=_CLEAN_EVERY,
            asyncore_use_poll=True,
            ident="retake",
            clear_untrusted_proxy_headers=True,
        )
        self._server.channel_class = _Channel

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens, with the port it got."""
        return str(self._server.effective_host), int(self._server.effective_port)

    def run(self) -> None:
        """Serve until `stop`, or until KeyboardInterrupt, which comes out here."""
        while not self._ending:
            self._turn(_CLEAN_EVERY)

    def stop(self) -> None:
        """Have `run` return; any thread."""
        self._ending = True
        self._server.pull_trigger()

    def close(self) -> None:
        """Send what is to be sent, then let go of everything; not while it runs."""
        until = time.monotonic() + _FAREWELL
        while time.monotonic() < until and any(map(_is_busy, tuple(self._map.values()))):
            self._turn(0.05)
        self._server.task_dispatcher.shutdown()
        wasyncore.close_all(self._map)

    def _turn(self, seconds: float) -> None:
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._map, count=1)
        for channel in tuple(self._server.active_channels.values()):
            channel.drop_if_stuck()


def _is_busy(channel: Any) -> bool:
    """Whether a connection has an answer to come or to be sent."""
    return isinstance(channel, _Channel) and bool(channel.requests or channel.total_outbufs_len)


def _listener(host: str, port: int) -> socket.socket:
    """A socket on an address; of a name with several, on the first, IPv4 before IPv6.

    Raises:
        UserError: It cannot be listened on.
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = min(found, key=lambda one: one[0] is not socket.AF_INET)
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        raise UserError(
            f"The address {host}:{port} cannot be listened on: {getattr(error, 'strerror', None) or error}.",
            "Choose another with --host and --port.",
        ) from None
