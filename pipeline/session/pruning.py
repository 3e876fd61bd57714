"""Taking versions that do not count out of a session: it cannot be undone, and ends what could be."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.session.store import Store


class Prunable(NamedTuple):
    """What would go.

    Attributes:
        versions: Versions that do not count, those of undone runs among them.
        undone: How many of them an undone run made.
        layers: Removed layers that are kept for undo.
        steps: Steps of the history, which name what goes.
        size: Bytes of the results that go.
    """

    versions: int
    undone: int
    layers: int
    steps: int
    size: int


def prunable(store: Store) -> Prunable:
    """What `prune` would take out."""
    versions, undone, size = store.spare_versions()
    return Prunable(versions, undone, store.shelved_layers(), len(store.steps()), size)


def prune(store: Store) -> Prunable:
    """Take out what does not count, with the history that names it, and give the space back.

    Raises:
        SessionError: The session cannot be written; nothing was taken out.
    """
    found = prunable(store)
    with store.transaction():
        store.drop_spare()
    store.compact()
    return found
