"""A missing SMPL file is asked for, dropped, chosen, and refused in place."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes_drop import drop, hover, leave
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton

from pipeline.loading import StageState, StageStatus
from widgets.load_panel import ModelsPanel
from widgets.smpl_import import DropZone, SmplImport, gender_needed
from widgets.values import EngineRow

LEFT = Qt.MouseButton.LeftButton
FILE = QUrl.fromLocalFile("/downloads/basicmodel_m.pkl")
MISSING = StageStatus(
    "SMPL model and faces loaded",
    StageState.FAILED,
    error="It is not here.",
    hint="Or put it there.",
    need="smpl:male",
)
ENGINES = (
    EngineRow("mediapipe", "MediaPipe Pose"),
    EngineRow("humans4d", "4D-Humans", own_body=True),
)


@pytest.fixture
def panel(qtbot):
    made = ModelsPanel()
    qtbot.addWidget(made)
    made.set_engines(ENGINES, "humans4d")
    made.set_state("failed")
    made.resize(276, 620)
    made.show()
    return made


@pytest.fixture
def area(panel) -> SmplImport:
    done = tuple(StageStatus(f"Stage {number}", StageState.DONE, 1.0, 1.0) for number in range(12))
    panel.set_statuses((*done, MISSING))
    return panel.findChild(SmplImport)


@pytest.fixture
def given(panel):
    log = []
    panel.smpl_file_given.connect(lambda *values: log.append(values))
    return log


def words(widget) -> str:
    labels = [one.text() for one in widget.findChildren(QLabel) if one.isVisibleTo(widget)]
    return " ".join(labels).replace("\N{ZERO WIDTH SPACE}", "")


def button(area, text: str) -> QPushButton:
    return next(one for one in area.findChildren(QPushButton) if one.text() == text)


@pytest.mark.parametrize(
    ("need", "gender"), [("smpl:male", "male"), ("smpl:neutral", "neutral"), ("", ""), ("vposer", "")]
)
def test_what_is_needed(need, gender):
    assert gender_needed(need) == gender


def test_the_area_says_which_file_and_is_brought_into_view(panel, area, qtbot):
    assert "SMPL for Python" in words(area)
    assert "basicmodel_m_lbs_10_207_0_v1.1.0.pkl" in words(area)
    zone = area.findChild(DropZone)
    qtbot.waitUntil(lambda: zone.visibleRegion().boundingRect().height() == zone.height())


def test_whoever_scrolls_is_not_taken_back(panel, area, qtbot):
    bar = panel._area.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.value() > 0)
    bar.triggerAction(bar.SliderAction.SliderToMinimum)
    area.set_problem("Another line.\nAnd one more.")
    qtbot.waitUntil(lambda: "Another line." in words(area))
    assert bar.value() == 0


def test_a_file_that_hovers_lights_the_zone_up_and_a_web_address_does_not(area):
    zone = area.findChild(DropZone)
    assert not hover(zone, QUrl("https://example.org/smpl.pkl"))
    assert not zone.hovered
    quiet = zone.grab().toImage()
    assert hover(zone, FILE)
    assert zone.hovered
    assert zone.grab().toImage() != quiet
    leave(zone)
    assert not zone.hovered
    assert zone.grab().toImage() == quiet


def test_a_dropped_file_is_told_with_the_gender(area, given):
    path = Path("/downloads/basicmodel_m.pkl")
    drop(area.findChild(DropZone), path)
    assert given == [(path.as_posix(), "male")]
    assert not area.findChild(DropZone).hovered


def test_a_file_can_be_chosen(area, given, qtbot):
    qtbot.mouseClick(button(area, "Choose File…"), LEFT)
    dialog = area.findChild(QFileDialog)
    dialog.fileSelected.emit("/downloads/x.pkl")
    assert given == [("/downloads/x.pkl", "male")]
    dialog.close()


def test_the_site_opens_in_the_browser(area, qtbot, monkeypatch):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    qtbot.mouseClick(button(area, "smpl.is.tue.mpg.de"), LEFT)
    assert opened == ["https://smpl.is.tue.mpg.de"]


def test_a_refusal_stays_until_the_next_file(panel, area, given):
    panel.set_import_problem("basicmodel_f.pkl is the female body.", "Choose the other file.")
    assert "basicmodel_f.pkl is the female body. Choose the other file." in words(area)
    drop(area.findChild(DropZone), Path("/downloads/basicmodel_m.pkl"))
    assert "female" not in words(area)


def test_while_a_file_is_looked_at_no_other_is_taken(panel, area):
    panel.set_import_busy(True)
    assert not area.findChild(DropZone).isEnabled()
    panel.set_import_busy(False)
    assert area.findChild(DropZone).isEnabled()


def test_the_area_goes_when_the_stage_runs_again_and_follows_the_gender(panel, area, qtbot):
    *done, missing = [row.status for row in panel._rows]
    panel.set_statuses((*done, StageStatus(missing.title, StageState.RUNNING)))
    assert panel._imports() == []
    panel.set_statuses(
        (*done, StageStatus(missing.title, StageState.FAILED, error="No.", need="smpl:female"))
    )
    assert [one.gender for one in panel._imports()] == ["female"]
    panel.set_import_problem("Nobody sees this twice.")
    assert "Nobody" in words(panel._imports()[0])


def test_the_gender_is_a_choice_only_where_it_is_one(panel, qtbot):
    chosen = []
    panel.gender_chosen.connect(chosen.append)
    box = panel._body._gender
    assert box.isVisible()
    assert "Built-in body" not in words(panel)
    assert "From its usual place" in words(panel)
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Down)
    assert chosen == ["male"]
    panel.set_gender("female")
    assert box.currentText() == "Female"
    assert chosen == ["male"]
    panel.set_engines(ENGINES, "mediapipe")
    assert not box.isVisible()
    assert "Built-in body" in words(panel)
