"""The loaded engine: who is found and who is not, cameras, masks, tracks, and what is said of the way."""

import dataclasses

import numpy as np
import pytest
import torch
from fakes_gpu import SimulatedGpu, engine_on
from fakes_humans4d import COLOURS, OTHER, painted, row_of, score_of
from scipy.spatial.transform import Rotation

from pipeline.engines.humans4d.body import differs, smpl_layer
from pipeline.engines.humans4d.detector import resized
from pipeline.engines.spill import SpillWatch
from pipeline.job import Cancelled
from pipeline.masks import decode_mask
from pipeline.smpl.body import project
from pipeline.structures import RunOptions, SmplParams


@pytest.fixture
def engine(loaded_engine, loaded):
    """The engine with a journal of its own."""
    return engine_on(loaded, loaded_engine)


def infer(engine, frame, **options):
    return engine.infer(frame, RunOptions(**options), lambda step, share: None)


def test_painted_people_are_found_best_first_with_their_scores_and_boxes(engine):
    boxes = row_of(3)
    result = infer(engine, painted(4, boxes))
    order = np.argsort([-score_of(colour) for colour in COLOURS[:3]])
    np.testing.assert_allclose(result.people.detections.boxes, np.array(boxes)[order], atol=3)
    np.testing.assert_allclose(
        result.people.detections.scores, [score_of(COLOURS[slot]) for slot in order], atol=0.01
    )
    assert result.frame_index == 4
    assert result.engine_id == engine.info().engine_id


def test_other_things_are_no_people_and_get_no_masks(engine, loaded):
    masked = loaded.detector.model.roi_heads.masked
    masked.clear()
    result = infer(engine, painted(0, row_of(4), colours=(COLOURS[0], OTHER)))
    assert len(result.people) == 2
    assert not result.rejected.reasons
    assert masked == [2], "masks are made of who stays, and of nothing else"


def test_who_is_dropped_is_told_and_gets_no_mask(engine, loaded):
    masked = loaded.detector.model.roi_heads.masked
    masked.clear()
    small = (2.0, 215.0, 30.0, 235.0)
    colours = (*COLOURS[:3], COLOURS[0])
    frame = painted(0, (*row_of(3), small), colours=colours)
    result = infer(engine, frame, score_threshold=0.7, max_people=1)
    assert masked == [1]
    assert len(result.people) == 1
    reasons = " | ".join(result.rejected.reasons)
    assert "score 0.60 below 0.70" in reasons
    assert "below 40 px" in reasons
    assert "more than 1 people" in reasons
    assert len(result.rejected.boxes) == 3


def test_the_faintest_are_not_worth_telling(engine):
    faint = (140, 120, 140)  # scored 0.08
    result = infer(engine, painted(0, row_of(2), colours=(COLOURS[0], faint)))
    assert len(result.people) == 1
    assert not result.rejected.reasons


def test_masks_cover_the_people(engine):
    result = infer(engine, painted(0, row_of(2)))
    for mask, box in zip(result.people.detections.masks, result.people.detections.boxes, strict=True):
        inside = decode_mask(mask).astype(bool)
        x1, y1, x2, y2 = (round(float(edge)) for edge in box)
        assert inside[y1 + 4 : y2 - 4, x1 + 4 : x2 - 4].mean() > 0.95
        inside[y1:y2, x1:x2] = False
        assert not inside.any()


def test_boxes_drawn_by_hand_are_taken_as_they_are(engine):
    boxes = ((10.5, 20.0, 60.0, 150.0), (200.0, 30.0, 330.0, 250.0))
    result = infer(engine, painted(0, ()), boxes=boxes, score_threshold=0.99)
    np.testing.assert_array_equal(result.people.detections.boxes, np.float32(boxes))
    assert "detect" not in result.timings
    assert result.plan.detector_size == 0
    assert "2 boxes drawn by hand" in result.plan.notes


