"""A body model in SMPL's format, and its skinning in numpy.

The equations are those of Loper et al., "SMPL: A Skinned Multi-Person Linear Model", 2015: shape
blending (eq. 8), pose blending (eq. 9), joint regression (eq. 10), and linear blend skinning (eq. 2).
Written from the paper; tested against the `smplx` package to 1e-5 m.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.smpl.joints import JOINT_COUNT, PARENTS
from pipeline.structures import Float, Index, Meshes, People, SmplParams

SHAPE_COUNT = 10
POSE_FEATURES = (JOINT_COUNT - 1) * 9

# Nearer points are projected as if they were this far away (m), so that a pixel position is always
# finite; what is behind the camera lands far outside the picture.
NEAREST = 0.01

# Array-likes of any float kind come in, float32 is kept.
AnyArray = npt.NDArray[np.floating] | npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True, eq=False)
class BodyModel:
    """A body: template, shape and pose blend shapes, joint regressor, skinning weights.

    Make one with `BodyModel.build`, which checks shapes and derives the id and the joint tables.
    Lengths are m; the rest pose is the T of `pipeline.smpl.joints`. Arrays are read-only.

    Attributes:
        id: Family, gender and a hash of the content: "anny-neutral-1a2b3c4d".
        name: To show.
        gender: "neutral", "male" or "female".
        v_template: (V, 3) vertices of the mean shape.
        faces: (F, 3) corners, counter-clockwise seen from outside.
        weights: (V, 24) skinning weights, each row sums to 1.
        shapedirs: (V, 3, 10) displacement by one unit of each shape coefficient.
        posedirs: (V, 3, 207) displacement by the pose feature, or None for a body without correctives.
        J_regressor: (24, V) joints as weighted sums of rest vertices.
        J_template: (24, 3) rest joints of the mean shape.
        J_shapedirs: (24, 3, 10) displacement of the rest joints by shape.
        shape_names: What each shape coefficient means, if known; empty or 10 names.
        parents: 24 parents of the joints.
    """

    id: str
    name: str
    gender: str
    v_template: Float
    faces: Index
    weights: Float
    shapedirs: Float
    posedirs: Float | None
    J_regressor: Float
    J_template: Float
    J_shapedirs: Float
    shape_names: tuple[str, ...] = ()
    parents: tuple[int, ...] = PARENTS

    @classmethod
    def build(
        cls,
        *,
        family: str,
        gender: str,
        name: str,
        v_template: AnyArray,
        faces: AnyArray,
        weights: AnyArray,
        shapedirs: AnyArray,
        posedirs: AnyArray | None,
        J_regressor: AnyArray,  # noqa: N803  the field's own name
        shape_names: tuple[str, ...] = (),
    ) -> BodyModel:
        """Check arrays of any numeric type and make a body of them.

        More than 10 shape components are cut to the first 10.

        Raises:
            ValueError: A shape is not what SMPL's format says, or a value is not finite.
        """
        count, corners = v_template.shape[:1] or (0,), faces.shape[:1] or (0,)
        arrays = {
            "v_template": _checked("v_template", v_template, (*count, 3)),
            "shapedirs": _checked("shapedirs", shapedirs[..., :SHAPE_COUNT], (*count, 3, SHAPE_COUNT)),
            "weights": _checked("weights", weights, (*count, JOINT_COUNT)),
            "J_regressor": _checked("J_regressor", J_regressor, (JOINT_COUNT, *count)),
        }
        pose = None if posedirs is None else _checked("posedirs", posedirs, (*count, 3, POSE_FEATURES))
        triangles = _checked_faces(faces, (*corners, 3), *count)
        # In float64: the joints are differences of large sums where a regressor has negative weights.
        regressor = arrays["J_regressor"].astype(np.float64)
        digest = _digest(*arrays.values(), triangles, *([] if pose is None else [pose]))
        return cls(
            id=f"{family}-{gender}-{digest}",
            name=name,
            gender=gender,
            faces=triangles,
            posedirs=pose,
            J_template=_frozen(regressor @ arrays["v_template"]),
            J_shapedirs=_frozen(np.tensordot(regressor, arrays["shapedirs"], 1)),
            v_template=arrays["v_template"],
            weights=arrays["weights"],
            shapedirs=arrays["shapedirs"],
            J_regressor=arrays["J_regressor"],
            shape_names=shape_names,
        )

    def rest_joints(self, betas: Float) -> Float:
        """Joints at rest, (N, 24, 3) m, of shapes (N, 10)."""
        joints: Float = self.J_template + np.tensordot(betas, self.J_shapedirs, (1, 2))
        return joints.astype(np.float32)

    def rest_vertices(self, betas: Float) -> Float:
        """Vertices at rest, (N, V, 3) m, of shapes (N, 10)."""
        moved = _combined(betas.astype(np.float32), self.shapedirs)
        vertices: Float = moved + self.v_template
        return vertices

    def skin(self, smpl: SmplParams) -> tuple[Float, Float]:
        """Pose N bodies.

        Args:
            smpl: Parameters of N people.

        Returns:
            Vertices (N, V, 3) and joints (N, 24, 3) in m, in the axes of `global_orient` (the camera's),
            without `cam_t`: the rest pelvis stays where it is.
        """
        rotations = np.concatenate([smpl.global_orient[:, None], smpl.body_pose], 1)
        rest = self.rest_vertices(smpl.betas)
        if self.posedirs is not None:
            feature = (smpl.body_pose - np.eye(3, dtype=np.float32)).reshape(len(rest), POSE_FEATURES)
            rest += _combined(feature, self.posedirs)
        transforms, joints = pose_joints(rotations, self.rest_joints(smpl.betas))
        return _blend(self.weights, transforms, rest), joints

    def meshes(self, people: People) -> Meshes:
        """Bodies of a frame's people in the camera frame, with their joints and the joints' pixels."""
        vertices, joints = self.skin(people.smpl)
        vertices += people.cam_t[:, None]
        joints += people.cam_t[:, None]
        return Meshes(vertices, joints, project(joints, people.focal_length, people.image_size))


def pose_joints(rotations: Float, rest_joints: Float) -> tuple[Float, Float]:
    """Walk down the tree.

    Args:
        rotations: (N, 24, 3, 3) relative to the parent; the root's is `global_orient`.
        rest_joints: (N, 24, 3) m.

    Returns:
        (N, 24, 3, 4) maps from a rest point to its posed place, and (N, 24, 3) posed joints in m.
    """
    turned = np.empty_like(rotations)
    joints = np.empty_like(rest_joints)
    turned[:, 0], joints[:, 0] = rotations[:, 0], rest_joints[:, 0]
    for joint, parent in list(enumerate(PARENTS))[1:]:
        turned[:, joint] = turned[:, parent] @ rotations[:, joint]
        bone = (rest_joints[:, joint] - rest_joints[:, parent])[..., None]
        joints[:, joint] = joints[:, parent] + (turned[:, parent] @ bone)[..., 0]
    # Rotating about a joint is: move the joint to the origin, turn, move to where the joint is now.
    shift = joints - (turned @ rest_joints[..., None])[..., 0]
    return np.concatenate([turned, shift[..., None]], -1), joints


def project(points: Float, focal_length: float, image_size: tuple[int, int]) -> Float:
    """Pixels (..., 2) of points (..., 3) m in the camera frame; the principal point is the image centre."""
    depth = np.maximum(points[..., 2:], NEAREST)
    centre = np.array(image_size, np.float32) / 2
    pixels: Float = (points[..., :2] * np.float32(focal_length) / depth + centre).astype(np.float32)
    return pixels


# A large matrix product is shared out over threads by the linear algebra library, and each waits for
# the slowest: 0.6 ms become 12 to 28 as soon as an engine keeps the cores busy. So the two functions
# below stay on one thread, by einsum, and by blocks small enough not to be shared out.
_BLOCK = 800


def _combined(factors: Float, directions: Float) -> Float:
    """Sums of blend shapes, (N, V, 3), of factors (N, K) and directions (V, 3, K)."""
    flat = directions.reshape(-1, directions.shape[2])
    summed: Float = np.einsum("nk,vk->nv", factors, flat)
    return summed.reshape(len(factors), *directions.shape[:2])


def _blend(weights: Float, transforms: Float, rest: Float) -> Float:
    """Linear blend skinning: vertices (N, V, 3) moved by the weighted sum of (N, 24, 3, 4) transforms."""
    people, count, _ = rest.shape
    flat = transforms.reshape(people, JOINT_COUNT, 12)
    rows = np.empty((people, count, 12), np.float32)
    for start in range(0, count, _BLOCK):
        np.matmul(weights[start : start + _BLOCK], flat, out=rows[:, start : start + _BLOCK])
    mixed = rows.reshape(people, count, 3, 4)
    # Three fused products are five times faster here than einsum or a batch of 3x3 matmuls.
    posed = mixed[..., 3].copy()
    for axis in range(3):
        posed += mixed[..., axis] * rest[..., axis, None]
    return posed


def _frozen(array: AnyArray) -> Float:
    """A read-only float32 copy."""
    copy = np.array(array, np.float32, order="C")
    copy.flags.writeable = False
    return copy


def _checked(name: str, array: AnyArray, shape: tuple[int, ...]) -> Float:
    """A read-only float32 copy of an array that has that shape and finite values."""
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, not {shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds values that are not finite")
    return _frozen(array)


def _checked_faces(faces: AnyArray, shape: tuple[int, ...], vertices: int) -> Index:
    """A read-only int32 copy of corners that exist."""
    if faces.shape != shape or not np.issubdtype(faces.dtype, np.integer):
        raise ValueError(f"faces have shape {faces.shape} and type {faces.dtype}, not {shape} of integers")
    if faces.size and not 0 <= int(faces.min()) <= int(faces.max()) < vertices:
        raise ValueError(f"faces name vertices outside 0..{vertices - 1}")
    copy = faces.astype(np.int32)
    copy.flags.writeable = False
    return copy


def _digest(*arrays: Float | Index) -> str:
    """8 hex digits of the content; the same on every machine, as x86 and ARM are little-endian."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(repr(array.shape).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:8]
