"""Draws the 3D view; lives on the view's own lane."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.orbit_stage import Stage
from pipeline.job import Job
from pipeline.layers import Layers
from pipeline.orbit import Aim, Orbit, OrbitLook, OrbitPicture
from pipeline.smpl import BodyModel, require_body
from pipeline.stage import Floor, Past, Placement
from pipeline.structures import FrameResult, Meshes, Track
from widgets.values import RendererKind

if TYPE_CHECKING:  # the renderers load on the lane
    from pipeline.render.bodies import Normals
    from pipeline.render.orbit import OrbitRenderer
    from pipeline.render.orbit_cast import Cast
    from pipeline.render.orbit_trails import JointPaths
    from pipeline.scene import Scene
    from pipeline.session.layered import Shown
    from pipeline.structures import Float


@dataclass(frozen=True, slots=True, eq=False)
class OrbitWish:
    """Everything one drawing needs, so that the lane touches neither session nor view.

    Attributes:
        seen: The frame.
        tracks: All tracks.
        selected_slot: Who is selected.
        stage: Where they stand, in all frames.
        camera: Where the video's camera stands.
        floor: What is known of the floor, if anything.
        past: The frames of the last second, oldest first, if ways are drawn.
        joints: Whose ways.
        orbit: Where one looks from, if that is known.
        aim: What to look at instead.
        size: (W, H) device px.
        layers: What is drawn over the picture.
        look: Colours.
        coarseness: Device px for each px of a body.
    """

    seen: Shown
    tracks: tuple[Track, ...]
    selected_slot: int | None
    stage: Stage
    camera: Placement
    floor: Floor | None
    past: tuple[Past | None, ...]
    joints: tuple[int, ...]
    orbit: Orbit | None
    aim: Aim
    size: tuple[int, int]
    layers: Layers
    look: OrbitLook
    coarseness: int


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A picture and how long it took, s, with `coarseness` px for each px of a body."""

    picture: OrbitPicture
    seconds: float
    coarseness: int


@dataclass(frozen=True, slots=True, eq=False)
class _Skinned:
    """What is made of a frame's people once, for as long as one looks at them from all sides."""

    result: FrameResult
    meshes: Meshes
    normals: Float


class OrbitArtist:
    """Renderer and bodies."""

    def __init__(self) -> None:
        self._renderer: OrbitRenderer | None = None
        self._kind: RendererKind = "auto"
        self._skinned: _Skinned | None = None
        self._normals: Normals | None = None
        self._paths: JointPaths | None = None
        self.notice = ""

    def draw(self, wish: OrbitWish, kind: RendererKind, body_files: tuple[Path, ...], job: Job) -> Drawn:
        """Body → stage → picture.

        Raises:
            BodyError: The body model of the result is not here.
        """
        from pipeline.render.orbit_cast import aimed

        body = require_body(wish.seen.result.people.body_model, body_files)
        cast = self._cast(wish, body)
        orbit = aimed(cast, wish.orbit, wish.aim, wish.size)
        job.check()
        renderer = self._renderer_of(kind)
        begun = time.perf_counter()
        picture = renderer.draw(cast, orbit, wish.size, wish.layers, wish.look, wish.coarseness)
        return Drawn(picture, time.perf_counter() - begun, wish.coarseness)

    def close(self) -> None:
        """Free the GL context."""
        self._skinned = self._normals = self._paths = None
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def _cast(self, wish: OrbitWish, body: BodyModel) -> Cast:
        from pipeline.render.orbit_cast import Cast, floor_under

        skinned = self._skin(wish.seen.result, body)
        scene = self._scene(wish, body, skinned.meshes)
        floor = wish.floor or floor_under(scene, wish.camera)
        trails = self._trails(wish, body) if wish.joints else {}
        colors = {track.track_id: track.color for track in wish.tracks if track.visible}
        shown = {track: path for track, path in trails.items() if track in colors}
        return Cast(scene, skinned.normals, wish.camera, floor, shown, colors)

    def _scene(self, wish: OrbitWish, body: BodyModel, meshes: Meshes) -> Scene:
        from pipeline.scene import build_scene

        seen = wish.seen
        return build_scene(
            seen.result,
            body,
            seen.assignments,
            wish.tracks,
            made=seen.made,
            removed=seen.removed,
            selected_slot=wish.selected_slot,
            meshes=meshes,
        )

    def _trails(self, wish: OrbitWish, body: BodyModel) -> dict[int, Float]:
        from pipeline.render.orbit_trails import JointPaths

        self._paths = self._paths or JointPaths()
        return self._paths.trails(wish.past, wish.joints, body)

    def _skin(self, result: FrameResult, body: BodyModel) -> _Skinned:
        from pipeline.render.bodies import Normals, normals_of

        if self._skinned is None or self._skinned.result is not result:
            if self._normals is None or self._normals.faces is not body.faces:
                self._normals = Normals(body.faces, len(body.v_template))
            meshes = body.meshes(result.people)
            self._skinned = _Skinned(result, meshes, normals_of(meshes.vertices, self._normals))
        return self._skinned

    def _renderer_of(self, kind: RendererKind) -> OrbitRenderer:
        if self._renderer is None or kind != self._kind:
            from pipeline.render.orbit import OrbitRenderer

            if self._renderer is not None:
                self._renderer.close()
            self._kind, self._renderer = kind, OrbitRenderer(kind)
            self.notice = self._renderer.notice
        return self._renderer
