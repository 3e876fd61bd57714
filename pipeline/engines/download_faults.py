"""What to say of a download that failed; a person on a machine without network can always bring the file by hand."""

from __future__ import annotations

import errno
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from pipeline.diagnosis import in_bytes
from pipeline.errors import EngineError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_WORTH_ANOTHER_TRY = (408, 425, 429)


def is_passing(error: Exception) -> bool:
    """Whether trying again may help: it does not with what a server refuses or a certificate nobody trusts."""
    if isinstance(error, HTTPError):
        return error.code >= 500 or error.code in _WORTH_ANOTHER_TRY
    return not _is_about_certificates(error) and "407" not in str(error)


def explain(error: Exception, url: str, target: Path) -> EngineError:
    """An error of the network, in words."""
    if isinstance(error, HTTPError):
        return _explain_answer(error.code, url, target)
    host = urlsplit(url).hostname or url
    if "407" in str(error):
        return _explain_answer(407, url, target)
    if _is_about_certificates(error):
        return EngineError(
            f"The certificate of {host} is not trusted here: {_reason(error)}.",
            "If a proxy of your network looks into connections, let SSL_CERT_FILE name its certificates. "
            + by_hand(url, target),
            kind="load_failed",
        )
    return EngineError(
        f"{target.name} cannot be fetched from {host}: {_reason(error)}.",
        "Check the network of the machine the engine runs on, and HTTPS_PROXY if it has a proxy, and retry: "
        f"what has come is kept. {by_hand(url, target)}",
        kind="load_failed",
    )


def wrong_content(reason: str, url: str, target: Path) -> EngineError:
    """What came is not the file."""
    return EngineError(
        f"What {urlsplit(url).hostname or url} sent for {target.name} {reason}.",
        f"A page of a proxy or a login may have come instead: open the address in a browser. {by_hand(url, target)}",
        kind="load_failed",
    )


def no_room(target: Path, needed: int, free: int) -> EngineError:
    """The disk will not hold it."""
    return EngineError(
        f"{target.name} needs {in_bytes(needed)} more on the disk of {target.parent}, {in_bytes(free)} are free.",
        "Free some space, or let RETAKE_WEIGHTS name a folder on another disk, and retry: what has come is kept.",
        kind="load_failed",
    )


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Turn errors of the disk into words.

    Raises:
        EngineError: The disk is full, or the folder cannot be written to.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise EngineError(
                f"The disk of {target.parent} is full: {target.name} is not complete.",
                "Free some space, or let RETAKE_WEIGHTS name a folder on another disk, and retry: what has "
                "come is kept.",
                kind="load_failed",
            ) from error
        raise EngineError(
            f"{target.name} cannot be written to {target.parent}: {error.strerror or error}.",
            "Check the folder's permissions, or let RETAKE_WEIGHTS name another folder.",
            kind="load_failed",
        ) from error


def by_hand(url: str, target: Path) -> str:
    """How to do without this download."""
    return f"Or fetch {url} on another machine and put it at {target}."


def _explain_answer(code: int, url: str, target: Path) -> EngineError:
    host = urlsplit(url).hostname or url
    messages = {
        404: f"{host} does not have {target.name} any more (404).",
        410: f"{host} does not have {target.name} any more (410).",
        407: "The proxy wants a name and a password (407).",
    }
    hints = {407: "Put them into HTTPS_PROXY: http://NAME:PASSWORD@HOST:PORT. "}
    return EngineError(
        messages.get(code, f"{host} refuses to send {target.name} ({code})."),
        hints.get(code, "") + by_hand(url, target),
        kind="load_failed",
    )


def _is_about_certificates(error: Exception) -> bool:
    reason = error.reason if isinstance(error, URLError) else error
    return isinstance(reason, ssl.SSLCertVerificationError)


def _reason(error: Exception) -> str:
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, TimeoutError):
        return "it does not answer"
    text = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return str(text).rstrip(".")
