"""Make `resources/body.npz`, the built-in body, from Anny.

Anny (NAVER Corp., code Apache-2.0, body data of MakeHuman CC0) is a body with 104 bones and named
sliders. This script folds its bones into SMPL's 24 joints, straightens its A-pose to SMPL's T-pose,
reduces the mesh to SMPL's 6890 vertices and 13776 triangles, turns ten sliders into ten linear shape
components, and finds a joint regressor. Nothing of the licensed SMPL model is used.

Anny is no dependency of Retake. Run it from an environment of its own (first run some minutes):

    python -m venv /tmp/anny
    /tmp/anny/bin/pip install torch==2.13.0
    /tmp/anny/bin/pip install anny==0.6.2 fast-simplification==0.2.0 trimesh==5.2.0 scipy==1.17.1 rtree
    /tmp/anny/bin/python -m resources.make.make_body resources/body.npz

With these versions the result was the same to the byte each time on one machine.
Anny's topologies "smpl" and "smplx" fetch files under a non-commercial licence; they are not used.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import anny
import fast_simplification
import numpy as np
import numpy.typing as npt
import torch
import trimesh
from scipy.spatial import cKDTree

from pipeline.smpl.joints import JOINT_COUNT, JOINT_NAMES, PARENTS

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FACES = 13776
INFLUENCES = 4
PELVIS, LEFT = 0, (("left_", ".L", 1.0), ("right_", ".R", -1.0))

# The mean adult: 1.70 m, about 35 years, between the sexes.
NEUTRAL = {"gender": 0.5, "age": 0.72, "muscle": 0.5, "weight": 0.5, "height": 0.375, "proportions": 0.5}


@dataclass(frozen=True)
class Component:
    """A shape component: sliders that move together, and how far for one unit.

    Attributes:
        name: What it is, and what +1 does to the body.
        sliders: Step of each of Anny's sliders, for one unit; names with a dash are local changes.
    """

    name: str
    sliders: Mapping[str, float]


# One unit is about one standard deviation among adults. All but the first keep the stature.
COMPONENTS = (
    Component("height: 8 cm taller", {"height": 0.0735}),
    Component("weight: heavier", {"weight": 0.4, "muscle": -0.15}),
    Component("muscle: more muscular", {"muscle": 0.35, "weight": 0.1}),
    Component("gender: more male", {"gender": -0.25}),
    Component("proportions: more idealised", {"proportions": 0.25}),
    Component(
        "legs: longer, trunk shorter",
        # The arms a little too, as taking the stature back shortens everything.
        {
            **dict.fromkeys(("measure-upperleg-height-incr", "measure-lowerleg-height-incr"), 0.25),
            **dict.fromkeys(("measure-upperarm-length-incr", "measure-lowerarm-length-incr"), 0.11),
        },
    ),
    Component("arms: longer", {"measure-upperarm-length-incr": 0.25, "measure-lowerarm-length-incr": 0.25}),
    Component("shoulders: broader", {"measure-shoulder-dist-incr": 0.5}),
    Component("hips: broader", {"hip-scale-horiz-incr": 0.3}),
    Component("age: older", {"age": 0.1}),
)

# Which bones of Anny end up in which joint; {side} is "left_", "right_" or empty.
FOLD = {
    "pelvis": ("root", "pelvis", "spine05"),
    "{side}hip": ("upperleg01", "upperleg02"),
    "{side}knee": ("lowerleg01", "lowerleg02"),
    "{side}ankle": ("foot",),
    "{side}foot": ("toe",),
    "spine1": ("spine04", "spine03"),
    "spine2": ("spine02",),
    "spine3": ("spine01", "breast"),
    "neck": ("neck0",),
    "head": (
        "head",
        "eye",
        "jaw",
        "tongue",
        "special",
        "oris",
        "levator",
        "orbic",
        "tempor",
        "oculi",
        "risor",
    ),
    "{side}collar": ("clavicle", "shoulder01"),
    "{side}shoulder": ("upperarm01", "upperarm02"),
    "{side}elbow": ("lowerarm01", "lowerarm02"),
    "{side}wrist": ("wrist", "metacarpal", "finger1"),
    "{side}hand": ("finger2", "finger3", "finger4", "finger5"),
}

# Where each joint is: the mean of the heads of these bones; sides as above.
HEADS = {
    "pelvis": ("root",),
    "spine1": ("spine04",),
    "spine2": ("spine02",),
    "spine3": ("spine01",),
    "neck": ("neck01",),
    "head": ("head",),
    "hip": ("upperleg01",),
    "knee": ("lowerleg01",),
    "ankle": ("foot",),
    "foot": tuple(f"toe{i}-1" for i in range(1, 6)),
    "collar": ("clavicle",),
    "shoulder": ("upperarm01",),
    "elbow": ("lowerarm01",),
    "wrist": ("wrist",),
    "hand": tuple(f"finger{i}-1" for i in range(2, 6)),
}

# Anny is z up and looks along -y; SMPL is y up and looks along z. Both have the left at +x.
AXES = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], np.float64)


def joint_of(bone: str) -> str:
    """The SMPL joint a bone of Anny moves with."""
    side = {".L": "left_", ".R": "right_"}.get(bone[-2:], "")
    for joint, prefixes in FOLD.items():
        if bone.startswith(prefixes):
            return joint.format(side=side) if "{side}" in joint else joint
    raise KeyError(bone)


class Source:
    """Anny at rest, in SMPL's axes and with SMPL's joints."""

    def __init__(self) -> None:
        local = sorted({name for part in COMPONENTS for name in part.sliders if "-" in name})
        self.model = anny.Anny(topology="anny-noeyes-notongue", local_changes=local).to(dtype=torch.float32)
        self.bones: list[str] = list(self.model.bone_labels)
        self.faces: Ints = self.model.faces.numpy().astype(np.int64)
        self.weights = self._weights()

    def _weights(self) -> Array:
        """Skinning weights folded to 24 joints, (V, 24)."""
        joints = np.array([JOINT_NAMES.index(joint_of(bone)) for bone in self.bones])
        bones, weights = self.model.vertex_bone_indices.numpy(), self.model.vertex_bone_weights.numpy()
        folded = np.zeros((len(bones), JOINT_COUNT))
        for column in range(bones.shape[1]):
            np.add.at(folded, (np.arange(len(bones)), joints[bones[:, column]]), weights[:, column])
        return folded / folded.sum(1, keepdims=True)

    def shape(self, sliders: Mapping[str, float]) -> tuple[Array, Array]:
        """Vertices (V, 3) and joints (24, 3) in m at Anny's rest, of the neutral adult moved by sliders."""
        phenotype = {name: value + sliders.get(name, 0.0) for name, value in NEUTRAL.items()}
        local = {name: value for name, value in sliders.items() if name not in NEUTRAL}
        with torch.no_grad():
            out = self.model(
                pose_parameters=torch.eye(4).repeat(1, len(self.bones), 1, 1),
                phenotype_kwargs={name: torch.tensor([value]) for name, value in phenotype.items()},
                local_changes_kwargs={name: torch.tensor([value]) for name, value in local.items()},
            )
        heads = out["rest_bone_heads"][0].numpy().astype(np.float64) @ AXES.T
        vertices = out["rest_vertices"][0].numpy().astype(np.float64) @ AXES.T
        return vertices, np.stack([self._joint(heads, name) for name in JOINT_NAMES])

    def _joint(self, heads: Array, name: str) -> Array:
        side, _, part = name.rpartition("_")
        ending = {"left": ".L", "right": ".R", "": ""}[side]
        return np.mean([heads[self.bones.index(bone + ending)] for bone in HEADS[part]], 0)

    def straight(self, sliders: Mapping[str, float]) -> tuple[Array, Array]:
        """As `shape`, in SMPL's T-pose, with the pelvis at the origin."""
        vertices, joints = straighten(*self.shape(sliders), self.weights)
        return vertices - joints[PELVIS], joints - joints[PELVIS]


