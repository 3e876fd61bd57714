"""The camera of a session: what its settings say, read once and again only when they change."""

from __future__ import annotations

import json
from typing import Any

from pipeline.camera.packing import digest, packed, unpacked
from pipeline.camera.values import Camera, CameraSetting, SolvedCamera
from pipeline.session.store import Store

KEY = "camera"
"""The session's setting."""


class KeptCamera:
    """The last camera read. Belongs to the store's thread.

    Attributes:
        tried: Shown instead of what the session says, while somebody tries a value.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._text: str | None = None
        self._camera = Camera()
        self._solved: dict[str, SolvedCamera | None] = {}
        self.tried: Camera | None = None

    def camera(self) -> Camera:
        """The camera; the same object as long as the session says the same."""
        if self.tried is not None:
            return self.tried
        text = self._store.setting_text(KEY)
        if text != self._text:
            self._text, self._camera = text, self._read(text)
        return self._camera

    def _read(self, text: str | None) -> Camera:
        setting = CameraSetting.from_plain(json.loads(text) if text else None)
        return Camera(setting, self._find(setting.solved) if setting.solved else None)

    def _find(self, solved: str) -> SolvedCamera | None:
        """None if it is not in the file, or damaged: then the camera is taken to stand still."""
        if solved not in self._solved:
            try:
                self._solved[solved] = unpacked(self._store.remembered(_place(solved)))
            except ValueError:
                self._solved[solved] = None
        return self._solved[solved]


def camera_in(store: Store) -> Camera:
    """What a session says of its camera, or what is tried at the moment."""
    return store.companion(KeptCamera).camera()


def keep_solved(store: Store, camera: SolvedCamera) -> str:
    """Put a solved camera into the session, for a setting to name; returns its digest.

    It stays there when the setting is undone, so that it can be redone. Opens its own transaction.
    """
    return keep_packed(store, packed(camera))


def keep_packed(store: Store, plain: dict[str, Any]) -> str:
    """The same of a camera that was packed elsewhere, for packing thousands of frames takes a while."""
    solved = digest(plain)
    if store.remembered(_place(solved)) is None:
        store.remember(_place(solved), plain)
    return solved


def _place(solved: str) -> str:
    return f"camera {solved}"
