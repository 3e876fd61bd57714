"""What stands in the status bar: memory gauge and running job. And the bar of layers."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QProgressBar, QSlider, QToolButton

from pipeline.layers import Layers
from pipeline.memory import Memory
from widgets.layers_bar import LAYERS, LayersBar
from widgets.memory_gauge import SAMPLES, MemoryGauge, memory_text
from widgets.run_status import RunStatus, run_numbers, time_left
from widgets.theme import colors
from widgets.values import RunProgress

LEFT = Qt.MouseButton.LeftButton
GB = 2**30


def gpu(used: float, worker: float = 0.0) -> Memory:
    return Memory("gpu", "NVIDIA Test", round(used * GB), 8 * GB, round(worker * GB), 3 * GB, 4 * GB)


@pytest.fixture
def gauge(qtbot):
    made = MemoryGauge()
    qtbot.addWidget(made)
    made.resize(340, 24)
    made.show()
    return made


def test_the_numbers_are_all_in_the_tip(gauge):
    gauge.add_sample(gpu(2.5, 1.25))
    for text in ("NVIDIA Test", "2.5 GB of 8.0 GB", "1.2 GB", "3.0 GB", "4.0 GB"):
        assert text in gauge.toolTip()
    assert gauge.accessibleDescription() == "NVIDIA Test: 2.5 / 8.0 GB"
    assert memory_text(gpu(2.5)) == "2.5 / 8.0 GB"


def test_without_a_gpu_it_says_so(gauge):
    gauge.add_sample(Memory("system", "this machine", 4 * GB, 16 * GB, GB))
    assert gauge.accessibleDescription() == "System memory (no GPU): 4.0 / 16.0 GB"


def test_a_minute_is_kept_and_another_device_begins_anew(gauge):
    for _ in range(SAMPLES + 30):
        gauge.add_sample(gpu(1))
    assert len(gauge.samples) == SAMPLES
    gauge.add_sample(Memory("system", "this machine", GB, 2 * GB))
    assert len(gauge.samples) == 1


def column(look, x: int) -> list[tuple[int, ...]]:
    return [look(x, y) for y in range(4, 20)]


def test_the_chart_grows_with_use_and_the_engines_share_is_darker(gauge, shot):
    for _ in range(SAMPLES):
        gauge.add_sample(gpu(4, 2))
    seen = column(shot(gauge), 36)
    accent, groove = QColor(colors().accent).getRgb()[:3], QColor(colors().groove).getRgb()[:3]
    assert seen[0] == groove
    assert seen[-3] == accent  # the engine's quarter
    assert seen[10] not in (accent, groove)  # the others' quarter
    assert 6 <= seen.index(seen[10]) <= 9


def test_little_memory_left_is_shown_in_another_colour(gauge, shot):
    for _ in range(SAMPLES):
        gauge.add_sample(gpu(7.9, 7))
    assert QColor(colors().bad).getRgb()[:3] in column(shot(gauge), 36)


# running job


@pytest.fixture
def status(qtbot):
    made = RunStatus()
    qtbot.addWidget(made)
    made.show()
    return made


def test_numbers_of_a_run():
    run = RunProgress("Running", 64, 180, 40.0, 2)
    assert time_left(run) == pytest.approx(72.5)
    assert run_numbers(run) == "64 of 180 · 2 failed · 1 min 12 s left"
    assert run_numbers(RunProgress("Running", 1, 180, 40.0)) == "1 of 180"
    assert run_numbers(RunProgress("Running", 64, 180, 40.0, paused=True)) == "64 of 180 · paused"
    assert run_numbers(RunProgress("Exporting", 64)) == ""


def test_nothing_is_shown_while_nothing_runs(status):
    status.set_run(RunProgress("Running", 1, 2))
    status.set_run(None)
    assert not any(child.isVisible() for child in status.findChildren(QToolButton))
    assert not status.findChild(QProgressBar).isVisible()


def test_a_run_shows_how_far_it_is(status):
    status.set_run(RunProgress("Running frames 0–179", 45, 180, 10.0))
    bar = status.findChild(QProgressBar)
    assert (bar.value(), bar.maximum()) == (45, 180)
    assert {label.text() for label in status.findChildren(QLabel)} == {
        "Running frames 0–179",
        "45 of 180 · 30 s left",
    }


def test_pause_continue_and_cancel_are_asked_for(status, qtbot):
    asked = []
    status.pause_toggled.connect(lambda: asked.append("pause"))
    status.cancel_requested.connect(lambda: asked.append("cancel"))
    status.set_run(RunProgress("Running", 1, 180))
    pause, cancel = status.findChildren(QToolButton)
    qtbot.mouseClick(pause, LEFT)
    status.set_run(RunProgress("Running", 1, 180, paused=True))
    assert pause.accessibleName() == "Continue"
    qtbot.mouseClick(pause, LEFT)
    qtbot.mouseClick(cancel, LEFT)
    assert asked == ["pause", "pause", "cancel"]


def test_what_cannot_be_paused_offers_no_pause(status):
    status.set_run(RunProgress("Exporting", 1, 180, can_pause=False))
    pause, cancel = status.findChildren(QToolButton)
    assert not pause.isVisible()
    assert cancel.isVisible()


# layers


@pytest.fixture
def layers(qtbot):
    made = LayersBar()
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.mark.parametrize("field", [row[0] for row in LAYERS])
def test_each_button_turns_its_layer_and_no_other(layers, qtbot, field):
    chosen = []
    layers.layers_changed.connect(chosen.append)
    before = Layers()
    qtbot.mouseClick(layers.findChild(QToolButton, field), LEFT)
    (after,) = chosen
    changed = [name for name in Layers.__slots__ if getattr(after, name) != getattr(before, name)]
    assert changed == [field]
    assert layers.layers == after


def test_there_is_a_button_for_every_layer():
    assert [row[0] for row in LAYERS] == [name for name in Layers.__slots__ if name != "opacity"]


def test_opacity_is_set_with_the_keys(layers, qtbot):
    chosen = []
    layers.layers_changed.connect(chosen.append)
    qtbot.keyClick(layers.findChild(QSlider), Qt.Key.Key_PageDown)
    assert chosen[-1].opacity == pytest.approx(0.75)


def test_being_told_does_not_answer(layers):
    chosen = []
    layers.layers_changed.connect(chosen.append)
    layers.hidden_toggled.connect(chosen.append)
    layers.set_layers(Layers(meshes=False, boxes=True, opacity=0.4))
    layers.set_hidden(True)
    assert chosen == []
    assert layers.findChild(QSlider).value() == 40
    assert layers.findChild(QToolButton, "boxes").isChecked()


def test_the_eye_hides(layers, qtbot):
    hidden = []
    layers.hidden_toggled.connect(hidden.append)
    eye = next(one for one in layers.findChildren(QToolButton) if one.accessibleName() == "Hide overlay")
    qtbot.mouseClick(eye, LEFT)
    assert eye.accessibleName() == "Show overlay"
    qtbot.mouseClick(eye, LEFT)
    assert hidden == [True, False]
