from __future__ import annotations

import contextlib
import os
import threading
from dataclasses import replace

import numpy as np
import pytest
from fakes_engine import stand_in_people
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.engines.engine import EngineInfo, EngineSettings
from pipeline.engines.messages import (
    Cancel,
    Close,
    Done,
    Failed,
    Hello,
    Infer,
    Load,
    Loaded,
    Lost,
    MemoryNow,
    Progress,
    Result,
    Stages,
    Stopped,
)
from pipeline.engines.wire import Ended, OtherProtocolError, Receiver, Sender, WireError
from pipeline.loading import StageState, StageStatus
from pipeline.memory import Memory
from pipeline.structures import Frame, FrameFailure, FrameResult, Plan, Rejected, RunOptions

MEMORY = Memory("gpu", "A card", 1, 2, 3, 4, 5)
PLAIN = [
    Hello("3.11.7", 12),
    Load(1, EngineSettings("smpl.pkl", "cuda:0", {"seconds": "1"})),
    Cancel(2),
    Close(),
    Stages(3, (StageStatus("Load", StageState.RUNNING, 0.5), StageStatus("Warm"))),
    Loaded(4, EngineInfo("a", "1", "a-1-cafe")),
    Progress(5, "detect", 0.25),
    Failed(6, FrameFailure(3, "detect", "out_of_memory", "no", "hint", {"free": 1.0}), MEMORY),
    Done(6),
    Stopped(7),
    Lost("CUDA error: unspecified launch failure"),
    MemoryNow(MEMORY),
]


@pytest.fixture
def pipe():
    incoming, outgoing = os.pipe()
    with os.fdopen(incoming, "rb", 0) as reading, os.fdopen(outgoing, "wb", 0) as writing:
        yield reading, writing


def pass_on(pipe, *messages):
    """Send from another thread, since a message may be larger than the pipe."""
    reading, writing = pipe
    sender, receiver = Sender(writing.fileno()), Receiver(reading.fileno())
    thread = threading.Thread(target=lambda: [sender.send(message) for message in messages])
    thread.start()
    received = [receiver.receive() for _ in messages]
    thread.join()
    return received


def test_plain_messages_arrive_in_order(pipe):
    assert pass_on(pipe, *PLAIN) == PLAIN


def test_a_frame_arrives_whole(pipe):
    image = np.random.default_rng(1).integers(0, 256, (1080, 1920, 3), np.uint8)
    options = RunOptions(boxes=((1.0, 2.0, 3.0, 4.0),))
    (message,) = pass_on(pipe, Infer(9, (Frame(4, 400, 0.16, image),), options))
    (frame,) = message.frames
    assert (message.request, frame.index, frame.pts, frame.time) == (9, 4, 400, 0.16)
    assert message.options == options
    np.testing.assert_array_equal(frame.image, image)
    assert not frame.image.flags.writeable


def test_frames_of_one_message_arrive_in_order(pipe):
    images = [np.random.default_rng(seed).integers(0, 256, (270, 480, 3), np.uint8) for seed in range(12)]
    frames = tuple(Frame(index, index, 0.0, image) for index, image in enumerate(images))
    (message,) = pass_on(pipe, Infer(9, frames, RunOptions()))
    assert [frame.index for frame in message.frames] == list(range(12))
    for frame, image in zip(message.frames, images, strict=True):
        np.testing.assert_array_equal(frame.image, image)


def test_an_image_that_is_a_view_arrives_whole(pipe):
    image = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)[::2, ::-1]
    (message,) = pass_on(pipe, Infer(9, (Frame(4, 400, 0.16, image),), RunOptions()))
    np.testing.assert_array_equal(message.frames[0].image, image)


def test_frames_do_not_share_memory(pipe):
    black, white = (np.full((48, 64, 3), value, np.uint8) for value in (0, 255))
    first, second = pass_on(
        pipe, *(Infer(1, (Frame(0, 0, 0.0, image),), RunOptions()) for image in (black, white))
    )
    assert first.frames[0].image.max() == 0
    assert second.frames[0].image.min() == 255