def turn_onto(start: Array, goal: Array) -> Array:
    """The smallest rotation that turns one direction onto another."""
    a, b = start / np.linalg.norm(start), goal / np.linalg.norm(goal)
    x, y, z = np.cross(a, b)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + cross + cross @ cross / (1 + a @ b)


def turn_about(axis: Array, angle: float) -> Array:
    """The rotation by an angle in rad about a unit axis (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def straighten(vertices: Array, joints: Array, weights: Array) -> tuple[Array, Array]:
    """Skin the A-pose into SMPL's T-pose: arms along x, palms down, legs straight down, toes forward.

    Each limb is turned from its root outwards and by the smallest rotation, so that elbows and knees
    keep their hinge and no twist gathers at a joint.
    """
    turns = np.repeat(np.eye(3)[None], JOINT_COUNT, 0)

    def bone(a: str, b: str) -> Array:
        return joints[JOINT_NAMES.index(b)] - joints[JOINT_NAMES.index(a)]

    for name, _, sign in LEFT:
        at = {part: JOINT_NAMES.index(name + part) for part in HEADS if name + part in JOINT_NAMES}
        for chain in (
            (("shoulder", "elbow", (sign, -0.03, -0.02)), ("elbow", "wrist", (sign, -0.02, 0.02))),
            (("hip", "knee", (sign * 0.02, -1, 0.01)), ("knee", "ankle", (sign * 0.02, -1, -0.03))),
        ):
            before = np.eye(3)
            for start, end, goal in chain:
                before = turn_onto(before @ bone(name + start, name + end), np.array(goal, float)) @ before
                turns[at[start]] = before
        turns[at["wrist"]] = turns[at["hand"]] = _flat_hand(bone, name, sign, turns[at["elbow"]])
        toes = bone(name + "ankle", name + "foot")
        yaw = np.arctan2(toes[0], toes[2]) - sign * 0.12  # feet point a little outwards
        turns[at["ankle"]] = turns[at["foot"]] = turn_about(np.array([0.0, 1, 0]), -yaw)
    return _skin(vertices, joints, weights, turns)


def _flat_hand(bone, name: str, sign: float, forearm: Array) -> Array:  # noqa: ANN001  a closure
    """The turn of the hand that goes on from the forearm."""
    return turn_onto(forearm @ bone(name + "wrist", name + "hand"), np.array([sign, -0.02, 0.0])) @ forearm


def _skin(vertices: Array, joints: Array, weights: Array, turns: Array) -> tuple[Array, Array]:
    """Linear blend skinning with absolute joint rotations (24, 3, 3)."""
    moved = joints.copy()
    for joint, parent in list(enumerate(PARENTS))[1:]:
        moved[joint] = moved[parent] + turns[parent] @ (joints[joint] - joints[parent])
    shifts = moved - np.einsum("jab,jb->ja", turns, joints)
    return np.einsum("vj,jab,vb->va", weights, turns, vertices) + weights @ shifts, moved


class Reduction:
    """A coarser mesh of the same surface; carries any linear quantity over from the fine one."""

    def __init__(self, vertices: Array, faces: Ints) -> None:
        points, self.faces = fast_simplification.simplify(
            vertices.astype(np.float32), faces.astype(np.int32), target_count=FACES
        )
        fine = trimesh.Trimesh(vertices, faces, process=False)
        nearest, _, triangles = trimesh.proximity.closest_point(fine, points)
        shares = trimesh.triangles.points_to_barycentric(fine.triangles[triangles], nearest).clip(0, 1)
        self._shares = shares / shares.sum(1, keepdims=True)
        self._corners = faces[triangles]

    def carry(self, values: Array) -> Array:
        """Values (V, K) of the fine vertices at the coarse ones."""
        return np.einsum("vc,vck->vk", self._shares, values[self._corners])


def strongest(weights: Array) -> Array:
    """At most four influences a vertex, as SMPL has."""
    kept = np.argsort(-weights, 1, kind="stable")[:, :INFLUENCES]
    sparse = np.zeros_like(weights)
    np.put_along_axis(sparse, kept, np.take_along_axis(weights, kept, 1), 1)
    return sparse / sparse.sum(1, keepdims=True)


def regress(vertices: Array, shapes: Array, joints: Array, joint_shapes: Array) -> Array:
    """Weights (24, V) that give the joints of the template and of every shape component.

    Sums of the nearest vertices with weights of either sign: for each joint as many equations as the
    template and the components have coordinates, and far more vertices, so of all the solutions that
    (nearly) hold the one closest to an even mean is taken.

    Args:
        vertices: (V, 3) m.
        shapes: (V, 3, K) m.
        joints: (24, 3) m.
        joint_shapes: (24, 3, K) m.
    """
    regressor = np.zeros((JOINT_COUNT, len(vertices)))
    tree = cKDTree(vertices)
    for joint in range(JOINT_COUNT):
        near = tree.query(joints[joint], k=240)[1]
        states = np.concatenate([vertices[near, :, None], shapes[near]], 2)
        wanted = np.concatenate([joints[joint, :, None], joint_shapes[joint]], 1)
        # A column per vertex, a row per coordinate; the last row asks the weights to sum to 1.
        rows = np.vstack([states.transpose(1, 2, 0).reshape(-1, len(near)), np.ones(len(near))])
        even = np.full(len(near), 1 / len(near))
        missing = np.append(wanted.ravel(), 1.0) - rows @ even
        gram = rows @ rows.T
        solved = rows.T @ np.linalg.solve(gram + 1e-9 * np.trace(gram) * np.eye(len(gram)), missing)
        weights = even + solved
        regressor[joint, near] = weights / weights.sum()
    return regressor


def shape_components(source: Source) -> tuple[Array, Array]:
    """Displacements by one unit of each component: of vertices (V, 3, K) and joints (24, 3, K)."""
    vertices, joints = [], []
    for part in COMPONENTS:
        (more, more_j), (less, less_j) = (
            source.straight({name: sign * step for name, step in part.sliders.items()}) for sign in (1, -1)
        )
        vertices.append((more - less) / 2)
        joints.append((more_j - less_j) / 2)
    moves, joint_moves = np.stack(vertices, 2), np.stack(joints, 2)
    template = source.straight({})[0]
    top, bottom = template[:, 1].argmax(), template[:, 1].argmin()
    growth = moves[top, 1] - moves[bottom, 1]
    # Components other than height keep the stature: take out as much height as they bring.
    share = growth / growth[0] * (np.arange(len(growth)) > 0)
    return moves - moves[..., :1] * share, joint_moves - joint_moves[..., :1] * share


def make(path: Path) -> None:
    """Make the file."""
    torch.manual_seed(0)
    source = Source()
    fine, joints = source.straight({})
    fine_shapes, joint_shapes = shape_components(source)
    coarse = Reduction(fine, source.faces)
    template = coarse.carry(fine)
    shapes = coarse.carry(fine_shapes.reshape(len(fine), -1)).reshape(len(template), 3, -1)
    regressor = regress(template, shapes, joints, joint_shapes)
    np.savez_compressed(
        path,
        family="anny",
        gender="neutral",
        name="Built-in body (Anny, neutral)",
        licence="Made from Anny 0.6.2 (NAVER Corp.; code Apache-2.0, body data CC0)",
        v_template=template.astype(np.float32),
        f=coarse.faces.astype(np.int32),
        weights=strongest(coarse.carry(source.weights)).astype(np.float32),
        shapedirs=shapes.astype(np.float32),
        J_regressor=regressor.astype(np.float32),
        kintree_table=np.array([[2**32 - 1, *PARENTS[1:]], range(JOINT_COUNT)], np.int64),
        shape_names=np.array([part.name for part in COMPONENTS]),
    )
    report(template, shapes, joints, joint_shapes, regressor)


def report(template: Array, shapes: Array, joints: Array, joint_shapes: Array, regressor: Array) -> None:
    """Print what was made: the regressor's error over random shapes, and what a unit of shape does."""
    betas = np.random.default_rng(0).normal(0, 1.5, (500, shapes.shape[2]))
    found = np.einsum("jv,vck,nk->njc", regressor, shapes, betas) + regressor @ template
    true = np.einsum("jck,nk->njc", joint_shapes, betas) + joints
    errors = 1e3 * np.linalg.norm(found - true, axis=2)
    for name, mean, worst in zip(JOINT_NAMES, errors.mean(0), errors.max(0), strict=True):
        print(f"{name:15} mean {mean:6.3f} mm, worst {worst:6.3f} mm")
    print("largest regressor weight", np.abs(regressor).max().round(3))
    at = JOINT_NAMES.index
    for index, part in enumerate(COMPONENTS):
        moved, moved_j = template + shapes[..., index], joints + joint_shapes[..., index]
        lengths = [
            f"{label} {100 * (np.linalg.norm(moved_j[a] - moved_j[b]) - np.linalg.norm(joints[a] - joints[b])):+.1f}"
            for label, a, b in (
                ("leg", at("left_hip"), at("left_ankle")),
                ("arm", at("left_shoulder"), at("left_wrist")),
                ("shoulders", at("left_shoulder"), at("right_shoulder")),
                ("hips", at("left_hip"), at("right_hip")),
                ("trunk", at("pelvis"), at("neck")),
            )
        ]
        stature = 100 * (np.ptp(moved[:, 1]) - np.ptp(template[:, 1]))
        print(f"{part.name:32} stature {stature:+.1f} cm,", ", ".join(lengths))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("output", type=Path)
    make(parser.parse_args().output)
