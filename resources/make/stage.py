"""The demo clip's stage: a paved yard before a brick wall, sun, and people, drawn with moderngl.

World frame: y up, metres; the floor is at 0, the wall at `WALL`. The camera stands at the origin of x
and z, looks along -z and a little down. It is the program's pinhole camera: `camera_from_world` and a
focal length in px, principal point at the image centre.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import moderngl
import numpy as np
import numpy.typing as npt

from pipeline.structures import Image
from resources.make.dress import Look, normals

Array = npt.NDArray[np.float64]

SIZE = (1280, 720)
FOCAL_LENGTH = 1080.0  # px
CAMERA_HEIGHT = 1.5  # m
CAMERA_TILT = 0.085  # rad downwards
WALL = -8.6  # m
SAMPLES = 2  # pixels drawn per pixel kept, each way
SHADOW = 2048  # px
SUN = np.array([-0.45, 0.85, 0.55]) / np.linalg.norm([-0.45, 0.85, 0.55])

_SHARED = """
#version 330
float hash(vec2 p) { return fract(sin(dot(p, vec2(127.1, 311.7))) * 43758.5453); }
float hash3(vec3 p) { return fract(sin(dot(p, vec3(127.1, 311.7, 74.7))) * 43758.5453); }
float noise(vec3 p) {
    vec3 i = floor(p), f = fract(p);
    f = f * f * (3.0 - 2.0 * f);
    return mix(mix(mix(hash3(i), hash3(i + vec3(1,0,0)), f.x),
                   mix(hash3(i + vec3(0,1,0)), hash3(i + vec3(1,1,0)), f.x), f.y),
               mix(mix(hash3(i + vec3(0,0,1)), hash3(i + vec3(1,0,1)), f.x),
                   mix(hash3(i + vec3(0,1,1)), hash3(i + vec3(1,1,1)), f.x), f.y), f.z);
}
float clouds(vec3 p) { return 0.5 * noise(p) + 0.25 * noise(p * 2.1) + 0.15 * noise(p * 4.3) + 0.1 * noise(p * 9.1); }
"""

_VERTEX = """
#version 330
uniform mat4 view;
uniform mat4 sun_view;
in vec3 place; in vec3 normal; in vec3 rest; in vec4 edges;
out vec3 at; out vec3 up; out vec3 skin; out vec4 worn; out vec3 shadowed;
void main() {
    at = place; up = normal; skin = rest; worn = edges;
    vec4 s = sun_view * vec4(place, 1.0);
    shadowed = s.xyz * 0.5 + 0.5;
    gl_Position = view * vec4(place, 1.0);
}
"""

_LIGHT = """
uniform sampler2DShadow shadows;
uniform vec3 sun;
uniform vec3 eye;
uniform vec3 contacts[12];
in vec3 at; in vec3 up; in vec3 skin; in vec4 worn; in vec3 shadowed;
out vec4 colour;

float lit(float slope) {
    float sum = 0.0;
    float turn = 6.2832 * hash(gl_FragCoord.xy);
    for (int i = 0; i < 16; i++) {
        float angle = turn + 2.39996 * float(i);
        vec2 shift = sqrt((float(i) + 0.5) / 16.0) * 0.0028 * vec2(cos(angle), sin(angle));
        sum += texture(shadows, vec3(shadowed.xy + shift, shadowed.z - slope));
    }
    return sum / 16.0;
}

vec3 shade(vec3 base, vec3 n, float gloss, float slope) {
    float direct = max(dot(n, sun), 0.0) * lit(slope);
    vec3 sky = mix(vec3(0.30, 0.26, 0.22), vec3(0.52, 0.60, 0.72), 0.5 + 0.5 * n.y);
    vec3 half_way = normalize(sun + normalize(eye - at));
    float shine = gloss * pow(max(dot(n, half_way), 0.0), 24.0) * step(0.0, dot(n, sun)) * direct;
    return base * (sky * 0.55 + vec3(1.0, 0.92, 0.80) * 1.45 * direct) + shine;
}

