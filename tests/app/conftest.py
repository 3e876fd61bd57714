"""Fixtures for the window's floor: the real program around a small clip and an engine without a model."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import psutil
import pytest
from fakes_clips import encode, number_in, x264
from fakes_engine import stand_in_command
from fakes_pixels import pixels
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from app.compose import Program, compose
from app.lane import Lane
from pipeline.engines.engine import EngineSettings
from pipeline.smpl import builtin_body

FRAMES = 90
PATIENCE_MS = 20_000


@pytest.fixture
def lane(qtbot):
    lane = Lane("test")
    yield lane
    assert lane.close()


@pytest.fixture(scope="session")
def encoded(tmp_path_factory) -> Path:
    """A clip whose frames show their numbers, encoded once."""
    return encode(tmp_path_factory.mktemp("clips") / "numbers.mp4", FRAMES, options=x264(30)).path


@pytest.fixture
def clip(encoded, tmp_path) -> Path:
    """A copy of it in a folder of its own, where its session will be."""
    return Path(shutil.copy(encoded, tmp_path / "numbers.mp4"))


class Driver:
    """Somebody at keyboard and mouse in front of the program, and what they see."""

    def __init__(self, program: Program, qtbot) -> None:
        self.program = program
        self.window = program.window
        self.picture = program.window.frame_view
        self.messages: list[tuple[str, str, str, str]] = []
        self._qtbot = qtbot
        program.notices.posted.connect(lambda *message: self.messages.append(message))

    def until(self, condition) -> None:
        self._qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE_MS)

    def activate(self) -> None:
        """Bring the window to the front, so that it gets the keys."""
        # Asked again each time: a window that closes just then takes the first asking with it.
        self.until(lambda: self.window.activateWindow() or self.window.isActiveWindow())
        self.picture.setFocus(Qt.FocusReason.OtherFocusReason)

    def open(self, path: Path) -> None:
        self.program.open(path)
        self.until(lambda: self.program.session.path == path and self.program.session.video.indexed)
        self.until(lambda: self.picture.frame_index == self.program.view.frame_index)

    def load(self) -> None:
        self.program.engine.load(self.program.engine.name)
        self.until(lambda: self.program.engine.state == "ready")

    def press(self, keys: str, widget=None) -> None:
        """Press and release keys, such as "Ctrl+Shift+Z", on what has the focus."""
        combination = QKeySequence(keys)[0]
        target = widget or self.window.focusWidget() or self.window
        self._qtbot.keyClick(target, combination.key(), combination.keyboardModifiers())

    def shown_number(self) -> int:
        """The number in the picture on screen."""
        return number_in(pixels(self.picture.visible_image()))

    def at(self, frame: int) -> None:
        """Wait until the picture of a frame is on screen."""
        self.until(lambda: self.picture.frame_index == frame)

    def overlay_is_on(self, frame: int) -> bool:
        """Whether that frame is shown and something lies over its picture."""
        if self.picture.frame_index != frame:
            return False
        image = pixels(self.picture.visible_image()).astype(int)
        return bool((np.ptp(image, axis=2) > 40).sum() > 50)  # the clip is gray, bodies are not

    def results(self) -> list[int]:
        return self.program.session.store.frames_with_results().tolist()

    def said(self, part: str) -> bool:
        return any(part in text for text, *_rest in self.messages)


@pytest.fixture
def start(qtbot, monkeypatch):
    """Starts programs; at the end none may leave a thread or a process behind."""
    drivers: list[Driver] = []
    threads, children = set(threading.enumerate()), set(psutil.Process().children(recursive=True))

    def start(commands=None, check=None, **cues: str) -> Driver:
        settings = EngineSettings(extra={"body_model": builtin_body().id, **cues})
        program = compose(
            commands or (lambda name: stand_in_command()), engine_settings=settings, check=check
        )
        driver = Driver(program, qtbot)
        drivers.append(driver)
        program.window.resize(1280, 800)
        program.window.show()
        driver.activate()
        return driver

    yield start
    for driver in drivers:
        driver.window.close()
        assert not [lane.objectName() for lane in driver.program.lanes if lane.isRunning()]
        driver.program.deleteLater()  # with its timers, which otherwise reach for the window's widgets
        driver.window.deleteLater()
    started = (
        set(threading.enumerate()) - threads
    )  # lanes that logged are in it as dummies, also when they ended
    assert not [thread for thread in started if not isinstance(thread, threading._DummyThread)]
    assert not [child for child in psutil.Process().children(recursive=True) if child not in children]


@pytest.fixture
def drive(start, clip) -> Driver:
    """A program with the clip open."""
    driver = start()
    driver.open(clip)
    return driver
