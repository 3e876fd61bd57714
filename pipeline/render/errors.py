"""What can be missing for drawing."""

from __future__ import annotations

from pipeline.errors import UserError


class NoOpenGLError(UserError):
    """There is no OpenGL 3.3 to draw with on this machine."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"OpenGL cannot be used here: {reason}.", "Draw with the software renderer instead.")
        self.reason = reason
