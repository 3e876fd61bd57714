"""Pictures that must stay as they are. After a wanted change: RETAKE_GOLDEN=write pytest <this file>, and look."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from fakes_scene import busy_scene

from pipeline.render import Layers, blend, create_renderer
from pipeline.render.errors import NoOpenGLError

GOLDEN = Path(__file__).parents[1] / "golden"
PICTURES = {
    "default": Layers(),
    "lines": Layers(
        skeleton=True, keypoints=True, boxes=True, labels=False, trails=True, rejected=True, opacity=0.5
    ),
    "wireframe": Layers(meshes=False, wireframe=True, labels=False),
    "contour": Layers(meshes=False, labels=False),
}


def checkers(height, width):
    rows, columns = np.indices((height, width)) // 20
    return np.repeat(np.where((rows + columns) % 2, 90, 150).astype(np.uint8)[..., None], 3, 2)


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("kind", ["opengl", "software"])
def test_the_picture_is_as_it_was(kind, name):
    try:
        renderer = create_renderer(kind)
    except NoOpenGLError as error:
        pytest.skip(str(error))
    overlay = renderer.render(busy_scene(), PICTURES[name])
    renderer.close()
    picture = blend(checkers(*overlay.rgba.shape[:2]), overlay)
    # Both give the same picture, but for the lines' own pixels.
    path = GOLDEN / (f"render_{name}_{kind}.png" if name == "wireframe" else f"render_{name}.png")
    if os.environ.get("RETAKE_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 9])
    golden = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    difference = np.abs(picture.astype(int) - golden)
    # Drivers and versions of OpenCV round edges differently; a shifted or recoloured body is far beyond this.
    assert difference.mean() < 0.5, f"see {path}"
