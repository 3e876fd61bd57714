"""Which plan to begin with on a device of a given memory.

What is guessed too low here the ladder mends, and what is guessed too high a plan that grows: only the first frames
depend on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.engines.humans4d.detector import SIZES
from pipeline.engines.humans4d.placement import Placed
from pipeline.structures import Plan

_MIB = 2**20
# Bytes that a pass takes beside the weights, by precision (float32, half), of the detector at 1024 px and of one
# person, as main memory grew on a CPU where each was run alone (see the benchmark of the stages); rounded up.
DETECT = {"vitdet": (1500 * _MIB, 1000 * _MIB), "regnety": (1000 * _MIB, 1000 * _MIB)}
PERSON = (30 * _MIB, 25 * _MIB)
RESERVE = 500 * _MIB
"""Left to the driver, to kernels and to the allocator's rounding."""

_MOST_PEOPLE, _LEAST_PEOPLE = 32, 8


@dataclass(frozen=True, slots=True)
class Needs:
    """What the networks need.

    Attributes:
        detector: "vitdet" or "regnety".
        members: The networks by name.
    """

    detector: str
    members: Mapping[str, Placed]

    def weights(self, precision: str, names: tuple[str, ...] = ()) -> int:
        """Bytes of some networks' tensors, or of all of them."""
        return sum(self.members[name].size_in(precision) for name in names or tuple(self.members))

    def peak(self, precision: str, *, resident: bool) -> int:
        """Bytes of the most demanding pass, with all networks on the device or with those at work alone."""
        half = precision != "float32"
        detect = self.weights(precision, () if resident else ("detector",)) + DETECT[self.detector][half]
        people = (
            self.weights(precision, () if resident else ("hmr", "appearance")) + _LEAST_PEOPLE * PERSON[half]
        )
        return max(detect, people)


def first_plan(device: str, half: str, budget: int, needs: Needs) -> Plan:
    """The dearest plan that should fit.

    Args:
        device: "cpu" or such as "cuda:0".
        half: The half precision that is worth using there, or empty.
        budget: Bytes that may be used.
        needs: Of the networks.
    """
    precision = half or "float32"
    room = budget - RESERVE
    resident = device == "cpu" or needs.peak(precision, resident=True) <= room
    people = needs.weights(precision, () if resident else ("hmr", "appearance"))
    fitting = int((room - people) // PERSON[precision != "float32"])
    batch = next((size for size in (32, 16, 8, 4, 2) if size <= fitting), 1)
    return Plan(
        device=device,
        precision=precision,
        batch_size=min(batch, _MOST_PEOPLE),
        detector_size=SIZES[needs.detector],
        masks=True,
        resident=resident,
    )
