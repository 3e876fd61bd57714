"""The 3D view at 800x600. Reference on 2 cores without a GPU: 6-8 ms for one person, 12-19 ms for five."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from test_bench_render import crowd

from pipeline.layers import Layers
from pipeline.orbit import Orbit, OrbitLook
from pipeline.render.bodies import Normals, normals_of
from pipeline.render.errors import NoOpenGLError
from pipeline.render.orbit import OrbitRenderer
from pipeline.render.orbit_cast import Cast, aimed, floor_under
from pipeline.render.orbit_trails import JointPaths
from pipeline.smpl import builtin_body
from pipeline.stage import UPRIGHT, Past
from pipeline.structures import Assignment, Detections, FrameResult, People, Plan, Rejected, SmplParams

SIZE = (800, 600)
LOOK = OrbitLook((16, 17, 20), (66, 72, 83), (93, 100, 112), (154, 162, 175))
MOST_MS = 1000 / 30
"""What five people may take without a GPU; twice as much would be seen as stutter."""


def cast_of(count: int) -> Cast:
    """People side by side, each with a second of hands' ways, one selected."""
    scene = crowd(count)
    people = tuple(replace(person, selected=person.slot == 0) for person in scene.people)
    scene = replace(scene, people=people)
    time = np.linspace(0, 6, 31)
    way = np.stack([np.sin(time), 0.3 * np.cos(2 * time), -4 - 0.1 * time], 1).astype(np.float32)
    trails = {person.track_id: np.stack([way + person.slot * 0.3, way - 0.2], 1) for person in people}
    normals = normals_of(scene.meshes.vertices, Normals(scene.faces, scene.meshes.vertices.shape[1]))
    colors = {person.track_id: person.color for person in people}
    return Cast(scene, normals, UPRIGHT, floor_under(scene, UPRIGHT), trails, colors)


@pytest.mark.parametrize("coarseness", [1, 2])
@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize("kind", ["opengl", "software"])
def test_turning(benchmark, kind, count, coarseness):
    """One frame while a hand turns the view: everything but skinning, which is done once."""
    try:
        renderer = OrbitRenderer(kind)
    except NoOpenGLError as error:
        pytest.skip(str(error))
    cast = cast_of(count)
    around = aimed(cast, None, "all", SIZE)
    angles = itertools.count()
    benchmark.extra_info["renderer"] = renderer.name

    def turn():
        return renderer.draw(cast, around.turned(3 * next(angles), 0), SIZE, Layers(), LOOK, coarseness)

    picture = benchmark.pedantic(turn, rounds=60, warmup_rounds=5)
    renderer.close()
    assert len(picture.slots) == count
    if kind == "opengl":
        assert benchmark.stats.stats.median * 1e3 < MOST_MS


@pytest.mark.parametrize("people", [1, 5])
def test_a_second_of_ways(benchmark, people):
    """Sixty frames that were not posed yet: what a jump in the video costs on the lane."""
    body, rng = builtin_body(), np.random.default_rng(0)

    def result(frame: int) -> FrameResult:
        rotations = np.linalg.qr(rng.normal(size=(people, 24, 3, 3)))[0].astype(np.float32)
        smpl = SmplParams(rotations[:, 0], rotations[:, 1:], np.zeros((people, 10), np.float32))
        boxes, scores = np.tile(np.array([0, 0, 9, 9], np.float32), (people, 1)), np.ones(people, np.float32)
        found = People(
            Detections(boxes, scores), smpl, np.ones((people, 3), np.float32), 1000.0, (640, 480), body.id,
            np.zeros((people, 0), np.float16),
        )  # fmt: skip
        return FrameResult(frame, found, Rejected(), "engine", Plan(), {}, 0)

    past = [
        Past(result(i), tuple(Assignment(i, slot, slot + 1) for slot in range(people)), UPRIGHT)
        for i in range(61)
    ]
    found = benchmark.pedantic(lambda: JointPaths().trails(past, (22, 23), body), rounds=10, warmup_rounds=1)
    assert len(found) == people


def test_aiming_costs_nothing(benchmark):
    cast = cast_of(5)
    assert isinstance(benchmark(aimed, cast, None, "all", SIZE), Orbit)
