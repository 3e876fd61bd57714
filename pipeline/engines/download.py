"""Fetching a large file: resumed where it broke off, checked, and in place only when it is whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline.engines.digest import sha256_of
from pipeline.engines.download_faults import writing, wrong_content
from pipeline.engines.partial import Partial
from pipeline.engines.transfer import Reach, Transfer
from pipeline.loading import Tell

Check = Callable[[Path], None]
"""Looks into a file; raises Damaged."""


class Damaged(Exception):  # noqa: N818 - what the file is
    """A file is not whole or not what it should be; the text goes on from its name: "is cut off"."""


def download(
    url: str,
    target: Path,
    tell: Tell,
    *,
    sha256: str = "",
    check: Check | None = None,
    adopt: bool = False,
    reach: Reach | None = None,
) -> Path:
    """Fetch a file, or the rest of it.

    What has come stays in `NAME.part` beside the target, also when cancelled, until the file is whole
    and checked. Only one process may fetch a file at a time.

    Args:
        url: Where it is.
        target: Where it goes; what is there is replaced.
        tell: Gets `bytes_done` and `bytes_total` of this call alone, so that they over time are the rate,
            and `fraction` of the whole file. May raise Cancelled.
        sha256: What it must be, in hex; empty if that is not known.
        check: Looks into the file when it has come.
        adopt: Take a file at the target for the beginning of this one; needs a `check` that would notice.
        reach: What it does outside, for tests.

    Returns:
        The target.

    Raises:
        EngineError: It cannot be had or written; the hint says how to bring it by hand.
        Cancelled: By `tell`.
    """
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = Partial(url, target)
        if adopt:
            partial.adopt()
    transfer = Transfer(partial, tell, reach or Reach())
    for last in (False, True):
        transfer.run()
        try:
            _verify(partial, tell, sha256, check)
            break
        except Damaged as damage:
            partial.discard()
            if last or not transfer.resumed:  # else its beginning may have been that of another file
                raise wrong_content(str(damage), url, target) from damage
    with writing(target):
        partial.finish()
    return target


def _verify(partial: Partial, tell: Tell, sha256: str, check: Check | None) -> None:
    """Raise Damaged if what has come is not the file."""
    tell(detail=f"checking {partial.target.name}")
    if sha256:
        total = partial.size
        found = sha256_of(partial.path, lambda count: tell(fraction=count / max(total, 1)))
        if found != sha256:
            raise Damaged(f"has the SHA-256 {found}, not {sha256}")
    if check is not None:
        check(partial.path)
