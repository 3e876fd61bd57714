from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import cv2
import pytest
from fakes_clips import picture
from PySide6.QtCore import SIGNAL, QTimer
from PySide6.QtGui import QAction, QColor, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QTabBar

from app.actions import SPECS
from app.settings import Settings
from app.view_state import ViewState
from app.window import Window
from pipeline.layers import Layers
from pipeline.places import data_folder, log_folder
from pipeline.video.pictures import PICTURE_SUFFIXES
from widgets.preferences import PreferencesDialog
from widgets.values import Preferences


def test_no_key_means_two_things():
    keys = [QKeySequence(key).toString() for spec in SPECS for key in spec.keys]
    assert len(keys) == len(set(keys))


def test_every_action_does_something_and_is_in_a_menu(start):
    drive = start()
    in_menus = {action for menu in drive.window.menus.values() for action in menu.actions()}
    idle = drive.window.menus["File"].addAction("Does nothing")
    connected = SIGNAL("triggered(bool)")
    for spec in SPECS:
        action = drive.window.actions_table[spec.id]
        assert action.receivers(connected) > idle.receivers(connected), spec.id
        assert action in in_menus, spec.id


def enabled(drive, *ids) -> list[bool]:
    return [drive.window.actions_table[id].isEnabled() for id in ids]


def test_menus_offer_only_what_would_do_something(start, clip):
    drive = start()
    assert enabled(drive, "run_frame", "undo", "pause_run", "unload_engine", "load_engine") == [False] * 4 + [
        True
    ]
    assert "Open a video" in drive.window.actions_table["undo"].toolTip()
    drive.open(clip)
    assert enabled(drive, "run_frame", "undo", "redo", "pause_run", "cancel_run") == [True] + [False] * 4
    assert "Nothing is being run" in drive.window.actions_table["pause_run"].toolTip()
    drive.load()
    assert enabled(drive, "load_engine", "unload_engine") == [False, True]
    drive.press("Ctrl+R")
    assert enabled(drive, "pause_run", "cancel_run") == [True, True]
    drive.window.actions_table["cancel_run"].trigger()
    assert enabled(drive, "pause_run", "cancel_run") == [False, False]


def test_every_key_of_the_specification_is_there():
    promised = [
        "Space",
        "Left",
        "Right",
        ",",
        ".",
        "Shift+Left",
        "Shift+Right",
        "Ctrl+Left",
        "Ctrl+Right",
        "PgUp",
        "PgDown",
        "Home",
        "End",
        "J",
        "K",
        "L",
        "I",
        "O",
        "Esc",
        "[",
        "]",
        "Backspace",
        "Ctrl+E",
        "G",
        "Ctrl+J",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "8",
        "9",
        "`",
        "Ctrl+1",
        "Ctrl+9",
        "B",
        "R",
        "Shift+R",
        "Ctrl+R",
        "H",
        "Shift+H",
        "Ctrl+Z",
        "Ctrl+Shift+Z",
        "Ctrl+Y",
        "F2",
        "Ctrl+,",
        "F1",
        "Ctrl+O",
        "Ctrl+W",
        "Ctrl+Shift+E",
    ]
    keys = {key for spec in SPECS for key in spec.keys}
    assert set(promised) <= keys


def test_the_window_knows_no_engine_and_shows_before_it_can_decode():
    code = (
        "import sys, app.compose, app.gui; "
        "heavy = {'torch', 'mediapipe', 'detectron2', 'hmr2', 'smplx', 'av', 'cv2', 'moderngl', 'scipy', 'joblib'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    root = Path(__file__).resolve().parents[2]
    found = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_first_window_has_the_font_it_keeps(tmp_path):
    code = (
        "from PySide6.QtWidgets import QApplication; application = QApplication([]); "
        "from app.compose import compose; program = compose(); program.window.show(); "
        "print(program.window.models.font().pixelSize(), program.window.menuBar().font().pixelSize()); "
        "program.close()"
    )
    root = Path(__file__).resolve().parents[2]
    quiet = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "RETAKE_HOME": str(tmp_path)}
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=quiet, capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == ["13", "13"]


def _fail():
    raise ZeroDivisionError("on purpose")


def test_an_unexpected_error_is_reported_and_the_window_stays(drive):
    QTimer.singleShot(0, _fail)
    drive.until(lambda: drive.said("Unexpected error: ZeroDivisionError: on purpose"))
    threading.Thread(target=_fail).start()
    drive.until(lambda: len(list(log_folder().glob("crash-*.txt"))) == 2)
    for report in log_folder().glob("crash-*.txt"):
        text = report.read_text()
        assert "Traceback" in text
        assert "in _fail" in text
        assert "PySide6" in text
    drive.press("Right")
    drive.at(1)


def test_what_a_lane_did_not_expect_is_reported(drive):
    from pipeline.job import Job

    drive.program.io_lane.submit(Job(lambda job: {}["missing"]))
    drive.until(lambda: drive.said("KeyError"))
    assert list(log_folder().glob("crash-*.txt"))


