"""Plots in the program, by mouse and keys to what is seen, to the session and to files."""

from __future__ import annotations

import csv
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QLineEdit

from app.plot_choices import SIGNAL, Choices, curve_rows
from app.plotting import Plotting
from pipeline.curves import reading
from pipeline.curves.values import Wish
from pipeline.session.layered import all_shown
from pipeline.session.record import record
from pipeline.structures import RunOptions

LEFT = Qt.MouseButton.LeftButton
NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
RUN = 12


class Plotted:
    """Somebody in front of the plots."""

    def __init__(self, drive) -> None:
        self.drive = drive
        self.program, self.window = drive.program, drive.window
        self.panel = drive.window.plots
        drive.press("F5")
        drive.until(lambda: self.control is not None and self.control.shown)

    @property
    def control(self):
        return next(one for one in self.program.children() if isinstance(one, Plotting)).control

    @property
    def rows(self):
        return self.panel.stack.rows

    def shown(self) -> list[str]:
        return [] if self.panel.empty else [row.plot.key for row in self.rows]

    def still(self) -> None:
        """Wait until everything asked for is drawn."""
        control = self.control
        self.drive.until(
            lambda: (
                control._job is None
                and not control._timer.isActive()
                and not control._drawing.isActive()
                and not control._again
            )
        )

    def at(self, frame: float, row: int = 0) -> QPoint:
        box = self.rows[row].box
        scene = box.mapViewToScene(QPointF(frame, np.mean(box.viewRange()[1])))
        return self.panel.stack.mapFromScene(scene)

    def drag(self, start: float, end: float, modifiers=NONE) -> None:
        port = self.panel.stack.viewport()
        QTest.mousePress(port, LEFT, modifiers, self.at(start))
        for share in (0.5, 1.0):
            QTest.mouseMove(port, self.at(start + (end - start) * share))
        QTest.mouseRelease(port, LEFT, modifiers, self.at(end))

    def tick(self, key: str) -> None:
        QTest.mouseClick(self.panel.bar.curves, LEFT)
        picker = self.panel.bar.picker
        picker.ticks[key].setFocus()
        QTest.keyClick(picker.ticks[key], Qt.Key.Key_Space)
        QTest.keyClick(picker, Qt.Key.Key_Escape)
        self.drive.until(lambda: self.panel.bar.picker is None)

    def export(self, kind: str, path: Path) -> None:
        """Through the menu and the dialog that it opens."""
        next(one for one in self.panel.bar.export.menu().actions() if one.objectName() == kind).trigger()
        dialog = self.control.saving.dialog
        dialog.setDirectory(str(path.parent))
        dialog.findChild(QLineEdit, "fileNameEdit").setText(str(path))
        buttons = dialog.findChild(QDialogButtonBox)
        QTest.mouseClick(buttons.button(QDialogButtonBox.StandardButton.Save), LEFT)
        self.drive.until(lambda: self.control.saving.dialog is None)


@pytest.fixture
def run(start, clip):
    """Two people on frames 0 to 11; the first is selected."""
    drive = start()
    drive.open(clip)
    drive.load()
    drive.program.inference.run_frames("Some", range(RUN))
    drive.until(lambda: drive.results() == list(range(RUN)))
    drive.until(lambda: drive.overlay_is_on(0) and drive.said(f"{RUN} of {RUN}"))
    drive.window.message_bar.clear()
    drive.press("1")
    assert drive.program.view.selected_track == 1
    return drive


@pytest.fixture
def plots(run) -> Plotted:
    made = Plotted(run)
    made.drive.until(lambda: not made.panel.empty)
    made.still()
    return made


def test_nothing_of_it_is_loaded_before_it_is_looked_at(drive):
    plotting = next(one for one in drive.program.children() if isinstance(one, Plotting))
    assert plotting.control is None
    assert drive.window.plots.stack is None


def test_it_says_what_to_do_until_there_is_something_to_see(start, clip):
    drive = start()
    plots = Plotted(drive)
    drive.until(lambda: "Open a video" in plots.panel.message.text())
    drive.open(clip)
    drive.until(lambda: "Nothing has been run yet" in plots.panel.message.text())
    drive.load()
    drive.program.inference.run_frames("Some", range(3))
    drive.until(lambda: "Select a person" in plots.panel.message.text())
    drive.press("1")
    drive.until(lambda: plots.shown() == ["speed", "acceleration", "knee"])
    for key in ("speed", "acceleration", "knee"):
        plots.tick(key)
    drive.until(lambda: "Choose what to plot" in plots.panel.message.text())
    drive.press("Ctrl+W")
    drive.until(lambda: "Open a video" in plots.panel.message.text())


def test_the_selected_person_is_plotted_in_their_colour(plots):
    assert plots.shown() == ["speed", "acceleration", "knee"]
    assert list(plots.panel.people.chips) == [1]
    track = plots.program.session.tracks()[0]
    strands = plots.rows[2].strands
    assert [one.color for one in strands] == [track.color] * 2
    assert strands[0].stroke.x.tolist() == list(range(RUN))
    plots.drive.press("2")
    plots.drive.until(lambda: list(plots.panel.people.chips) == [2])
    plots.still()
    assert plots.rows[0].strands[0].color == plots.program.session.tracks()[1].color


