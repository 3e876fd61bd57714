"""`retake import` and `retake run --boxes`, as a person types them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
from fakes_clip import write_clip
from fakes_session import make_session

from app.cli import main
from pipeline.engines import environment
from pipeline.formats import FORMATS
from pipeline.job import Job
from pipeline.session.open import session_path
from pipeline.session.store import Store
from pipeline.session.tracks import Cell

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def clip(tmp_path):
    return write_clip(tmp_path / "clip.mp4")


@pytest.fixture
def results(tmp_path):
    """A PHALP file of another copy of the clip."""
    video = tmp_path / "elsewhere" / "clip.mp4"
    video.parent.mkdir()
    source = make_session(write_clip(video))
    path = tmp_path / "clip.pkl"
    FORMATS["phalp"].write(source, path, {}, Job(lambda job: None))
    return path


def said(capsys) -> str:
    captured = capsys.readouterr()
    return " ".join((captured.out + captured.err).split())


def test_results_are_imported_with_a_summary(clip, results, capsys):
    assert main(["import", str(clip), str(results)]) == 0
    text = said(capsys)
    assert "PHALP / 4D-Humans .pkl" in text
    assert "18 of 18 matched by frame number" in text
    assert "Imported clip.pkl: 18 frames." in text
    assert not {"Reading", "Importing", "━"} & set(text.split())  # no bars in a log
    with Store(session_path(clip), read_only=True) as store:
        assert len(store.frames_with_results()) == 18
        assert store.steps()[0][1] == "Import clip.pkl"


def test_a_check_changes_nothing(clip, results, capsys):
    assert main(["import", str(clip), str(results), "--check"]) == 0
    assert "18 of 18 matched" in said(capsys)
    assert not list(clip.parent.glob(".*"))
    assert not session_path(clip).exists()


def test_frames_are_moved_and_left_out_as_wished(clip, results, capsys):
    assert main(["import", str(clip), str(results), "--offset", "10"]) == 1
    text = said(capsys)
    assert "--partial" in text
    assert "frames 0 to 19 with offset 10" in text
    assert main(["import", str(clip), str(results), "--offset", "10", "--partial"]) == 0
    with Store(session_path(clip), read_only=True) as store:
        assert store.frames_with_results().tolist() == [f for f in range(10, 20) if f != 17]


def test_what_is_refused_ends_with_1_and_changes_nothing(clip, tmp_path, capsys):
    path = tmp_path / "evil.pkl"

    class Evil:
        def __reduce__(self):
            return Path.touch, (tmp_path / "proof",)

    joblib.dump([Evil()], path)
    assert main(["import", str(clip), str(path)]) == 1
    text = said(capsys)
    assert "was refused: it asks for" in text
    assert "Nothing in it was run" in text
    assert not (tmp_path / "proof").exists()


def test_a_format_can_be_said_and_its_options(clip, results, capsys):
    assert main(["import", str(clip), str(results), "--format", "wham"]) == 1
    assert "is not WHAM wham_output.pkl" in said(capsys)
    assert main(["import", str(clip), str(results), "--space", "world"]) == 1
    assert "has no option 'space'" in said(capsys)
    with pytest.raises(SystemExit) as ended:
        main(["import", str(clip)])
    assert ended.value.code == 2


@pytest.fixture
def stand_in(monkeypatch):
    """What runs as "mediapipe" is the stand-in."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(TESTS.parent), str(TESTS))))
    environment.use(
        "mediapipe", command=f"'{sys.executable}' -m pipeline.engines.worker fakes_engine:StandIn"
    )


