"""Memory that does not suffice: the case from the field, and every rung of the ladder."""

from dataclasses import replace

import numpy as np
import pytest
from fakes_gpu import DEAREST, GB, NAME, run, silent
from fakes_humans4d import painted, row_of

from pipeline.structures import FrameResult, RunOptions

CROWDED = (16, 17, 25, 26)

LADDER = {
    24: {"device": NAME, "precision": "float32", "resident": True, "masks": True, "detector_size": 1024},
    6: {"device": NAME, "precision": "float32", "resident": False, "masks": True, "detector_size": 1024},
    3.0: {"device": NAME, "precision": "bfloat16", "resident": False, "masks": True, "detector_size": 1024},
    2.3: {"device": NAME, "precision": "bfloat16", "resident": False, "masks": False, "detector_size": 640},
    1.5: {"device": "cpu", "precision": "float32", "resident": False, "masks": True, "detector_size": 1024},
}


def clip(count=30):
    """One to three people, and twelve in some frames."""
    return [painted(index, row_of(12 if index in CROWDED else 1 + index % 3)) for index in range(count)]


def rungs(result):
    return [
        note for note in result.plan.notes if note.partition(":")[0] in ("detect", "reconstruct", "track")
    ]


def test_a_clip_with_crowded_frames_finishes_on_8_gb_with_every_frame_done(simulate):
    engine, gpu = simulate(8)
    frames = clip()
    results = run(engine, frames, sequence="field")
    assert [result.frame_index for result in results] == list(range(30))
    assert all(isinstance(result, FrameResult) for result in results)
    assert [len(result.people) for result in results] == [
        12 if index in CROWDED else 1 + index % 3 for index in range(30)
    ]
    assert gpu.refusals
    assert gpu.peak <= gpu.total
    before, crowded, after = results[:16], results[16:24], results[24:]
    assert {result.plan.batch_size for result in before} == {32}
    assert not any(rungs(result) for result in before)
    assert "reconstruct: 16 people in a batch" in rungs(crowded[0])
    assert {result.plan.batch_size for result in (*crowded, *after)} == {16}
    assert not any(rungs(result) for result in after), "what worked is kept, and nothing is tried in vain"
    assert all(result.plan.device == NAME and result.plan.resident for result in results)
    assert all(0 < result.peak_memory <= 8 * GB for result in results)

    more = [painted(index, row_of(1)) for index in range(30, 46)]
    grown = [engine.infer(frame, RunOptions(), silent) for frame in more]
    assert grown[0].plan.batch_size == 16
    assert grown[-1].plan.batch_size == 32


@pytest.mark.parametrize("gigabytes", LADDER)
def test_with_less_memory_the_models_take_turns_then_round_then_see_less_then_leave(simulate, gigabytes):
    engine, gpu = simulate(gigabytes)
    results = run(engine, [painted(0, row_of(1)), painted(1, row_of(4))])
    assert [len(result.people) for result in results] == [1, 4]
    for result in results:
        assert {name: getattr(result.plan, name) for name in LADDER[gigabytes]} == LADDER[gigabytes]
        assert any(result.people.detections.masks) == result.plan.masks
    assert bool(rungs(results[0])) == (gigabytes != 24)
    assert gpu.peak <= gpu.total
    if gigabytes == 1.5:
        assert "detect: the CPU for this frame" in rungs(results[0])
        assert engine._loaded.ladder.plan("detect").device == NAME, "the next frame is tried on the GPU again"


def test_models_that_take_turns_are_never_there_together(simulate):
    engine, gpu = simulate(6, plan=replace(DEAREST, resident=False))
    run(engine, [painted(0, row_of(2))], sequence="turns")
    assert not gpu.refusals
    assert gpu.peak < 6 * GB
    assert "detector" not in gpu.held


def test_results_are_the_same_whatever_plan_they_ran_under(simulate):
    frames = [painted(0, row_of(3))]
    (wide,) = run(simulate(24)[0], frames)
    (narrow,) = run(simulate(6)[0], frames)
    assert wide.plan != narrow.plan
    np.testing.assert_allclose(wide.people.cam_t, narrow.people.cam_t, rtol=1e-4)
    np.testing.assert_allclose(wide.people.smpl.body_pose, narrow.people.smpl.body_pose, atol=1e-5)