def test_layout_layers_and_preferences_are_remembered(start):
    first = start()
    first.window.docks["models"].hide()
    first.program.view.set_layers(replace(first.program.view.layers, skeleton=True, opacity=0.4))
    first.program.settings.set_preferences(Preferences(cache_mb=128, theme="light"))
    first.window.close()
    second = start()
    second.window.restore_layout(*second.program.settings.layout())
    assert not second.window.docks["models"].isVisible()
    assert second.program.view.layers == Layers(skeleton=True, opacity=0.4)
    assert second.program.settings.preferences == Preferences(cache_mb=128, theme="light")
    second.window.actions_table["reset_layout"].trigger()
    assert second.window.docks["models"].isVisible()
    second.until(lambda: len(tab_bars(second.window)) == 2)


def tab_bars(window):
    """The bars of tabbed docks that one sees."""
    return [bar for bar in window.findChildren(QTabBar) if bar.isVisible() and bar.count()]


def test_each_group_of_docks_has_one_bar_of_tabs(start):
    drive = start()
    drive.until(lambda: len(tab_bars(drive.window)) == 2)
    for dock in ("video_panel", "inspector", "models"):
        drive.window.show_dock(dock)
        QApplication.processEvents()
        assert len(tab_bars(drive.window)) == 2
    drive.window.close()
    again = start()
    again.window.restore_layout(*again.program.settings.layout())
    again.until(lambda: len(tab_bars(again.window)) == 2)


def test_resetting_the_layout_takes_floating_and_closed_docks_back(start):
    drive = start()
    docks = drive.window.docks
    docks["models"].setFloating(True)
    docks["timeline"].setFloating(True)
    docks["inspector"].close()
    drive.window.actions_table["reset_layout"].trigger()
    assert not any(dock.isFloating() or dock.isHidden() for dock in docks.values())
    assert drive.window.tabifiedDockWidgets(docks["models"]) == [
        docks[name] for name in ("run_panel", "video_panel", "camera_panel", "history")
    ]


def test_the_demo_is_offered_to_be_run_once(start, clip):
    drive = start()
    drive.program.start(clip, demo=True)
    drive.until(lambda: drive.said("This is the demo clip."))
    drive.until(lambda: drive.program.engine.state == "ready")
    drive.press("R")
    assert drive.window.message_bar.text == ""
    drive.until(lambda: drive.results() == [0])
    drive.window.close()
    again = start()
    again.program.start(clip, demo=True)
    again.at(0)
    again.until(lambda: again.program.engine.state == "ready")
    assert not again.said("This is the demo clip.")


def test_settings_of_another_version_are_taken_as_far_as_they_fit(tmp_path):
    path = tmp_path / "settings.ini"
    path.write_text(
        '[General]\npreferences="{\\"cache_mb\\": 64, \\"theme\\": 7, \\"unknown\\": 1}"\nlayers=no json\n'
    )
    settings = Settings(path)
    assert settings.preferences == Preferences(cache_mb=64)
    assert settings.layers == Layers()


def test_a_series_of_pictures_is_remembered_while_its_folder_is_there(tmp_path):
    folder, settings = tmp_path / "shot", Settings(tmp_path / "settings.ini")
    folder.mkdir()
    settings.add_recent(folder / "img_%04d.png")
    settings.add_recent(folder / "gone.mp4")
    assert settings.recent == (folder / "img_%04d.png",)
    folder.rmdir()
    assert settings.recent == ()


def test_settings_are_in_the_data_folder(start):
    drive = start()
    drive.window.close()
    assert (data_folder() / "settings.ini").is_file()


@pytest.mark.parametrize(("theme", "dark"), [("dark", True), ("light", False)])
def test_themes(start, theme, dark):
    drive = start()
    drive.program.settings.set_preferences(Preferences(theme=theme))
    image = drive.window.grab().toImage()
    colour = QColor(image.pixel(image.width() - 20, 100))
    assert (colour.lightness() < 128) is dark


@pytest.mark.parametrize("action", ["preferences", "keys", "about"])
def test_dialogs_open_once_and_hold_nothing_up(start, action):
    drive = start()
    drive.window.actions_table[action].trigger()
    drive.window.actions_table[action].trigger()
    dialogs = [d for d in drive.window.findChildren(QDialog) if d.isVisible()]
    assert len(dialogs) == 1
    assert not dialogs[0].isModal()
    dialogs[0].close()
    drive.until(lambda: not [d for d in drive.window.findChildren(QDialog) if d.isVisible()])


def file_dialog(drive, action: str) -> QFileDialog:
    drive.window.actions_table[action].trigger()
    return next(dialog for dialog in drive.window.findChildren(QFileDialog) if dialog.isVisible())


