import pytest

from pipeline.errors import UserError
from pipeline.job import Cancelled
from pipeline.loading import Loading, Stage, StageError


def states(statuses):
    return [status.state.value for status in statuses]


def test_every_report_holds_all_stages():
    seen = []
    Loading([Stage("a", lambda made, tell: {"a": 1}), Stage("b", lambda made, tell: {})]).run(seen.append)
    assert [states(report) for report in seen] == [
        ["running", "waiting"],
        ["done", "waiting"],
        ["done", "running"],
        ["done", "done"],
    ]


def test_a_stage_is_given_what_was_made_and_may_tell_details():
    seen = []

    def second(made, tell):
        tell(fraction=0.5, bytes_done=5, bytes_total=10, detail="weights.bin")
        return {"b": made["a"] + 1}

    made = Loading([Stage("a", lambda made, tell: {"a": 1}), Stage("b", second)]).run(seen.append)
    assert made == {"a": 1, "b": 2}
    told = next(report[1] for report in seen if report[1].fraction == 0.5)
    assert (told.bytes_done, told.bytes_total, told.detail) == (5, 10, "weights.bin")


def test_retry_repeats_only_what_is_not_done():
    runs = []

    def fails_once(made, tell):
        runs.append("b")
        if runs.count("b") == 1:
            raise UserError("No file.", "Get it.")
        return {}

    loading = Loading([Stage("a", lambda made, tell: runs.append("a") or {}), Stage("b", fails_once)])
    with pytest.raises(StageError, match="b: No file") as caught:
        loading.run(lambda statuses: None)
    assert caught.value.hint == "Get it."
    assert states(loading.statuses) == ["done", "failed"]
    assert loading.statuses[1].error == "No file."
    loading.run(lambda statuses: None)
    assert runs == ["a", "b", "b"]
    assert states(loading.statuses) == ["done", "done"]
    assert loading.statuses[1].error == ""


def test_cancelling_leaves_the_stage_waiting():
    def cancelled(made, tell):
        raise Cancelled

    loading = Loading([Stage("a", cancelled)])
    with pytest.raises(Cancelled):
        loading.run(lambda statuses: None)
    assert states(loading.statuses) == ["waiting"]
