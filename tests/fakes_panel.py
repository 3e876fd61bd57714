"""Loads the 4D-Humans engine's stages in this process, and remembers what the Models panel would have shown."""

import warnings
from dataclasses import replace

import pytest
from fakes_humans4d import own_process

from pipeline.engines.engine import EngineSettings
from pipeline.engines.humans4d.stages import choices_of, stages
from pipeline.loading import Loading, StageError, StageState

TITLES = [
    "Logging initialized",
    "PyTorch imported",
    "CUDA device detected",
    "Safe globals for checkpoints registered",
    "HMR2 modules loaded",
    "HMR2 data present or downloaded",
    "HMR2 checkpoint loaded",
    "ViTDet loaded",
    "PHALP loaded",
    "SMPL model and faces loaded",
    "Warm-up",
]


class Panel:
    """Loads, and remembers what the Models panel would have shown."""

    def __init__(self, folder, weights=None, **extra):
        device = extra.pop("device", "cpu")
        settings = EngineSettings(
            device=device, extra={"weights": str(folder), "precision": "float32"} | extra
        )
        choices = choices_of(settings)
        self.loaded = None
        self.shown = []
        self._loading = Loading(stages(replace(choices, weights=weights or choices.weights), self._keep))

    def _keep(self, loaded, seconds):
        self.loaded, self.seconds = loaded, seconds

    def load(self):
        self.shown.clear()
        with own_process(), warnings.catch_warnings():
            self._loading.run(self.shown.append)

    def fail(self):
        """Load, and give the status of the stage that failed."""
        with pytest.raises(StageError):
            self.load()
        (failed,) = [status for status in self._loading.statuses if status.state is StageState.FAILED]
        return failed

    @property
    def statuses(self):
        return {status.title: status for status in self._loading.statuses}

    @property
    def begun(self):
        """Titles of the stages that ran in the last attempt."""
        running = (
            status.title for shown in self.shown for status in shown if status.state is StageState.RUNNING
        )
        return list(dict.fromkeys(running))
