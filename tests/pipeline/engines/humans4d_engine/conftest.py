"""The engine on stand-in packages, loaded once for a module; the packages are gone when the module is done."""

import gc
import os
import shutil
from pathlib import Path

import pytest
from fakes_gpu import DEAREST, GB, SimulatedGpu, engine_on, on_simulated_gpu
from fakes_humans4d import load_engine, standing_in
from fakes_humans4d_files import write_weights

from pipeline.engines.engine import EngineSettings


@pytest.fixture(scope="session")
def weights(tmp_path_factory) -> Path:
    """Every weight file, with the neutral body; nobody writes into it."""
    return write_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def packages():
    """hmr2, phalp, detectron2, omegaconf and yacs, as stand-ins."""
    with standing_in():
        yield


@pytest.fixture(scope="module")
def loaded_engine(packages, weights):
    """An engine that several tests of a module may ask."""
    engine = load_engine(
        EngineSettings(device="cpu", extra={"weights": str(weights), "precision": "float32"})
    )
    yield engine
    engine.close()


@pytest.fixture
def loaded(loaded_engine):
    """Its networks."""
    return loaded_engine._loaded


@pytest.fixture(autouse=True)
def _no_other_files(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("RETAKE_WEIGHTS", raising=False)


@pytest.fixture
def folder(weights, tmp_path):
    """A folder of weights whose files may be replaced, never written into: they are the others' too."""
    return shutil.copytree(weights, tmp_path / "weights", copy_function=os.link)


@pytest.fixture
def simulate(loaded_engine, loaded, monkeypatch):
    """An engine on a GPU of so many GB; the last argument changes its networks."""
    left = []

    def make(gigabytes, plan=DEAREST, change=lambda loaded: loaded):
        gpu = SimulatedGpu(int(gigabytes * GB))
        gpu.answer_for_cuda(monkeypatch)
        entered = on_simulated_gpu(loaded, gpu, plan)
        simulated = change(entered.__enter__())
        left.append(entered)
        return engine_on(simulated, loaded_engine), gpu

    gc.freeze()  # else every rung searches all that the tests have imported
    yield make
    gc.unfreeze()
    for entered in left:
        entered.__exit__(None, None, None)
