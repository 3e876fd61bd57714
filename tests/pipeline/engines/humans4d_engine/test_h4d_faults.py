"""What a frame that cannot be run leaves behind, and that the others go on."""

from dataclasses import replace

import pytest
import torch
from fakes_gpu import GB, run, silent
from fakes_humans4d import painted, row_of

from pipeline.engines.engine import OutOfMemory
from pipeline.job import Cancelled
from pipeline.structures import FrameFailure, FrameResult, RunOptions

FULL = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 8 GiB"


class Awkward:
    """Detector, HMR 2.0 or anything with one method to do its work, which raises on some of it."""

    def __init__(self, real, method, error):
        self._real, self._method, self._error = real, method, error

    def __getattr__(self, name):
        found = getattr(self._real, name)
        return self._raising(found) if name == self._method else found

    def _raising(self, work):
        def attempt(first, *others, **more):
            error = self._error(first, *others)
            if error is not None:
                raise error
            return work(first, *others, **more)

        return attempt


def marked(frame):
    """A frame whose corner is white, which makes whoever is awkward raise."""
    image = frame.image.copy()
    image[:2, :2] = 255
    return replace(frame, image=image)


def is_marked(image):
    return image[0, 0, 0] == 255


def awkward_detector(make_error):
    def change(loaded):
        awkward = Awkward(
            loaded.detector, "find", lambda image, *_others: make_error() if is_marked(image) else None
        )
        return replace(loaded, detector=awkward)

    return change


def white_people(pictures):
    """Whether a batch has somebody of a picture that is white all over."""
    return bool((pictures.min(axis=(1, 2, 3)) > 1.0).any())


def awkward_hmr(make_error):
    def change(loaded):
        awkward = Awkward(
            loaded.hmr,
            "reconstruct",
            lambda pictures, *_others: make_error() if white_people(pictures) else None,
        )
        return replace(loaded, hmr=awkward)

    return change


def white(index):
    """A white frame with a box drawn by hand can only fail in HMR 2.0."""
    frame = painted(index, ())
    image = frame.image.copy()
    image[:] = 255
    return replace(frame, image=image)


def test_a_frame_that_fits_nowhere_fails_with_its_numbers_and_the_others_go_on(simulate):
    engine, _gpu = simulate(8, change=awkward_detector(lambda: torch.OutOfMemoryError(FULL)))
    frames = [painted(index, row_of(2)) for index in range(5)]
    frames[2] = marked(frames[2])
    outcomes = run(engine, frames, sequence="holes")
    assert [outcome.frame_index for outcome in outcomes] == [0, 1, 2, 3, 4]
    failure = outcomes[2]
    assert isinstance(failure, FrameFailure)
    assert (failure.stage, failure.kind) == ("detect", "out_of_memory")
    assert failure.hint
    assert failure.numbers["requested"] == 2 * 2**30
    assert failure.numbers["total"] == 8 * GB
    assert {"free", "reserved", "allocated", "peak", "rungs"} <= failure.numbers.keys()
    others = outcomes[:2] + outcomes[3:]
    assert all(isinstance(outcome, FrameResult) for outcome in others)
    assert [result.tracks.tolist() for result in others] == [[1, 2]] * 4, "the hole breaks no track"


def test_on_its_own_such_a_frame_raises(simulate):
    engine, _gpu = simulate(8, change=awkward_detector(lambda: torch.OutOfMemoryError(FULL)))
    with pytest.raises(OutOfMemory) as caught:
        engine.infer(marked(painted(0, row_of(1))), RunOptions(), silent)
    assert caught.value.numbers["rungs"] > 3


def test_a_person_who_fits_nowhere_costs_their_frame_alone(simulate):
    engine, _gpu = simulate(8, change=awkward_hmr(lambda: torch.OutOfMemoryError(FULL)))
    frames = [painted(0, ()), painted(1, ()), white(2), painted(3, ())]
    outcomes = run(engine, frames, boxes=((40.0, 40.0, 120.0, 200.0), (150.0, 60.0, 220.0, 180.0)))
    assert [type(outcome) for outcome in outcomes] == [FrameResult, FrameResult, FrameFailure, FrameResult]
    assert outcomes[2].stage == "reconstruct"
    assert outcomes[2].kind == "out_of_memory"
    assert "the CPU for this frame" in outcomes[2].message
    assert all(len(outcome.people) == 2 for outcome in outcomes if isinstance(outcome, FrameResult))


