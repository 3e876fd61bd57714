"""What a reviewer works with, feature by feature: each module brings its own widgets' wiring and actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.compose import Program


def wire_features(program: Program) -> None:
    """Connect every feature; the order is that of the tab order and of the menus."""
