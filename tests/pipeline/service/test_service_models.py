from __future__ import annotations

import pytest

from pipeline.engines.engine import EngineSettings
from pipeline.engines.humans4d.stages import choices_of, stages
from pipeline.engines.link import START_TITLE
from pipeline.loading import StageState, StageStatus
from pipeline.service.models import models


def humans4d(detector: str, done: int, state: StageState) -> list[StageStatus]:
    """How 4D-Humans stands when so many of its stages are done and the next is in that state."""
    chosen = choices_of(EngineSettings(extra={"detector": detector}))
    titles = [START_TITLE, *(stage.title for stage in stages(chosen, lambda loaded, seconds: None))]
    states = [StageState.DONE] * done + [state] + [StageState.WAITING] * len(titles)
    return [StageStatus(title, state) for title, state in zip(titles, states, strict=False)]


@pytest.mark.parametrize(
    ("done", "state", "told"),
    [
        (0, StageState.RUNNING, ("loading", "loading", "loading")),
        (7, StageState.DONE, ("ready", "loading", "loading")),
        (8, StageState.RUNNING, ("ready", "loading", "loading")),
        (8, StageState.FAILED, ("ready", "error", "error")),
        (9, StageState.RUNNING, ("ready", "ready", "loading")),
        (20, StageState.DONE, ("ready", "ready", "ready")),
    ],
)
def test_the_parts_of_4d_humans_follow_its_stages(done, state, told):
    found = models("humans4d", humans4d("vitdet", done, state), failed=state is StageState.FAILED)
    assert (found["hmr2"], found["vitdet"], found["phalp"]) == told
    assert "regnety" not in found


def test_with_the_fast_detector_there_is_no_vitdet():
    found = models("humans4d", humans4d("regnety", 20, StageState.DONE), failed=False)
    assert found == {
        "hmr2": "ready",
        "vitdet": "absent",
        "phalp": "ready",
        "regnety": "ready",
        "smpl": "ready",
    }


@pytest.mark.parametrize(("failed", "word"), [(False, "loading"), (True, "error")])
def test_before_the_program_has_started_parts_are_as_the_whole(failed, word):
    assert models("humans4d", (), failed=failed)["hmr2"] == word
    found = models("mediapipe", [StageStatus(START_TITLE)], failed=failed)
    assert found["hmr2"] == found["vitdet"] == found["phalp"] == "absent"
    assert found["pose"] == word


def test_an_engine_without_a_list_of_parts_shows_its_stages():
    statuses = [StageStatus(START_TITLE), StageStatus("Weights read", StageState.DONE)]
    assert models("other", statuses, failed=False)["weights_read"] == "ready"
