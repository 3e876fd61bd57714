"""Where networks are, and in which precision; what a failed placement leaves behind."""

import pytest
import torch
from torch import nn

from pipeline.engines.humans4d.placement import Crew, Placed, coarse_arithmetic, keep_exact
from pipeline.structures import Plan


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(3, 4, 2), nn.LayerNorm(7), nn.Linear(7, 5), nn.Linear(5, 5))
        self.head = nn.Linear(5, 2)
        self.register_buffer("mean", torch.ones(3), persistent=False)


def placed() -> Placed:
    network = Network().requires_grad_(False)
    keep_exact(network.backbone[2])
    return Placed("a network", network, network.backbone)


def kinds(module):
    return {name: tensor.dtype for name, tensor in (*module.named_parameters(), *module.named_buffers())}


HALF = {"backbone.0.weight", "backbone.0.bias", "backbone.3.weight", "backbone.3.bias"}


def test_only_matrices_of_the_coarse_part_are_halved():
    one = placed()
    one.place("cpu", "bfloat16")
    assert {name for name, kind in kinds(one.module).items() if kind == torch.bfloat16} == HALF


def test_sizes_are_those_of_the_tensors():
    one = placed()
    tensors = [*one.module.parameters(), *one.module.buffers()]
    assert one.size == one.size_in("float32") == sum(tensor.numel() * 4 for tensor in tensors)
    one.place("cpu", "bfloat16")
    tensors = [*one.module.parameters(), *one.module.buffers()]
    assert one.size_in("bfloat16") == sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def test_withdrawn_it_has_its_own_tensors_again():
    one = placed()
    before = {name: tensor.data_ptr() for name, tensor in one.module.named_parameters()}
    values = {name: tensor.clone() for name, tensor in one.module.named_parameters()}
    one.place("cpu:0", "bfloat16")  # to PyTorch the same as "cpu", to us another device
    assert one.on_gpu
    one.withdraw()
    assert not one.on_gpu
    assert {name: tensor.data_ptr() for name, tensor in one.module.named_parameters()} == before
    for name, tensor in one.module.named_parameters():
        assert torch.equal(tensor, values[name])


def test_placing_twice_does_nothing_the_second_time():
    one, told = placed(), []
    one.place("cpu:0", "float32", told.append)
    assert told[-1] == pytest.approx(1.0)
    assert told == sorted(told)
    before = len(told)
    one.place("cpu:0", "float32", told.append)
    assert len(told) == before


def fail_in_the_middle(one: Placed) -> None:
    def stop(done):
        if done > 0.3:
            raise RuntimeError("CUDA error: out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        one.place("cpu:0", "bfloat16", stop)


def test_what_was_placed_in_part_is_taken_back():
    one = placed()
    fail_in_the_middle(one)
    assert one.on_gpu
    one.withdraw_if_partial()
    assert not one.on_gpu
    assert set(kinds(one.module).values()) == {torch.float32}


def test_what_was_placed_in_part_can_be_placed_whole():
    one = placed()
    fail_in_the_middle(one)
    one.place("cpu:0", "float32")
    assert set(kinds(one.module).values()) == {torch.float32}
    one.withdraw_if_partial()
    assert one.on_gpu, "it is whole"


GPU = Plan("cpu:0", "float32")


def test_the_crew_stays_or_takes_turns_as_the_plan_says():
    crew = Crew({"first": placed(), "second": placed(), "third": placed()})
    crew.summon(("first", "second"), GPU)
    crew.summon(("third",), GPU)
    assert all(member.on_gpu for member in crew.members.values())
    crew.summon(("first",), Plan("cpu:0", "float32", resident=False))
    assert [member.on_gpu for member in crew.members.values()] == [True, False, False]
    crew.summon(("first",), Plan("cpu", "float32", resident=False))
    assert not any(member.on_gpu for member in crew.members.values())


def test_tidying_spares_who_is_whole_and_disbanding_nobody():
    crew = Crew({"whole": placed(), "part": placed()})
    crew.summon(("whole",), GPU)
    fail_in_the_middle(crew.members["part"])
    crew.tidy()
    assert [member.on_gpu for member in crew.members.values()] == [True, False]
    crew.disband()
    assert not any(member.on_gpu for member in crew.members.values())


def test_a_part_kept_exact_computes_in_float32_inside_half_precision():
    seen = []
    linear = nn.Linear(4, 4)
    linear.register_forward_pre_hook(lambda module, given: seen.append(given[0].dtype))
    keep_exact(linear)
    with coarse_arithmetic(Plan("cpu", "bfloat16")):
        rough = nn.Linear(4, 4)(torch.ones(1, 4))
        fine = linear(rough)
    assert rough.dtype == torch.bfloat16
    assert fine.dtype == torch.float32


def test_float32_is_float32_inside_anything():
    with torch.autocast("cpu", dtype=torch.bfloat16), coarse_arithmetic(Plan("cpu", "float32")):
        assert nn.Linear(4, 4)(torch.ones(1, 4)).dtype == torch.float32
