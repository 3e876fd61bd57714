"""What the background says of a session that changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fakes_faults import add, dropout, walkers, write
from fakes_people import result_at

from app.problem_desk import ProblemDesk
from app.problem_opening import Opening
from pipeline.job import Cancelled, Job
from pipeline.masks import encode_mask
from pipeline.problems import Thresholds
from pipeline.session.record import record
from pipeline.session.store import Store
from pipeline.structures import Changes, RunOptions

ALL, LIMITS = Changes(None), Thresholds()


def job() -> Job:
    return Job(lambda _job: None)


def desk(path, known=(), owed=frozenset()) -> ProblemDesk:
    return ProblemDesk(Opening(path, (), lambda frame: frame / 30, tuple(known), owed))


def signals(problems) -> set[str]:
    return {one.signal for one in problems}


@pytest.fixture
def path(tmp_path):
    """A session in which the second person is missing for ten frames."""
    clip, _ = dropout(walkers(60), 30, 2, np.random.default_rng(0))
    file = tmp_path / "a.retake"
    write(clip, file).close()
    return file


def test_it_says_what_is_wrong_with_strips_for_it(path):
    found = desk(path).update(ALL, LIMITS, job())
    assert signals(found.found) == {"gap"} == set(found.strips)
    assert found.frames == 60
    assert found.fixed == ()


def test_other_thresholds_are_weighed_without_measuring(path):
    one = desk(path)
    one.update(ALL, LIMITS, job())
    path.unlink()  # whoever measured now would notice
    assert one.weigh(LIMITS.with_("gap", 2), job()).found == ()
    assert signals(one.weigh(LIMITS, job()).found) == {"gap"}


def test_work_that_nobody_wants_stops(path):
    unwanted = job()
    unwanted.cancel()
    with pytest.raises(Cancelled):
        desk(path).weigh(LIMITS, unwanted)


def fill(path, frames) -> None:
    """The gap is closed, as by a run."""
    clean = walkers(60)
    with Store(path) as store:
        run = store.start_run("made-up-2", RunOptions(), "Again")
        with store.transaction():
            for frame in frames:
                add(store, clean[frame], run)


def test_what_a_run_mended_is_fixed_also_when_it_came_after_the_last_look(path):
    before = desk(path).update(ALL, LIMITS, job())
    fill(path, range(30, 40))
    owing = desk(path, before.known, frozenset(range(30, 40))).update(ALL, LIMITS, job())
    assert signals(owing.fixed) == {"gap"}
    assert desk(path, before.known).update(ALL, LIMITS, job()).fixed == ()


def test_a_frame_that_is_run_for_the_first_time_fixes_nothing(path):
    one = desk(path)
    one.update(ALL, LIMITS, job())
    after = one.update(Changes(frozenset({500})), LIMITS, job())
    assert after.fixed == ()


def masked(frame: int, beside: bool):
    """A person, and a mask that lies on them or nowhere near."""
    result = result_at(frame, [(0, 0, 3)], masks=False)
    width, height = result.people.image_size
    mask = np.zeros((height, width), bool)
    x1, y1, x2, y2 = np.clip(result.people.detections.boxes[0].astype(int), 0, None).tolist()
    mask[y1:y2, x1:x2] = True
    if beside:
        mask = np.roll(mask, width // 2, axis=1)
    found = replace(result.people.detections, masks=(encode_mask(mask),))
    return replace(result, people=replace(result.people, detections=found))


def test_masks_are_judged_once_all_were_looked_at(tmp_path):
    file = tmp_path / "m.retake"
    with Store(file) as store:
        run = store.start_run("made-up-1", RunOptions(), "Run")
        for frame in range(60):
            record(store, masked(frame, beside=frame in (20, 21)), run)
    one, limits = desk(file), LIMITS.with_("mask", 0.05)  # a box is not much like a body
    assert "mask" not in signals(one.update(ALL, limits, job()).found)
    first = one.look_at_masks(limits, job())
    assert first.masks_to_do == 10
    assert "mask" not in signals(first.found)
    whole = one.look_at_masks(limits, job())
    assert whole.masks_to_do == 0
    (problem,) = (found for found in whole.found if found.signal == "mask")
    assert (problem.first, problem.last) == (20, 21)
    with Store(file) as store:
        run = store.start_run("made-up-2", RunOptions(), "Again")
        for frame in (20, 21):
            record(store, masked(frame, beside=False), run)
    between = one.update(Changes(frozenset({20, 21})), limits, job())
    assert "mask" in signals(between.found)
    assert "mask" not in signals(between.fixed)
    after = one.look_at_masks(limits, job())
    assert "mask" not in signals(after.found)
    assert "mask" in signals(after.fixed)
