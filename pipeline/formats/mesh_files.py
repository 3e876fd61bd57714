"""Bodies as plain meshes, PLY or OBJ: one file a frame, with everybody in it.

A path that ends in .ply or .obj is one file of one frame. Any other is a folder with a file for each frame that was
run, named after its source frame: ``000012.ply``, counted from 0 in the order of presentation.

Lengths are m unless another unit is chosen. Axes: "y-up" is x right, y up, z backward, "z-up" x right, y forward, z up,
where right is that of the (first) camera; "camera" is OpenCV's x right, y down, z forward, which the world has not.
Vertices are those on screen, pose correctives and all.

PLY is binary, little endian: vertices with ``x y z`` float, ``red green blue`` uchar in the colours of the tracks, and
``track`` int (0: a person of no track); triangles as ``vertex_indices``. OBJ has an object a person, ``v x y z r g b``
with colours from 0 to 1, which MeshLab, Blender and trimesh read and others pass over.

The head of every file states, as comments: video, frame and its presentation time, engine, body model, unit, axes,
space, and for each person track, name, vertices, ``made`` (engine, or filled or smoothed where a layer of the
reviewer's made the pose) and whether a reviewer assigned it.

Source: Greg Turk, "The PLY Polygon File Format", 1994; Wavefront's "Object Files (.obj)".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from pipeline.atomic import replacing, replacing_folder
from pipeline.errors import ExportError
from pipeline.formats.axes import AXES, axes_option, turn_to
from pipeline.formats.extent import Extent
from pipeline.formats.format import SPACE, Format, Opened, Option, Written
from pipeline.formats.licence import licence_notices
from pipeline.formats.mesh_text import FrameMesh, PersonMesh, obj_bytes, ply_bytes
from pipeline.formats.persons import Person, persons
from pipeline.formats.units import PER_METRE, units_option
from pipeline.job import Job
from pipeline.palette import NO_TRACK
from pipeline.structures import Float, FrameResult, Track

_WRITERS = {"ply": ply_bytes, "obj": obj_bytes}


def write(opened: Opened, path: Path, options: Mapping[str, str], job: Job) -> Written:
    """Write a file of one frame, or a folder of files.

    Raises:
        ExportError: A file is named, and there are several frames or its ending is of the other format; nobody is in
            the range; or the world is asked for in the axes of a camera.
    """
    kind = _kind(path, options["format"])
    turn_to(options["axes"], options["space"])  # says so before anything is read
    bodies = set()
    with ExitStack() as stack:
        single = bool(path.suffix)
        if single and len(opened.frames()) > 1:
            raise ExportError(
                f"{len(opened.frames())} frames do not go into one file {path.name}.",
                "Choose a single frame, or name a folder, without an ending.",
            )
        target = stack.enter_context(replacing(path) if single else replacing_folder(path))
        for mesh in _meshes(opened, options, job):
            file = target if single else target / f"{mesh.frame:06d}.{kind}"
            file.write_bytes(_WRITERS[kind](mesh))
            bodies.add(mesh.body_model)
        if not bodies:
            raise ExportError("Nobody is in the range.", "Choose other frames or tracks.")
        job.check()
    return Written((path,), licence_notices(bodies))


def _kind(path: Path, chosen: str) -> str:
    """The format of a path that names a file, or the chosen one."""
    ending = path.suffix.lower().removeprefix(".")
    if not ending:
        return chosen
    if ending not in _WRITERS:
        raise ExportError(
            f"A mesh cannot be written as {path.suffix}.",
            "Use .ply or .obj, or name a folder without an ending.",
        )
    return ending


def _meshes(opened: Opened, options: Mapping[str, str], job: Job) -> Iterator[FrameMesh]:
    for result in opened.results(job):
        mesh = _mesh(opened, result, options)
        if mesh.people:
            yield mesh


def _mesh(opened: Opened, result: FrameResult, options: Mapping[str, str]) -> FrameMesh:
    frame, people = result.frame_index, result.people
    body = opened.body(people.body_model)
    turn, shift = turn_to(options["axes"], options["space"]), np.zeros(3)
    if options["space"] == "world":
        to_world, place = opened.world.camera_to_world(frame)
        turn, shift = turn @ to_world, turn @ place
    vertices = (body.meshes(people).vertices @ turn.T + shift) * PER_METRE[options["units"]]
    known = {track.track_id: track for track in opened.tracks()}
    return FrameMesh(
        frame=frame,
        body_model=body.id,
        faces=body.faces,
        people=tuple(
            _person(person, known.get(person.track or 0), vertices[person.slot])
            for person in persons(opened, result)
        ),
        said=(
            f"video {opened.video.info.path.name}",
            f"frame {frame}",
            f"time {opened.video.time_of(frame):.6f} s",
            f"engine {result.engine_id or 'none'}",
            f"body model {body.id}",
            f"unit {options['units']}",
            f"axes {AXES[options['axes']]}",
            f"space {options['space']}" + (f": {opened.world.note}" if options["space"] == "world" else ""),
        ),
    )


def _person(person: Person, track: Track | None, vertices: Float) -> PersonMesh:
    return PersonMesh(
        track=track.track_id if track else 0,
        name=track.title if track else f"nobody-{person.slot}",
        color=track.color if track else NO_TRACK,
        vertices=vertices,
        made=person.made,
        edited=person.edited,
    )


def _size(extent: Extent, options: Mapping[str, str]) -> float:
    return (588_000 if options["format"] == "obj" else 310_000) * extent.bodies


MESH_FILES = Format(
    key="meshes",
    title="PLY / OBJ meshes",
    summary="The bodies as plain meshes in the colours of their tracks, a file for each frame.",
    readers="MeshLab, Blender, CloudCompare, trimesh, Open3D",
    suffix="",
    options=(
        Option("format", "File format", tuple(_WRITERS), "ply", tuple(name.upper() for name in _WRITERS)),
        SPACE,
        axes_option("y-up"),
        units_option(),
    ),
    write_opened=write,
    size=_size,
    group="Bodies and motion",
)
