"""Measures the 4D-Humans engine in that engine's own Python, and prints what it found as JSON.

`python tests/benchmarks/humans4d_probe.py steps --detector regnety`, with the checkout on PYTHONPATH, RETAKE_WEIGHTS
naming the weights and RETAKE_HOME a folder to write to; test_bench_humans4d.py does all of it. What cannot be measured
here is answered with the reason under "absent".
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

Numbers = dict[str, Any]


def _elsewhere(module: str, name: str) -> Callable[[argparse.Namespace], Numbers]:
    """A measurement whose module, and PyTorch or upstream's code with it, is imported when it is asked for."""

    def measure(chosen: argparse.Namespace) -> Numbers:
        found: Numbers = getattr(importlib.import_module(module), name)(chosen)
        return found

    return measure


TASKS: dict[str, Callable[[argparse.Namespace], Numbers]] = {
    "machine": _elsewhere("humans4d_steps", "machine"),
    "steps": _elsewhere("humans4d_steps", "steps"),
    "field_case": _elsewhere("humans4d_field", "field_case"),
    "against_crops": _elsewhere("humans4d_against", "crops_beside"),
    "against_detector": _elsewhere("humans4d_against", "detector_beside"),
    "against_hmr2": _elsewhere("humans4d_against", "hmr2_beside"),
    "against_phalp": _elsewhere("humans4d_against_phalp", "phalp_beside"),
}


def _seconds_of_importing(module: str) -> float:
    start = time.perf_counter()
    importlib.import_module(module)
    return time.perf_counter() - start


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; upstream prints too, so that goes where errors go."""
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--detector", default="vitdet")
    parser.add_argument("--device", default="")
    parser.add_argument("--budget", default="")
    parser.add_argument("--precision", default="")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--frames", type=int, default=30)
    parser.add_argument("--people", type=int, nargs="*", default=(1, 3, 10))
    chosen = parser.parse_args(arguments)
    answers = os.dup(1)
    os.dup2(2, 1)
    chosen.torch_s = _seconds_of_importing("torch")
    from humans4d_measuring import Absent

    try:
        found = TASKS[chosen.task](chosen)
    except Absent as reason:
        found = {"absent": str(reason)}
    if hasattr(os, "getloadavg"):
        found["load_average"] = round(os.getloadavg()[0], 1)
    with os.fdopen(answers, "w", encoding="utf-8") as stream:
        json.dump(found, stream)


if __name__ == "__main__":
    main()
