"""The tracker's journal: after a restart it is as if there had been none, and no file of it can cost a frame."""

import logging
import sys
from pathlib import Path

import numpy as np
import pytest
from fakes_sightings import sightings

from pipeline.engines.humans4d.journal import INTERVAL, Journal
from pipeline.engines.humans4d.tracker import MAX_AGE, PhalpTracker
from pipeline.structures import PASSING

LENGTH = INTERVAL + 14


@pytest.fixture
def journal(loaded, tmp_path):
    """A journal as a new process opens it; what is left of the ones before is in the folder."""

    def make(folder: Path = tmp_path / "tracker") -> Journal:
        return Journal(PhalpTracker(loaded.predictor, loaded.appearance.encode), folder)

    return make


def people_of(frame):
    """Two, one of whom is away for some frames in the middle, and a third who comes late."""
    return ([0] if 20 <= frame < 24 else [0, 1]) + ([2] if frame > INTERVAL else [])


def step(journal, frame, sequence="run"):
    """One frame as the passes do it; the numbers, and how the tracker came there."""
    seen = sightings(frame, people_of(frame))
    how = journal.take_up(sequence, frame)
    numbers = journal.tracker.follow(frame, seen).tolist()
    journal.write(frame, seen)
    return numbers, how


@pytest.fixture(scope="module")
def uninterrupted(loaded_engine, tmp_path_factory):
    loaded = loaded_engine._loaded
    whole = Journal(
        PhalpTracker(loaded.predictor, loaded.appearance.encode), tmp_path_factory.mktemp("whole")
    )
    return [step(whole, frame)[0] for frame in range(LENGTH)]


def test_it_begins_once_and_goes_on(journal):
    one = journal()
    assert step(one, 5)[1] == "tracking began here"
    assert step(one, 6)[1] == ""


@pytest.mark.parametrize(
    "cuts", [(1, 2, 3), (22,), (INTERVAL - 1,), (INTERVAL,), (9, INTERVAL + 1, 40)], ids=str
)
def test_restarted_anywhere_the_numbers_are_those_of_an_unbroken_run(journal, uninterrupted, cuts):
    one, numbers = journal(), []
    for frame in range(LENGTH):
        if frame in cuts:
            one = journal()
        found, how = step(one, frame)
        numbers.append(found)
        if frame in cuts:
            assert how.startswith(f"tracking went on from frame {frame - 1}, ")
    assert numbers == uninterrupted


def test_a_restart_replays_no_more_than_an_interval(journal):
    one = journal()
    for frame in range(INTERVAL + 5):
        step(one, frame)
    how = step(journal(), INTERVAL + 5)[1]
    assert int(how.split()[-3]) < INTERVAL
    files = list((journal().folder).rglob("*.npz"))
    assert len(files) <= INTERVAL + 1


def test_a_frame_run_again_goes_on_from_before_it(journal, uninterrupted):
    """A run that begins anew in its middle, as after a correction: what came later is forgotten."""
    one = journal()
    for frame in range(18):
        step(one, frame)
    again = journal()
    assert [step(again, frame)[0] for frame in range(12, 20)] == uninterrupted[12:20]


def test_after_a_long_pause_tracking_begins_anew(journal):
    one = journal()
    first = [step(one, frame)[0] for frame in range(8)]
    numbers, how = step(one, 8 + MAX_AGE + 1)
    assert how == "tracking began here"
    assert not set(numbers) & {number for row in first for number in row}


def test_ranges_do_not_mix(journal):
    one = journal()
    mine = [step(one, frame, "mine")[0] for frame in range(3)]
    theirs = [step(one, frame + 100, "theirs")[0] for frame in range(3)]
    assert not {n for row in mine for n in row} & {n for row in theirs for n in row}
    numbers, how = step(one, 3, "mine")
    assert how.startswith("tracking went on from frame 2")
    assert numbers == mine[-1]


def test_old_journals_are_deleted(journal):
    one = journal()
    for number in range(9):
        step(one, 0, f"range {number}")
    assert len([path for path in one.folder.iterdir() if path.is_dir()]) <= 6


def test_passing_ranges_survive_a_restart_but_push_out_nobody(journal):
    mine = [step(journal(), frame, "mine")[0] for frame in range(3)]
    worker = journal()
    for number in range(9):
        step(worker, 0, f"{PASSING}{number}")
    assert step(journal(), 1, f"{PASSING}8")[1].startswith("tracking went on from frame 0")
    numbers, how = step(journal(), 3, "mine")
    assert how.startswith("tracking went on from frame 2")
    assert numbers == mine[-1]
    assert len(list((worker.folder / "passing").iterdir())) == 1, "those that were left are gone"


def files_of(journal, kind):
    return sorted(journal.folder.rglob(f"{kind}-*.npz"))


@pytest.mark.parametrize("kind", ["state", "seen"])
@pytest.mark.parametrize("damage", ["cut off", "empty", "something else", "a key missing"])
def test_what_cannot_be_read_costs_the_memory_and_numbers_never_repeat(journal, caplog, kind, damage):
    one = journal()
    before = {number for frame in range(6) for number in step(one, frame)[0]}
    for path in files_of(one, kind):
        content = path.read_bytes()
        changed = {"cut off": content[: len(content) // 2], "empty": b"", "something else": b"<html>" * 99}
        path.write_bytes(changed.get(damage, content))
        if damage == "a key missing":
            with path.open("wb") as file:
                np.savez(file, frame=np.array(3))
    with caplog.at_level(logging.WARNING):
        numbers, how = step(journal(), 6)
    assert how == "tracking began here"
    assert "cannot be read" in caplog.text
    assert not before & set(numbers)


def test_pickles_in_a_journal_are_not_run(journal, tmp_path):
    class Harmful:
        def __reduce__(self):
            return Path.touch, (tmp_path / "harm",)

    one = journal()
    for frame in range(3):
        step(one, frame)
    for path in files_of(one, "state"):
        with path.open("wb") as file:
            np.savez(file, frame=np.array([Harmful()], object))
    assert step(journal(), 3)[1] == "tracking began here"
    assert not (tmp_path / "harm").exists()


def test_where_nothing_can_be_written_people_are_tracked_all_the_same(
    journal, tmp_path, caplog, uninterrupted
):
    (tmp_path / "file").write_text("no folder")
    one = journal(tmp_path / "file")
    with caplog.at_level(logging.WARNING):
        assert [step(one, frame)[0] for frame in range(8)] == uninterrupted[:8]
    assert "cannot be written" in caplog.text


@pytest.mark.skipif(sys.platform != "linux", reason="needs a device that is always full")
def test_a_full_disk_costs_no_frame_and_no_older_state(journal, caplog, uninterrupted):
    one = journal()
    for frame in range(5):
        step(one, frame)
    (place,) = one.folder.iterdir()
    for frame in range(5, 8):
        (place / f"seen-{frame:09d}.new").symlink_to("/dev/full")
    with caplog.at_level(logging.WARNING):
        assert [step(one, frame)[0] for frame in range(5, 8)] == uninterrupted[5:8]
    assert "cannot be written" in caplog.text
    numbers, how = step(journal(), 8)
    assert how == "tracking went on from frame 4, 4 frames replayed"
    assert numbers == uninterrupted[8]


def test_a_half_written_file_is_no_file(journal, uninterrupted):
    one = journal()
    for frame in range(5):
        step(one, frame)
    (place,) = one.folder.iterdir()
    (place / "seen-000000005.new").write_bytes(b"half")
    assert step(journal(), 5)[0] == uninterrupted[5]
