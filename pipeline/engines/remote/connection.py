"""One kept connection to a service, with the standard library alone."""

from __future__ import annotations

import json
import select
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from typing import Any
from urllib.parse import urlsplit

from pipeline.engines.remote.address import Address

_CONNECT = 10.0  # s
_LOOK = 0.1  # s between looks at whether somebody still wants the answer
_PIECE = 2**18  # bytes
_LONGEST = 2**30  # bytes of an answer


class DroppedError(Exception):
    """There is no connection, or it broke; the text says how, as part of a sentence."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a service answered.

    Attributes:
        status: Of HTTP.
        body: As it came.
        retry_after: Seconds it asks to wait; 0 if it does not.
        told: The body as a JSON object; empty if it is none.
    """

    status: int
    body: bytes = b""
    retry_after: float = 0.0
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def error(self) -> dict[str, Any]:
        """The service's own words for what is wrong; empty if they are not its own, but a proxy's."""
        error = self.told.get("error")
        return error if isinstance(error, dict) and "kind" in error else {}


class Connection:
    """Asks a service; connects when needed, and again when the connection was closed in between."""

    def __init__(self, address: Address, patience: float = 300.0, *, connect: float = _CONNECT) -> None:
        """Nothing is connected yet.

        Args:
            address: Whom to ask.
            patience: How many seconds an answer may take.
            connect: How many seconds connecting may take, and each piece that is sent or read.
        """
        self.address = address
        self._parts = urlsplit(address.url)
        self._patience = patience
        self._piecemeal = connect
        self._http: HTTPConnection | None = None

    def ask(
        self, method: str, path: str, body: bytes | None = None, waiting: Callable[[], None] = lambda: None
    ) -> Reply:
        """Ask and wait for the answer.

        Args:
            method: Such as "GET".
            path: Such as "/health".
            body: JSON to send.
            waiting: Called several times a second meanwhile; may raise, which drops the connection.

        Raises:
            DroppedError: There is no answer.
        """
        kept = self._http is not None
        try:
            return self._ask(method, path, body, waiting)
        except DroppedError:
            if not kept:
                raise
        return self._ask(method, path, body, waiting)  # it was closed while nobody asked anything

    def close(self) -> None:
        """Drop the connection; asking makes another."""
        http, self._http = self._http, None
        if http is not None:
            http.close()

    def _ask(self, method: str, path: str, body: bytes | None, waiting: Callable[[], None]) -> Reply:
        good = False
        try:
            http = self._http or self._connect()
            reply = self._exchange(http, method, path, body, waiting)
            good = True
        except (OSError, HTTPException, ValueError) as error:
            raise DroppedError(_said(error)) from error
        finally:
            if not good:
                self.close()
        return reply

    def _connect(self) -> HTTPConnection:
        kind = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        http = kind(self._parts.hostname or "", self._parts.port, timeout=self._piecemeal)
        http.connect()
        self._http = http
        return http

    def _exchange(
        self, http: HTTPConnection, method: str, path: str, body: bytes | None, waiting: Callable[[], None]
    ) -> Reply:
        try:
            http.request(method, self._parts.path + path, _pieces(body, waiting), self._headers(body))
        except (BrokenPipeError, ConnectionResetError):
            if body is None:
                raise
            # It may have refused in the middle of a large body, and then has said why.
        else:
            self._await(http, waiting)
        if self._parts.scheme == "https" and http.sock is not None:
            # What has come may be a matter of TLS, and the answer itself still take its time.
            http.sock.settimeout(self._patience)
        response = http.getresponse()
        data = _whole(response)
        if response.will_close:
            self.close()
        elif http.sock is not None:
            http.sock.settimeout(self._piecemeal)
        return Reply(response.status, data, _seconds(response.getheader("Retry-After")), _object(data))

    def _await(self, http: HTTPConnection, waiting: Callable[[], None]) -> None:
        """Wait for the first byte of the answer."""
        until = time.monotonic() + self._patience
        while not select.select([http.sock], [], [], _LOOK)[0]:
            waiting()
            if time.monotonic() > until:
                raise TimeoutError(f"it said nothing for {self._patience:.0f} s")

    def _headers(self, body: bytes | None) -> dict[str, str]:
        headers = {"Accept": "application/json", "User-Agent": "retake"}
        if self.address.token:
            headers["Authorization"] = f"Bearer {self.address.token}"
        if body is not None:
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        return headers


def _pieces(body: bytes | None, waiting: Callable[[], None]) -> Iterator[bytes] | None:
    """The body piece by piece: a slow line takes its time, and nobody waits for it in vain."""
    if body is None:
        return None
    return _tell_each(body, waiting)


def _tell_each(body: bytes, waiting: Callable[[], None]) -> Iterator[bytes]:
    for start in range(0, len(body), _PIECE):
        waiting()
        yield body[start : start + _PIECE]


def _whole(response: HTTPResponse) -> bytes:
    """The body of an answer.

    Raises:
        IncompleteRead: It was cut; reading up to a number of bytes does not itself say so.
    """
    data = response.read(_LONGEST)
    if response.length:
        raise IncompleteRead(data, response.length)
    return data


def _seconds(text: str | None) -> float:
    return float(text) if text is not None and text.strip().isdecimal() else 0.0


def _object(data: bytes) -> dict[str, Any]:
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _said(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return str(error) if str(error).startswith("it ") else "it did not answer in time"
    if isinstance(error, IncompleteRead):
        return "its answer was cut in the middle"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:]
    return str(error).rstrip(".") or type(error).__name__
