"""Finding what is wrong without knowing what is right. See `docs/problems.md`."""

from pipeline.problems.book import ProblemBook
from pipeline.problems.values import BY_KEY, SIGNALS, Problem, Signal, Thresholds, is_ignored

__all__ = ["BY_KEY", "SIGNALS", "Problem", "ProblemBook", "Signal", "Thresholds", "is_ignored"]
