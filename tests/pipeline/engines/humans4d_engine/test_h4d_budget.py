"""The plan to begin with, by what the networks need and the device has."""

from types import SimpleNamespace

import pytest

from pipeline.engines.humans4d.budget import DETECT, PERSON, RESERVE, Needs, first_plan
from pipeline.engines.humans4d.device import find_device, free_memory, limit_memory, memory_numbers, memory_of
from pipeline.errors import EngineError

GB = 10**9
REAL = {"detector": (2.77, 1.39), "hmr": (2.69, 1.35), "appearance": (0.01, 0.01), "predictor": (0.39, 0.39)}


def needs(detector="vitdet"):
    sizes = REAL | ({"detector": (0.17, 0.09)} if detector == "regnety" else {})

    def member(exact, half):
        return SimpleNamespace(
            size_in=lambda precision: int((exact if precision == "float32" else half) * GB)
        )

    return Needs(detector, {name: member(*size) for name, size in sizes.items()})


def begin(gigabytes, half="bfloat16", detector="vitdet"):
    return first_plan("cuda:0", half, int(gigabytes * GB), needs(detector))


@pytest.mark.parametrize(
    ("gigabytes", "half", "batch", "resident"),
    [
        (24, "bfloat16", 32, True),
        (12, "bfloat16", 32, True),
        (8, "bfloat16", 32, True),
        (6, "bfloat16", 32, True),
        (4, "bfloat16", 32, False),
        (24, "", 32, True),
        (12, "", 32, True),
        (6, "", 32, False),
    ],
)
def test_what_fits_which_card(gigabytes, half, batch, resident):
    plan = begin(gigabytes, half)
    assert (plan.device, plan.precision) == ("cuda:0", half or "float32")
    assert (plan.batch_size, plan.resident) == (batch, resident)
    assert plan.masks
    assert plan.detector_size == 1024


@pytest.mark.parametrize("half", ["bfloat16", ""])
@pytest.mark.parametrize("detector", ["vitdet", "regnety"])
def test_a_larger_card_never_gets_a_cheaper_plan_and_what_is_planned_fits(half, detector):
    before = (False, 0)
    for gigabytes in range(1, 30):
        plan = begin(gigabytes, half, detector)
        wanted = needs(detector)
        # Fewer people are a lesser evil than taking turns, so with all in place there may be fewer at first.
        assert plan.resident >= before[0]
        assert plan.resident != before[0] or plan.batch_size >= before[1]
        before = (plan.resident, plan.batch_size)
        if wanted.peak(plan.precision, resident=plan.resident) + RESERVE <= gigabytes * GB:
            people = wanted.weights(plan.precision, () if plan.resident else ("hmr", "appearance"))
            people += plan.batch_size * PERSON[bool(half)]
            assert people + RESERVE <= gigabytes * GB
            assert plan.batch_size >= 8


def test_however_small_a_card_is_there_is_a_plan():
    plan = begin(0.5)
    assert plan.batch_size == 1
    assert not plan.resident


def test_on_a_cpu_nobody_takes_turns():
    plan = first_plan("cpu", "", 1 * GB, needs())
    assert plan.resident
    assert plan.batch_size == 1


def test_the_peak_is_that_of_the_most_demanding_pass():
    wanted = needs()
    assert wanted.peak("float32", resident=False) == int(2.77 * GB) + DETECT["vitdet"][0]
    assert wanted.peak("float32", resident=True) == wanted.weights("float32") + DETECT["vitdet"][0]
    fast = needs("regnety")
    assert (
        fast.peak("bfloat16", resident=False)
        == fast.weights("bfloat16", ("hmr", "appearance")) + 8 * PERSON[1]
    )


def test_the_cpu_is_found_by_name_and_where_there_is_nothing_else():
    for wanted in ("cpu", ""):
        device = find_device(wanted, "float32")
        assert device.name == "cpu"
        assert not device.is_gpu
        assert device.half == ""
        assert device.pace > 0
    assert find_device("cpu", "half").half == "bfloat16"
    slow, fast = (device.seconds_per_frame(detector) for detector in ("vitdet", "regnety"))
    assert slow > fast > 0


def test_a_gpu_that_is_not_there_is_told():
    with pytest.raises(EngineError, match="cuda:1 cannot be used") as caught:
        find_device("cuda:1", "auto")
    assert caught.value.hint


def test_the_cpus_memory_is_the_machines():
    device = find_device("cpu", "float32")
    limit_memory(device, GB)  # means a GPU's
    assert 0 < free_memory(device) <= device.total
    memory = memory_of(device)
    assert memory.kind == "system"
    numbers = memory_numbers(device)
    assert set(numbers) == {"free", "total", "peak"}
    assert all(value > 0 for value in numbers.values())
