"""How soon the window is there, and how much memory it takes with a 1080p clip open.

The window is a process of its own, started as `retake` starts it. The engine is not: it is another process.
"""

import json
import os
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest
from fakes_clips import encode, x264

START = """
import json
import sys
import time
from PySide6.QtCore import QTimer
from app import compose as composing
import app.gui

make = composing.compose
ENGINES = ("torch", "mediapipe", "detectron2", "hmr2", "phalp", "smplx")

def timed():
    program = make()
    program.engine.autoload = lambda: None
    def look():
        if not program.window.windowHandle().isExposed():
            return
        watch.stop()
        at = time.time()
        loaded = [name for name in ENGINES if name in sys.modules]
        print(json.dumps({"at": at, "loaded": loaded}), flush=True)
        program.window.close()
    watch = QTimer(program.window, interval=1)
    watch.timeout.connect(look)
    watch.start()
    return program

composing.compose = timed
app.gui.main(None, argv=["retake"])
"""

WALK = """
import resource
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from app import compose as composing
import app.gui

make = composing.compose

def walking():
    program = make()
    program.engine.autoload = lambda: None
    state = {"frame": 0, "step": 1}
    def tick():
        video = program.session.video
        if video is None or not video.indexed:
            return
        count = video.frame_count
        state["frame"] += state["step"]
        if state["frame"] == count - 1:
            state["step"] = -1
        program.view.set_frame(max(state["frame"], 0))
        if state["frame"] == 0:
            watch.stop()
            program.window.close()
    watch = QTimer(program.window, interval=15)
    watch.timeout.connect(tick)
    watch.start()
    return program

composing.compose = walking
app.gui.main(Path(sys.argv[1]), argv=["retake"])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def noise(number):
    """A 1080p picture that does not compress to nothing."""
    rough = np.random.default_rng(number).integers(0, 255, (68, 120, 3), np.uint8)
    return cv2.resize(rough, (1920, 1080), interpolation=cv2.INTER_CUBIC)


def run(script, *arguments, home):
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "RETAKE_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_window_visible_in_time_and_without_an_engine(benchmark, tmp_path):
    def start():
        begun = time.time()
        said = json.loads(run(START, home=tmp_path))
        assert said["loaded"] == []
        return said["at"] - begun

    visible = []
    benchmark.pedantic(lambda: visible.append(start()), rounds=5, warmup_rounds=1)
    benchmark.extra_info["visible_after_s"] = sorted(visible)
    assert min(visible) < 1.5


@pytest.mark.timeout(300)
def test_memory_with_a_1080p_clip_walked_to_the_end_and_back(benchmark, tmp_path):
    clip = tmp_path / "clip.mp4"
    encode(clip, 200, options=x264(250), draw=noise)
    peak = benchmark.pedantic(lambda: int(run(WALK, str(clip), home=tmp_path)), rounds=1)
    benchmark.extra_info["peak_mb"] = peak / 2**20
    assert peak < 400 * 2**20