def test_frame_and_cursor_are_one(plots):
    view = plots.program.view
    QTest.mouseClick(plots.panel.stack.viewport(), LEFT, NONE, plots.at(40))
    plots.drive.at(40)
    assert [row.cursor.value() for row in plots.rows] == [40] * 3
    plots.drag(40, 8)
    plots.drive.at(8)
    plots.drive.picture.setFocus()
    plots.drive.press("Right")
    assert view.frame_index == 9
    assert plots.rows[0].cursor.value() == 9
    told = plots.control.told.series[1, Wish("speed", "")]
    assert plots.rows[0].header.readings[0].text == f"{told.values[9, 0]:.2f}"


def test_a_drag_stops_playing(plots):
    plots.program.view.set_playing(1)
    plots.drag(30, 20)
    assert not plots.program.view.playing


def test_the_range_is_one_with_the_seek_bar(plots):
    plots.drag(20, 35, SHIFT)
    assert plots.program.view.range == (20, 35)
    assert plots.window.timeline.seek_bar._range == (20, 35)
    plots.program.view.set_range((3, 5))
    assert plots.rows[1].region.getRegion() == (2.5, 5.5)
    plots.drive.picture.setFocus()
    plots.drive.press("Esc")
    assert not plots.rows[0].region.isVisible()


def test_the_part_in_view_is_one_with_the_timeline_until_one_says_otherwise(plots):
    scale, stack = plots.window.timeline.scale, plots.panel.stack
    assert stack.view == (0, 90)
    scale.look_at(10, 30)
    assert stack.view == (10, 30)
    place = QPointF(plots.at(25))
    event = QWheelEvent(
        *(place, QPointF(stack.viewport().mapToGlobal(place.toPoint())), QPoint(), QPoint(0, 240)),
        *(Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False),
    )
    QApplication.sendEvent(stack.viewport(), event)
    assert (scale.first, scale.span) == stack.view
    assert scale.span < 30
    QTest.mouseClick(plots.panel.bar.follow, LEFT)
    scale.look_at(50, 20)
    assert stack.view != (50, 20)
    QTest.mouseClick(plots.panel.bar.fit, LEFT)
    assert stack.view == (0, 90)
    assert (scale.first, scale.span) == (50, 20)
    QTest.mouseClick(plots.panel.bar.follow, LEFT)
    assert stack.view == (50, 20)


def test_a_pinned_person_stays_when_another_is_selected(plots):
    QTest.mouseClick(plots.panel.people.chips[1], LEFT)
    plots.drive.picture.setFocus()
    plots.drive.press("2")
    plots.drive.until(lambda: list(plots.panel.people.chips) == [2, 1])
    plots.still()
    assert len(plots.rows[0].strands) == 2
    assert len(plots.rows[2].strands) == 4
    QTest.mouseClick(plots.panel.people.chips[1], LEFT)
    plots.drive.until(lambda: list(plots.panel.people.chips) == [2])


def test_what_is_chosen_is_there_again_when_the_video_is_opened_again(plots, clip):
    plots.tick("score")
    plots.tick("speed")
    QTest.mouseClick(plots.panel.people.chips[1], LEFT)
    plots.drive.until(lambda: plots.shown() == ["acceleration", "knee", "score"])
    plots.drive.activate()
    plots.drive.press("Ctrl+W")
    plots.drive.until(lambda: plots.program.session.video is None)
    plots.drive.open(clip)
    plots.drive.until(lambda: plots.shown() == ["acceleration", "knee", "score"])
    assert plots.panel.people.chips[1].isChecked()


def test_edits_and_runs_are_seen_and_only_they_are_read(plots, monkeypatch):
    store = plots.program.session.store
    read: list[int] = []

    def counted(store, frames=None):
        for seen in all_shown(store, frames):
            read.append(seen.result.frame_index)
            yield seen

    monkeypatch.setattr(reading, "all_shown", counted)
    plots.program.view.set_frame(5)
    plots.drive.picture.setFocus()
    plots.drive.press("Delete")
    plots.drive.until(lambda: plots.rows[0].strands[0].stroke.x.tolist() == [*range(5), *range(6, RUN)])
    plots.still()
    assert read == [5]
    assert not plots.rows[0].strands[0].stroke.joined[5]
    plots.drive.press("Ctrl+Z")
    plots.drive.until(lambda: len(plots.rows[0].strands[0].stroke.x) == RUN)
    plots.still()
    result = store.result(3)
    moved = replace(result.people, cam_t=result.people.cam_t * np.float32(2))
    run = store.start_run("made-up", RunOptions(), "Again")
    read.clear()
    plots.tick("depth")
    plots.still()
    before = plots.control.told.series[1, Wish("depth", "")].values[3, 0]
    plots.program.session.tell(record(store, replace(result, people=moved), run))
    plots.drive.until(lambda: plots.control.told.series[1, Wish("depth", "")].values[3, 0] > 1.5 * before)
    assert read == [3]