@pytest.mark.parametrize("count", [0, 3])
def test_results_arrive_whole(pipe, count):
    people = stand_in_people(5, count, (640, 360), masks=True)
    result = FrameResult(5, people, Rejected(), "id", Plan(), {"detect": 0.5}, 2**33)
    (message,) = pass_on(
        pipe, Result(1, replace(result, tracks=np.arange(count) - 1, warning="Slow."), MEMORY)
    )
    after = message.result.people
    assert message.result.tracks.tolist() == list(range(-1, count - 1))
    assert message.result.warning == "Slow."
    assert message.result.timings == {"detect": 0.5}
    assert after.detections.masks == people.detections.masks
    for name in ("global_orient", "body_pose", "betas"):
        np.testing.assert_array_equal(getattr(after.smpl, name), getattr(people.smpl, name))
    np.testing.assert_array_equal(after.features, people.features)


def test_threads_do_not_mix_their_messages(pipe):
    reading, writing = pipe
    sender, receiver = Sender(writing.fileno()), Receiver(reading.fileno())

    def send(step: str) -> None:
        for number in range(200):
            sender.send(Progress(number, step * 500, 0.0))

    threads = [threading.Thread(target=send, args=(letter,)) for letter in "abc"]
    for thread in threads:
        thread.start()
    received = [receiver.receive() for _ in range(600)]
    for thread in threads:
        thread.join()
    for letter in "abc":
        assert [message.request for message in received if message.step == letter * 500] == list(range(200))


def written(*messages) -> bytes:
    incoming, outgoing = os.pipe()
    with os.fdopen(incoming, "rb") as reading:
        with os.fdopen(outgoing, "wb", 0) as writing:
            for message in messages:
                Sender(writing.fileno()).send(message)
        return reading.read()


def read(data: bytes):
    incoming, outgoing = os.pipe()
    with os.fdopen(incoming, "rb", 0) as reading:
        with os.fdopen(outgoing, "wb", 0) as writing:
            writing.write(data)
        return Receiver(reading.fileno()).receive()


def test_the_end_is_told_from_damage():
    whole = written(Cancel(1))
    assert read(whole) == Cancel(1)
    for data in (b"", whole[:-1], whole[:10]):
        with pytest.raises(Ended):
            read(data)


def test_another_version_is_told():
    whole = written(Cancel(1))
    with pytest.raises(OtherProtocolError) as caught:
        read(whole[:4] + (7).to_bytes(2, "little") + whole[6:])
    assert caught.value.version == 7


def test_a_greeting_is_skipped_but_not_between_messages():
    whole = written(Cancel(1))
    assert read(b"Welcome!\n" + whole) == Cancel(1)
    incoming, outgoing = os.pipe()
    with os.fdopen(incoming, "rb", 0) as reading, os.fdopen(outgoing, "wb", 0) as writing:
        writing.write(whole + b"Welcome!\n" + whole)
        receiver = Receiver(reading.fileno())
        assert receiver.receive() == Cancel(1)
        with pytest.raises(WireError, match="Welcome"):
            receiver.receive()


def test_sizes_beyond_reason_are_refused_before_memory_is_taken():
    whole = bytearray(written(Cancel(1)))
    whole[12:20] = (2**62).to_bytes(8, "little")
    with pytest.raises(WireError, match="bytes"):
        read(bytes(whole))


@given(st.integers(0, 10**4), st.integers(0, 255))
@settings(deadline=None, max_examples=200)
def test_a_flipped_byte_raises_a_wire_error_or_nothing(position, value):
    image = np.zeros((4, 5, 3), np.uint8)
    data = bytearray(written(Infer(1, (Frame(0, 0, 0.0, image),), RunOptions())))
    data[position % len(data)] = value
    with contextlib.suppress(WireError):
        read(bytes(data))


def test_nothing_on_the_wire_is_a_type_of_somebody_else():
    whole = written(Cancel(1)).replace(b"Cancel", b"object")
    with pytest.raises(WireError):
        read(whole)


def test_a_closed_pipe_is_an_error_to_the_sender(pipe):
    reading, writing = pipe
    reading.close()
    with pytest.raises(BrokenPipeError):
        Sender(writing.fileno()).send(Cancel(1))
