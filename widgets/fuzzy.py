"""Finding a name by a few of its letters."""

from __future__ import annotations

from dataclasses import dataclass

_LETTER, _WORD_START, _NEXT_TO, _SKIPPED, _LENGTH = 1.0, 5.0, 4.0, 0.08, 0.01
"""What a letter found is worth, how much more at the start of a word and right after the letter before; what a
letter passed over costs, and each letter of the name: of two that match alike the shorter is meant."""


@dataclass(frozen=True, slots=True)
class Match:
    """How well a name fits.

    Attributes:
        score: More is better; comparable among names for one query only.
        places: Ascending indices of the letters found.
    """

    score: float
    places: tuple[int, ...]


def fuzzy_match(query: str, text: str) -> Match | None:
    """Look for each word of a query in a text, its letters in order but not necessarily side by side.

    Upper and lower case are the same. An empty query fits everything alike.

    Returns:
        None if some word is not in it.
    """
    low, starts = text.lower(), _word_starts(text)
    score, places = 0.0, set[int]()
    for word in query.lower().split():
        found = _find(word, low, starts)
        if found is None:
            return None
        score += found.score
        places.update(found.places)
    return Match(score - _LENGTH * len(text), tuple(sorted(places)))


def _word_starts(text: str) -> frozenset[int]:
    return frozenset(i for i, c in enumerate(text) if c.isalnum() and (not i or not text[i - 1].isalnum()))


def _find(word: str, text: str, starts: frozenset[int]) -> Match | None:
    """The best way to find a word, letter by letter from the last: the best rest is known by then."""
    rest: dict[int, tuple[float, tuple[int, ...]]] = {}
    for letter in reversed(word):
        here = [place for place, other in enumerate(text) if other == letter]
        if rest:
            found = {place: best for place in here if (best := _best_after(place, rest)) is not None}
        else:
            found = dict.fromkeys(here, (0.0, ()))
        rest = {
            place: (score + _LETTER + (_WORD_START if place in starts else 0.0), (place, *places))
            for place, (score, places) in found.items()
        }
        if not rest:
            return None
    score, places = max(rest.values())
    return Match(score, places)


def _best_after(
    place: int, rest: dict[int, tuple[float, tuple[int, ...]]]
) -> tuple[float, tuple[int, ...]] | None:
    best = None
    for later, (score, places) in rest.items():
        if later > place:
            gap = later - place - 1
            worth = score + (_NEXT_TO if not gap else -_SKIPPED * gap)
            if best is None or worth > best[0]:
                best = worth, places
    return best
