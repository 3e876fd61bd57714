"""`retake batch --slurm`: arrays of jobs, tried with processes of this machine, and what Slurm would be told."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from fakes_batch import CUT, between, family, files_of, use_wanderer
from fakes_waiting import wait_until

from app.cli import main
from app.commands.batch import slurm_option
from pipeline.batch.on_slurm import Cluster, SlurmExecutor
from pipeline.batch.work import Equipment
from pipeline.engines.engine import EngineSettings
from pipeline.errors import UserError
from pipeline.session.open import session_path

PATIENCE = 60


def test_a_job_that_is_killed_is_submitted_again(plain, make_clip, start, monkeypatch, tmp_path):
    clip = make_clip("slurm")
    use_wanderer(monkeypatch, seconds="0.05")
    driver = start(clip, *CUT, "--slurm", "local", "--workers", "2")
    wait_until(lambda: len(files_of(clip)) >= 2, PATIENCE)
    jobs = [one for one in family(driver, "submitit.core._submit") if family(one, "fakes_batch")]
    assert len(jobs) == 2
    os.kill(jobs[0].pid, signal.SIGKILL)
    assert driver.wait(PATIENCE) == 0
    assert "left undone" in (tmp_path / "said").read_text()
    assert between(session_path(clip), plain) == []


def test_no_slurm_is_told(make_clip, capsys):
    assert main(["batch", str(make_clip()), "--slurm", "--workers", "2"]) == 1
    assert "No jobs can be submitted" in capsys.readouterr().err


@pytest.fixture
def make_executor(tmp_path, monkeypatch):
    """An executor for Slurm, of which only the one program is here by which it is recognised."""
    srun = tmp_path / "bin" / "srun"
    srun.parent.mkdir()
    srun.write_text("#!/bin/sh\n")
    srun.chmod(0o755)
    monkeypatch.setenv("PATH", str(srun.parent), prepend=os.pathsep)

    def make(*options: str) -> SlurmExecutor:
        cluster = Cluster("slurm", 8, 1, dict(map(slurm_option, options)), tmp_path / "jobs")
        return SlurmExecutor(Equipment("mediapipe", EngineSettings()), cluster, lambda text: None)

    return make


def test_what_slurm_is_told(make_executor):
    made = make_executor("partition=gpu", "time=240", "mem=32GB", "cpus_per_task=8")
    text = made._executor._executor._make_submission_file_text("run it", "1")
    for line in ("--partition=gpu", "--time=240", "--mem=32GB", "--cpus-per-task=8", "--gpus-per-node=1"):
        assert f"#SBATCH {line}" in text.splitlines()
    assert f"export PYTHONPATH={Path(__file__).resolve().parents[3]}" in text


def test_an_option_that_slurm_does_not_know_is_refused(make_executor):
    with pytest.raises(UserError, match="Unknown argument 'colour'"):
        make_executor("colour=red")
