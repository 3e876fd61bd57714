from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.loading import StageState, StageStatus
from pipeline.service import journal
from pipeline.service.journal import Journal, StageLog, log


@contextmanager
def journal_in(folder: Path):
    """A journal; gives what is in its file so far, without the times."""
    path, before = folder / "logs" / "serve.log", list(log.handlers)
    opened = Journal(path)
    try:
        yield lambda: [line.split(" ", 2)[2] for line in path.read_text(encoding="utf-8").splitlines()]
    finally:
        opened.close()
    assert log.handlers == before


def test_each_change_of_a_stage_is_told_once(tmp_path):
    states = [StageState.WAITING, StageState.RUNNING, StageState.RUNNING, StageState.DONE, StageState.DONE]
    with journal_in(tmp_path) as lines:
        stages = StageLog()
        for state in states:
            stages.tell((StageStatus("PHALP loaded", state, seconds=1.23),))
        stages.tell((StageStatus("Warm-up", StageState.FAILED, error="It is full.", hint="Close others."),))
        assert lines() == [
            "[INIT] Loading PHALP loaded...",
            "[INIT] ✓ PHALP loaded (1.2 s)",
            "[INIT] ✗ Warm-up: It is full. Close others.",
        ]


def test_it_goes_to_stderr_too_and_the_file_is_rotated(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(journal, "_LONGEST", 2000)
    with journal_in(tmp_path) as lines:
        for number in range(200):
            log.info("[REQUEST] number %d", number)
        assert capsys.readouterr().err.count("[REQUEST]") == 200
        kept = sorted(path.name for path in (tmp_path / "logs").iterdir())
        assert kept == ["serve.log", "serve.log.1", "serve.log.2", "serve.log.3"]
        assert lines()[-1] == "[REQUEST] number 199"


def test_a_log_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    before = list(log.handlers)
    with pytest.raises(UserError, match="cannot be written"):
        Journal(tmp_path / "file" / "serve.log")
    assert log.handlers == before
