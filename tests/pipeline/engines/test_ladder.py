"""The memory ladder: its rungs and their order, nothing of a failed attempt alive, what is kept and grows back."""

import contextlib
import itertools
import weakref
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engines.engine import OutOfMemory
from pipeline.engines.ladder import DETECTOR_SIZES, Ladder, cheaper
from pipeline.structures import Plan

DEAR = Plan("cuda:0", "float32", batch_size=8, detector_size=1024, masks=True, resident=True)
ON_CPU = Plan("cpu", "float32", batch_size=8, detector_size=1024, masks=True, resident=True)
FULL = RuntimeError("CUDA error: out of memory")


def ladder(plan: Plan = DEAR, half: str = "bfloat16", freed: list[str] | None = None) -> Ladder:
    told = [] if freed is None else freed
    return Ladder(plan, half, lambda: told.append("freed"), lambda: {"free": 1.0, "total": 8.0})


class Limited:
    """Work that fits plans of a price alone, and remembers what it was tried with."""

    def __init__(self, price_of, room: float) -> None:
        self.price_of = price_of
        self.room = room
        self.tried: list[Plan] = []

    def __call__(self, plan: Plan) -> Plan:
        self.tried.append(plan)
        if plan.device != "cpu" and self.price_of(plan) > self.room:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return plan


def people_price(plan: Plan) -> float:
    """Made-up GB of a batch with the networks beside it."""
    half = plan.precision != "float32"
    return (3 if plan.resident else 0) + (1.5 if half else 3) + plan.batch_size * (0.2 if half else 0.4)


def rungs_of(step, plan, half="bfloat16"):
    words = []
    while (below := cheaper(plan, step, half)) is not None:
        plan, word = below
        words.append(word)
    return words


def test_the_rungs_of_each_step_in_order():
    assert rungs_of("reconstruct", DEAR) == [
        "4 people in a batch",
        "2 people in a batch",
        "1 people in a batch",
        "other models off the GPU",
        "half precision (bfloat16)",
        "the CPU for this frame",
    ]
    assert rungs_of("detect", DEAR) == [
        "other models off the GPU",
        "half precision (bfloat16)",
        "no masks",
        "detector input 800 px",
        "detector input 640 px",
        "detector input 512 px",
        "the CPU for this frame",
    ]
    assert rungs_of("track", DEAR) == [
        "other models off the GPU",
        "half precision (bfloat16)",
        "the CPU for this frame",
    ]


def test_a_cpu_has_only_the_rungs_that_help_it():
    assert rungs_of("track", ON_CPU) == []
    assert rungs_of("reconstruct", ON_CPU) == [
        "4 people in a batch",
        "2 people in a batch",
        "1 people in a batch",
    ]
    assert rungs_of("detect", ON_CPU)[0] == "no masks"


def test_a_device_without_half_precision_has_no_such_rung():
    assert not any("precision" in word for word in rungs_of("detect", DEAR, half=""))


def test_caches_are_freed_first_and_the_same_plan_is_tried_again():
    freed: list[str] = []
    tried: list[Plan] = []

    def work(plan: Plan) -> str:
        tried.append(plan)
        if len(tried) == 1:
            raise FULL
        return "done"

    climb = ladder(freed=freed).run("detect", work)
    assert (climb.value, climb.plan, climb.rungs) == ("done", DEAR, ("caches freed",))
    assert tried == [DEAR, DEAR]
    assert freed == ["freed"]


def test_the_plan_that_worked_is_kept_for_the_next():
    steps, work = ladder(), Limited(people_price, room=7.0)
    first = steps.run("reconstruct", work)
    assert first.rungs == ("caches freed", "4 people in a batch", "2 people in a batch")
    second = steps.run("reconstruct", work)
    assert second.rungs == ()
    assert second.plan == first.plan == steps.plan("reconstruct")
    assert steps.plan("detect") == DEAR, "a step does not decide for another"


