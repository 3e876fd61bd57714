"""What a reviewer works with, feature by feature: each module brings its own widgets' wiring and actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.camera_control import wire_camera
from app.history_control import wire_history
from app.importing import wire_importing
from app.layering import wire_layering
from app.orbit_wiring import wire_orbit
from app.own_keys import wire_keys
from app.palette_control import wire_palette
from app.plotting import wire_plotting
from app.problem_wiring import wire_problems
from app.reach import wire_reach
from app.reporting import wire_reporting
from app.run_panel_control import wire_running
from app.tour_control import wire_tour
from app.track_ops import wire_track_ops
from app.verdicts import wire_verdicts
from app.version_compare import wire_compare
from app.version_pruning import wire_pruning

if TYPE_CHECKING:
    from app.compose import Program


def wire_features(program: Program) -> None:
    """Connect every feature; the order is that of the tab order and of the menus."""
    wire_track_ops(program)
    wire_layering(program)
    wire_orbit(program)
    wire_running(program)
    wire_verdicts(program)
    wire_problems(program)
    wire_plotting(program)
    wire_keys(program)
    wire_reach(program)
    wire_palette(program)
    wire_tour(program)
    wire_history(program)
    wire_reporting(program)
    wire_camera(program)
    wire_compare(program)
    wire_pruning(program)
    wire_importing(program)
