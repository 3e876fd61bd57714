"""The window around an engine that needs the user's own body, is slow, and can be set up in many ways."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from fakes_body_engine import RUNGS
from fakes_drop import drop
from fakes_engine import stand_in_command
from fakes_smpl import official_arrays, write_official
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel

from app.engine_control import LOAD_AGAIN
from pipeline.places import data_folder
from pipeline.smpl import read_body
from widgets.inspector_parts import Facts
from widgets.smpl_import import DropZone, SmplImport

NEUTRAL = "basicmodel_neutral_lbs_10_207_0_v1.1.0.pkl"
FEMALE = "basicmodel_f_lbs_10_207_0_v1.1.0.pkl"


def commands(name):
    target = "fakes_body_engine:NeedsBody" if name == "humans4d" else "fakes_engine:StandIn"
    return stand_in_command(target=target)


@pytest.fixture(scope="module")
def bodies(tmp_path_factory) -> Path:
    """A folder of official files, as unpacked."""
    folder = tmp_path_factory.mktemp("smpl")
    for name in (NEUTRAL, FEMALE):
        write_official(folder / name, official_arrays(), 2)
    return folder


@pytest.fixture
def humans4d(start, clip, qtbot):
    """Opens the clip and chooses the engine in the panel."""

    def begin(**cues):
        drive = start(commands, **cues)
        drive.open(clip)
        drive.program.engine.autoload()
        drive.until(lambda: drive.program.engine.state == "ready")
        box = drive.window.models.findChild(QComboBox)
        box.setFocus()
        qtbot.keyClick(box, Qt.Key.Key_Down)
        assert drive.program.engine.name == "humans4d"
        return drive

    return begin


@pytest.fixture
def ready(humans4d, bodies, qtbot):
    """The engine with its body in place, loaded by the panel's button."""

    def begin(**cues):
        drive = humans4d(**cues)
        place(bodies / NEUTRAL, "NEUTRAL")
        qtbot.mouseClick(drive.window.models._main, Qt.MouseButton.LeftButton)
        drive.until(lambda: drive.program.engine.state == "ready")
        return drive

    return begin


def place(file: Path, gender: str) -> None:
    target = data_folder() / "models" / "smpl" / f"SMPL_{gender}.pkl"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(file.read_bytes())


def words(widget) -> str:
    return " ".join(label.text() for label in widget.findChildren(QLabel)).replace("\N{ZERO WIDTH SPACE}", "")


def facts(drive) -> dict[str, str]:
    """What the inspector says, by name."""
    labels = [
        label for part in drive.window.inspector.findChildren(Facts) for label in part.findChildren(QLabel)
    ]
    return {name.text(): value.text() for name, value in zip(labels[::2], labels[1::2], strict=True)}


def test_a_missing_body_is_dropped_on_the_panel_and_only_its_stage_is_repeated(humans4d, bodies, qtbot):
    drive = humans4d()
    qtbot.mouseClick(drive.window.models._main, Qt.MouseButton.LeftButton)
    drive.until(lambda: drive.program.engine.state == "failed")
    pid = drive.program.engine.client.pid
    area = drive.window.models.findChild(SmplImport)
    drop(area.findChild(DropZone), bodies / FEMALE)
    drive.until(lambda: "female body" in words(area))
    assert drive.said("female body")
    assert drive.program.engine.state == "failed"
    assert area.findChild(DropZone).isEnabled()
    drop(area.findChild(DropZone), bodies / NEUTRAL)
    drive.until(lambda: drive.program.engine.state == "ready")
    assert drive.said("The neutral SMPL body is in place.")
    assert drive.program.engine.client.pid == pid
    assert drive.window.models._imports() == []
    assert read_body(data_folder() / "models" / "smpl" / "SMPL_NEUTRAL.pkl").gender == "neutral"


def test_what_is_no_body_is_refused_in_the_panel(humans4d, tmp_path, qtbot):
    drive = humans4d()
    qtbot.mouseClick(drive.window.models._main, Qt.MouseButton.LeftButton)
    drive.until(lambda: drive.program.engine.state == "failed")
    (tmp_path / "SMPL_python_v.1.1.0.zip").write_bytes(b"PK")
    area = drive.window.models.findChild(SmplImport)
    drop(area.findChild(DropZone), tmp_path / "SMPL_python_v.1.1.0.zip")
    drive.until(lambda: "SMPL_python_v.1.1.0.zip" in words(area))
    assert not (data_folder() / "models" / "smpl").exists()


def test_its_people_are_drawn_and_named_without_choosing_the_file(ready):
    drive = ready()
    drive.press("R", drive.picture)
    drive.until(lambda: drive.overlay_is_on(0))
    drive.press("1", drive.picture)
    drive.until(lambda: facts(drive).get("Body") == "SMPL_NEUTRAL.pkl")
    assert facts(drive)["Height"] != "unknown"


def test_the_gender_is_said_and_another_is_loaded_when_asked_for(ready, bodies, qtbot):
    drive = ready()
    assert "neutral body" in words(drive.window.models)
    place(bodies / FEMALE, "FEMALE")
    box = drive.window.models._body._gender
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_F)
    assert drive.messages[-1][0] == "The engine goes on with the body it was loaded with."
    assert drive.messages[-1][3] == LOAD_AGAIN
    drive.window.message_bar.action_requested.emit(LOAD_AGAIN)
    drive.until(lambda: "female body" in words(drive.window.models))


