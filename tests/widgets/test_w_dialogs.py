"""Export, preferences, go to, about: with mouse and keys."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QProgressBar,
    QPushButton,
    QTabWidget,
    QWidget,
)

from pipeline.palette import PALETTE
from pipeline.structures import Track
from widgets.about import AboutDialog, program_icon
from widgets.export_dialog import ExportDialog
from widgets.go_to import GoTo
from widgets.preferences import PreferencesDialog
from widgets.values import FormatRow, OptionRow, Preferences

LEFT = Qt.MouseButton.LeftButton
FORMATS = (
    FormatRow(
        "phalp",
        "PHALP",
        "Metres, camera axes.",
        "4D-Humans",
        ".pkl",
        (
            OptionRow("axes", "Axes", (("camera", "Camera"), ("world", "World")), "camera"),
            OptionRow("gaps", "Fill gaps", (), "yes"),
        ),
    ),
    FormatRow("video", "Overlay video", "", "", ".overlay.mp4"),
)
TRACKS = (Track(1, "", PALETTE[0], True, 9, 0, 8), Track(4, "Ben", PALETTE[3], True, 5, 0, 4))


def words(widget) -> set[str]:
    return {one.text() for one in widget.findChildren(QLabel) if one.isVisibleTo(widget) and one.text()}


def press(qtbot, widget, text: str) -> None:
    button = next(one for one in widget.findChildren(QPushButton) if one.text() == text and one.isVisible())
    qtbot.mouseClick(button, LEFT)


# export


@pytest.fixture
def export(qtbot):
    made = ExportDialog(FORMATS, TRACKS, Path("/videos"), "run.3")
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def asked(export):
    log = []
    export.export_requested.connect(lambda *values: log.append(values))
    return log


def test_what_is_chosen_is_what_is_asked_for(export, asked, qtbot):
    assert {"PHALP", "Metres, camera axes.", "Read by 4D-Humans"} <= words(export)
    box = export.findChild(QComboBox)
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Down)
    qtbot.mouseClick(export.findChild(QCheckBox), LEFT, pos=export.findChild(QCheckBox).rect().center())
    export.options.tracks.item(0).setCheckState(Qt.CheckState.Unchecked)
    press(qtbot, export, "Export")
    expected = {"axes": "world", "gaps": "no", "tracks": (4,)}
    assert asked == [("phalp", str(Path("/videos/run.3.pkl")), expected)]


def test_the_suffix_follows_the_format_and_keeps_the_name(export, asked, qtbot):
    qtbot.keyClick(export.formats, Qt.Key.Key_Down)
    assert export.path.text() == str(Path("/videos/run.3.overlay.mp4"))
    press(qtbot, export, "Export")
    qtbot.keyClick(export.formats, Qt.Key.Key_Up)
    assert export.path.text() == str(Path("/videos/run.3.pkl"))
    assert asked == [("video", str(Path("/videos/run.3.overlay.mp4")), {})]


def test_tracks_stay_as_ticked_when_the_format_changes(export, asked, qtbot):
    export.options.tracks.item(0).setCheckState(Qt.CheckState.Unchecked)
    export.formats.setCurrentRow(1)
    press(qtbot, export, "Export")
    assert asked[-1][2]["tracks"] == (4,)


def test_a_preview_is_asked_for_at_first_and_at_each_change(qtbot):
    dialog = ExportDialog(FORMATS, (), Path("/videos"), "run")
    qtbot.addWidget(dialog)
    log = []
    dialog.preview_requested.connect(lambda *values: log.append(values))
    dialog.show()
    qtbot.mouseClick(dialog.findChild(QCheckBox), LEFT, pos=dialog.findChild(QCheckBox).rect().center())
    path = str(Path("/videos/run.pkl"))
    assert log == [
        ("phalp", path, {"axes": "camera", "gaps": "yes"}),
        ("phalp", path, {"axes": "camera", "gaps": "no"}),
    ]
    dialog.set_preview("9 frames, 2 tracks")
    assert dialog._preview.toPlainText() == "9 frames, 2 tracks"


def test_while_it_writes_it_can_be_cancelled_and_nothing_else_be_changed(export, asked, qtbot):
    cancelled = []
    export.cancel_requested.connect(lambda: cancelled.append(True))
    export.set_progress(0.25)
    assert export.findChild(QProgressBar).value() == 250
    assert not export.path.isEnabled()
    assert not export.export_button.isEnabled()
    press(qtbot, export, "Cancel")
    assert cancelled == [True]
    export.set_progress(None)
    assert export.export_button.isEnabled()
    assert not export.cancel_button.isVisible()
    assert not export.isModal()


def test_how_it_ended_is_said_until_the_next_try(export, asked, qtbot):
    export.set_progress(0.5)
    export.set_error("The disk is full.", "Free some space.")
    assert {"The disk is full.", "Free some space."} <= words(export)
    assert export.export_button.isEnabled()
    press(qtbot, export, "Export")
    assert "The disk is full." not in words(export)
    export.set_finished("/videos/run.pkl")
    assert "Written: run.pkl" in words(export)


def test_without_a_name_nothing_is_written(export, asked, qtbot):
    export.path.setText("  ")
    press(qtbot, export, "Export")
    assert asked == []


# preferences


OTHERS = Preferences(
    "light", 512, False, True, 0.25, 80, 3, False, 1500.0, "/x.npz", "software", False, "humans4d", "value",
    "female", "regnety", "float32", 7.5, "cuda:1",
)  # fmt: skip


@pytest.fixture
def preferences(qtbot):
    made = PreferencesDialog(Preferences())
    qtbot.addWidget(made)
    made.show()
    return made


def test_every_preference_is_shown_and_given_back(preferences):
    for row in fields(Preferences):
        assert getattr(OTHERS, row.name) != getattr(Preferences(), row.name)
    preferences.set_values(OTHERS)
    assert preferences.values == OTHERS


def test_being_told_does_not_answer_and_a_change_by_hand_does(preferences, qtbot):
    log = []
    preferences.changed.connect(log.append)
    preferences.set_values(OTHERS)
    assert log == []
    qtbot.keyClick(preferences.cache, Qt.Key.Key_Up)
    qtbot.keyClick(preferences.theme, Qt.Key.Key_Up)
    assert log == [replace(OTHERS, cache_mb=576), replace(OTHERS, cache_mb=576, theme="dark")]


def test_a_focal_length_is_typed_only_where_it_counts(preferences, qtbot):
    log = []
    preferences.changed.connect(log.append)
    preferences.findChild(QTabWidget).setCurrentIndex(2)
    focal = preferences.focal
    assert not focal.value.isVisible()
    qtbot.keyClick(focal.source, Qt.Key.Key_Down)
    assert focal.value.isVisible()
    qtbot.keyClick(focal.value, Qt.Key.Key_Up)
    qtbot.keyClick(focal.source, Qt.Key.Key_Down)
    assert not focal.value.isVisible()
    assert [(one.focal_from, one.focal_length) for one in log] == [
        ("value", 0),
        ("value", 100),
        ("video", 100),
    ]


def test_options_of_4d_humans_are_told_as_they_are_chosen(preferences, qtbot):
    log = []
    preferences.changed.connect(log.append)
    preferences.findChild(QTabWidget).setCurrentIndex(1)
    options = preferences.humans4d
    for control in (options.gender, options.detector, options.device, options.memory, options.precision):
        qtbot.keyClick(control, Qt.Key.Key_Up if control is options.memory else Qt.Key.Key_Down)
    last = log[-1]
    assert len(log) == 5
    assert (last.gender, last.detector, last.device, last.gpu_memory, last.precision) == (
        "male", "regnety", "cpu", 1.0, "float32",
    )  # fmt: skip


def test_a_device_the_list_does_not_know_is_kept(preferences):
    preferences.set_values(replace(OTHERS, device="cuda:7"))
    assert preferences.values.device == "cuda:7"


def test_a_path_is_told_when_it_is_typed_to_its_end(preferences, qtbot):
    log = []
    preferences.changed.connect(log.append)
    qtbot.keyClicks(preferences.body, "/smpl.npz")
    assert log == []
    qtbot.keyClick(preferences.body, Qt.Key.Key_Return)
    assert [values.body_model for values in log] == ["/smpl.npz"]


def test_a_path_is_told_when_it_is_chosen(preferences, qtbot, tmp_path):
    log = []
    preferences.changed.connect(log.append)
    preferences.body.setText(str(tmp_path / "old.npz"))
    browse = next(b for b in preferences.findChildren(QPushButton) if b.text() == "Choose…")
    browse.click()
    dialog = preferences.findChild(QFileDialog)
    assert dialog.directory().absolutePath() == str(tmp_path)
    assert "*.pkl" in dialog.nameFilters()[0]
    dialog.fileSelected.emit("/smpl.npz")
    assert [values.body_model for values in log] == ["/smpl.npz"]
    dialog.close()


def test_defaults_take_all_back(preferences, qtbot):
    preferences.set_values(OTHERS)
    log = []
    preferences.changed.connect(log.append)
    press(qtbot, preferences, "Defaults")
    assert log == [Preferences(engine=OTHERS.engine)], "the engine is chosen in the Models panel"


def test_searching_shows_what_has_the_word_and_brings_its_page_to_the_front(preferences, qtbot):
    tabs = preferences.findChild(QTabWidget)
    qtbot.keyClicks(preferences.search, "gpu memory")
    assert [tabs.tabText(k) for k in range(tabs.count()) if tabs.isTabVisible(k)] == ["Models"]
    assert preferences.humans4d.memory.isVisible()
    assert not preferences.humans4d.gender.isVisible()
    assert not preferences.body.isVisible()
    qtbot.keyClick(preferences.search, Qt.Key.Key_Return)
    assert preferences.isVisible(), "Return in the search presses no button"
    qtbot.keyClick(preferences.search, Qt.Key.Key_Escape)
    assert preferences.isVisible()
    assert all(tabs.isTabVisible(k) for k in range(tabs.count()))
    tabs.setCurrentIndex(1)
    assert preferences.body.isVisible()
    qtbot.keyClicks(preferences.search, "zzz")
    assert "Nothing has that name" in words(preferences)


def test_choices_are_found_by_their_names_too(preferences, qtbot):
    qtbot.keyClicks(preferences.search, "opengl")
    assert preferences.renderer.isVisible()
    assert not preferences.theme.isVisible()


def test_pages_of_others_are_among_them(preferences, qtbot):
    page = QLabel("Thresholds of everything")
    preferences.add_page("Problems", page)
    qtbot.keyClicks(preferences.search, "thresholds")
    assert page.isVisible()


def test_the_keys_can_be_reached_from_here(preferences, qtbot):
    log = []
    preferences.keys_requested.connect(lambda: log.append(True))
    press(qtbot, preferences, "Change Keys…")
    assert log == [True]


# go to


@pytest.fixture
def go_to(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(600, 400)
    window.show()
    made = GoTo(window)
    made.open_at(131, 180)
    return made


@pytest.mark.parametrize(
    ("typed", "frame", "seconds"),
    [("12", 12, None), ("500", 179, None), ("0:03.5", None, 3.5), ("2s", None, 2.0)],
)
def test_going_to_a_frame_or_a_time(go_to, qtbot, typed, frame, seconds):
    log = []
    go_to.seek_requested.connect(lambda value: log.append((value, None)))
    go_to.time_requested.connect(lambda value: log.append((None, value)))
    go_to.field.selectAll()
    qtbot.keyClicks(go_to.field, typed)
    qtbot.keyClick(go_to.field, Qt.Key.Key_Return)
    assert log == [(frame, seconds)]
    assert not go_to.isVisible()


def test_nonsense_keeps_it_open_and_escape_closes_it(go_to, qtbot):
    log = []
    go_to.seek_requested.connect(log.append)
    qtbot.keyClicks(go_to.field, "x")
    qtbot.keyClick(go_to.field, Qt.Key.Key_Return)
    assert go_to.isVisible()
    qtbot.keyClick(go_to.field, Qt.Key.Key_Escape)
    assert not go_to.isVisible()
    assert log == []


# about


def test_about_says_the_version_and_copies_the_facts(qtbot):
    dialog = AboutDialog("0.1.0", (("Python", "3.11"), ("Renderer", "OpenGL")))
    qtbot.addWidget(dialog)
    dialog.show()
    assert {"Retake 0.1.0", "Python", "3.11", "OpenGL"} <= words(dialog)
    press(qtbot, dialog, "Copy")
    assert QGuiApplication.clipboard().text() == "Retake 0.1.0\nPython: 3.11\nRenderer: OpenGL"


def test_the_program_has_an_icon():
    assert not program_icon().pixmap(256, 256).isNull()
