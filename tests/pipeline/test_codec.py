from __future__ import annotations

import contextlib
import dataclasses
import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.codec import (
    CodecError,
    flat_size,
    flatten,
    from_parts,
    pack,
    to_parts,
    unflatten,
    unpack_result,
)
from pipeline.loading import StageState, StageStatus
from pipeline.masks import encode_mask
from pipeline.memory import Memory
from pipeline.structures import (
    Detections,
    Frame,
    FrameFailure,
    FrameResult,
    Keypoints,
    People,
    Plan,
    Rejected,
    RunOptions,
    SmplParams,
)


def _result(people: int = 2, keypoints: bool = True) -> FrameResult:
    rng = np.random.default_rng(7)

    def noise(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    mask = np.zeros((48, 64), bool)
    mask[10:20, 5:9] = True
    masks = tuple(encode_mask(mask) if slot % 2 == 0 else None for slot in range(people))
    return FrameResult(
        frame_index=41,
        people=People(
            detections=Detections(noise(people, 4), noise(people), masks),
            smpl=SmplParams(noise(people, 3, 3), noise(people, 23, 3, 3), noise(people, 10)),
            cam_t=noise(people, 3),
            focal_length=1234.5,
            image_size=(64, 48),
            body_model="anny-neutral-01234567",
            features=noise(people, 5).astype(np.float16),
            keypoints=Keypoints("mediapipe_33", noise(people, 33, 2), noise(people, 33), noise(people, 33, 3))
            if keypoints
            else None,
        ),
        rejected=Rejected(noise(1, 4), noise(1), ("score 0.31 below 0.50",)),
        engine_id="mediapipe-ü",
        plan=Plan(detector_size=480, notes=("half precision",)),
        timings={"detect": 0.25, "reconstruct": 1.5},
        peak_memory=2**40,
    )


def _same(left: object, right: object) -> bool:
    if isinstance(left, np.ndarray):
        assert isinstance(right, np.ndarray)
        return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()
    if dataclasses.is_dataclass(left):
        names = [field.name for field in dataclasses.fields(left)]
        return type(left) is type(right) and all(_same(getattr(left, n), getattr(right, n)) for n in names)
    return type(left) is type(right) and left == right


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("people", [0, 1, 3])
@pytest.mark.parametrize("keypoints", [True, False])
def test_result_comes_back_as_it_was(people, keypoints, compress):
    before = _result(people, keypoints)
    assert _same(before, unpack_result(pack(before, compress=compress)))


def test_arrays_are_read_only_and_aligned():
    after = unpack_result(pack(_result(3)))
    for array in (after.people.cam_t, after.people.detections.scores, after.people.features):
        assert not array.flags.writeable
        assert array.flags.aligned


def test_a_person_takes_little_room():
    assert len(pack(_result(1), compress=False)) < 4000


VALUES = [
    Frame(3, 1001, 0.1, np.arange(60, dtype=np.uint8).reshape(4, 5, 3)),
    RunOptions(boxes=((1.0, 2.0, 3.0, 4.0),), sequence="range 1"),
    FrameFailure(4, "detect", "out_of_memory", "no", "smaller", {"requested": 1e9}),
    Plan(),
    Memory("system", "this machine", 10, 20, 5),
    StageStatus("Load", StageState.FAILED, 0.5, 2.0, 3, 4, "d", "e", "h"),
    StageStatus("Wait"),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_every_value_passes_through_json(value):
    tree, arrays = to_parts(value)
    assert _same(value, from_parts(json.loads(json.dumps(tree)), arrays))


def test_numpy_scalars_become_plain_numbers():
    tree, _ = to_parts(Plan(batch_size=np.int64(4), masks=np.bool_(True)))  # type: ignore[arg-type]
    assert json.loads(json.dumps(tree))["batch_size"] == 4
    assert to_parts(np.float64(0.5))[0] == 0.5
    assert type(to_parts(np.float64(0.5))[0]) is float


def test_older_and_newer_writers_are_read():
    tree, arrays = to_parts(Plan(device="cuda:0"))
    del tree["notes"]
    tree["invented_later"] = [1, 2]
    assert from_parts(tree, arrays) == Plan(device="cuda:0")


@given(
    st.lists(
        hnp.arrays(
            st.sampled_from([np.float32, np.float16, np.int64, np.uint8, np.bool_, np.dtype(">f4")]),
            hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
        ),
        max_size=4,
    )
)
@settings(deadline=None, max_examples=60)
def test_flat_arrays_come_back(arrays):
    described, buffers = flatten(arrays)
    data = b"".join(buffers)
    assert len(data) == flat_size(json.loads(json.dumps(described)))
    for before, after in zip(arrays, unflatten(described, data), strict=True):
        assert before.shape == after.shape
        np.testing.assert_array_equal(before, after)


def test_views_that_are_not_contiguous_come_back():
    array = np.arange(24, dtype=np.float32).reshape(4, 6).T[::2]
    described, buffers = flatten([array])
    np.testing.assert_array_equal(unflatten(described, b"".join(buffers))[0], array)


def test_objects_are_refused():
    with pytest.raises(TypeError):
        flatten([np.array([object()])])
    with pytest.raises(TypeError):
        to_parts({"job": object()})
    with pytest.raises(CodecError):
        unflatten([["|O", [1]]], bytes(16))


def test_damage_is_told_from_data():
    good = pack(_result(), compress=False)
    whole = pack(_result())
    newer = good[:4] + struct.pack("<H", 999) + good[6:]
    for bad in (b"", b"nonsense" * 4, good[:-1], good + b"x", whole[:-20], whole[:30], newer):
        with pytest.raises(CodecError):
            unpack_result(bad)


@given(st.integers(0, 4000), st.integers(0, 255))
@settings(deadline=None, max_examples=150)
def test_a_flipped_byte_never_raises_anything_else(position, value):
    data = bytearray(pack(_result(1), compress=position % 2 == 0))
    data[position % len(data)] = value
    with contextlib.suppress(CodecError):
        unpack_result(bytes(data))


@pytest.mark.parametrize(
    "tree",
    [
        {"@": "Popen"},
        {"$": 3},
        {"@": "Plan", "device": {"?": 1}},
        {"!": "StageState", "=": "none"},
        {"@": "Frame"},
    ],
)
def test_trees_that_are_none_are_refused(tree):
    with pytest.raises(CodecError):
        from_parts(tree, [])