@pytest.mark.usefixtures("stand_in")
def test_a_run_on_boxes_that_is_gone_on_with_keeps_its_tracks(clip, tmp_path, monkeypatch, capsys):
    boxes = tmp_path / "gt.txt"
    boxes.write_text("".join(f"{frame + 1},7,{10 + frame},20,60,120,1\n" for frame in range(6)))
    assert main(["run", str(clip), "--boxes", str(boxes), "--frames", "0-1"]) == 0
    with monkeypatch.context() as killed:  # after the frame was stored, before its people were named
        killed.setattr("pipeline.importing.running._assign", lambda *said: 1 / 0)
        assert main(["run", str(clip), "--boxes", str(boxes), "--frames", "2-2"]) == 1
    assert main(["run", str(clip), "--boxes", str(boxes)]) == 0
    assert "3 of 3 frames done" in said(capsys)
    with Store(session_path(clip), read_only=True) as store:
        for frame in range(6):
            assert [(a.track_id, a.by) for a in store.assignments(frame)] == [(7, "reviewer")], frame


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize("killed_at", [0, 2, 5])
def test_a_run_on_boxes_that_was_killed_names_its_people_also_if_nothing_is_to_be_run(
    clip, tmp_path, monkeypatch, killed_at
):
    boxes = tmp_path / "gt.txt"
    boxes.write_text("".join(f"{frame + 1},7,{10 + frame},20,60,120,1\n" for frame in range(6)))
    run, one = ["run", str(clip), "--boxes", str(boxes)], f"{killed_at}-{killed_at}"
    if killed_at:
        assert main([*run, "--frames", f"0-{killed_at - 1}"]) == 0
    with monkeypatch.context() as killed:
        killed.setattr("pipeline.importing.running._assign", lambda *said: 1 / 0)
        assert main([*run, "--frames", one]) == 1
    with Store(session_path(clip), read_only=True) as store:
        assert [a.by for a in store.assignments(killed_at)] == ["tracker"]
    assert main([*run, "--frames", one]) == 0
    with Store(session_path(clip), read_only=True) as store:
        for frame in range(killed_at + 1):
            assert [(a.track_id, a.by) for a in store.assignments(frame)] == [(7, "reviewer")], frame


@pytest.mark.usefixtures("stand_in")
def test_boxes_that_are_run_again_leave_what_a_reviewer_said(clip, tmp_path):
    boxes = tmp_path / "gt.txt"
    boxes.write_text("".join(f"{k + 1},7,10,20,60,120,1\n{k + 1},9,150,20,60,120,1\n" for k in range(4)))
    run = ["run", str(clip), "--boxes", str(boxes)]
    assert main(run) == 0
    said = {0: [(9, "reviewer"), (7, "reviewer")], 1: [(None, "reviewer"), (9, "reviewer")]}
    with Store(session_path(clip)) as store, store.transaction():
        for frame, who in said.items():
            version = store.counting_version(frame)
            store.set_cells(Cell(frame, version, slot, track, True) for slot, (track, _) in enumerate(who))
        # Only one of them is said, with the number that the file has for the other.
        version = store.counting_version(2)
        store.set_cells([Cell(2, version, 0, 9, True), Cell(2, version, 1, 7, False)])
    for again in (["--again"], []):
        assert main([*run, *again]) == 0
        with Store(session_path(clip), read_only=True) as store:
            for frame, who in said.items():
                assert [(a.track_id, a.by) for a in store.assignments(frame)] == who
            there = [(a.track_id, a.by) for a in store.assignments(2)]
            assert there[0] == (9, "reviewer")
            assert there[1][0] != 9
            assert [a.track_id for a in store.assignments(3)] == [7, 9]


@pytest.mark.usefixtures("stand_in")
def test_boxes_are_reconstructed_with_their_tracks(clip, tmp_path, capsys):
    boxes = tmp_path / "gt.txt"
    boxes.write_text(
        "1,7,10,20,60,120,1\n1,9,150,20,60,120,1\n2,9,152,20,60,120,1\n4,7,14,20,60,120,1\n4,-1,200,20,60,120,1\n"
    )
    assert main(["run", str(clip), "--boxes", str(boxes)]) == 0
    assert "3 of 3 frames done" in said(capsys)
    with Store(session_path(clip), read_only=True) as store:
        assert store.frames_with_results().tolist() == [0, 1, 3]
        np.testing.assert_allclose(
            store.result(0).people.detections.boxes, [[10, 20, 70, 140], [150, 20, 210, 140]]
        )
        who = {frame: [(a.track_id, a.by) for a in store.assignments(frame)] for frame in (0, 1, 3)}
    assert who[0] == [(7, "reviewer"), (9, "reviewer")]
    assert who[1] == [(9, "reviewer")]
    assert who[3][0] == (7, "reviewer")
    assert who[3][1][0] not in (7, 9)
    far = tmp_path / "far.txt"
    far.write_text("99,7,10,20,60,120,1\n")
    assert main(["run", str(clip), "--boxes", str(far)]) == 1
    assert "boxes up to frame 98" in said(capsys)