def test_a_folder_of_pictures_is_opened_from_the_menu(start, tmp_path):
    folder = tmp_path / "shot"
    folder.mkdir()
    for number in range(3):
        cv2.imwrite(str(folder / f"{number}.tif"), picture(number))
    drive = start()
    dialog = file_dialog(drive, "open_folder")
    assert dialog.fileMode() == QFileDialog.FileMode.Directory
    dialog.fileSelected.emit(str(folder))
    dialog.close()
    drive.at(0)
    drive.activate()
    drive.press("End")
    drive.at(2)
    assert drive.shown_number() == 2
    assert drive.program.settings.recent == (folder,)


def test_every_kind_of_picture_that_can_be_opened_is_offered(start):
    drive = start()
    dialog = file_dialog(drive, "open")
    offered = dialog.nameFilters()[0]
    assert [suffix for suffix in (*PICTURE_SUFFIXES, ".mp4", ".mkv") if f"*{suffix}" not in offered] == []
    dialog.close()


def test_going_to_a_typed_frame_and_time(drive):
    for text, frame in (("42", 42), ("0:01.5", 45), ("0.5s", 15)):
        drive.press("G")
        field = QApplication.focusWidget() or drive.window.go_to.field
        field.selectAll()
        QTest.keyClicks(field, text)
        QTest.keyClick(field, "\r")
        drive.at(frame)
        drive.activate()


def test_view_state_tells_only_what_changed(qtbot):
    view, heard = ViewState(), []
    view.reset(10)
    view.frame_changed.connect(heard.append)
    for frame in (3, 3, 99, 9, -4, 0):
        view.set_frame(frame)
    assert heard == [3, 9, 0]


def test_selecting_a_person_without_a_track_ends_with_the_frame(qtbot):
    view = ViewState()
    view.reset(10)
    view.select(None, 1)
    assert view.selected_slot == 1
    view.set_frame(2)
    assert view.selected_slot is None
    view.select(5)
    view.set_frame(3)
    assert view.selected_track == 5


def test_actions_are_in_the_list_of_keys(start):
    drive = start()
    rows = drive.window.actions_table.rows()
    assert ("Run", "Run This Frame", ("R",)) in [(row.menu, row.title, row.keys) for row in rows]
    assert all(isinstance(action, QAction) for action in drive.window.actions())


def test_software_drawing_takes_over_when_chosen_and_says_so(start, clip):
    drive = start()
    drive.program.settings.set_preferences(Preferences(renderer="software"))
    drive.open(clip)
    drive.load()
    drive.press("R")
    drive.until(lambda: drive.overlay_is_on(0))
    assert drive.program.overlay.artist._renderer.name != "opengl"


def test_layers_change_what_is_drawn(start, clip):
    drive = start()
    drive.open(clip)
    drive.load()
    drive.press("R")
    drive.until(lambda: drive.overlay_is_on(0))
    before = drive.picture.visible_image()
    drive.window.layers_bar.layers_changed.emit(
        Layers(meshes=False, silhouettes=False, labels=False, boxes=True)
    )
    drive.until(lambda: drive.picture.visible_image() != before and drive.program.draw_lane.unfinished == 0)
    assert drive.program.view.layers.boxes


def test_another_body_asks_for_loading_again(start, tmp_path):
    drive = start()
    drive.load()
    pid = drive.program.engine.client.pid
    drive.program.settings.set_preferences(Preferences(body_model=str(tmp_path / "SMPL_NEUTRAL.pkl")))
    assert drive.messages[-1][3] == "Load Again"
    drive.window.message_bar._action.click()
    drive.until(lambda: drive.program.engine.state == "ready")
    assert drive.program.engine.client.pid != pid


def test_another_body_after_a_failure_is_loaded_at_once(start, tmp_path):
    drive = start(stage_fail="1")
    drive.program.settings.set_preferences(Preferences(body_model=str(tmp_path / "no body.txt")))
    drive.program.engine.load(drive.program.engine.name)
    drive.until(lambda: drive.program.engine.state == "failed")
    failed = drive.program.engine.client
    drive.window.models._body._default.click()
    assert drive.program.settings.preferences.body_model == ""
    assert not drive.window.models._body._default.isVisible()
    assert drive.program.engine.client is not failed
    drive.until(lambda: drive.program.engine.state == "failed")  # as it does once in every process


def test_preferences_follow_what_is_chosen_elsewhere(start):
    drive = start()
    drive.program.settings.set_preferences(Preferences(body_model="/somewhere/SMPL_NEUTRAL.pkl"))
    drive.window.actions_table["preferences"].trigger()
    dialog = drive.window.findChild(PreferencesDialog)
    drive.window.models._body._default.click()
    dialog.masks.toggle()
    assert drive.program.settings.preferences.body_model == ""
    dialog.close()


def test_the_first_window_leaves_room_for_its_title_bar(qtbot):
    window = Window()
    qtbot.addWidget(window)
    room = window.screen().availableSize() - window.size()
    assert room.width() >= 8
    assert room.height() >= 40
