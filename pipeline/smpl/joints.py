"""The 24 joints of SMPL: names, tree, and the lines to draw between them.

Left and right are the subject's. At rest the body stands in a T with y up, looking along +z, its left
towards +x, so a person who stands upright facing the camera has a `global_orient` of pi about x.
Order and tree are those of Loper et al., "SMPL: A Skinned Multi-Person Linear Model", 2015.
"""

from __future__ import annotations

JOINT_NAMES: tuple[str, ...] = (
    "pelvis",
    "left_hip",
    "right_hip",
    "spine1",
    "left_knee",
    "right_knee",
    "spine2",
    "left_ankle",
    "right_ankle",
    "spine3",
    "left_foot",
    "right_foot",
    "neck",
    "left_collar",
    "right_collar",
    "head",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hand",
    "right_hand",
)
JOINT_COUNT = len(JOINT_NAMES)

# The parent of each joint; every parent comes before its children.
PARENTS: tuple[int, ...] = (
    -1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21,
)  # fmt: skip

# Parent and child of each bone, root excluded; bone `j - 1` ends at joint `j`.
BONES: tuple[tuple[int, int], ...] = tuple((PARENTS[j], j) for j in range(1, JOINT_COUNT))
