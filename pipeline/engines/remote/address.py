"""Where the service is, and the token it asks for: kept in a file that only the user can read."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.errors import EngineError
from pipeline.places import data_folder

USE = "retake engines use remote --url http://HOST:8000 --token TOKEN"
_OWN_EYES = 0o600


@dataclass(frozen=True, slots=True)
class Address:
    """A service.

    Attributes:
        url: Such as "http://127.0.0.1:8000", without a slash at the end.
        token: What it asks for; empty if nothing.
    """

    url: str
    token: str = field(default="", repr=False)

    @property
    def is_bare(self) -> bool:
        """Whether what is sent there can be read on the way."""
        parts = urlsplit(self.url)
        return parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1")


def read_address(url: str, token: str = "") -> Address:
    """Check what a user wrote.

    Raises:
        EngineError: It is no address of a service, or no token.
    """
    try:
        parts = urlsplit(url.strip())
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        good = False
    if not good or parts.query or parts.fragment or parts.username is not None:
        raise EngineError(f"{url} is no address of a service.", "Write it like http://127.0.0.1:8000")
    if not token.isascii() or any(not letter.isprintable() or letter == " " for letter in token):
        raise EngineError("The token has characters that cannot be sent.", "Copy it again.")
    return Address(url.strip().rstrip("/"), token)


def stored_address() -> Address | None:
    """What `store_address` kept, or None.

    Raises:
        EngineError: The file cannot be read.
    """
    path = _file()
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Address(str(kept["url"]), str(kept["token"]))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise EngineError(f"{path} cannot be read: {error}", f"Set the address again: {USE}") from error


def store_address(address: Address | None) -> None:
    """Keep an address for the next time, or forget it.

    Raises:
        EngineError: The file cannot be written.
    """
    path = _file()
    try:
        if address is None:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        making = path.with_suffix(".json.new")
        making.unlink(missing_ok=True)
        # Its rights from the first moment: the token must never lie open.
        with os.fdopen(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWN_EYES), "w") as file:
            json.dump({"url": address.url, "token": address.token}, file)
        making.replace(path)
    except OSError as error:
        raise EngineError(
            f"{path} cannot be written: {error}", "Free some disk space or check permissions."
        ) from error


def address_of(extra: Mapping[str, str]) -> Address:
    """The address in an engine's settings, or the one that was kept.

    Raises:
        EngineError: There is none.
    """
    if extra.get("url"):
        return read_address(extra["url"], extra.get("token", ""))
    address = stored_address()
    if address is None:
        raise no_address()
    return address


def no_address() -> EngineError:
    """What to say where no service was named."""
    return EngineError("No service has been named yet.", f"Say where it is: {USE}", kind="no_address")


def _file() -> Path:
    return data_folder() / "remote.json"
