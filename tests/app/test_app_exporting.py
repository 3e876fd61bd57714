from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest
from PySide6.QtCore import Qt

from pipeline.formats import FORMATS


@pytest.fixture
def tracked(start, clip):
    """Two people on frames 0 to 9, the export dialog open."""
    drive = start()
    drive.open(clip)
    drive.load()
    drive.program.inference.run_frames("Some", range(10))
    drive.until(lambda: drive.results() == list(range(10)))
    drive.press("Ctrl+Shift+E")
    drive.until(lambda: drive.program.exporting.dialog is not None)
    return drive


def choose(drive, key):
    dialog = drive.program.exporting.dialog
    dialog.formats.choose(key)
    return dialog


def test_the_dialog_previews_and_writes(tracked, tmp_path):
    dialog = choose(tracked, "jsonl")
    tracked.until(lambda: "2 people" in dialog._preview.toPlainText())
    path = tmp_path / "out.jsonl"
    dialog.path.setText(str(path))
    dialog.export_button.click()
    tracked.until(lambda: tracked.said(f"Exported to {path}"))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert sum("frame" in line for line in lines) >= 10
    assert dialog.export_button.isEnabled()


def test_the_range_limits_the_export(tracked, tmp_path):
    tracked.program.view.set_range((2, 5))
    dialog = choose(tracked, "mp4")
    path = tmp_path / "out.mp4"
    dialog.path.setText(str(path))
    dialog.export_button.click()
    tracked.until(lambda: tracked.said("Exported to"))
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 4
    assert (np.ptp(frames[0].astype(int), axis=2) > 40).sum() > 50  # there are bodies in it


def test_only_ticked_tracks_are_written(tracked, tmp_path):
    dialog = choose(tracked, "jsonl")
    dialog.options.tracks.item(0).setCheckState(Qt.CheckState.Unchecked)
    tracked.until(lambda: "1 person" in dialog._preview.toPlainText())
    path = tmp_path / "out.jsonl"
    dialog.path.setText(str(path))
    dialog.export_button.click()
    tracked.until(lambda: tracked.said("Exported to"))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    people = [person for line in lines for person in line.get("people", ())]
    assert {person["track"] for person in people} == {2}


def test_what_is_offered_can_be_written_as_it_stands(tracked, clip):
    before = clip.read_bytes()
    for key in FORMATS:
        dialog = choose(tracked, key)
        assert not Path(dialog.path.text()).exists()
        dialog.export_button.click()
        tracked.until(lambda: tracked.program.files_lane.unfinished == 0)
    assert sum(text.startswith("Exported to") for text, *_rest in tracked.messages) == len(FORMATS)
    assert clip.read_bytes() == before
    tracked.until(lambda: "; replaces " in choose(tracked, "jsonl")._preview.toPlainText())


def test_scrubbing_goes_on_while_an_export_is_written(tracked, tmp_path):
    dialog = choose(tracked, "mp4")
    dialog.path.setText(str(tmp_path / "out.mp4"))
    dialog.export_button.click()
    for frame in (40, 7, 80):
        tracked.program.view.set_frame(frame)
        tracked.at(frame)
    tracked.until(lambda: tracked.said("Exported to"))


def test_a_cancelled_export_leaves_no_file(tracked, tmp_path):
    dialog = choose(tracked, "mp4")
    path = tmp_path / "out.mp4"
    dialog.path.setText(str(path))
    dialog.export_button.click()
    dialog.cancel_button.click()
    tracked.until(lambda: tracked.program.files_lane.unfinished == 0)
    assert not [file.name for file in tmp_path.iterdir() if "out" in file.name]
    assert not tracked.said("Exported to")


def test_what_cannot_be_written_is_said(tracked, tmp_path):
    dialog = choose(tracked, "jsonl")
    (tmp_path / "a file").touch()
    dialog.path.setText(str(tmp_path / "a file" / "out.jsonl"))
    dialog.export_button.click()
    tracked.until(lambda: "is no folder" in dialog._card_text.text())
    assert dialog._card_text.isVisible()
    assert dialog.export_button.isEnabled()


def test_closing_the_video_closes_the_dialog(tracked):
    tracked.program.session.close()
    assert tracked.program.exporting.dialog is None
