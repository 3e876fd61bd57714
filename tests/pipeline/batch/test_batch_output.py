"""Files of chunks: whole or not counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fakes_batch import make_result

from pipeline.batch.chunks import Chunk
from pipeline.batch.output import DamagedChunk, is_done, read_chunk, write_chunk
from pipeline.errors import UserError
from pipeline.structures import FrameFailure, RunOptions


@pytest.fixture
def chunk(tmp_path):
    return Chunk(tmp_path / "a.mp4", "c0ffee", "facade", 10, 12, 2, RunOptions(), tmp_path / "work")


def outcomes(chunk):
    failure = FrameFailure(9, "reconstruct", "out_of_memory", "The GPU is full.", "Close it.", {"free": 5.0})
    return [failure if frame == 9 else make_result(frame) for frame in chunk.frames]


def test_what_is_written_is_read(chunk):
    assert not is_done(chunk)
    write_chunk(chunk, outcomes(chunk))
    assert is_done(chunk)
    read = read_chunk(chunk)
    assert [one.frame_index for one in read] == [8, 9, 10, 11, 12]
    assert read[1] == outcomes(chunk)[1]
    assert np.array_equal(read[2].people.smpl.body_pose, make_result(10).people.smpl.body_pose)


def test_each_damaged_byte_is_found(chunk):
    write_chunk(chunk, outcomes(chunk))
    good = chunk.file.read_bytes()
    for place in range(0, len(good), max(1, len(good) // 97)):
        chunk.file.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        assert not is_done(chunk)
        with pytest.raises(DamagedChunk):
            read_chunk(chunk)


@pytest.mark.parametrize("length", [0, 1, 10, 41, 200])
def test_a_file_that_is_cut_off_is_found(chunk, length):
    write_chunk(chunk, outcomes(chunk))
    chunk.file.write_bytes(chunk.file.read_bytes()[:length])
    assert not is_done(chunk)
    with pytest.raises(DamagedChunk):
        read_chunk(chunk)


def test_a_file_of_another_chunk_is_found(chunk):
    other = replace(chunk, configuration="f00d")
    write_chunk(other, outcomes(other))
    chunk.file.parent.mkdir(parents=True)
    other.file.rename(chunk.file)
    with pytest.raises(DamagedChunk, match="another chunk"):
        read_chunk(chunk)


def test_missing_frames_are_found(chunk):
    write_chunk(chunk, outcomes(chunk)[:-1])
    with pytest.raises(DamagedChunk, match="frames are missing"):
        read_chunk(chunk)


def test_a_folder_that_cannot_be_written_is_told(chunk):
    chunk.folder.write_text("a file, where a folder should be")
    with pytest.raises(UserError, match=r"Cannot write.*--work"):
        write_chunk(chunk, outcomes(chunk))
