"""glTF 2.0 in one binary file: every track with its skeleton, its skin and its motion.

A track is a node that carries the 24 joints with SMPL's names and tree, a skin, a mesh in the track's colour and the
channels of one common animation: each joint's rotation as quaternions of continuous sign, and the pelvis's place. The
mesh is the rest pose in the track's own shape (the median of its betas); so are the joints. Units and axes are those
the format prescribes: m, s, x right, y up, z backward, where right is that of the (first) camera. The camera is a node
too, so that who looks through it sees the picture: with the focal length of the first frame, and moving where
space=world has a solved camera.

Times are seconds from the start of the video. Unless a rate is chosen the keys are the frames that were run, at their
presentation times; between them viewers interpolate, on the sphere for rotations. Before its first key and after its
last a person is scaled to nothing, unless absent=hold, which leaves it standing there.

``asset.extras`` states engines, body models, units, axes, space, video and rate. The ``extras`` of a track's node state
track, name, engine, body model, gender, betas, and for every key ``source_frames`` (-1 where it is interpolated),
``times`` (s), ``made`` ("engine", or "filled" or "smoothed" where a layer of the reviewer's made the pose) and
``edited`` (a reviewer assigned the person).

mesh=skeleton writes a figure of sticks instead of the body: nothing of a licensed mesh is in the file.

glTF has no pose correctives, the bulges that SMPL adds to bent limbs. The built-in body has none either, so its
vertices are exactly ours. For an official SMPL body the export measures what is lost, on up to 25 frames of each
track, and says it in millimetres. Betas that change along a track are lost as well: a skin has one rest pose.

Source: the Khronos Group's glTF 2.0 specification, 3.7.3 (skins), 3.10 (cameras) and 3.11 (animations).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.atomic import replacing
from pipeline.formats.axes import AXES
from pipeline.formats.correctives import correctives_notice
from pipeline.formats.extent import Extent
from pipeline.formats.format import SPACE, Format, Opened, Option, Written
from pipeline.formats.gltf_camera import add_camera
from pipeline.formats.gltf_file import GltfFile
from pipeline.formats.gltf_track import Animation, add_track, when_present
from pipeline.formats.licence import licence_notices
from pipeline.formats.motion import Motion, gather, tracks_of
from pipeline.formats.sampling import rate_of, sample
from pipeline.job import Job

_PRESENTED = "frames"


def write(opened: Opened, path: Path, options: Mapping[str, str], job: Job) -> Written:
    """Write all tracks into one file."""
    source_rate = float(opened.video.info.rate)
    rate = 0.0 if options["rate"] == _PRESENTED else rate_of(options["rate"], source_rate)
    motions = gather(opened, job)
    file = GltfFile(
        {"generator": f"Retake {version('retake')}", "extras": _provenance(opened, motions, options)}
    )
    animation = Animation(file)
    nodes: list[int] = []
    spans = []
    for track in tracks_of(opened, motions):
        job.check()
        motion = motions[track.track_id]
        samples = sample(opened, motion, rate, {**options, "axes": "y-up"})
        added = add_track(file, animation, track, motion, samples, with_body=options["mesh"] == "skinned")
        nodes += added
        spans.append((added[0], samples.times))
    if options["absent"] == "hide":
        when_present(animation, spans)
    nodes.append(add_camera(opened, file, animation, options["space"]))
    file.add("animations", animation.content("motion"))
    with replacing(path) as temporary:
        file.write(temporary, nodes)
        job.check()
    return Written((path,), _notices(motions, options))


def _notices(motions: Mapping[int, Motion], options: Mapping[str, str]) -> tuple[str, ...]:
    if options["mesh"] == "skeleton":
        return ()
    lost = correctives_notice(list(motions.values()))
    return (*licence_notices(motion.body.id for motion in motions.values()), *filter(None, [lost]))


def _provenance(opened: Opened, motions: Mapping[int, Motion], options: Mapping[str, str]) -> dict[str, Any]:
    info = opened.video.info
    return {
        "engine": sorted({engine for motion in motions.values() for engine in motion.engine_ids}),
        "body_model": sorted({motion.body.id for motion in motions.values()}),
        "units": "m, s",
        "axes": AXES["y-up"],
        "space": options["space"],
        **({"world": opened.world.note} if options["space"] == "world" else {}),
        "mesh": options["mesh"],
        "video": info.path.name,
        "source_rate": float(info.rate),
        "source_size": list(info.size),
    }


def _size(extent: Extent, options: Mapping[str, str]) -> float:
    mesh = 17_000 if options["mesh"] == "skeleton" else 395_000
    return mesh * extent.tracks + 435 * extent.bodies


GLB = Format(
    key="glb",
    title="glTF scene .glb",
    summary="Everybody in one animated scene: meshes or sticks, skeletons, motion and the camera.",
    readers="Blender, three.js, Unreal, Unity, Godot, Windows 3D Viewer, trimesh",
    suffix=".glb",
    options=(
        Option("mesh", "Mesh", ("skinned", "skeleton"), "skinned", ("bodies", "sticks")),
        Option("rate", "Keys per second", (), _PRESENTED),
        SPACE,
        Option(
            "absent",
            "Before and after",
            ("hide", "hold"),
            "hide",
            ("people are hidden", "people stand still"),
        ),
    ),
    write_opened=write,
    size=_size,
    group="Bodies and motion",
)