def test_nothing_is_read_while_nobody_looks(plots):
    plots.window.show_dock("tracks")
    plots.drive.until(lambda: not plots.control.shown)
    told = plots.control.told
    plots.program.inference.run_frames("More", range(RUN, RUN + 2))
    plots.drive.until(lambda: len(plots.drive.results()) == RUN + 2)
    plots.still()
    assert plots.control.told is told
    plots.window.show_dock("plots")
    plots.drive.until(lambda: len(plots.control.told.series[1, Wish("speed", "")].frames) == RUN + 2)


def test_the_signal_of_a_problem_has_its_threshold_and_follows_it(plots):
    key = f"{SIGNAL}depth"
    plots.tick(key)
    plots.drive.until(lambda: key in plots.shown())
    row = plots.panel.stack.row_of(key)
    plots.drive.until(lambda: row.strands and len(row.strands[0].stroke.x))
    assert row.limit.isVisible()
    assert row.limit.value() == plots.program.problems.thresholds.of("depth")
    plots.program.settings.set_thresholds({"depth": 33.0})
    plots.drive.until(lambda: row.limit.value() == 33.0)


def test_the_curve_of_the_current_problem_is_shown_and_highlighted(plots):
    store = plots.program.session.store
    run = store.start_run("made-up", RunOptions(), "Again")
    result = store.result(6)
    moved = replace(result.people, cam_t=result.people.cam_t * np.float32([1, 1, 2]))
    plots.program.session.tell(record(store, replace(result, people=moved), run))
    problems = plots.program.problems
    plots.drive.until(lambda: any(row.signal == "depth" for row in problems.rows))
    row = next(row for row in problems.rows if row.signal == "depth")
    problems.select(row)
    key = f"{SIGNAL}depth"
    plots.drive.until(lambda: key in plots.shown())
    shown = plots.panel.stack.row_of(key)
    plots.drive.until(lambda: shown.highlight.isVisible())
    assert shown.highlight.getRegion() == (row.first - 0.5, row.last + 0.5)


def test_the_numbers_are_exported_with_units_times_and_what_they_are(plots, tmp_path):
    path = tmp_path / "out" / "numbers.csv"
    path.parent.mkdir()
    plots.export("csv", path)
    plots.drive.until(lambda: plots.drive.said(f"Exported {RUN} rows to"))
    text = path.read_text("utf-8")
    for part in ("numbers.mp4", "engine:", "body model:", "frames/s", "axes:", "0deg is a straight leg"):
        assert part in text
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    assert len(rows) == RUN
    assert list(rows[0])[:5] == ["frame", "time (s)", "track", "person", "made"]
    told = plots.control.told.series[1, Wish("knee", "")]
    assert float(rows[4]["Knee flexion left (deg)"]) == pytest.approx(told.values[4, 0], rel=1e-5)
    video = plots.program.session.video
    assert float(rows[4]["time (s)"]) == pytest.approx(video.time_of(4), abs=1e-6)
    plots.program.view.set_range((2, 4))
    plots.export("csv", path.with_name("part.csv"))
    plots.drive.until(lambda: plots.drive.said("Exported 3 rows of frames 2–4 to"))


def test_the_picture_is_exported_as_svg_and_png(plots, tmp_path):
    plots.export("svg", tmp_path / "plots.svg")
    plots.export("png", tmp_path / "plots.png")
    assert plots.drive.said("plots.svg")
    tree = ElementTree.parse(tmp_path / "plots.svg")
    texts = {node.text for node in tree.iter() if node.tag.endswith("text")}
    assert texts >= {"Speed", "Knee flexion", "0.00 s"}
    assert QImage(str(tmp_path / "plots.png")).width() == 2 * plots.panel.stack.width()


def test_what_cannot_be_written_is_said(plots, clip, tmp_path):
    saving = plots.control.saving
    saving.save("png", clip)
    assert plots.drive.said("it would be lost")
    saving.save("svg", tmp_path)
    assert plots.drive.said("Cannot write")
    plots.program.view.select(None)
    plots.drive.until(lambda: plots.panel.empty)
    plots.window.actions_table["plots_csv"].trigger()
    assert plots.drive.said("Nothing is plotted.")


def test_choices_survive_other_versions_of_the_program():
    assert Choices.from_plain(None) == Choices()
    assert Choices.from_plain({"curves": 3}) == Choices()
    odd = {"curves": {"speed": "", "gone": "", "rotation": "99", "signal:depth": ""}, "pinned": [2, "x"]}
    kept = Choices.from_plain(odd)
    assert dict(kept.curves) == {"speed": "", "signal:depth": ""}
    assert kept.pinned == (2,)
    assert Choices.from_plain(kept.to_plain()) == kept
    assert len({row.key for row in curve_rows()}) == len(curve_rows())
