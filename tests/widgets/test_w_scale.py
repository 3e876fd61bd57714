"""On a screen with two pixels for each: the painted widgets pass the same tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, QSizeF

from widgets.picture import Placement

HERE = Path(__file__).parent
PAINTED = ("test_w_frame_view.py", "test_w_timeline.py", "test_w_status.py", "test_w_track_table.py")


def test_painted_widgets_at_scale_two():
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        *(str(HERE / name) for name in PAINTED),
    ]
    environment = {**os.environ, "QT_SCALE_FACTOR": "2"}
    done = subprocess.run(
        command,
        env=environment,
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_one_to_one_lies_on_device_pixels(ratio):
    place = Placement(QSizeF(321, 181), QSizeF(640, 401), ratio, zoom=1.0)
    corner = place.target().topLeft() * ratio
    assert (corner.x(), corner.y()) == pytest.approx((round(corner.x()), round(corner.y())))
    assert place.target().width() * ratio == pytest.approx(321)


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_there_and_back(ratio):
    place = Placement(QSizeF(1920, 1080), QSizeF(800, 600), ratio).zoomed(3.0, QPointF(100, 500))
    there = place.to_widget(QPointF(712.25, 99.5))
    back = place.to_image(there)
    assert (back.x(), back.y()) == pytest.approx((712.25, 99.5))


def test_the_picture_cannot_be_lost():
    place = Placement(QSizeF(1920, 1080), QSizeF(800, 600))
    for _ in range(50):
        place = place.moved(QPointF(300, -300))
    middle = place.to_image(QPointF(400, 300))
    assert (middle.x(), middle.y()) == pytest.approx((0, 1080), abs=2)