def fail_once(steps: Ladder, step="reconstruct") -> None:
    """One rung down."""
    steps.run(step, Limited(lambda plan: plan.batch_size, room=steps.plan(step).batch_size // 2))


def test_a_plan_grows_back_after_a_run_of_successes():
    steps = ladder()
    fail_once(steps)
    assert steps.plan("reconstruct").batch_size == 4
    for _ in range(14):
        steps.run("reconstruct", lambda plan: None)
    assert steps.plan("reconstruct").batch_size == 4
    steps.run("reconstruct", lambda plan: None)
    assert steps.plan("reconstruct").batch_size == 8


def successes_until_growth(steps: Ladder) -> int:
    before, count = steps.plan("reconstruct"), 0
    while steps.plan("reconstruct") == before:
        steps.run("reconstruct", lambda plan: None)
        count += 1
    return count


def test_patience_doubles_each_time_growing_was_too_early():
    steps = ladder()
    waits = []
    for _ in range(7):
        fail_once(steps)
        waits.append(successes_until_growth(steps) + 1)  # the one that ended the failure counts
    assert waits == [16, 32, 64, 128, 256, 256, 256]


def test_a_plan_that_grew_and_held_is_patient_no_more():
    steps = ladder()
    fail_once(steps)
    successes_until_growth(steps)
    fail_once(steps)
    assert successes_until_growth(steps) + 1 == 32
    for _ in range(16):
        steps.run("reconstruct", lambda plan: None)
    fail_once(steps)
    assert successes_until_growth(steps) + 1 == 16


def test_the_cpu_is_for_one_frame_alone():
    steps = ladder()
    climb = steps.run("detect", Limited(lambda plan: 1.0, room=0.0))
    assert climb.plan.device == "cpu"
    assert climb.plan.masks, "main memory has room for them"
    assert climb.plan.detector_size == DEAR.detector_size
    assert climb.rungs[-1] == "the CPU for this frame"
    assert steps.plan("detect").device == "cuda:0"
    assert steps.plan("detect").detector_size == min(DETECTOR_SIZES)


def test_when_nothing_helps_the_numbers_are_told():
    def work(plan: Plan) -> None:
        raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has 7.79 GiB\nmore")

    with pytest.raises(OutOfMemory) as caught:
        ladder().run("track", work)
    error = caught.value
    assert error.kind == "out_of_memory"
    assert "to track" in error.message
    assert "the CPU for this frame" in error.message
    assert "more" not in error.message
    assert error.hint
    assert error.numbers == {"free": 1.0, "total": 8.0, "requested": 2.0 * 2**30, "rungs": 4.0}


@pytest.mark.parametrize(
    "error", [RuntimeError("shapes differ"), ValueError("out of memory"), KeyError("x")], ids=repr
)
def test_every_other_error_passes(error):
    freed: list[str] = []
    with pytest.raises(type(error)) as caught:
        ladder(freed=freed).run("detect", lambda plan: (_ for _ in ()).throw(error))
    assert caught.value is error
    assert not freed


def test_rungs_that_make_no_difference_to_this_work_are_passed_over():
    work = Limited(lambda plan: plan.detector_size, room=800)
    climb = ladder().run("detect", work, lambda plan: replace(plan, masks=False))
    assert "no masks" not in climb.rungs
    assert climb.rungs[-1] == "detector input 800 px"
    assert not any(plan.masks for plan in work.tried)
    assert not climb.plan.masks


def kinds_of_exhaustion():
    import torch

    return [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        MemoryError("Unable to allocate 3.00 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4294967296 bytes."),
    ]


@pytest.mark.parametrize(
    "kind", range(6), ids=["torch", "driver", "cublas", "cudnn", "python", "cpu allocator"]
)
def test_nothing_of_a_failed_attempt_is_alive_when_memory_is_freed(kind):
    import torch

    alive: list[weakref.ref] = []
    states: list[str] = []

    def deeper(tensor: torch.Tensor) -> None:
        doubled = tensor * 2
        alive.append(weakref.ref(doubled))
        raise type(kinds_of_exhaustion()[kind])(str(kinds_of_exhaustion()[kind]))

    def work(plan: Plan) -> str:
        assert not any(ref() is not None for ref in alive), "an attempt began beside the failed one's tensors"
        tensor = torch.zeros(1000)
        alive.append(weakref.ref(tensor))
        if len(alive) < 7:
            deeper(tensor)
        return "done"

    def free() -> None:
        states.append("gone" if not any(ref() is not None for ref in alive) else "alive")

    climb = Ladder(DEAR, "bfloat16", free, dict).run("reconstruct", work)
    assert climb.value == "done"
    assert states == ["gone"] * 3


def test_nothing_is_alive_either_when_it_gives_up():
    import torch

    alive: list[weakref.ref] = []

    def work(plan: Plan) -> None:
        tensor = torch.zeros(1000)
        alive.append(weakref.ref(tensor))
        raise MemoryError

    with pytest.raises(OutOfMemory) as caught:
        ladder().run("track", work)
    assert caught.value.__context__ is None
    assert not any(ref() is not None for ref in alive)


def price(plan: Plan) -> tuple:
    """Smaller is cheaper: what a rung takes away, most important first."""
    exact = plan.precision == "float32"
    return (plan.device != "cpu", plan.detector_size, plan.masks, exact, plan.resident, plan.batch_size)


@given(
    st.lists(st.tuples(st.sampled_from(["detect", "reconstruct", "track"]), st.integers(0, 20)), max_size=40),
    st.sampled_from([DEAR, ON_CPU, replace(DEAR, batch_size=1, resident=False)]),
)
def test_whatever_fails_it_ends_and_never_gets_dearer_on_the_way(runs, plan):
    steps = ladder(plan)
    for step, failures in runs:
        tried: list[Plan] = []

        def work(plan: Plan, tried=tried, failures=failures) -> int:
            tried.append(plan)
            if len(tried) <= failures:
                raise FULL
            return len(tried)

        climb = None
        with contextlib.suppress(OutOfMemory):
            climb = steps.run(step, work)
        if climb is None:
            assert len(tried) <= 14
        else:
            assert climb.value == failures + 1
            assert climb.plan == tried[-1]
            assert len(climb.rungs) == failures
        for before, after in itertools.pairwise(tried):
            goes_to_cpu = before.device != "cpu" and after.device == "cpu"
            assert goes_to_cpu or price(after) <= price(before)
        assert steps.plan(step).device == plan.device