void finish(vec3 c) {
    c = c / (1.0 + 0.25 * c);
    colour = vec4(pow(clamp(c, 0.0, 1.0), vec3(1.0 / 2.2)), 1.0);
}
"""

_ROOM = (
    _SHARED
    + _LIGHT
    + """
vec3 paving(vec2 p) {
    float row = floor(p.y / 0.62);
    vec2 q = vec2(p.x / 0.92 + 0.5 * mod(row, 2.0), p.y / 0.62);
    vec2 cell = floor(q), f = fract(q);
    float joint = min(min(f.x, 1.0 - f.x) * 0.92, min(f.y, 1.0 - f.y) * 0.62);
    vec3 stone = mix(vec3(0.36, 0.34, 0.32), vec3(0.47, 0.44, 0.40), hash(cell));
    stone *= 0.78 + 0.44 * clouds(vec3(p * 2.3, 1.0)) * (0.75 + 0.5 * noise(vec3(p * 24.0, 0.0)));
    return mix(vec3(0.15, 0.14, 0.13), stone, smoothstep(0.004, 0.016, joint));
}
vec3 bricks(vec2 p) {
    float row = floor(p.y / 0.095);
    vec2 q = vec2(p.x / 0.29 + 0.5 * mod(row, 2.0), p.y / 0.095);
    vec2 cell = floor(q), f = fract(q);
    float joint = min(min(f.x, 1.0 - f.x) * 0.29, min(f.y, 1.0 - f.y) * 0.095);
    vec3 clay = mix(vec3(0.36, 0.15, 0.10), vec3(0.50, 0.26, 0.18), hash(cell));
    clay *= 0.75 + 0.5 * clouds(vec3(p * 3.0, 5.0));
    return mix(vec3(0.44, 0.41, 0.37), clay, smoothstep(0.003, 0.010, joint));
}
float box(vec2 p, vec2 middle, vec2 half_size) {
    vec2 d = abs(p - middle) - half_size;
    return max(d.x, d.y);
}
vec3 wall(vec2 p, out float gloss) {
    gloss = 0.0;
    vec3 c = bricks(p);
    c = mix(vec3(0.40, 0.38, 0.36) * (0.8 + 0.4 * clouds(vec3(p * 4.0, 2.0))), c, step(0.42, p.y));
    float x = p.x < -2.35 ? p.x + 3.65 : p.x < 3.0 ? p.x + 1.05 : p.x - 4.3;
    bool door = abs(p.x - 1.65) < 0.9;
    float frame = door ? box(vec2(p.x - 1.65, p.y), vec2(0.0, 1.05), vec2(0.56, 1.08))
                       : box(vec2(x, p.y), vec2(0.0, 1.72), vec2(0.62, 0.72));
    if (frame < 0.09) c = vec3(0.62, 0.60, 0.55);
    if (frame < 0.0) {
        if (door) {
            vec2 q = vec2(abs(p.x - 1.65), p.y);
            float panel = min(box(q, vec2(0.26, 1.52), vec2(0.18, 0.42)), box(q, vec2(0.26, 0.56), vec2(0.18, 0.38)));
            c = vec3(0.06, 0.20, 0.20) * (panel < 0.0 ? 0.75 : 1.0) * (panel < 0.015 && panel > -0.01 ? 0.6 : 1.0);
        } else {
            float bars = min(abs(x), abs(p.y - 1.9)) - 0.02;
            c = bars < 0.0 || frame > -0.05 ? vec3(0.55, 0.53, 0.48)
                : mix(vec3(0.05, 0.07, 0.09), vec3(0.20, 0.26, 0.32), clouds(vec3(p * 1.3, 8.0)));
            gloss = 0.2;
        }
    }
    return c;
}
void main() {
    float gloss = 0.0;
    vec3 base = up.y > 0.5 ? paving(at.xz) : wall(at.xy, gloss);
    vec3 c = shade(base, normalize(up), gloss, 0.0006);
    float open = 1.0;
    for (int i = 0; i < 12; i++) {
        float radius = contacts[i].y;
        float d = length(at.xz - contacts[i].xz);
        open *= 1.0 - (up.y > 0.5 ? 0.42 * exp(-d * d / (radius * radius)) : 0.0);
    }
    open *= mix(1.0, 0.62, exp(-4.0 * (up.y > 0.5 ? abs(at.z - wall_z) : at.y)));
    finish(c * open);
}
"""
).replace("wall_z", f"({WALL:.3f})")

_PERSON = (
    _SHARED
    + _LIGHT
    + """