def test_parameters_cameras_and_key_points_agree(engine, loaded):
    """The window skins and projects by itself; it must see what HMR 2.0 saw."""
    result = infer(engine, painted(0, row_of(4)))
    people = result.people
    joints = people.keypoints.body + people.cam_t[:, None]
    hips = people.keypoints.body[:, [9, 12]].mean(1)
    np.testing.assert_allclose(hips, 0, atol=1e-5)
    vertices, _joints = loaded.body.skin(people.smpl)
    regressor = loaded.hmr.smpl.joint_regressor_extra.numpy()
    extra = np.einsum("jv,nvc->njc", regressor, vertices) + people.cam_t[:, None]
    seen = project(extra, people.focal_length, people.image_size)
    # A crop's camera looks straight at its middle, the picture's does not: some pixels for people at the edge.
    np.testing.assert_allclose(seen, people.keypoints.image[:, 25:], atol=2.5)
    assert joints[..., 2].min() > 0


@pytest.mark.parametrize("chosen", [0.0, 900.0])
def test_the_focal_length_is_upstreams_or_the_chosen_one(engine, chosen):
    people = infer(engine, painted(0, row_of(2)), focal_length=chosen).people
    assert people.focal_length == (chosen or 5000 / 256 * 320)
    assert (people.cam_t[:, 2] > 0).all()


def test_people_behind_their_camera_are_told_and_left_out(loaded_engine, loaded):
    real = loaded.hmr

    class Backwards:
        def reconstruct(self, crops, plan, *others):
            bodies = real.reconstruct(crops, plan, *others)
            bodies.pred_cam[0, 0] = -0.5
            bodies.pred_cam[1, 0] = np.nan
            return bodies

    engine = engine_on(dataclasses.replace(loaded, hmr=Backwards()), loaded_engine)
    result = infer(engine, painted(0, row_of(3)), sequence="backwards")
    assert len(result.people) == 1
    assert result.rejected.reasons == ("HMR 2.0 puts this body behind the camera",) * 2
    assert result.tracks.tolist() == [1]


def test_in_a_range_people_have_numbers_and_a_frame_alone_has_none(engine):
    for index in range(3):
        boxes = row_of(3, shift=2.0 * index)
        result = infer(engine, painted(index, boxes), sequence="walk")
        assert result.tracks.tolist() == [1, 2, 3]
    assert infer(engine, painted(3, row_of(3))).tracks is None
    assert infer(engine, painted(3, row_of(3, shift=6.0)), sequence="walk").tracks.tolist() == [1, 2, 3]


def test_without_people_a_range_goes_on(engine):
    infer(engine, painted(0, row_of(1)), sequence="empty")
    result = infer(engine, painted(1, ()), sequence="empty")
    assert result.tracks.shape == (0,)
    assert result.people.features.shape == (0, 256)


def test_a_chunk_gives_what_the_frames_give_alone(engine):
    frames = [painted(index, row_of(index % 3)) for index in range(4)]
    together = []
    engine.infer_chunk(frames, RunOptions(), lambda step, share: None, together.append)
    for frame, result in zip(frames, together, strict=True):
        alone = infer(engine, frame)
        assert result.frame_index == frame.index
        np.testing.assert_array_equal(result.people.detections.boxes, alone.people.detections.boxes)
        np.testing.assert_allclose(result.people.cam_t, alone.people.cam_t, rtol=1e-4)
        np.testing.assert_allclose(result.people.smpl.body_pose, alone.people.smpl.body_pose, atol=1e-5)


def test_progress_goes_up_step_by_step(engine):
    told = []
    frames = [painted(index, row_of(2)) for index in range(3)]
    engine.infer_chunk(
        frames, RunOptions(sequence="told"), lambda *report: told.append(report), lambda outcome: None
    )
    steps = [step for step, _ in told]
    assert list(dict.fromkeys(steps)) == ["detect", "reconstruct", "track"]
    for step in ("detect", "reconstruct", "track"):
        shares = [share for at, share in told if at == step]
        assert shares == sorted(shares)
        assert 0 <= shares[0] <= shares[-1] <= 1.0