def test_another_gender_after_a_failure_is_loaded_at_once(humans4d, bodies, qtbot):
    drive = humans4d()
    place(bodies / FEMALE, "FEMALE")
    qtbot.mouseClick(drive.window.models._main, Qt.MouseButton.LeftButton)
    drive.until(lambda: drive.program.engine.state == "failed")
    qtbot.keyClick(drive.window.models._body._gender, Qt.Key.Key_F)
    drive.until(lambda: drive.program.engine.state == "ready")
    assert drive.program.engine.client.info.gender == "female"


def test_settings_that_concern_the_engine_offer_to_load_it_again_and_others_do_not(ready):
    drive = ready()
    settings = drive.program.settings
    drive.messages.clear()
    settings.set_preferences(replace(settings.preferences, theme="light", score_threshold=0.3))
    assert drive.messages == []
    settings.set_preferences(replace(settings.preferences, detector="regnety"))
    assert drive.messages == [
        ("The engine goes on with the settings it was loaded with.", "", "info", LOAD_AGAIN)
    ]
    settings.set_preferences(replace(settings.preferences, theme="dark"))
    assert len(drive.messages) == 1, "once is enough"
    drive.program.engine.choose("mediapipe")
    drive.load()
    settings.set_preferences(replace(settings.preferences, detector="vitdet", gender="male"))
    assert len(drive.messages) == 1, "they are of another engine"


def test_the_engine_is_remembered(humans4d, start):
    first = humans4d()
    first.window.close()
    assert start(commands).program.engine.name == "humans4d"


def test_a_slow_run_says_so_before_it_starts(ready):
    drive = ready(seconds_per_frame="45")
    assert "about 45 s a frame" in words(drive.window.models)
    heard = []
    drive.program.notices.posted.connect(lambda *message: heard.append((message[0], drive.results())))
    drive.press("Ctrl+R", drive.picture)
    assert heard[0] == ("All frames: 90 frames at about 45 s each on the CPU take about 1 h 7 min.", [])
    drive.program.inference.cancel()
    drive.messages.clear()
    drive.press("R", drive.picture)
    assert not drive.said("45 s"), "one frame takes less than a minute"


def test_a_run_that_waits_for_the_engine_says_so_once_it_is_loaded(humans4d, bodies):
    drive = humans4d(seconds_per_frame="45", seconds="0.2")
    place(bodies / NEUTRAL, "NEUTRAL")
    drive.press("Ctrl+R", drive.picture)
    drive.until(lambda: drive.said("All frames: 90 frames at about 45 s each"))
    drive.program.inference.cancel()


def test_what_the_ladder_did_and_warned_of_is_in_the_inspector(ready):
    drive = ready(rungs_on="0", warn_on="0", oom_on="1")
    drive.press("R", drive.picture)
    drive.until(lambda: "Notes" in facts(drive))
    assert facts(drive)["Notes"].splitlines() == list(RUNGS)
    assert facts(drive)["Models"] == "take turns on the device"
    assert "The GPU spills into main memory." in words(drive.window.inspector)
    drive.press("Right", drive.picture)
    drive.press("R", drive.picture)
    drive.until(lambda: facts(drive).get("Requested") == "2.00 GB")


# the focal length


@pytest.fixture
def phone_clip(clip, tmp_path) -> Path:
    """The clip as a phone would have written it, with a lens of 26 mm."""
    path = tmp_path / "phone.mov"
    with (
        av.open(str(clip)) as source,
        av.open(str(path), "w", options={"movflags": "use_metadata_tags"}) as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        target.metadata["com.apple.quicktime.camera.focal_length.35mm_equivalent"] = "26"
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return path


def options(drive):
    (version,) = drive.program.session.store.versions(0)
    return version.options


@pytest.mark.parametrize(("source", "expected"), [("engine", 0.0), ("value", 900.0), ("video", None)])
def test_the_focal_length_comes_from_where_it_was_asked_for(start, phone_clip, source, expected):
    drive = start()
    settings = drive.program.settings
    settings.set_preferences(replace(settings.preferences, focal_from=source, focal_length=900.0))
    drive.open(phone_clip)
    drive.press("R", drive.picture)
    drive.until(lambda: drive.results() == [0])
    seen = 26 / np.hypot(36, 24) * np.hypot(*drive.program.session.video.info.size)
    assert options(drive).focal_length == pytest.approx(seen if expected is None else expected)
    assert not drive.said("does not say")


def test_a_video_that_does_not_say_it_is_told_once(drive):
    settings = drive.program.settings
    settings.set_preferences(replace(settings.preferences, focal_from="video", focal_length=900.0))
    drive.press("R", drive.picture)
    drive.until(lambda: drive.results() == [0])
    drive.press("R", drive.picture)
    drive.until(lambda: len(drive.program.session.store.versions(0)) == 2)
    told = [text for text, *_rest in drive.messages if "does not say its focal length" in text]
    assert len(told) == 1
    assert [version.options.focal_length for version in drive.program.session.store.versions(0)] == [0.0, 0.0]
