"""A frame's meshes as the bytes of a PLY or an OBJ file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.structures import Float, Index

_VERTEX = np.dtype(
    [
        ("x", "<f4"),
        ("y", "<f4"),
        ("z", "<f4"),
        ("red", "u1"),
        ("green", "u1"),
        ("blue", "u1"),
        ("track", "<i4"),
    ]
)
_FACE = np.dtype([("count", "u1"), ("corners", "<i4", (3,))])
_PLY_NAMES = {"<f4": "float", "|u1": "uchar", "<i4": "int"}


@dataclass(frozen=True, slots=True, eq=False)
class PersonMesh:
    """One person of a frame.

    Attributes:
        track: The track, or 0.
        name: To show.
        color: (R, G, B) in 0..255.
        vertices: (V, 3) in the unit and the axes of the file.
        made: "engine", "filled" or "smoothed".
        edited: Whether a reviewer assigned the person.
    """

    track: int
    name: str
    color: tuple[int, int, int]
    vertices: Float
    made: str
    edited: bool

    @property
    def said(self) -> str:
        """What a comment says of the person."""
        edited = "yes" if self.edited else "no"
        return (
            f"person track {self.track}, name {self.name}, {len(self.vertices)} vertices, "
            f"made {self.made}, assigned by a reviewer {edited}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class FrameMesh:
    """Everybody in a frame.

    Attributes:
        frame: The source frame.
        body_model: Whose mesh it is.
        faces: (F, 3) corners of each person.
        people: Who is there.
        said: What the file's comments say of it.
    """

    frame: int
    body_model: str
    faces: Index
    people: tuple[PersonMesh, ...]
    said: tuple[str, ...]

    @property
    def comments(self) -> list[str]:
        """The comments, one a line, whatever a name holds."""
        lines = ["Written by Retake", *self.said, *(person.said for person in self.people)]
        return [" ".join(line.split()) for line in lines]


def ply_bytes(mesh: FrameMesh) -> bytes:
    """A binary PLY file."""
    vertices = np.concatenate([_ply_vertices(person) for person in mesh.people])
    faces = np.zeros(len(mesh.faces) * len(mesh.people), _FACE)
    faces["count"] = 3
    starts = np.cumsum([0, *(len(person.vertices) for person in mesh.people[:-1])])
    faces["corners"] = np.concatenate([mesh.faces + start for start in starts])
    head = [
        "ply",
        "format binary_little_endian 1.0",
        *(f"comment {line}" for line in mesh.comments),
        f"element vertex {len(vertices)}",
        *(f"property {_PLY_NAMES[_VERTEX[name].str]} {name}" for name in _VERTEX.names or ()),
        f"element face {len(faces)}",
        "property list uchar int vertex_indices",
        "end_header\n",
    ]
    return "\n".join(head).encode("utf-8") + vertices.tobytes() + faces.tobytes()


def _ply_vertices(person: PersonMesh) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    vertices = np.zeros(len(person.vertices), _VERTEX)
    for axis, name in enumerate("xyz"):
        vertices[name] = person.vertices[:, axis]
    vertices["red"], vertices["green"], vertices["blue"] = person.color
    vertices["track"] = person.track
    return vertices


def obj_bytes(mesh: FrameMesh) -> bytes:
    """A Wavefront OBJ file; corners are counted from 1 through all the people."""
    lines = [f"# {line}" for line in mesh.comments]
    start = 1
    for person in mesh.people:
        lines.append(f"o {'_'.join(person.name.split())}")
        color = " ".join(f"{value / 255:.4f}" for value in person.color)
        lines += [f"v {x:.6f} {y:.6f} {z:.6f} {color}" for x, y, z in person.vertices.tolist()]
        lines += [f"f {a} {b} {c}" for a, b, c in (mesh.faces + start).tolist()]
        start += len(person.vertices)
    return ("\n".join(lines) + "\n").encode("utf-8")
