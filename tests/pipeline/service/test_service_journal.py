from __future__ import annotations

import pytest

from pipeline.errors import UserError
from pipeline.loading import StageState, StageStatus
from pipeline.service import journal
from pipeline.service.journal import Journal, StageLog, log


@pytest.fixture
def lines(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(journal, "_LONGEST", 2000)
    before = list(log.handlers)  # pytest's own
    opened = Journal(tmp_path / "logs" / "serve.log")
    yield lambda: (tmp_path / "logs" / "serve.log").read_text(encoding="utf-8").splitlines()
    opened.close()
    assert log.handlers == before


def test_each_change_of_a_stage_is_told_once(lines):
    stages = StageLog()
    for state in (
        StageState.WAITING,
        StageState.RUNNING,
        StageState.RUNNING,
        StageState.DONE,
        StageState.DONE,
    ):
        stages.tell((StageStatus("PHALP loaded", state, seconds=1.23),))
    stages.tell((StageStatus("Warm-up", StageState.FAILED, error="It is full.", hint="Close others."),))
    assert [line.split(" ", 2)[2] for line in lines()] == [
        "[INIT] Loading PHALP loaded...",
        "[INIT] ✓ PHALP loaded (1.2 s)",
        "[INIT] ✗ Warm-up: It is full. Close others.",
    ]


def test_it_goes_to_stderr_too_and_the_file_is_rotated(lines, capsys, tmp_path):
    for number in range(200):
        log.info("[REQUEST] number %d", number)
    assert capsys.readouterr().err.count("[REQUEST]") == 200
    kept = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert kept == ["serve.log", "serve.log.1", "serve.log.2", "serve.log.3"]
    assert lines()[-1].endswith("number 199")


def test_a_log_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    before = list(log.handlers)
    with pytest.raises(UserError, match="cannot be written"):
        Journal(tmp_path / "file" / "serve.log")
    assert log.handlers == before
