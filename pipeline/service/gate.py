"""Who may ask: by token, and by the name they call the service."""

from __future__ import annotations

import hmac
import ipaddress
import re

from pipeline.errors import UserError
from pipeline.service.faults import Refusal

OPEN_ROUTES = frozenset({"/health"})
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]]+)(:\d{1,5})?")


def is_loopback(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Gate:
    """Lets requests in or refuses them."""

    def __init__(self, host: str, token: str) -> None:
        """Guard a service that listens on `host`; an empty token asks for none.

        Raises:
            UserError: Others could reach it, and there is no token.
        """
        self._local = is_loopback(host)
        self._names = _LOCAL_NAMES | {host.lower()}
        self._token = token
        if not self._local and not token:
            raise UserError(
                f"Everybody who reaches {host} could use the service, so it wants a token.",
                "Give one with --token or in the environment as RETAKE_TOKEN, or listen on 127.0.0.1.",
            )
        if token and (not token.isascii() or not token.isprintable() or " " in token):
            raise UserError("The token has characters that cannot be sent.", "Use ASCII letters and digits.")

    def check(self, path: str, host: str | None, authorization: str | None) -> None:
        """See that a request may be answered.

        Raises:
            Refusal: It may not.
        """
        self._check_host(host)
        if self._token and path not in OPEN_ROUTES and not self._knows(authorization or ""):
            raise Refusal(
                401,
                "unauthorized",
                "The token is wrong." if authorization else "A token is needed.",
                "Send the header “Authorization: Bearer TOKEN” with the token the service was started with.",
            )

    def _check_host(self, host: str | None) -> None:
        """A page on the web can have its name point here; its scripts then ask with that name."""
        if not self._local or host is None:
            return
        match = _HOST.fullmatch(host)
        if match is None or match[1].lower() not in self._names:
            raise Refusal(
                403,
                "other_host",
                "The service on this machine answers only to localhost, 127.0.0.1 and [::1].",
                "Use one of these names in the address.",
            )

    def _knows(self, authorization: str) -> bool:
        scheme, _, given = authorization.partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(
            given.strip().encode("utf-8", "surrogateescape"), self._token.encode()
        )
