"""The 4D-Humans engine: loading, each step, beside upstream's own code, and under a limit of GPU memory.

Run: pytest tests/benchmarks/test_bench_humans4d.py --override-ini addopts= -s
The engine's own Python does the work (`retake engines install humans4d`, or `use`); RETAKE_WEIGHTS may name the
weights. With a GPU everything runs there. Without one ViTDet-H takes minutes: `-k "not vitdet"` leaves it out.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from humans4d_crowd import FRAMES, people_in

from pipeline.engines.command import worker_environment
from pipeline.engines.environment import Place, place_of
from pipeline.errors import EngineError

Numbers = dict[str, Any]
Probe = Callable[..., Numbers]
PROBE = Path(__file__).with_name("humans4d_probe.py")
LONGEST = 1800  # s
DETECTORS = pytest.mark.parametrize("detector", ["regnety", "vitdet"])
pytestmark = pytest.mark.timeout(LONGEST)


def _place() -> Place | str:
    """Where the engine runs, or why it does not."""
    try:
        place = place_of("humans4d")
    except EngineError as error:
        return str(error)
    return place if place.python else "the engine is started by a command: measure on the machine it runs on"


# Before the tests get a home of their own: what `engines use` said is in the user's.
PLACE = _place()


@pytest.fixture
def probe(tmp_path) -> Probe:
    """Runs a measurement in a fresh process of the engine's Python; skips what is absent."""
    if isinstance(PLACE, str):
        pytest.skip(PLACE)
    environment = worker_environment(with_users_path=not PLACE.own)

    def run(task: str, *options: object) -> Numbers:
        command = [str(PLACE.python), str(PROBE), task, *map(str, options)]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=LONGEST
        )
        assert done.returncode == 0, done.stderr[-3000:]
        found: Numbers = json.loads(done.stdout)
        if "absent" in found:
            pytest.skip(found["absent"])
        return found

    return run


@pytest.fixture
def rounds(probe, request) -> int:
    """On a CPU these networks take seconds, and ViTDet-H a minute."""
    if probe("machine")["gpu"]:
        return 10
    return 1 if "vitdet" in request.node.name else 2


@pytest.fixture
def measure(benchmark, probe) -> Probe:
    """The same as `probe`, as the one round of a benchmark, with what was found printed."""

    def run(task: str, *options: object) -> Numbers:
        found: Numbers = benchmark.pedantic(probe, (task, *options), rounds=1)
        benchmark.extra_info.update(found)
        _tell(" ".join(map(str, (task, *options))), found)
        return found

    return run


def _tell(title: str, found: Numbers) -> None:
    """Numbers on lines of their own, tables indented."""
    lines = [title]
    for name, value in found.items():
        if isinstance(value, dict):
            lines += [f"  {name}:", *(f"    {key:44} {_short(inner)}" for key, inner in value.items())]
        elif isinstance(value, list):
            lines += [f"  {name}:", *(f"    {_row(row)}" for row in value)]
        else:
            lines.append(f"  {name:30} {_short(value)}")
    print("\n" + "\n".join(lines))  # noqa: T201


def _row(row: Numbers) -> str:
    if "failure" in row:
        return f"{row['index']:3}  FAILED in {row['failure']}"
    seconds = " ".join(f"{step} {taken:.2f} s" for step, taken in row["seconds"].items())
    told = "; ".join([*row["rungs"], *([row["warning"]] if row["warning"] else [])])
    return f"{row['index']:3}  {row['people']:2} people  {row['plan']}  {seconds}  {told}"


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def test_machine(measure):
    assert measure("machine")["torch"]


@DETECTORS
def test_steps(measure, rounds, detector):
    """Seconds of each stage of loading; ms of finding, reconstructing and tracking 1, 3 and 10 people."""
    found = measure("steps", "--detector", detector, "--rounds", rounds)
    assert found["load_s"] > 0
    assert found["track_10_ms"] > 0


def test_crops_beside_upstream(measure):
    found = measure("against_crops", "--rounds", 5)
    assert found["sharp_apart"] < 1e-4
    assert found["blurred_apart"] < 1e-4
    assert found["blurred_ours_ms"] < found["blurred_theirs_ms"] / 3


@DETECTORS
def test_detector_beside_upstream(measure, rounds, detector):
    found = measure("against_detector", "--detector", detector, "--rounds", rounds)
    assert found["ours_people"] >= found["theirs_people"], (
        "ours leaves nobody out for things that are no people"
    )


def test_hmr2_beside_upstream(measure, rounds):
    found = measure("against_hmr2", "--rounds", rounds)
    assert found["apart_mm"] < 1
    assert found["ours_load_s"] < found["theirs_load_s"]


def test_phalp_beside_upstream(measure, rounds):
    found = measure("against_phalp", "--rounds", rounds)
    assert found["cost_apart"] < 1e-3
    assert found["predict_apart"] < 1e-3


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["auto", "float32"])
@pytest.mark.parametrize("budget", [8, 12, 24, ""], ids=["8 GB", "12 GB", "24 GB", "all"])
@DETECTORS
def test_the_case_from_the_field(measure, detector, budget, precision):
    """Four of thirty frames hold twelve people: every frame is done, whatever the limit."""
    options = ("--detector", detector, "--device", "cuda:0", "--budget", budget, "--precision", precision)
    found = measure("field_case", *options, "--frames", FRAMES, "--rounds", 10)
    assert [row.get("failure") for row in found["frames"]] == [None] * FRAMES
    assert [row["index"] for row in found["frames"]] == list(range(FRAMES))
    assert [row["people"] for row in found["frames"]] == [people_in(index) for index in range(FRAMES)]
    if budget:
        assert found["peak_gb"] <= budget


def test_the_clip_without_a_gpu(measure):
    """The same code where there is none, on frames enough to show that it runs."""
    options = ("--detector", "regnety", "--device", "cpu", "--frames", 3, "--people", 1)
    found = measure("field_case", *options)
    assert [row["people"] for row in found["frames"]] == [people_in(index) for index in range(3)]
