"""Shots become chunks."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pipeline.batch.chunks import Chunk, parts_of
from pipeline.structures import RunOptions


@given(
    lengths=st.lists(st.integers(1, 2000), min_size=1, max_size=8),
    size=st.integers(1, 400),
    overlap=st.integers(0, 100),
)
def test_every_frame_is_in_one_part_and_no_part_is_too_long(lengths, size, overlap):
    ends = [sum(lengths[: at + 1]) for at in range(len(lengths))]
    shots = [(end - length, end - 1) for end, length in zip(ends, lengths, strict=True)]
    parts = list(parts_of(shots, size, overlap))
    assert [frame for first, last, _ in parts for frame in range(first, last + 1)] == list(range(ends[-1]))
    assert max(last - first + 1 for first, last, _ in parts) <= size
    begins = {first for first, _ in shots}
    for first, last, run_in in parts:
        shot = max(begin for begin in begins if begin <= first)
        assert run_in == (0 if first in begins else min(overlap, first - shot))
        assert last - first + 1 >= min(size // 2, 1)


def test_a_chunks_file_says_all_that_it_depends_on():
    chunk = Chunk(Path("/v/a.mp4"), "c0ffee", "facade", 300, 599, 32, RunOptions(), Path("/w/c0ffee"))
    assert chunk.file == Path("/w/c0ffee/facade/00000300-00000599-32.chunk")
    assert chunk.frames == range(268, 600)