def test_a_gpu_that_spills_is_told_of(loaded_engine, loaded, monkeypatch):
    gpu = SimulatedGpu(100, held={"others": 99})
    gpu.answer_for_cuda(monkeypatch)
    device = dataclasses.replace(loaded.device, name="cpu:0", title="Simulated, 8 GB")
    engine = engine_on(dataclasses.replace(loaded, device=device), loaded_engine)
    watch = SpillWatch(possible=True)
    for _ in range(6):
        watch.saw(1e-6, 1, 99, 100)  # a pace no frame can keep
    engine._passes._watches["detect"] = watch
    frame = painted(0, row_of(1))
    assert infer(engine, frame).warning == ""
    assert "Sysmem Fallback" in infer(engine, frame).warning


@pytest.mark.parametrize(
    ("size", "shortest", "longest", "wanted"),
    [
        ((1920, 1080), 1024, 1024, (1024, 576)),
        ((100, 300), 1024, 1024, (341, 1024)),
        ((1000, 900), 800, 1333, (889, 800)),
    ],
)
def test_pictures_are_resized_by_their_shortest_edge(size, shortest, longest, wanted):
    image = np.zeros((size[1], size[0], 3), np.uint8)
    assert resized(image, shortest, longest).shape[1::-1] == wanted


@pytest.mark.parametrize("step", ["detect", "reconstruct"])
def test_a_network_can_be_stopped_between_its_blocks(engine, step):
    def report(at, share):
        if at == step and 0 < share < 1:
            raise Cancelled

    frame = painted(0, row_of(1))
    with pytest.raises(Cancelled):
        engine.infer(frame, RunOptions(), report)
    assert len(infer(engine, frame).people) == 1


def test_the_bodys_layer_is_our_own_skinning(loaded):
    rng = np.random.default_rng(0)
    turned = (
        Rotation.from_rotvec(rng.normal(0, 0.4, (2 * 24, 3)))
        .as_matrix()
        .reshape(2, 24, 3, 3)
        .astype(np.float32)
    )
    smpl = SmplParams(turned[:, 0], turned[:, 1:], rng.normal(size=(2, 10)).astype(np.float32))
    layer = smpl_layer(loaded.body, update_hips=False)
    pose = {"global_orient": turned[:, :1], "body_pose": turned[:, 1:], "betas": smpl.betas}
    output = layer(**{name: torch.from_numpy(array) for name, array in pose.items()}, pose2rot=False)
    vertices, _joints = loaded.body.skin(smpl)
    np.testing.assert_allclose(output.vertices.numpy(), vertices, atol=1e-5)
    assert output.joints.shape == (2, 44, 3)
    assert differs(layer, loaded.body) == 0
    moved = dataclasses.replace(loaded.body, v_template=loaded.body.v_template * 1.05)
    assert differs(layer, moved) == pytest.approx(0.05 * np.abs(loaded.body.v_template).max(), rel=1e-3)


def test_tracking_a_crowd_tells_how_far_it_is_and_can_be_stopped_without_losing_anybody(engine):
    told, stop = [], False

    def report(step, share):
        told.append((step, share))
        if stop and step == "track" and share > 0:
            raise Cancelled

    def run(frame):
        return engine.infer(painted(frame, row_of(5)), RunOptions(sequence="crowd"), report)

    first = run(0)
    second = run(1)
    assert [share for step, share in told if step == "track" and share > 0], (
        "25 pairs are more than one batch"
    )
    stop = True
    with pytest.raises(Cancelled):
        run(2)
    stop = False
    third = run(2)
    assert "went on from frame 1" in " ".join(third.plan.notes)
    assert first.tracks.tolist() == second.tracks.tolist() == third.tracks.tolist()
