"""Numbers as people read and type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.units import format_bytes, format_count, format_duration, format_time, parse_position


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("123", 123),
        (" 12 345 ", 12345),
        ("12\N{NARROW NO-BREAK SPACE}345", 12345),
        ("#7", 7),
        ("0:12.5", 12.5),
        ("1:02:03,25", 3723.25),
        ("12.5s", 12.5),
        ("12 s", 12.0),
        (".5s", 0.5),
        ("12.5", None),
        ("-3", None),
        ("0:", None),
        ("abc", None),
        ("", None),
    ],
)
def test_places_as_typed(typed, meant):
    place = parse_position(typed)
    assert place == meant
    assert type(place) is type(meant)


@given(st.floats(0, 100_000))
def test_a_time_shown_can_be_typed(seconds):
    assert parse_position(format_time(seconds)) == pytest.approx(seconds, abs=0.00051)


@given(st.integers(0, 10**9))
def test_a_frame_shown_can_be_typed(frame):
    assert parse_position(format_count(frame)) == frame


def test_times_round_up_to_the_next_minute():
    assert format_time(59.9999) == "1:00.000"
    assert format_time(3599.9996) == "1:00:00.000"
    assert format_time(4.367) == "0:04.367"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.6, "1 min 0 s"),
        (125, "2 min 5 s"),
        (3840, "1 h 4 min"),
    ],
)
def test_durations(seconds, said):
    assert format_duration(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 kB"), (300 * 2**20, "300 MB"), (1.25 * 2**30, "1.2 GB")],
)
def test_bytes(count, said):
    assert format_bytes(count) == said
