"""Which parts of an overlay are drawn."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layers:
    """What is drawn over a picture. Labels, boxes and joints are never translucent.

    Attributes:
        meshes: Shaded bodies.
        wireframe: The edges of the bodies' faces, hidden ones left out.
        silhouettes: A contour around each body where it meets the picture or another body.
        skeleton: The 24 SMPL joints and the bones between them.
        keypoints: The engine's own 2D landmarks, before a body was fitted.
        boxes: Detection boxes.
        labels: Names of tracks.
        trails: Where each person's pelvis was in the frames before.
        rejected: Detections the thresholds dropped, dashed, with the reason.
        opacity: Of the shaded bodies, in [0, 1].
    """

    meshes: bool = True
    wireframe: bool = False
    silhouettes: bool = True
    skeleton: bool = False
    keypoints: bool = False
    boxes: bool = False
    labels: bool = True
    trails: bool = False
    rejected: bool = False
    opacity: float = 0.85

    @property
    def bodies(self) -> bool:
        """Whether any layer needs the bodies' pixels."""
        return self.wireframe or self.silhouettes or (self.meshes and self.opacity > 0)
