"""The stages of loading: their order, what they tell, and what they leave undisturbed."""

import os
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from fakes_humans4d import load_engine, own_process, painted, row_of
from fakes_humans4d_files import SMPL, body_arrays, write_body, write_weights
from fakes_panel import TITLES, Panel
from fakes_smpl import write_official
from fakes_weights import CHECKPOINT

from pipeline.engines.engine import EngineSettings
from pipeline.engines.humans4d.engine import engine_id
from pipeline.engines.humans4d.stages import choices_of, duration
from pipeline.errors import EngineError
from pipeline.loading import StageState
from pipeline.structures import RunOptions


def test_the_stages_are_those_of_the_panel_in_order(packages, weights):
    panel = Panel(weights)
    panel.load()
    assert list(panel.statuses) == panel.begun == TITLES
    assert all(status.state is StageState.DONE and status.detail for status in panel.statuses.values())
    assert panel.loaded.detector.kind == "vitdet"
    assert panel.seconds > 0


def test_the_fast_detector_has_a_stage_of_its_own_name(packages, weights):
    panel = Panel(weights, detector="regnety")
    panel.load()
    assert "Mask R-CNN RegNetY loaded" in panel.begun
    assert panel.loaded.detector.bgr


def test_reads_and_a_cpus_cost_are_told(packages, weights):
    panel = Panel(weights)
    panel.load()
    read = [shown[6] for shown in panel.shown if shown[6].state is StageState.RUNNING and shown[6].bytes_done]
    size = (weights / "4DHumans" / CHECKPOINT).stat().st_size
    assert read[-1].bytes_done == read[-1].bytes_total == size
    fractions = [shown[7].fraction for shown in panel.shown if shown[7].fraction is not None]
    assert fractions[-1] == 1.0
    assert fractions == sorted(fractions)
    said = panel.statuses["CUDA device detected"].detail
    assert "no CUDA device; a frame takes about" in said


def test_a_frame_runs_on_what_was_loaded(packages, weights):
    engine = load_engine(EngineSettings(device="cpu", extra={"weights": str(weights)}))
    result = engine.infer(painted(0, row_of(2)), RunOptions(), lambda step, share: None)
    assert len(result.people) == 2
    engine.close()
    with pytest.raises(EngineError, match="not loaded"):
        engine.infer(painted(0, row_of(2)), RunOptions(), lambda step, share: None)


@pytest.mark.parametrize("gender", ["male", "female"])
def test_the_body_is_of_the_chosen_gender(packages, folder, gender):
    panel = Panel(folder, gender=gender)
    assert panel.fail().need == f"smpl:{gender}"
    write_body(folder, gender)
    panel.load()
    assert panel.begun == TITLES[9:]
    assert panel.loaded.body.gender == gender
    layer = dict(panel.loaded.hmr.smpl.named_buffers())["v_template"].numpy()
    np.testing.assert_array_equal(layer, panel.loaded.body.v_template)


def test_another_neutral_body_is_told_and_the_trained_one_used(packages, folder):
    path = folder / SMPL.format("NEUTRAL")
    path.unlink()
    male = write_body(folder, "male")
    male.rename(path)
    panel = Panel(folder)
    panel.load()
    assert "mm from the one HMR 2.0 was trained with" in panel.statuses["SMPL model and faces loaded"].detail


def test_settings_that_are_left_out_are_the_usual_ones():
    choices = choices_of(EngineSettings(extra={"budget_gb": "", "gender": ""}))
    assert (choices.detector, choices.gender, choices.precision, choices.budget) == (
        "vitdet",
        "neutral",
        "auto",
        0,
    )
    assert choices_of(EngineSettings(extra={"budget_gb": "7.5"})).budget == 7_500_000_000


@pytest.mark.parametrize(("seconds", "said"), [(0.31, "0.3 s"), (45.2, "45 s"), (130, "2 min")])
def test_durations_are_said_as_people_do(seconds, said):
    assert duration(seconds) == said


def test_upstreams_side_effects_do_not_reach_the_user(packages, weights, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    for name in [name for name in sys.modules if name.startswith(("phalp", "hmr2", "detectron2"))]:
        del sys.modules[name]
    before = (sys.stdout, sys.stderr, Path.cwd(), np.get_printoptions(), list(warnings.filters))
    environment = dict(os.environ)
    with own_process():
        panel = Panel(weights)
        panel._loading.run(lambda statuses: None)
        changed = {name for name in os.environ if os.environ[name] != environment.get(name)}
    assert changed <= {"PYTORCH_CUDA_ALLOC_CONF"}
    assert (sys.stdout, sys.stderr, Path.cwd(), np.get_printoptions(), list(warnings.filters)) == before


def test_neither_renderers_nor_training_frameworks_are_imported(packages, weights, monkeypatch):
    heavy = {"pyrender", "OpenGL", "pytorch_lightning", "neural_renderer", "chumpy", "trimesh", "hydra"}
    for name in [name for name in sys.modules if name.partition(".")[0] in heavy]:
        monkeypatch.delitem(sys.modules, name)  # other tests may have imported it
    Panel(weights).load()
    assert not heavy & {name.partition(".")[0] for name in sys.modules}


def id_of(folder, **extra):
    panel = Panel(folder, **extra)
    panel.load()
    settings = EngineSettings(extra={"weights": str(folder)} | extra)
    return engine_id(choices_of(settings), panel.loaded)


def test_the_id_is_that_of_the_weights_the_body_and_the_choices(packages, weights, folder, tmp_path):
    usual = id_of(folder)
    assert usual.startswith("humans4d-vitdet-")
    assert id_of(weights) == usual, "the same files anywhere"
    assert id_of(folder, detector="regnety") != usual
    write_body(folder, "female")
    assert id_of(folder, gender="female") != usual
    other = write_weights(tmp_path / "other", seed=1)
    assert id_of(other) != usual


def test_a_body_as_its_makers_wrote_it_long_ago_is_worn(packages, folder):
    path = folder / SMPL.format("MALE")
    write_official(path, body_arrays("male"), 2, numpy1=True)
    panel = Panel(folder, gender="male")
    panel.load()
    assert panel.loaded.body.id.startswith("smpl-male-")
