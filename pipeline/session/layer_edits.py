"""Edits of the poses that lie over results: filled gaps and smoothed motion."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.session.poses import Pose
from pipeline.session.store import Store
from pipeline.spans import runs
from pipeline.structures import Changes

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class AddLayer:
    """Lay poses over results. It is never stored: the history holds what takes it back.

    Attributes:
        kind: "fill" or "smooth".
        track: The track.
        first: First frame it was made for.
        last: Last frame, inclusive.
        options: How it was made, as JSON can hold it; see `pipeline.session.poses.PoseLayer`.
        poses: The poses.
        label: What the menu calls it.
    """

    kind: str
    track: int
    first: int
    last: int
    options: Mapping[str, Any]
    poses: tuple[Pose, ...]
    label: str

    def apply(self, store: Store) -> RemoveLayer:
        """Lay them."""
        layer = store.add_layer(self.kind, self.track, self.first, self.last, self.options, self.poses)
        return RemoveLayer(layer, self.label, _spans(store, layer))

    def touched(self) -> Changes:
        """The poses' frames."""
        return Changes(frozenset(pose.frame for pose in self.poses), tracks=True)

    def top_track(self) -> int:
        """The track."""
        return self.track


@dataclass(frozen=True, slots=True)
class _LayerEdit:
    """A change of a whole layer."""

    id: int
    label: str
    spans: Spans = ()

    def touched(self) -> Changes:
        """The frames it has poses for, once it was done; all before."""
        frames = (frame for first, last in self.spans for frame in range(first, last + 1))
        return Changes(frozenset(frames) if self.spans else None, tracks=True)

    def top_track(self) -> int:
        """It makes none."""
        return 0


@dataclass(frozen=True, slots=True)
class RemoveLayer(_LayerEdit):
    """Remove a layer."""

    label: str = "Remove layer"

    def apply(self, store: Store) -> BringLayerBack:
        """Set it aside."""
        store.shelve_layer(self.id, True)
        return BringLayerBack(self.id, self.label, _spans(store, self.id))


@dataclass(frozen=True, slots=True)
class BringLayerBack(_LayerEdit):
    """A removed layer as it was; what removing is undone with."""

    def apply(self, store: Store) -> RemoveLayer:
        """Take it back."""
        store.shelve_layer(self.id, False)
        return RemoveLayer(self.id, self.label, _spans(store, self.id))


@dataclass(frozen=True, slots=True)
class SwitchLayer(_LayerEdit):
    """Switch a layer on or off."""

    label: str = "Switch layer"
    enabled: bool = True

    def apply(self, store: Store) -> SwitchLayer:
        """Switch it."""
        layer = store.pose_layer(self.id)
        if layer is None or layer.enabled == self.enabled:
            return self
        store.enable_layer(self.id, self.enabled)
        return dataclasses.replace(self, enabled=not self.enabled, spans=_spans(store, self.id))


def _spans(store: Store, layer: int) -> Spans:
    return tuple(runs(store.layer_frames(layer)))
