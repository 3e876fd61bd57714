"""What is drawn with lines and letters: boxes, labels, skeletons, keypoints, trails, rejected people."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from pipeline.palette import Color
from pipeline.render.blend import lay_under
from pipeline.render.canvas import DARK, WHITE, Canvas, Points
from pipeline.render.label import label
from pipeline.scene import Person, Scene
from pipeline.smpl.joints import BONES, JOINT_NAMES
from pipeline.structures import Float, Image

# The subject's left and right: cool and round, warm and square.
LEFT: Color = (92, 220, 255)
RIGHT: Color = (255, 150, 64)
REJECTED: Color = (200, 204, 210)

SEEN = 0.5
"""Landmarks the engine is less sure of are drawn hollow."""

# MediaPipe Pose's 33 landmarks: even numbers are the subject's right, odd ones the left, from 11 on.
MEDIAPIPE_LINES = (
    (11, 12), (11, 13), (13, 15), (15, 17), (15, 19), (15, 21), (17, 19), (12, 14), (14, 16), (16, 18),
    (16, 20), (16, 22), (18, 20), (11, 23), (12, 24), (23, 24), (23, 25), (25, 27), (27, 29), (29, 31),
    (27, 31), (24, 26), (26, 28), (28, 30), (30, 32), (28, 32),
)  # fmt: skip
MEDIAPIPE_LEFT = frozenset({1, 2, 3, 7, 9, *range(11, 33, 2)})
MEDIAPIPE_RIGHT = frozenset({4, 5, 6, 8, 10, *range(12, 33, 2)})
JOINT_LEFT = frozenset(j for j, name in enumerate(JOINT_NAMES) if name.startswith("left_"))
JOINT_RIGHT = frozenset(j for j, name in enumerate(JOINT_NAMES) if name.startswith("right_"))


def draw_trails(rgba: Image, scene: Scene) -> None:
    """Paths under everything drawn so far, paler and thinner the older they are."""
    colors = {person.track_id: person.color for person in scene.people}
    for track, path in scene.trails.items():
        _draw_trail(rgba, path, colors.get(track, REJECTED))


def _draw_trail(rgba: Image, path: Float, color: Color) -> None:
    seen = np.isfinite(path).all(1)
    if seen.sum() < 2:
        return
    margin = 8 * Canvas(rgba).scale
    height, width = rgba.shape[:2]
    x0, y0 = np.clip(path[seen].min(0) - margin, 0, (width, height)).astype(int)
    x1, y1 = np.clip(path[seen].max(0) + margin, 0, (width, height)).astype(int)
    if x1 <= x0 or y1 <= y0:
        return
    part = rgba[y0:y1, x0:x1]
    lay_under(part, _faded(path - (x0, y0), color, part.shape[0], part.shape[1], Canvas(rgba).scale))


def _faded(path: Float, color: Color, height: int, width: int, scale: float) -> Image:
    """A path on a picture of its own: full colours first, then each pixel as faint as its segment is old."""
    picture, strength = np.zeros((height, width, 4), np.uint8), np.zeros((height, width), np.uint8)
    canvas = Canvas(picture)
    canvas.scale = scale
    segments = [(np.array(pair), (age + 1) / (len(path) - 1)) for age, pair in enumerate(pairwise(path))]
    for tint, more in ((DARK, 2.0), (color, 0.0)):
        for segment, share in segments:
            canvas.line(segment, tint, 1.5 + 3.5 * share + more)
    for segment, share in segments:
        _strengthen(strength, segment, round(255 * share), canvas.px(8 * share + 2))
    return ((picture.astype(np.uint16) * strength[..., None] + 127) // 255).astype(np.uint8)


def _strengthen(strength: Image, segment: Points, value: int, width: int) -> None:
    if np.isfinite(segment).all():
        ends = np.rint(segment - 0.5).astype(np.int32)
        cv2.polylines(strength, [ends], False, value, width)


def draw_rejected(canvas: Canvas, scene: Scene) -> None:
    """Dashed boxes with the reason."""
    for box in scene.rejected.boxes:
        dashes = _dashes(_corners(box), max(16 * canvas.scale, 10))
        canvas.lines(dashes, DARK, 4)
        canvas.lines(dashes, REJECTED, 2)
    _place_labels(
        canvas,
        [(box, label(reason, REJECTED, canvas.scale * 0.85))
         for box, reason in zip(scene.rejected.boxes, scene.rejected.reasons, strict=True)],
    )  # fmt: skip


def draw_boxes(canvas: Canvas, scene: Scene) -> None:
    """Detection boxes; one whose person a reviewer decided has a filled corner."""
    for person in scene.drawn:
        corners = _corners(person.box)
        canvas.line(corners, DARK, 4, closed=True)
        canvas.line(corners, person.color, 2, closed=True)
        if person.edited:
            side = 16 * canvas.scale
            canvas.area(corners[1] + np.array([(-side, 0), (0, 0), (0, side)]), person.color)


def draw_selection_corners(canvas: Canvas, scene: Scene) -> None:
    """Brackets at the corners of the selected person's box."""
    for person in scene.drawn:
        if person.selected:
            brackets = _brackets(person.box, 5 * canvas.scale)
            canvas.lines(brackets, DARK, 8)
            canvas.lines(brackets, WHITE, 4)


def draw_skeletons(canvas: Canvas, scene: Scene) -> None:
    """SMPL joints and bones, the farthest person first."""
    people = sorted(scene.drawn, key=lambda person: -float(scene.meshes.joints[person.slot, 0, 2]))
    for person in people:
        joints = scene.meshes.keypoints_2d[person.slot].copy()
        joints[scene.meshes.joints[person.slot, :, 2] <= 0] = np.nan
        _draw_figure(canvas, joints, BONES, (JOINT_LEFT, JOINT_RIGHT), person.color)


