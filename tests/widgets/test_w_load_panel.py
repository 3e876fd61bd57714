"""The Models panel through all its states."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QProgressBar, QPushButton, QToolButton

from pipeline.loading import StageState, StageStatus
from widgets.load_panel import ModelsPanel
from widgets.stage_row import StageRow, bytes_moved
from widgets.values import EngineRow

LEFT = Qt.MouseButton.LeftButton
ENGINES = (
    EngineRow("mediapipe", "MediaPipe Pose", "Any laptop."),
    EngineRow("humans4d", "4D-Humans", "On a graphics card.", False, "Needs SMPL files."),
)
SIGNALS = (
    "engine_chosen",
    "load_requested",
    "install_requested",
    "retry_requested",
    "cancel_requested",
    "unload_requested",
    "body_model_requested",
    "builtin_body_requested",
)


@pytest.fixture
def panel(qtbot):
    made = ModelsPanel()
    qtbot.addWidget(made)
    made.set_engines(ENGINES, "mediapipe")
    made.resize(300, 500)
    made.show()
    return made


@pytest.fixture
def said(panel):
    log = []
    for name in SIGNALS:
        getattr(panel, name).connect(lambda *values, name=name: log.append((name, *values)))
    return log


def offered(panel) -> set[str]:
    return {button.text() for button in panel.findChildren(QPushButton) if button.isVisible()}


def press(qtbot, panel, text: str) -> None:
    button = next(one for one in panel.findChildren(QPushButton) if one.isVisible() and one.text() == text)
    qtbot.mouseClick(button, LEFT)


def words(widget) -> set[str]:
    return {one.text() for one in widget.findChildren(QLabel) if one.isVisibleTo(widget) and one.text()}


@pytest.mark.parametrize(
    ("state", "says", "button", "asks"),
    [
        ("stopped", "Not loaded", "Load", ("load_requested", "mediapipe")),
        ("loading", "Loading…", "Cancel", ("cancel_requested",)),
        ("installing", "Installing…", "Cancel", ("cancel_requested",)),
        ("ready", "Ready", "Unload", ("unload_requested",)),
        ("failed", "Failed", "Retry", ("retry_requested",)),
        ("dead", "Stopped unexpectedly", "Load again", ("load_requested", "mediapipe")),
    ],
)
def test_each_state_says_what_it_is_and_offers_one_thing(panel, said, qtbot, state, says, button, asks):
    panel.set_state(state)
    assert says in words(panel)
    assert offered(panel) == {button}
    press(qtbot, panel, button)
    assert said == [asks]


def test_what_is_not_installed_can_be_installed(panel, said, qtbot):
    box = panel.findChild(QComboBox)
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Down)
    assert {"Needs SMPL files.", "Not installed", "On a graphics card."} <= words(panel)
    press(qtbot, panel, "Install")
    assert said == [("engine_chosen", "humans4d"), ("install_requested", "humans4d")]


def test_the_engine_cannot_be_changed_while_it_loads(panel):
    panel.set_state("loading")
    assert not panel.findChild(QComboBox).isEnabled()
    panel.set_state("ready")
    assert panel.findChild(QComboBox).isEnabled()


def stages() -> tuple[StageStatus, ...]:
    mega = 2**20
    return (
        StageStatus("Environment", StageState.DONE, 1.0, 0.4, detail="Python 3.11"),
        StageStatus("Download", StageState.RUNNING, None, 2.0, 10 * mega, 40 * mega),
        StageStatus("Warm up", StageState.RUNNING, None, 12.0),
        StageStatus("Detector", StageState.FAILED, error="It is broken.", hint="Mend it."),
        StageStatus("Later"),
    )


def test_all_stages_are_shown_at_once_each_in_its_state(panel):
    panel.set_statuses(stages())
    rows = panel.findChildren(StageRow)
    assert [row.accessibleName() for row in rows] == [
        "Environment: done",
        "Download: running",
        "Warm up: running",
        "Detector: failed",
        "Later: waiting",
    ]
    assert {"Environment", "0.4 s", "Python 3.11"} <= words(rows[0])
    assert {"2.0 s", "10.0 MB of 40.0 MB · 5.0 MB/s"} <= words(rows[1])
    assert {"It is broken.", "Mend it."} <= words(rows[3])
    assert words(rows[4]) == {"Later"}


def test_progress_is_known_from_bytes_or_runs_without_end(panel):
    panel.set_statuses(stages())
    bars = [row.findChild(QProgressBar) for row in panel.findChildren(StageRow)]
    assert [bar.isVisibleTo(bar.parentWidget()) for bar in bars] == [False, True, True, False, False]
    assert bars[1].value() == 250
    assert bars[1].maximum() == 1000
    assert bars[2].maximum() == 0


def test_rows_are_kept_while_they_change_and_go_when_stages_go(panel, qtbot):
    panel.set_statuses(stages())
    rows = panel.findChildren(StageRow)
    done = tuple(StageStatus(status.title, StageState.DONE, 1.0, 1.0) for status in stages())
    panel.set_statuses(done)
    assert panel.findChildren(StageRow) == rows
    assert rows[3].accessibleName() == "Detector: done"
    assert words(rows[3]) == {"Detector", "1.0 s"}
    panel.set_statuses(done[:2])
    assert len(panel.findChildren(StageRow)) == 2


def test_the_rate_is_said_only_while_bytes_flow():
    done = StageStatus("x", StageState.DONE, 1.0, 2.0, 2**20, 2**20)
    assert bytes_moved(done) == "1.0 MB of 1.0 MB"
    assert bytes_moved(StageStatus("x")) == ""


def test_the_log_opens_and_follows_its_end(panel, qtbot):
    assert not panel._log_button.isVisible()
    panel.set_log_tail("\n".join(str(number) for number in range(200)))
    assert not panel._log.isVisible()
    qtbot.mouseClick(panel._log_button, LEFT)
    assert panel._log.isVisible()
    panel.set_log_tail("\n".join(str(number) for number in range(300)))
    bar = panel._log.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0


def test_body_model_is_named_and_can_be_chosen(panel, said, qtbot):
    panel.set_body_model("SMPL_NEUTRAL.pkl")
    assert "SMPL_NEUTRAL.pkl" in words(panel)
    choose = next(one for one in panel.findChildren(QToolButton) if "body model" in one.accessibleName())
    qtbot.mouseClick(choose, LEFT)
    assert said == [("body_model_requested",)]


def test_from_an_own_body_there_is_a_way_back(panel, said, qtbot):
    panel.set_body_model("")
    assert "Built-in body" in words(panel)
    back = next(one for one in panel.findChildren(QToolButton) if "built-in" in one.accessibleName())
    assert not back.isVisible()
    panel.set_body_model("SMPL_NEUTRAL.pkl")
    qtbot.mouseClick(back, LEFT)
    assert said == [("builtin_body_requested",)]
