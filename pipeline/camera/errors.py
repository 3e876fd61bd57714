"""What is wrong with a file of a solved camera."""

from __future__ import annotations

from pipeline.errors import UserError


class CameraError(UserError):
    """A file holds no solved camera, or one that does not fit; or nothing can be measured with what there is."""
