"""How a body's surface is lit: one formula, written for OpenGL and for numpy.

A soft key light from above left, a sky that brightens what faces up, a broad highlight, and a darkening
towards the rim that lets limbs stand out from the trunk. All vectors are in the camera frame (x right,
y down, z forward); colours are sRGB as they are, without a linear workflow, like the picture below them.
"""

from __future__ import annotations

import numpy as np

from pipeline.structures import Float

VERTEX_SHADER = """
#version 330
uniform vec2 scale;   // 2 f / W, 2 f / H
uniform vec2 depth;   // so that z maps to (depth.x * z + depth.y) / z in [-1, 1]
in vec3 position;
in vec3 normal;
out vec3 surface;
void main() {
    surface = normalize(normal);
    // y stays downwards: OpenGL's first row is then the picture's first row, and nothing has to be flipped.
    gl_Position = vec4(scale * position.xy, depth.x * position.z + depth.y, position.z);
}
"""

FRAGMENT_SHADER = """
#version 330
uniform vec3 color;
uniform float opacity;
uniform float id;
uniform float shine;
in vec3 surface;
layout(location = 0) out vec4 rgba;
layout(location = 1) out float body;
const vec3 KEY = vec3(-0.4264, -0.7462, -0.5112);
const vec3 HALF = vec3(-0.2453, -0.4293, -0.8693);
void main() {
    vec3 n = normalize(surface);
    if (!gl_FrontFacing) n = -n;
    float key = max(dot(n, KEY) * 0.75 + 0.25, 0.0);
    float sky = 0.5 - 0.5 * n.y;
    float facing = clamp(-n.z, 0.0, 1.0);
    float light = (0.34 + 0.22 * sky + 0.58 * key) * (0.62 + 0.38 * facing * (2.0 - facing));
    float gloss = max(dot(n, HALF), 0.0);
    gloss *= gloss; gloss *= gloss; gloss *= gloss; gloss *= gloss;
    vec3 lit = color * light + 0.20 * gloss * key;
    rgba = vec4(min(mix(color * 0.45, lit, shine), 1.0) * opacity, opacity);
    body = id;
}
"""

_KEY = np.array([-0.4264, -0.7462, -0.5112], np.float32)
_HALF = np.array([-0.2453, -0.4293, -0.8693], np.float32)


def shade(normals: Float, colors: Float) -> Float:
    """The fragment shader's colour, (P, 3) in [0, 1], for normals and 0..255 colours (P, 3)."""
    n = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    key = np.maximum(n @ _KEY * 0.75 + 0.25, 0)
    sky = 0.5 - 0.5 * n[:, 1]
    facing = np.clip(-n[:, 2], 0, 1)
    light = (0.34 + 0.22 * sky + 0.58 * key) * (0.62 + 0.38 * facing * (2 - facing))
    gloss = np.maximum(n @ _HALF, 0) ** 16
    lit = colors / 255 * light[:, None] + (0.20 * gloss * key)[:, None]
    seen: Float = np.minimum(lit, 1).astype(np.float32)
    return seen