@pytest.mark.parametrize(
    ("error", "kind"),
    [(ValueError("no such thing"), "failed"), (RuntimeError("shapes differ"), "failed")],
    ids=repr,
)
def test_any_other_fault_of_a_frame_is_its_own(simulate, error, kind):
    engine, _gpu = simulate(8, change=awkward_detector(lambda: error))
    frames = [marked(painted(0, row_of(1))), painted(1, row_of(1))]
    failure, result = run(engine, frames)
    assert isinstance(failure, FrameFailure)
    assert failure.kind == kind
    assert str(error) in failure.message
    assert isinstance(result, FrameResult)


def test_a_fault_of_ours_is_not_taken_for_the_frames(simulate):
    engine, _gpu = simulate(8, change=awkward_detector(lambda: KeyError("ours")))
    with pytest.raises(KeyError):
        run(engine, [marked(painted(0, row_of(1))), painted(1, row_of(1))])


@pytest.mark.parametrize("where", ["detect", "reconstruct"])
def test_a_lost_gpu_is_nobodys_fault_and_passes(simulate, where):
    lost = RuntimeError("CUDA error: device-side assert triggered")
    change = (awkward_detector if where == "detect" else awkward_hmr)(lambda: lost)
    engine, _gpu = simulate(8, change=change)
    boxes = ((40.0, 40.0, 120.0, 200.0),) if where == "reconstruct" else ()
    frames = [painted(0, row_of(1)), white(1) if boxes else marked(painted(1, row_of(1)))]
    with pytest.raises(RuntimeError, match="device-side assert"):
        run(engine, frames, boxes=boxes)


def test_lost_while_tracking_what_was_delivered_stays(simulate):
    def change(loaded):
        def error(poses, times, missed):
            return RuntimeError("CUDA error: an illegal memory access") if times.max() >= 2 else None

        return replace(loaded, predictor=Awkward(loaded.predictor, "predict", error))

    engine, _gpu = simulate(8, change=change)
    outcomes = []
    frames = [painted(index, row_of(2)) for index in range(5)]
    with pytest.raises(RuntimeError, match="illegal memory access"):
        engine.infer_chunk(frames, RunOptions(sequence="lost"), silent, outcomes.append)
    assert [outcome.frame_index for outcome in outcomes] == [0, 1]


@pytest.mark.parametrize(("step", "delivered"), [("detect", 0), ("reconstruct", 0), ("track", 2)])
def test_cancelled_it_stops_and_what_was_delivered_stays(simulate, step, delivered):
    engine, _gpu = simulate(8)
    outcomes = []

    def report(at, fraction):
        if at == step and fraction >= 0.5:
            raise Cancelled

    frames = [painted(index, row_of(2)) for index in range(4)]
    with pytest.raises(Cancelled):
        engine.infer_chunk(frames, RunOptions(sequence="stop"), report, outcomes.append)
    assert [outcome.frame_index for outcome in outcomes] == list(range(delivered))
    again = run(engine, frames, sequence="stop")
    assert [result.tracks.tolist() for result in again] == [[1, 2]] * 4


def test_tracking_that_runs_out_of_memory_is_tried_again_from_where_it_was(simulate):
    calls = []

    def change(loaded):
        def error(poses, times, missed):
            calls.append(times.max())
            return torch.OutOfMemoryError(FULL) if calls.count(3) == 1 and times.max() == 3 else None

        return replace(loaded, predictor=Awkward(loaded.predictor, "predict", error))

    engine, _gpu = simulate(8, change=change)
    results = run(engine, [painted(index, row_of(2)) for index in range(6)], sequence="again")
    assert [result.tracks.tolist() for result in results] == [[1, 2]] * 6
    assert "track: caches freed" in results[3].plan.notes
