from __future__ import annotations

import threading

import numpy as np
import pytest
from fakes_results import strange_result

from pipeline.service.bodies import Bodies, Shape
from pipeline.service.faults import Refusal
from pipeline.service.overlays import Overlays
from pipeline.service.videos import Tracked


class _Held(Bodies):
    """Body models that are not found before they are let go."""

    def __init__(self) -> None:
        super().__init__(())
        self.go = threading.Event()

    def find(self, body_model):
        self.go.wait()
        return super().find(body_model)


def test_a_drawing_that_takes_too_long_is_given_up():
    bodies = _Held()
    overlays = Overlays(bodies, 0.1)
    result = strange_result(1)
    tracked = Tracked(result, np.full(len(result.people), -1))
    try:
        for _ in range(2):  # the second waits behind the first
            with pytest.raises(Refusal) as caught:
                overlays.draw(tracked, Shape())
            assert (caught.value.status, caught.value.kind) == (504, "timeout")
        bodies.go.set()
    finally:
        bodies.go.set()
        overlays.close()
    with pytest.raises(Refusal, match="ending"):
        overlays.draw(tracked, Shape())