uniform vec3 skin_tone; uniform vec3 hair; uniform vec3 shirt; uniform vec3 stripe;
uniform vec3 trousers; uniform vec3 shoes; uniform float stripes;
float oval(vec2 p, vec2 radius) { return length(p / radius); }
vec3 face(vec3 base, vec3 p) {
    if (p.z < 0.06 || p.y < 0.56) return base;
    vec2 q = vec2(abs(p.x), p.y);
    vec3 c = mix(base, base * vec3(1.05, 0.80, 0.76), 0.5 * exp(-pow(oval(q - vec2(0.042, 0.64), vec2(0.024)), 2.0)));
    c = mix(vec3(0.42, 0.13, 0.11), c, smoothstep(0.8, 1.15, oval(q - vec2(0.0, 0.6175), vec2(0.027, 0.0105))));
    float brow = oval(q - vec2(0.034, 0.7035 - 9.0 * (q.x - 0.034) * (q.x - 0.034)), vec2(0.0185, 0.0042));
    c = mix(hair * 0.8, c, smoothstep(0.75, 1.25, brow));
    float eye_white = oval(q - vec2(0.0315, 0.6845), vec2(0.0135, 0.0062));
    c = mix(vec3(0.10, 0.06, 0.05), c, smoothstep(1.05, 1.35, eye_white));
    c = mix(vec3(0.80, 0.79, 0.77), c, smoothstep(0.85, 1.05, eye_white));
    float iris = oval(q - vec2(0.0315, 0.685), vec2(0.0058));
    return eye_white < 1.0 ? mix(vec3(0.05, 0.035, 0.03), c, smoothstep(0.8, 1.1, iris)) : c;
}
void main() {
    vec3 n = normalize(up), base; float gloss = 0.03, rough = 0.0, scale = 30.0;
    if (worn.x > 0.0) { base = hair * (0.7 + 0.6 * noise(vec3(skin.x * 300.0, skin.y * 30.0, skin.z * 300.0)));
                        gloss = 0.10; rough = 0.25; scale = 120.0; }
    else if (worn.w > 0.0) { base = skin.y < -0.895 ? vec3(0.55) : shoes; gloss = 0.08; }
    else if (worn.y > 0.0) { float along = abs(skin.x) > 0.19 ? skin.x : skin.y;
                             float s = step(1.0, stripes) * smoothstep(0.27, 0.30, abs(fract(along * stripes) - 0.5));
                             base = mix(shirt, stripe, s); rough = 0.38; scale = 11.0;
                             if (worn.y < 0.012) base *= 0.72; }
    else if (worn.z > 0.0) { base = trousers * (0.85 + 0.3 * noise(skin * 220.0)); rough = 0.5; scale = 13.0;
                             if (abs(abs(skin.x) - 0.205) < 0.004 && skin.y > -0.3) base *= 0.7; }
    else { base = face(skin_tone, skin); gloss = 0.10; }
    vec3 e = vec3(0.02, 0.0, 0.0), q = skin * vec3(scale, scale * 0.6, scale);
    vec3 slope = vec3(clouds(q + e.xyy), clouds(q + e.yxy), clouds(q + e.yyx)) - clouds(q);
    n = normalize(n - rough * slope / 0.02 * 0.25);
    float rim = pow(1.0 - max(dot(n, normalize(eye - at)), 0.0), 3.0);
    vec3 c = shade(base, n, gloss, 0.0016) * (0.72 + 0.28 * smoothstep(-0.1, 0.9, at.y));
    finish(c + rim * base * 0.25);
}
"""
)

_DEPTH = """
#version 330
uniform mat4 sun_view;
in vec3 place;
void main() { gl_Position = sun_view * vec4(place, 1.0); }
"""

_NUMBER = """
#version 330
uniform float number;
out vec4 colour;
void main() { colour = vec4(number / 255.0, 0.0, 0.0, 1.0); }
"""


def camera_from_world() -> tuple[Array, Array]:
    """Rotation (3, 3) and translation (3,) from the world to the camera (x right, y down, z forward)."""
    c, s = np.cos(CAMERA_TILT), np.sin(CAMERA_TILT)
    tilt = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    rotation = tilt @ np.diag([1.0, -1.0, -1.0])
    return rotation, -rotation @ np.array([0, CAMERA_HEIGHT, 0])


def _projection() -> Array:
    """World to clip coordinates of the pinhole camera; depth from 0.5 to 30 m."""
    rotation, translation = camera_from_world()
    view = np.eye(4)
    view[:3, :3], view[:3, 3] = rotation, translation
    near, far = 0.5, 30.0
    lens = np.zeros((4, 4))
    lens[0, 0], lens[1, 1] = 2 * FOCAL_LENGTH / SIZE[0], -2 * FOCAL_LENGTH / SIZE[1]
    lens[2, 2:], lens[3, 2] = ((far + near) / (far - near), -2 * far * near / (far - near)), 1
    return lens @ view


def _sun_view() -> Array:
    """World to the shadow map: an orthographic view along the sun over the yard."""
    right = np.cross([0, 1, 0], SUN)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(SUN, right), SUN])
    middle = axes @ np.array([0, 0.9, -5.2])
    view = np.eye(4)
    view[:3, :3] = axes / np.array([[4.6], [3.4], [-8.0]])
    view[:3, 3] = -middle / np.array([4.6, 3.4, -8.0])
    return view


def _gl(matrix: Array) -> bytes:
    return bytes(matrix.T.astype("f4").tobytes())


class Stage:
    """Draws frames; belongs to the thread that makes it."""

    def __init__(
        self, looks: Sequence[Look], rests: Sequence[Array], edges: Sequence[Array], faces: Array
    ) -> None:
        """Prepare for people of these looks.

        Args:
            looks: One for each person.
            rests: Their template vertices (V, 3), by which faces and fabrics are painted.
            edges: Their garment distances (V, 4).
            faces: (F, 3) corners.
        """
        self._gl = moderngl.create_context(standalone=True, backend="egl")
        self._looks, self._faces = looks, faces
        programs = {"room": _ROOM, "person": _PERSON}
        self._programs = {name: self._gl.program(_VERTEX, source) for name, source in programs.items()}
        self._depth = self._gl.program(_DEPTH, "#version 330\nvoid main() {}")
        number_vertex = _DEPTH.replace("sun_view", "view")
        self._number = self._gl.program(number_vertex, _NUMBER)
        self._shadows = self._gl.depth_texture((SHADOW, SHADOW))
        self._shadows.compare_func = "<="
        self._shadows.repeat_x = self._shadows.repeat_y = False
        self._shadow_target = self._gl.framebuffer(depth_attachment=self._shadows)
        size = (SIZE[0] * SAMPLES, SIZE[1] * SAMPLES)
        self._target = self._gl.framebuffer([self._gl.texture(size, 4)], self._gl.depth_renderbuffer(size))
        self._number_target = self._gl.framebuffer(
            [self._gl.texture(SIZE, 1)], self._gl.depth_renderbuffer(SIZE)
        )
        self._room = self._room_array()
        index = self._gl.buffer(faces.astype("i4").tobytes())
        self._people = [
            self._person_arrays(index, rest, edge) for rest, edge in zip(rests, edges, strict=True)
        ]

    def _room_array(self) -> moderngl.VertexArray:
        w, d, h = 12.0, WALL, 7.0
        floor = [(-w, 0, 1), (w, 0, 1), (w, 0, d), (-w, 0, 1), (w, 0, d), (-w, 0, d)]
        wall = [(-w, 0, d), (w, 0, d), (w, h, d), (-w, 0, d), (w, h, d), (-w, h, d)]
        corners = [(*p, 0, 1, 0) for p in floor] + [(*p, 0, 0, 1) for p in wall]
        buffer = self._gl.buffer(np.array(corners, "f4").tobytes())
        return self._gl.vertex_array(self._programs["room"], [(buffer, "3f 3f", "place", "normal")])

    def _person_arrays(self, index: moderngl.Buffer, rest: Array, edges: Array) -> dict[str, object]:
        still = self._gl.buffer(np.hstack([rest, edges]).astype("f4").tobytes())
        moving = self._gl.buffer(reserve=len(rest) * 24)
        layout = [(moving, "3f 3f", "place", "normal"), (still, "3f 4f", "rest", "edges")]
        place = [(moving, "3f 12x", "place")]
        return {
            "moving": moving,
            "drawn": self._gl.vertex_array(self._programs["person"], layout, index),
            "shadow": self._gl.vertex_array(self._depth, place, index),
            "number": self._gl.vertex_array(self._number, place, index),
        }

    def place(self, people: Sequence[Array]) -> None:
        """Put people's vertices (V, 3) where they are in the world."""
        for person, vertices in zip(self._people, people, strict=True):
            person["moving"].write(
                np.hstack([vertices, normals(vertices, self._faces)]).astype("f4").tobytes()
            )

    def picture(self, contacts: Array) -> Image:
        """The picture (H, W, 3).

        Args:
            contacts: (K, 3) places over which the floor is darkened; the second number is the radius in m.
        """
        self._gl.enable(moderngl.DEPTH_TEST)
        self._draw_shadows()
        return self._draw_picture(contacts)

    def _draw_shadows(self) -> None:
        self._shadow_target.use()
        self._shadow_target.clear(depth=1.0)
        self._depth["sun_view"].write(_gl(_sun_view()))
        for person in self._people:
            person["shadow"].render()

    def _draw_picture(self, contacts: Array) -> Image:
        self._target.use()
        self._target.clear(0.6, 0.7, 0.8)
        self._shadows.use(0)
        spots = np.zeros((12, 3))
        spots[:, 1] = 0.01
        spots[: len(contacts)] = contacts
        for program in self._programs.values():
            program["view"].write(_gl(_projection()))
            program["sun_view"].write(_gl(_sun_view()))
            program["sun"].value, program["eye"].value = tuple(SUN), (0, CAMERA_HEIGHT, 0)
        self._programs["room"]["contacts"].write(spots.astype("f4").tobytes())
        self._room.render()
        for person, look in zip(self._people, self._looks, strict=True):
            self._paint(look)
            person["drawn"].render()
        raw = np.frombuffer(self._target.read(components=3), np.uint8)
        picture = raw.reshape(SIZE[1] * SAMPLES, SIZE[0] * SAMPLES, 3)[::-1]
        return cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA)

    def _paint(self, look: Look) -> None:
        program = self._programs["person"]
        for name, colour in look.colours.items():
            program["skin_tone" if name == "skin" else name].value = colour
        program["stripes"].value = look.stripes

    def numbers(self, which: Sequence[int]) -> npt.NDArray[np.uint8]:
        """Who of some people is seen at each pixel (H, W): 0 nobody, 1 the first person, 2 the second."""
        self._gl.enable(moderngl.DEPTH_TEST)
        self._number_target.use()
        self._number_target.clear()
        self._number["view"].write(_gl(_projection()))
        for index in which:
            self._number["number"].value = float(index + 1)
            self._people[index]["number"].render()
        raw = np.frombuffer(self._number_target.read(components=1), np.uint8)
        return raw.reshape(SIZE[1], SIZE[0])[::-1].copy()
