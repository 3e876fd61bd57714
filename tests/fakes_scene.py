"""Scenes of capsules, for tests of drawing that need no body model."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np

from pipeline.palette import track_color
from pipeline.scene import Person, Scene
from pipeline.smpl.body import project
from pipeline.structures import Keypoints, Meshes, Rejected

FOCAL = 600.0
SIZE = (320, 180)
JOINTS = np.stack([np.linspace(-0.2, 0.2, 24), np.linspace(-0.7, 0.7, 24), np.zeros(24)], 1).astype(
    np.float32
)


@functools.cache
def capsule(rings=41, segments=40, radius=0.2, height=1.6):
    """Vertices (V, 3) around the origin along y, and faces, counter-clockwise from outside."""
    down = np.linspace(0, np.pi, rings)
    around = np.linspace(0, 2 * np.pi, segments, endpoint=False)
    y = -np.cos(down) * radius + np.where(down > np.pi / 2, 1, -1) * (height / 2 - radius)
    ring = np.sin(down)[:, None] * radius
    vertices = np.stack(
        [ring * np.cos(around), np.repeat(y[:, None], segments, 1), ring * np.sin(around)], -1
    )
    a = (np.arange(rings - 1)[:, None] * segments + np.arange(segments)).ravel()
    b = (np.arange(rings - 1)[:, None] * segments + (np.arange(segments) + 1) % segments).ravel()
    c, d = a + segments, b + segments
    faces = np.concatenate([np.stack([a, c, b], 1), np.stack([b, c, d], 1)]).astype(np.int32)
    return vertices.reshape(-1, 3).astype(np.float32), faces


def scene(*places, size=SIZE, focal=FOCAL, marks=None, **more):
    """People at places (x, y, z) m; `marks` gives `Person` attributes by slot."""
    vertices, faces = capsule()
    at = np.array(places, np.float32).reshape(-1, 1, 3)
    joints = JOINTS + at
    meshes = Meshes(vertices + at, joints, project(joints, focal, size))
    people = tuple(
        _person(slot, meshes, focal, size, (marks or {}).get(slot, {})) for slot in range(len(places))
    )
    return Scene(3, size, focal, meshes, faces, people, **more)


def _person(slot, meshes, focal, size, marks):
    seen = project(meshes.vertices[slot], focal, size)
    box = np.concatenate([seen.min(0), seen.max(0)]).astype(np.float32)
    attributes = {
        "track_id": slot + 1,
        "title": f"Person {slot + 1}",
        "color": track_color(slot + 1),
        **marks,
    }
    return Person(slot=slot, box=box, score=0.9, **attributes)


def with_vertices(original, slot, vertices):
    """The scene with one person's vertices replaced."""
    every = original.meshes.vertices.copy()
    every[slot] = vertices
    return replace(original, meshes=Meshes(every, original.meshes.joints, original.meshes.keypoints_2d))


def busy_scene():
    """Two people who overlap and one apart, with everything there is to draw."""
    places = [(-0.25, 0.0, 6.0), (0.1, 0.05, 5.0), (1.0, 0.0, 6.5)]
    points = np.stack([np.stack([np.linspace(100, 160, 33), np.linspace(30, 150, 33)], 1)] * 3).astype(
        np.float32
    )
    trail = np.stack([np.linspace(20, 150, 21), 90 + 20 * np.sin(np.linspace(0, 6, 21))], 1).astype(
        np.float32
    )
    return scene(
        *places,
        marks={1: {"selected": True}, 2: {"edited": True, "title": "Ana"}},
        keypoints=Keypoints(
            "mediapipe_33", points, np.ones((3, 33), np.float32), np.zeros((3, 33, 3), np.float32)
        ),
        rejected=Rejected(
            np.array([[8, 60, 60, 150]], np.float32), np.array([0.3], np.float32), ("score 0.30 below 0.50",)
        ),
        trails={1: trail},
    )
