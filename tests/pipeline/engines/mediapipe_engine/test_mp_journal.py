"""The state of following outlives the engine, to the bit; a broken journal costs the memory only."""

import dataclasses
import os

import numpy as np
import pytest

from pipeline.engines.mediapipe.finding import Found
from pipeline.engines.mediapipe.journal import KEPT_FILES, KEPT_STATES, Journal
from pipeline.engines.mediapipe.landmarks import Pose
from pipeline.engines.mediapipe.regions import Region
from pipeline.engines.mediapipe.smoothing import PoseFilter
from pipeline.engines.mediapipe.trail import Trail
from pipeline.structures import PASSING


def some_trail(people: int, seed: int = 0) -> Trail:
    random = np.random.default_rng(seed)

    def floats(*shape: int) -> np.ndarray:
        return random.normal(size=shape).astype(np.float32)

    trail = Trail(time=float(random.random()), since_search=3, searches_due=1, last_identity=people + 7)
    seen = []
    for identity in range(1, people + 1):
        places = (Region(*random.random(4)) for _ in range(2))
        pose = Pose(*places, 0.7, floats(33, 2), floats(33), floats(33, 3), floats(4), floats(256, 256), 0.1)
        seen.append(Found(pose, float(random.random()), identity))
        trail.filters[identity] = PoseFilter()
        for _ in range(2):
            trail.filters[identity](dataclasses.replace(pose, points=floats(33, 2)), 0.04)
        if identity % 2:
            trail.shapes[identity] = [random.normal(size=10) for _ in range(identity)]
    trail.follow(seen)
    return trail


def same(one: Trail, other: Trail) -> bool:
    mine, its = one.to_numbers(), other.to_numbers()
    return mine.keys() == its.keys() and all(
        (mine[name].dtype, mine[name].shape, mine[name].tobytes())
        == (its[name].dtype, its[name].shape, its[name].tobytes())
        for name in mine
    )


@pytest.mark.parametrize("people", [0, 1, 3])
def test_a_state_comes_back_to_the_bit_and_goes_on_alike(people, tmp_path):
    trail = some_trail(people)
    Journal(tmp_path).write("a", 5, trail)
    back = Journal(tmp_path).recall("a", 5)
    assert same(back, trail)
    for one, other in zip(trail.people, back.people, strict=True):
        assert one.score == other.score
        after = [of.filters[one.identity](one.pose, 0.04) for of in (trail, back)]
        assert np.array_equal(after[0].points, after[1].points)
        assert np.array_equal(after[0].world, after[1].world)
    assert [len(of) for of in back.shapes.values()] == [n for n in range(1, people + 1) if n % 2]


def test_the_last_few_states_are_kept_and_no_more(tmp_path):
    journal, trails = Journal(tmp_path), [some_trail(2, seed) for seed in range(20)]
    for frame, trail in enumerate(trails, start=1):
        journal.write("a", frame, trail)
    again = Journal(tmp_path)
    known = [frame for frame in range(30) if again.recall("a", frame) is not None]
    assert known == list(range(21 - KEPT_STATES, 21))
    assert same(again.recall("a", 18), trails[17])
    (file,) = tmp_path.iterdir()
    assert file.stat().st_size < KEPT_STATES * 2 * 10_000


def test_what_followed_a_frame_is_forgotten_when_it_is_run_again(tmp_path):
    journal = Journal(tmp_path)
    for frame in (4, 5, 6):
        journal.write("a", frame, some_trail(1, frame))
    again = Journal(tmp_path)
    again.write("a", 5, some_trail(1, 99))
    assert Journal(tmp_path).recall("a", 6) is None
    assert same(Journal(tmp_path).recall("a", 5), some_trail(1, 99))


def test_sequences_know_nothing_of_each_other(tmp_path):
    journal = Journal(tmp_path)
    journal.write("a", 5, some_trail(1, 1))
    assert journal.recall("b", 5) is None
    journal.write("b", 5, some_trail(1, 2))
    assert same(journal.recall("a", 5), some_trail(1, 1))


@pytest.mark.parametrize("break_it", ["cut", "flip", "empty", "foreign", "folder"])
def test_a_broken_journal_costs_the_memory_only(break_it, tmp_path):
    Journal(tmp_path).write("a", 5, some_trail(2))
    (file,) = tmp_path.iterdir()
    data = file.read_bytes()
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 1
    if break_it == "folder":
        file.unlink()
        file.mkdir()
    else:
        broken = {"cut": data[:-7], "flip": bytes(flipped), "empty": b"", "foreign": b"\x80\x04."}
        file.write_bytes(broken[break_it])
    journal = Journal(tmp_path)
    assert journal.recall("a", 5) is None
    journal.write("a", 6, some_trail(2))
    assert journal.recall("a", 6) is not None


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder that refuses files")
def test_where_nothing_can_be_written_the_frames_go_on(tmp_path):
    tmp_path.chmod(0o500)
    journal = Journal(tmp_path / "folder")
    journal.write("a", 5, some_trail(1))
    tmp_path.chmod(0o700)
    assert journal.recall("a", 5) is not None


def test_where_the_folder_is_a_file_the_frames_go_on(tmp_path):
    (tmp_path / "folder").write_text("a file")
    journal = Journal(tmp_path / "folder")
    journal.write("a", 5, some_trail(1))
    assert journal.recall("a", 5) is not None


def test_old_sequences_make_room(tmp_path):
    for number in range(KEPT_FILES + 5):
        Journal(tmp_path).write(f"sequence {number}", 1, some_trail(0))
    assert len(list(tmp_path.iterdir())) == KEPT_FILES
    assert Journal(tmp_path).recall(f"sequence {KEPT_FILES + 4}", 1) is not None


def test_passing_sequences_outlive_the_engine_but_push_out_nobody(tmp_path):
    Journal(tmp_path).write("a", 5, some_trail(1, 1))
    worker = Journal(tmp_path)
    for number in range(KEPT_FILES + 5):
        worker.write(f"{PASSING}{number}", 1, some_trail(1, number))
    assert same(Journal(tmp_path).recall("a", 5), some_trail(1, 1))
    last = f"{PASSING}{KEPT_FILES + 4}"
    assert same(Journal(tmp_path).recall(last, 1), some_trail(1, KEPT_FILES + 4))
    assert len(list(tmp_path.rglob("*.following"))) == 2, "those that were left are gone"


def test_what_killed_workers_leave_of_passing_sequences_makes_room(tmp_path):
    for number in range(KEPT_FILES + 5):
        Journal(tmp_path).write(f"{PASSING}{number}", 1, some_trail(0))
    assert len(list(tmp_path.rglob("*.following"))) == KEPT_FILES
