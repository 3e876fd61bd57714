"""Plots in the window: by mouse and keys, linked to frame and range, and exported."""

from __future__ import annotations

import csv
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog


@pytest.fixture
def plotted(drive):
    """Two people on frames 0 to 29, the first selected, plots open."""
    drive.load()
    drive.program.inference.run_frames("Some", range(30))
    drive.until(lambda: len(drive.results()) == 30)
    drive.until(lambda: drive.window.tracks._model.row_of(2) is not None)
    drive.panel = drive.window.plots
    assert drive.panel.chart is None
    drive.press("1")
    drive.window.actions_table["plots"].trigger()
    drive.until(lambda: not drive.panel.empty and len(drive.panel.chart.plots) == 3)
    drive.until(lambda: len(drive.panel.chart.plots[0].lines[0].x) == 30)
    drive.until(lambda: drive.panel.chart.plots and drive.panel.chart._panes[0].box.width() > 100)
    return drive


def place(drive, frame, pane=0) -> QPoint:
    """Where a frame is in the chart's viewport."""
    chart = drive.panel.chart
    box = chart._panes[pane].box
    middle = box.mapSceneToView(box.sceneBoundingRect().center()).y()
    return chart.mapFromScene(box.mapViewToScene(QPointF(frame, middle)))


def test_a_click_goes_to_the_frame_and_the_cursor_follows_the_keys(plotted):
    viewport = plotted.panel.chart.viewport()
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place(plotted, 40))
    plotted.until(lambda: plotted.program.view.frame_index == 40)
    plotted.picture.setFocus()
    plotted.press("Right")
    plotted.until(lambda: plotted.panel.chart._panes[0]._cursor.value() == 41)


def drag(drive, start, end, modifiers=Qt.KeyboardModifier.NoModifier, button=Qt.MouseButton.LeftButton):
    viewport = drive.panel.chart.viewport()
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    a, b = place(drive, start), place(drive, end)
    way = [a, a + (b - a) * 0.3, a + (b - a) * 0.7, b]

    def send(kind, at, which, held):
        where = QPointF(at)
        everywhere = QPointF(viewport.mapToGlobal(at))
        QApplication.sendEvent(viewport, QMouseEvent(kind, where, everywhere, which, held, modifiers))

    send(QEvent.Type.MouseButtonPress, way[0], button, button)
    for at in way[1:]:
        send(QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton, button)
    send(QEvent.Type.MouseButtonRelease, way[-1], button, Qt.MouseButton.NoButton)


def test_shift_and_drag_sets_the_range_and_it_is_shown(plotted):
    drag(plotted, 10, 25, Qt.KeyboardModifier.ShiftModifier)
    assert plotted.program.view.range == (10, 25)
    region = plotted.panel.chart._panes[0]._region
    assert region.isVisible()
    assert region.getRegion() == (9.5, 25.5)
    plotted.program.view.set_range(None)
    assert not region.isVisible()


def test_dragging_moves_the_frame_and_the_other_button_the_view(plotted):
    drag(plotted, 5, 50)
    assert plotted.program.view.frame_index == 50
    chart = plotted.panel.chart
    chart.setFocus()
    QTest.keyClick(chart, Qt.Key.Key_Plus)
    first, last = chart.view_range
    assert last - first == pytest.approx(60)
    drag(plotted, 50, 40, button=Qt.MouseButton.RightButton)
    assert chart.view_range[0] == pytest.approx(first + 10, abs=1)
    QTest.mouseClick(plotted.panel.fit, Qt.MouseButton.LeftButton)
    assert chart.view_range == (-0.5, 89.5)


def test_curves_and_people_are_ticked_and_remembered(plotted, clip):
    plotted.panel.curves.options["depth"].trigger()
    plotted.panel.people.options["2"].trigger()
    chart = plotted.panel.chart
    plotted.until(lambda: [p.key for p in chart.plots] == ["speed", "acceleration", "knees", "depth"])
    plotted.until(lambda: {line.person for line in chart.plots[0].lines} == {"Person 1", "Person 2"})
    assert len({line.color for line in chart.plots[0].lines}) == 2
    plotted.program.session.close()
    plotted.until(lambda: plotted.panel.empty)
    plotted.open(clip)
    plotted.until(lambda: not plotted.panel.empty)
    assert [p.key for p in chart.plots] == ["speed", "acceleration", "knees", "depth"]


def test_a_deleted_person_leaves_a_gap_and_undo_closes_it(plotted):
    chart = plotted.panel.chart
    plotted.program.view.set_range((10, 12))
    plotted.window.actions_table["delete_range"].trigger()
    plotted.until(lambda: len(chart.plots[0].lines[0].x) == 27)
    assert chart.plots[0].lines[0].value_at(11) is None
    plotted.window.actions_table["undo"].trigger()
    plotted.until(lambda: len(chart.plots[0].lines[0].x) == 30)


def test_a_problem_signal_has_its_threshold(plotted):
    plotted.panel.curves.options["problem:score"].trigger()
    chart = plotted.panel.chart
    plotted.until(lambda: chart.plots[-1].key == "problem:score")
    assert chart.plots[-1].threshold == plotted.program.problems.thresholds.of("score")


def test_the_timelines_zoom_is_followed(plotted):
    QTest.mouseClick(plotted.panel.follow, Qt.MouseButton.LeftButton)
    plotted.window.timeline.scale.look_at(20, 30)
    assert plotted.panel.chart.view_range == (19.5, 49.5)


@pytest.mark.parametrize("kind", ["csv", "svg", "png"])
def test_what_is_plotted_is_exported(plotted, tmp_path, monkeypatch, kind):
    path = tmp_path / f"out.{kind}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(path), ""))
    plotted.window.actions_table[f"plots_{kind}"].trigger()
    plotted.until(lambda: plotted.said(f"Exported to {path}."))
    if kind == "csv":
        rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
        assert [row["frame"] for row in rows] == [str(f) for f in range(30)]
        assert float(rows[10]["time [s]"]) == pytest.approx(
            plotted.program.session.video.time_of(10), abs=1e-6
        )
        assert float(rows[10]["Speed [m/s]"]) >= 0
    elif kind == "svg":
        root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
        tags = [element.tag.rpartition("}")[2] for element in root.iter()]
        assert tags.count("text") > 5
        assert tags.count("path") + tags.count("polyline") > 4
        assert "Knee flexion" in "".join(root.itertext())
    else:
        assert QImage(str(path)).width() > 400


def test_what_cannot_be_written_is_said(plotted, tmp_path, clip, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(clip), ""))
    plotted.panel.export_requested.emit("png")
    plotted.until(lambda: plotted.said("is what is being exported"))
