"""A GPU that borrows main memory is noticed by its pace, and nothing else is taken for it."""

import sys
from pathlib import Path

import pytest

from pipeline.engines.spill import SpillWatch, may_spill

TOTAL = 8 * 2**30
FULL, HALF = int(0.97 * TOTAL), TOTAL // 2


def settled(*, possible=True) -> SpillWatch:
    """A watch that knows the usual pace: 0.1 s each."""
    watch = SpillWatch(possible)
    for _ in range(6):
        assert not watch.saw(0.1, 1, FULL, TOTAL)
    return watch


def test_a_collapse_on_a_full_gpu_is_told_at_the_second_time():
    watch = settled()
    assert not watch.saw(1.0, 1, FULL, TOTAL)
    warning = watch.saw(0.8, 1, FULL, TOTAL)
    assert "8 times slower" in warning
    assert "Sysmem Fallback" in warning


def test_the_pace_counts_what_was_done():
    watch = settled()
    for _ in range(3):
        assert not watch.saw(1.0, 10, FULL, TOTAL)


@pytest.mark.parametrize(
    ("possible", "used", "total"), [(False, FULL, TOTAL), (True, HALF, TOTAL), (True, 0, 0)], ids=str
)
def test_slowness_alone_says_nothing(possible, used, total):
    watch = settled(possible=possible)
    assert not any(watch.saw(1.0, 1, used, total) for _ in range(3))


def test_one_slow_frame_says_nothing():
    watch = settled()
    for _ in range(3):
        assert not watch.saw(2.0, 1, FULL, TOTAL)
        assert not watch.saw(0.1, 1, FULL, TOTAL)


def test_nothing_is_said_before_the_pace_is_known():
    watch = SpillWatch(True)
    assert not any(watch.saw(seconds, 1, FULL, TOTAL) for seconds in (0.1, 3.0, 3.0, 3.0))


def test_slow_frames_do_not_become_the_usual_pace():
    watch = settled()
    warnings = [watch.saw(1.0, 1, FULL, TOTAL) for _ in range(60)]
    assert all(warnings[1:])


@pytest.mark.skipif(sys.platform != "linux", reason="looks at Linux's own file")
def test_linux_alone_does_not_spill():
    assert may_spill() == ("microsoft" in Path("/proc/version").read_text().lower())
