"""Asking until there is an answer, for as long as that makes sense."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from pipeline.engines.engine import NOTICE, OutOfMemory
from pipeline.engines.remote.connection import Connection, DroppedError, Reply
from pipeline.errors import EngineError, UserError

_FIRST, _LONGEST = 0.5, 15.0  # s between two attempts
_NAP = 0.1  # s between looks at whether somebody still wants the answer
_DEATHS = 3  # attempts at a frame the engine dies on: the service has tried each of them twice


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why to ask again.

    Attributes:
        said: As part of a sentence.
        wait: Seconds the service asks for; 0 if it does not say.
        final: What to raise when it is given up; None where only the service's absence is to be told.
    """

    said: str
    wait: float = 0.0
    final: UserError | None = None


class Persistence:
    """Asks again, with growing pauses, where the connection or the service may come back."""

    def __init__(self, connection: Connection, seconds: float) -> None:
        """Ask over `connection`, for up to `seconds` where nothing comes of it."""
        self._connection = connection
        self._seconds = seconds
        self._absent = False

    def ask(self, method: str, path: str, body: bytes | None, say: Callable[[str], None]) -> Reply:
        """Have an answer of status 200.

        Args:
            method: Such as "POST".
            path: Such as "/pose/hybrid".
            body: JSON to send.
            say: Told several times a second what is waited for; may raise.

        Raises:
            OutOfMemory: The service's engine ran out of memory.
            EngineError: The service cannot be reached or does not do it.
            UserError: The service refuses what was sent.
        """
        # Once it was waited for in vain, the frames after that do not each wait as long again.
        seconds = 0.0 if self._absent else self._seconds
        until = time.monotonic() + seconds
        pause, deaths, tried = _FIRST, 0, 0
        while True:
            found = self._try(method, path, body, say)
            if isinstance(found, Reply):
                self._absent = False
                return found
            wait = max(found.wait, pause)
            deaths += isinstance(found.final, EngineError) and found.final.kind == "engine_died"
            if deaths >= _DEATHS or time.monotonic() + wait > until:
                self._absent = found.final is None
                raise found.final or self._given_up(found, seconds)
            text = f"The service {found.said}; trying again in {wait:g} s"
            self._pause(text, wait, partial(say, text if tried else NOTICE + text))
            tried += 1
            pause = min(2 * pause, _LONGEST)

    def _try(
        self, method: str, path: str, body: bytes | None, say: Callable[[str], None]
    ) -> Reply | _Trouble:
        try:
            reply = self._connection.ask(method, path, body, lambda: say("service"))
        except DroppedError as error:
            return _Trouble(f"cannot be reached: {error}")
        if reply.status == 200 and not reply.told:  # of a proxy, or cut where no length was said
            return _Trouble("answers with what is no JSON object")
        if reply.status == 200:
            return reply
        return _trouble(reply)

    def _pause(self, text: str, wait: float, tell: Callable[[], None]) -> None:
        sys.stderr.write(f"retake remote: {text}\n")  # stderr is the engine's log
        until = time.monotonic() + wait
        while (left := until - time.monotonic()) > 0:
            tell()
            time.sleep(min(_NAP, left))

    def _given_up(self, found: _Trouble, seconds: float) -> EngineError:
        url = self._connection.address.url
        tried = f"; it was tried for {seconds:.0f} s" if seconds else " still"
        return EngineError(
            f"The service at {url} {found.said}{tried}.",
            f"See that it runs there (retake serve) and that {url}/health answers; then run the frame again.",
        )


def _trouble(reply: Reply) -> _Trouble:
    """Why to ask again.

    Raises:
        UserError: There is no reason to.
    """
    error = error_of(reply)
    if reply.status == 502 and reply.error:
        return _Trouble("lost its engine on the frame", reply.retry_after, error)
    if reply.status in (429, 503) or (reply.status in (502, 504) and not reply.error):
        return _Trouble(f"says: {error.message.rstrip('.')}", reply.retry_after)
    raise error


def error_of(reply: Reply) -> UserError:
    """What an answer that is none means for the frame."""
    told = reply.error
    message = str(told.get("message") or f"The service answered with status {reply.status}.")
    hint, kind = str(told.get("hint", "")), str(told.get("kind", "failed"))
    if reply.status == 507:
        numbers = told.get("numbers")
        return OutOfMemory(message, numbers if isinstance(numbers, dict) else {}, hint)
    if reply.status == 401:
        return UserError(message, "Set its token: retake engines use remote --url URL --token TOKEN")
    if 400 <= reply.status < 500 and reply.status != 429:
        return UserError(message, hint)
    known = {502: "engine_died", 504: "timeout"}
    return EngineError(message, hint, kind=known.get(reply.status, kind if kind == "failed" else "failed"))
