"""GPUs whose driver stops answering; the driver's library stands in for one, as there may be none here."""

from __future__ import annotations

from types import SimpleNamespace

import pynvml
import pytest

from app.commands.doctor import examine
from app.gauge import Gauge
from app.gpus import find_gpus
from pipeline.memory import Memory


@pytest.fixture
def card(monkeypatch):
    """One GPU, which answers as long as `answers` is true."""
    state = SimpleNamespace(answers=True)

    def memory(handle):
        if not state.answers:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)
        return SimpleNamespace(used=3, total=2**33)

    monkeypatch.setattr(pynvml, "nvmlInit", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetCount", lambda: 1)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByIndex", lambda index: index)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetName", lambda handle: "Card")
    monkeypatch.setattr(pynvml, "nvmlDeviceGetMemoryInfo", memory)
    return state


def test_the_gauge_goes_over_to_the_machine_when_the_gpu_is_lost(card, start):
    gauge: Gauge = start().program.gauge
    samples: list[Memory] = []
    gauge.measured.connect(samples.append)
    gauge.measure()
    assert (samples[-1].kind, samples[-1].total) == ("gpu", 2**33)
    card.answers = False
    gauge.measure()
    assert samples[-1].kind == "system"


def test_doctor_goes_on_past_a_gpu_that_does_not_answer(card):
    card.answers = False
    findings = [finding.text for finding in examine()]
    assert "GPU 0 does not answer" in findings
    assert any(text.startswith("Engine mediapipe") for text in findings)


def test_a_driver_that_cannot_count_is_no_gpu(card, monkeypatch):
    def fail():
        raise pynvml.NVMLError(pynvml.NVML_ERROR_UNKNOWN)

    monkeypatch.setattr(pynvml, "nvmlDeviceGetCount", fail)
    assert find_gpus() == []
