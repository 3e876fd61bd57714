"""Upstream's packages are entered by the back door, and what they change of the process is put back."""

import logging
import os
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from fakes_humans4d import own_process, standing_in

from pipeline.engines.engine import EngineSettings
from pipeline.engines.humans4d.stages import choices_of, stages
from pipeline.engines.humans4d.upstream import enter_hmr2, provide_pkg_resources, undisturbed
from pipeline.errors import EngineError
from pipeline.loading import Loading, StageError, StageState


def test_hmr2_is_entered_past_what_would_import_its_renderer():
    with standing_in():
        folder = enter_hmr2()
        assert folder.name == "hmr2"
        assert (folder / "configs").is_dir()
        import hmr2.models.heads.smpl_head as head

        assert sys.modules["hmr2"].models.heads.smpl_head is head
        assert enter_hmr2() == folder, "entering twice changes nothing"
    assert not {name.partition(".")[0] for name in sys.modules} & {"hmr2", "phalp", "detectron2", "omegaconf"}
    assert not any("standins" in entry for entry in sys.path)


def test_where_it_is_not_installed_it_is_said_how_to_get_it():
    with pytest.raises(EngineError, match="hmr2 is not installed") as caught:
        enter_hmr2()
    assert "retake engines install humans4d" in caught.value.hint


def test_a_stage_that_lacks_its_package_can_be_retried_when_it_is_there(weights):
    settings = EngineSettings(device="cpu", extra={"weights": str(weights), "precision": "float32"})
    loading = Loading(stages(choices_of(settings), lambda loaded, seconds: None))
    with own_process(), standing_in():
        path = list(sys.path)
        sys.path[:] = [entry for entry in path if not entry.endswith("standins")]
        with pytest.raises(StageError, match="omegaconf is not installed") as caught:
            loading.run(lambda statuses: None)
        assert "retake engines install humans4d" in caught.value.hint
        assert [status.state for status in loading.statuses[2:4]] == [StageState.DONE, StageState.FAILED]
        sys.path[:] = path
        begun = []
        loading.run(lambda statuses: begun.extend(s.title for s in statuses if s.state is StageState.RUNNING))
        assert begun[0] == "Safe globals for checkpoints registered"
        assert "Warm-up" in begun


def _disturb(folder):
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    warnings.filterwarnings("ignore")
    warnings.warn("an old way", DeprecationWarning, stacklevel=1)
    os.environ["PYOPENGL_PLATFORM"] = "egl"
    del os.environ["RETAKE_HOME"]
    os.environ["HOME"] = "/elsewhere"
    os.chdir(folder)
    np.set_printoptions(precision=1)
    logging.getLogger().setLevel(logging.CRITICAL)


def _process():
    level = logging.getLogger().level
    streams = sys.stdout, sys.stderr
    return streams, dict(os.environ), Path.cwd(), np.get_printoptions(), list(warnings.filters), level


@pytest.mark.parametrize("fails", [False, True])
def test_everything_is_put_back_also_after_an_error(tmp_path, fails):
    before = _process()
    try:
        with undisturbed():
            _disturb(tmp_path)
            if fails:
                raise ArithmeticError
    except ArithmeticError:
        assert fails
    assert _process() == before


def test_the_model_zoo_finds_its_files_without_setuptools(monkeypatch, tmp_path):
    package = tmp_path / "zoo"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(sys.modules, "pkg_resources", None)
    monkeypatch.delitem(sys.modules, "pkg_resources")
    provide_pkg_resources()
    import pkg_resources

    if not hasattr(pkg_resources, "require"):  # ours; else setuptools' own is here and is used
        assert Path(pkg_resources.resource_filename("zoo", "configs/a.py")) == package / "configs/a.py"
        with pytest.raises(ModuleNotFoundError):
            pkg_resources.resource_filename("no_such_zoo", "a.py")
    provide_pkg_resources()
