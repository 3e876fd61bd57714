"""File › Import Results: from the menu and from a drop to people on the picture."""

from __future__ import annotations

import shutil
from pathlib import Path

import joblib
import numpy as np
import pytest
from fakes_people import walk

from pipeline.formats import FORMATS, ExportSource
from pipeline.job import Job
from pipeline.session.open import session_path
from pipeline.session.record import record
from pipeline.session.store import Store
from pipeline.structures import RunOptions


@pytest.fixture
def results(encoded, tmp_path, request) -> Path:
    """A file of what another session of the same clip holds, on frames 0 to 9."""
    video = tmp_path / "elsewhere" / "numbers.mp4"
    video.parent.mkdir()
    shutil.copy(encoded, video)
    with Store(session_path(video)) as store:
        run = store.start_run("made-up-1", RunOptions(), "Run")
        for frame in range(10):
            record(store, walk(frame, size=(160, 96), focal=120.0), run)
    path = video.with_name(getattr(request, "param", "out.pkl"))
    key = "phalp" if path.suffix == ".pkl" else "jsonl"
    FORMATS[key].write(ExportSource(session_path(video), video), path, {}, Job(lambda job: None))
    return path


def choose(drive, path: Path) -> None:
    """File › Import Results…, and the file in the chooser."""
    drive.press("Ctrl+Shift+I")
    drive.until(lambda: drive.program.importing.chooser is not None)
    chooser = drive.program.importing.chooser
    chooser.filesSelected.emit([str(path)])
    chooser.reject()
    drive.until(lambda: drive.program.importing.dialog is not None)


def read(drive):
    """Wait until the dialog has read the file."""
    dialog = drive.program.importing.dialog
    drive.until(lambda: drive.program.files_lane.unfinished == 0)
    return dialog


@pytest.mark.parametrize("results", ["out.pkl", "out.jsonl"], indirect=True)
def test_results_are_imported_and_seen(drive, results):
    choose(drive, results)
    dialog = read(drive)
    drive.until(lambda: "2 tracks, 20 bodies" in dialog.said())
    assert "10 of 10 matched by frame number, 0 to 9 of 90" in dialog.said()
    drive.until(dialog.import_button.isEnabled)
    dialog.import_button.click()
    drive.until(lambda: drive.said(f"Imported {results.name}: 10 frames."))
    assert drive.program.importing.dialog is None
    drive.until(lambda: drive.overlay_is_on(0))
    assert drive.results() == list(range(10))
    assert [track.track_id for track in drive.program.session.tracks()] == [1, 2]
    assert drive.program.session.history.undo_label == f"Import {results.name}"
    drive.activate()
    drive.press("Ctrl+Z")
    drive.until(lambda: drive.results() == [])
    drive.until(lambda: not drive.overlay_is_on(0))
    drive.press("Ctrl+Shift+Z")
    drive.until(lambda: drive.overlay_is_on(0))


def test_a_drop_does_the_same(drive, results):
    from fakes_drop import drop

    drop(drive.picture, results)
    dialog = read(drive)
    drive.until(dialog.import_button.isEnabled)
    dialog.import_button.click()
    drive.until(lambda: drive.results() == list(range(10)))


def test_what_does_not_fit_is_said_and_can_be_set_right(drive, results):
    content = joblib.load(results)
    for frame in content.values():
        del frame["source_frame"], frame["source_time"]
        frame["time"] += 85
    joblib.dump(content, results)
    choose(drive, results)
    dialog = read(drive)
    drive.until(lambda: dialog._card.isVisible())
    assert "has 10 frames, numbers.mp4 has 90" in dialog.said()
    assert not dialog.import_button.isEnabled()
    dialog.offset.setValue(-85)
    drive.until(dialog.import_button.isEnabled)
    drive.until(lambda: "0 to 9 of 90" in dialog.said())
    dialog.offset.setValue(0)
    drive.until(lambda: dialog._card.isVisible())
    dialog.how.setCurrentIndex(dialog.how.findData("frame"))
    drive.until(lambda: "5 have none" in dialog.said())
    dialog.partial.setChecked(True)
    drive.until(dialog.import_button.isEnabled)
    drive.until(lambda: "5 of 10 matched" in dialog.said())
    dialog.reject()
    drive.until(lambda: drive.program.importing.dialog is None)
    assert drive.results() == []


def test_a_file_that_wants_to_run_code_is_refused(drive, tmp_path):
    proof, path = tmp_path / "proof", tmp_path / "evil.pkl"

    class Evil:
        def __reduce__(self):
            return Path.touch, (proof,)

    joblib.dump({"a": np.array([Evil()], object)}, path)
    choose(drive, path)
    dialog = read(drive)
    drive.until(lambda: dialog._card.isVisible())
    assert "was refused" in dialog.said()
    assert not proof.exists()


def test_an_import_that_is_cancelled_leaves_the_session_as_it_was(drive, results, monkeypatch):
    from app import importing

    monkeypatch.setattr(importing, "_FEW", 1)
    monkeypatch.setattr(importing, "_SLICE_MS", 0.0001)
    choose(drive, results)
    dialog = read(drive)
    drive.until(dialog.import_button.isEnabled)
    program = drive.program
    program.importing._enter()
    program.importing._put()
    assert 0 < len(program.importing._entering.waiting) < 10
    dialog.close_button.click()
    assert drive.results() == []
    assert program.session.history.steps() == ()
    assert dialog.isVisible()
    program.importing._enter()
    drive.until(lambda: drive.results() == list(range(10)))


def test_closing_the_video_ends_an_import(drive, results):
    choose(drive, results)
    dialog = read(drive)
    drive.until(dialog.import_button.isEnabled)
    drive.program.importing._enter()
    drive.program.session.close()
    assert drive.program.importing.dialog is None
    with Store(session_path(drive.program.settings.recent[0]), read_only=True) as store:
        assert not len(store.frames_with_results())


def test_without_a_video_a_drop_says_what_is_missing(start, results):
    from fakes_drop import drop

    drive = start()
    drop(drive.picture, results)
    assert any("once their video is open" in hint for _text, hint, *_rest in drive.messages)


def test_results_for_a_body_that_is_not_here_show_boxes_and_say_so(drive, results):
    content = joblib.load(results)
    for frame in content.values():
        del frame["retake"]
    joblib.dump(content, results)
    choose(drive, results)
    dialog = read(drive)
    drive.until(dialog.import_button.isEnabled)
    drive.until(lambda: "smpl-neutral is not here" in dialog.said())
    dialog.import_button.click()
    drive.until(lambda: drive.said("These bodies are of the model smpl-neutral, which is not here."))
    drive.until(lambda: drive.overlay_is_on(0))