def draw_keypoints(canvas: Canvas, scene: Scene) -> None:
    """The engine's own landmarks, those it is unsure of hollow."""
    found = scene.keypoints
    if found is None:
        return
    sides = (
        (MEDIAPIPE_LEFT, MEDIAPIPE_RIGHT) if found.layout == "mediapipe_33" else (frozenset(), frozenset())
    )
    lines = MEDIAPIPE_LINES if found.layout == "mediapipe_33" else ()
    for person in scene.drawn:
        _draw_landmarks(canvas, found.image[person.slot], found.scores[person.slot], lines, sides)


def _draw_landmarks(
    canvas: Canvas,
    points: Float,
    scores: Float,
    lines: tuple[tuple[int, int], ...],
    sides: tuple[frozenset[int], frozenset[int]],
) -> None:
    sure = [points[[a, b]] for a, b in lines if min(scores[a], scores[b]) >= SEEN]
    canvas.lines(sure, DARK, 3)
    canvas.lines(sure, WHITE, 1)
    for index, (point, score) in enumerate(zip(points, scores, strict=True)):
        color = _side_color(index, sides, WHITE)
        canvas.dot(point, DARK, 5.5)
        canvas.dot(point, color, 4)
        if score < SEEN:
            canvas.dot(point, DARK, 2.2)


def _draw_figure(
    canvas: Canvas,
    joints: Float,
    bones: tuple[tuple[int, int], ...],
    sides: tuple[frozenset[int], frozenset[int]],
    color: Color,
) -> None:
    """Bones on a dark casing, then joints: round on the left and in the middle, square on the right."""
    canvas.lines([joints[[a, b]] for a, b in bones], DARK, 7)
    for tint in (color, LEFT, RIGHT):
        bones_of = [joints[[a, b]] for a, b in bones if _side_color(b, sides, color) == tint]
        canvas.lines(bones_of, tint, 4)
    for index, joint in enumerate(joints):
        if index in sides[1]:
            canvas.area(_square(joint, 6.5 * canvas.scale), DARK)
            canvas.area(_square(joint, 4.5 * canvas.scale), RIGHT)
        else:
            canvas.dot(joint, DARK, 7)
            canvas.dot(joint, _side_color(index, sides, WHITE), 5)


def _side_color(index: int, sides: tuple[frozenset[int], frozenset[int]], middle: Color) -> Color:
    if index in sides[0]:
        return LEFT
    return RIGHT if index in sides[1] else middle


def draw_labels(canvas: Canvas, scene: Scene) -> None:
    """Names above the boxes; the selected person's takes its place first and lies on top."""
    people = sorted(scene.drawn, key=lambda person: (not person.selected, person.box[1]))
    _place_labels(canvas, [(person.box, _label_of(person, canvas.scale)) for person in people])


def _label_of(person: Person, scale: float) -> Image:
    return label(person.title, person.color, scale, selected=person.selected, edited=person.edited)


def _place_labels(canvas: Canvas, wanted: list[tuple[Float, Image]]) -> None:
    """Put labels where they overlap least with those placed before; draw them last to first."""
    taken: list[tuple[int, int, int, int]] = []
    for box, picture in wanted:
        if np.isfinite(box).all():
            places = _places(box, picture.shape, canvas)
            taken.append(min(places, key=lambda place: sum(_overlap(place, other) for other in taken)))
    drawn = [picture for box, picture in wanted if np.isfinite(box).all()]
    for (x, y, _, _), picture in reversed(list(zip(taken, drawn, strict=True))):
        canvas.picture(picture, x, y)


def _places(box: Float, shape: tuple[int, ...], canvas: Canvas) -> list[tuple[int, int, int, int]]:
    """Where a label may go, best first: above the box in the middle, left, right; higher; below; inside."""
    (height, width), gap = shape[:2], canvas.px(6)
    x0, y0, x1, y1 = (float(v) for v in box)
    columns = [(x0 + x1 - width) / 2, x0, x1 - width]
    rows = [y0 - gap - height, y0 - 2 * gap - 2 * height, y1 + gap, y0 + gap]
    most_x, most_y = canvas.rgba.shape[1] - width, canvas.rgba.shape[0] - height
    corners = [
        (round(min(max(x, 0), max(most_x, 0))), round(min(max(y, 0), max(most_y, 0))))
        for y in rows
        for x in columns
    ]
    return [(x, y, x + width, y + height) for x, y in corners]


def _overlap(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> int:
    return max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))


def _corners(box: Float) -> Float:
    x0, y0, x1, y1 = box
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float32)


def _square(centre: Float, half: float) -> Float:
    return _corners(np.concatenate([centre - half, centre + half]))


def _brackets(box: Float, gap: float) -> list[Points]:
    corners = _corners(np.array([box[0] - gap, box[1] - gap, box[2] + gap, box[3] + gap]))
    return [
        np.array([c + (before - c) * 0.18, c, c + (after - c) * 0.18])
        for before, c, after in zip(np.roll(corners, 1, 0), corners, np.roll(corners, -1, 0), strict=True)
    ]


def _dashes(corners: Float, length: float) -> list[Points]:
    dashes: list[Points] = []
    for a, b in zip(corners, np.roll(corners, -1, 0), strict=True):
        count = max(int(np.linalg.norm(b - a) / length) | 1, 1)
        cuts = a + (b - a) * np.linspace(0, 1, count + 1)[:, None]
        dashes += [cuts[i : i + 2] for i in range(0, count, 2)]
    return dashes
