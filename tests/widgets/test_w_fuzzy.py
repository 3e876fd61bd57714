"""Finding names by a few letters."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.fuzzy import fuzzy_match

NAMES = (
    "Run This Frame",
    "Run the Range",
    "Run All Frames",
    "Run Frames Without a Result",
    "First Frame",
    "Next Frame",
    "Reset Layout",
    "Range Starts Here",
    "Export",
    "Next Track Start",
)


def best(query: str) -> str:
    found = {name: match.score for name in NAMES if (match := fuzzy_match(query, name)) is not None}
    return max(found, key=found.get)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("run fr", "Run This Frame"),
        ("rtf", "Run This Frame"),
        ("rr", "Run the Range"),
        ("range run", "Run the Range"),
        ("EXP", "Export"),
        ("reset", "Reset Layout"),
        ("first", "First Frame"),
        ("nts", "Next Track Start"),
        ("raf", "Run All Frames"),
    ],
)
def test_a_few_letters_find_what_is_meant(query, name):
    assert best(query) == name


def test_letters_found_are_told():
    assert fuzzy_match("rtf", "Run This Frame").places == (0, 4, 9)
    assert fuzzy_match("frame run", "Run This Frame").places == (0, 1, 2, 9, 10, 11, 12, 13)


def test_what_is_not_in_it_does_not_fit():
    assert fuzzy_match("xyz", "Run This Frame") is None
    assert fuzzy_match("run zebra", "Run This Frame") is None
    assert fuzzy_match("nur", "Run") is None


def test_nothing_typed_fits_everything():
    assert fuzzy_match("", "Run").places == ()
    assert fuzzy_match("   ", "Run") is not None


@given(st.text("abc de", max_size=24), st.data())
def test_letters_in_order_always_fit_and_are_where_it_says(text, data):
    chosen = sorted(data.draw(st.sets(st.integers(0, max(len(text) - 1, 0)), max_size=6))) if text else []
    query = "".join(text[place] for place in chosen)
    match = fuzzy_match(query, text)
    assert match is not None
    assert list(match.places) == sorted(set(match.places))
    if query and " " not in query:
        assert "".join(text[place] for place in match.places) == query


def test_hundreds_of_names_are_searched_within_a_key_press():
    names = [f"{name} {n}" for n in range(60) for name in NAMES]
    start = time.perf_counter()
    for name in names:
        fuzzy_match("run frame re", name)
    assert time.perf_counter() - start < 0.5
