"""Pure functions behind the window: how long a run takes, what an engine is loaded with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.engine_options import engine_settings, what_differs
from app.engine_rows import engine_detail
from app.estimate import Pace, estimate, short_size, size, speed
from app.run import run_options
from app.settings import Settings
from pipeline.engines.engine import EngineInfo, EngineSettings
from widgets.values import Preferences

SLOW = EngineInfo("4D-Humans", "1.0", "id", "cpu", seconds_per_frame=45.0, gender="male")
BASE = EngineSettings(extra={"weights": "/w"})


@pytest.mark.parametrize(
    ("frames", "info", "said"),
    [
        (180, SLOW, "All frames: 180 frames at about 45 s each on the CPU take about 2 h 15 min."),
        (2, SLOW, "All frames: 2 frames at about 45 s each on the CPU take about 1 min 30 s."),
        (1, SLOW, ""),
        (1, replace(SLOW, seconds_per_frame=90.0), "All frames: one frame takes about 1 min 30 s on the CPU."),
        (900, replace(SLOW, device="cuda:0", seconds_per_frame=0.5),
         "All frames: 900 frames at about 0.5 s each on cuda:0 take about 7 min 30 s."),
        (10**6, replace(SLOW, seconds_per_frame=0.0), ""),
    ],
)  # fmt: skip
def test_what_a_run_takes(frames, info, said):
    assert estimate("All frames", frames, info) == said


@pytest.mark.parametrize(
    ("frames", "seconds", "said"),
    [(1, 0.0, "1 frame"), (31, 0.1, "31 frames · ~3.1 s"), (135, 0.58, "135 frames · ~78 s"),
     (900, 0.5, "900 frames · ~8 min"), (12345, 45.0, "12\N{NARROW NO-BREAK SPACE}345 frames · ~154 h")],
)  # fmt: skip
def test_how_much_a_run_is_where_there_is_little_room(frames, seconds, said):
    assert short_size(frames, seconds) == said


def test_what_was_measured_counts_more_than_what_was_expected():
    pace = Pace()
    assert pace.of(SLOW) == 45.0
    pace.note("id", 2.0)
    assert pace.of(SLOW) == 2.0
    assert size(30, pace.of(SLOW)) == "30 frames · about 1 min 0 s"


def test_what_a_loaded_engine_says_of_itself():
    assert engine_detail(SLOW) == "4D-Humans 1.0 · cpu · male body · about 45 s a frame"
    assert engine_detail(EngineInfo("MediaPipe", "0.10", "id")) == "MediaPipe 0.10 · cpu"
    assert speed(EngineInfo("MediaPipe", "0.10", "id")) == ""


def test_what_humans4d_is_loaded_with():
    chosen = Preferences(
        body_model="/b.pkl",
        gender="male",
        detector="regnety",
        precision="float32",
        gpu_memory=7.5,
        device="cuda:1",
    )
    settings = engine_settings("humans4d", chosen, BASE)
    assert settings == EngineSettings(
        "/b.pkl",
        "cuda:1",
        {
            "weights": "/w",
            "gender": "male",
            "detector": "regnety",
            "precision": "float32",
            "budget_gb": "7.5",
        },
    )
    assert engine_settings("humans4d", Preferences(), BASE).extra["budget_gb"] == ""


def test_another_engine_is_not_concerned():
    chosen = Preferences(gender="male", detector="regnety", device="cpu", gpu_memory=8.0)
    assert engine_settings("mediapipe", chosen, BASE) == BASE
    assert engine_settings("of my own", replace(chosen, body_model="/b.npz"), BASE).body_model == "/b.npz"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({}, ""),
        ({"body_model": "/b.pkl"}, "body"),
        ({"gender": "male"}, "body"),
        ({"device": "cpu"}, "settings"),
        ({"gender": "male", "gpu_memory": 8.0}, "settings"),
        ({"score_threshold": 0.1}, ""),
    ],
)
def test_what_a_loaded_engine_goes_on_with(change, what):
    loaded = engine_settings("humans4d", Preferences(), BASE)
    assert what_differs(loaded, engine_settings("humans4d", Preferences(**change), BASE)) == what


def test_a_focal_length_from_before_there_was_a_choice_still_counts(tmp_path):
    (tmp_path / "s.ini").write_text('[General]\npreferences="{\\"focal_length\\": 1500.0}"\n')
    preferences = Settings(tmp_path / "s.ini").preferences
    assert run_options(preferences).focal_length == 1500.0
    assert run_options(Preferences(focal_length=1500.0)).focal_length == 0.0
