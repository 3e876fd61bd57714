"""What must be said where a file holds the mesh of a body that is not ours to give away."""

from __future__ import annotations

from collections.abc import Iterable


def licence_notices(body_ids: Iterable[str]) -> tuple[str, ...]:
    """One sentence if an official SMPL body is among those whose mesh was written; the built-in body is free (CC0)."""
    if not any(body_id.startswith("smpl") for body_id in body_ids):
        return ()
    return (
        "The file holds the licensed SMPL mesh: SMPL's terms do not allow sharing it. "
        "For a file that can be shared choose a skeleton, or a format without vertices.",
    )
