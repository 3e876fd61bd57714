"""The stages of loading, in the order the Models panel shows them. Torch is imported by the stage that says so."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.engines.engine import EngineSettings
from pipeline.engines.humans4d.upstream import enter_hmr2, undisturbed
from pipeline.engines.humans4d.weights import Weights, smpl_file
from pipeline.engines.probe import version_of
from pipeline.errors import EngineError
from pipeline.loading import Stage, Tell
from pipeline.smpl import read_body

if TYPE_CHECKING:
    from pipeline.engines.humans4d.device import Device
    from pipeline.engines.humans4d.loaded import Loaded

Made = dict[str, Any]
_GB = 1e9
DETECTORS = {"vitdet": "ViTDet", "regnety": "Mask R-CNN RegNetY"}
GENDERS = ("neutral", "male", "female")


@dataclass(frozen=True, slots=True)
class Choices:
    """The engine's settings, checked.

    Attributes:
        detector: "vitdet" or "regnety".
        gender: Of the body.
        precision: "auto", "float32" or "half".
        budget: Bytes of GPU memory it may use; 0 for all.
        device: "cpu", "cuda:0", ...; empty for the best.
        body_file: The user's chosen SMPL file, or empty.
        weights: Where the weight files are.
    """

    detector: str
    gender: str
    precision: str
    budget: int
    device: str
    body_file: str
    weights: Weights = field(compare=False)


def choices_of(settings: EngineSettings) -> Choices:
    """Read the settings.

    Raises:
        EngineError: One of them is none of the choices.
    """
    extra = settings.extra
    try:
        budget = int(float(extra.get("budget_gb", "") or 0) * _GB)
    except ValueError:
        raise EngineError(
            f"{extra['budget_gb']} is no number of GB.", "Set the GPU memory limit anew."
        ) from None
    return Choices(
        _one_of("detector", extra, tuple(DETECTORS)),
        _one_of("gender", extra, GENDERS),
        _one_of("precision", extra, ("auto", "float32", "half")),
        budget,
        settings.device,
        settings.body_model,
        Weights(extra.get("weights", "")),
    )


def _one_of(name: str, extra: Any, known: Sequence[str]) -> str:
    value = extra.get(name, "") or known[0]
    if value not in known:
        raise EngineError(f"There is no {name} “{value}”.", f"There is: {', '.join(known)}.")
    return str(value)


def stages(choices: Choices, keep: Callable[[Loaded, float], None]) -> tuple[Stage, ...]:
    """All stages; the last hands what was loaded, and the seconds a frame takes, to `keep`."""
    return (
        Stage("Logging initialized", _logging),
        Stage("PyTorch imported", _pytorch),
        Stage("CUDA device detected", lambda made, tell: _device(choices, tell)),
        Stage("Safe globals for checkpoints registered", _safe_globals),
        Stage("HMR2 modules loaded", _modules),
        Stage("HMR2 data present or downloaded", lambda made, tell: _data(choices, tell)),
        Stage("HMR2 checkpoint loaded", lambda made, tell: _checkpoint(choices, made, tell)),
        Stage(f"{DETECTORS[choices.detector]} loaded", lambda made, tell: _detector(choices, tell)),
        Stage("PHALP loaded", lambda made, tell: _phalp(choices, tell)),
        Stage("SMPL model and faces loaded", lambda made, tell: _smpl(choices, made, tell)),
        Stage("Warm-up", lambda made, tell: _warm_up(choices, made, tell, keep)),
    )


def _logging(made: Made, tell: Tell) -> Made:
    """Everything goes to stderr, which the window keeps as the engine's log."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s: %(message)s", force=True
    )
    logging.captureWarnings(True)
    tell(detail="stderr, kept as the engine's log")
    return {}


def _pytorch(made: Made, tell: Tell) -> Made:
    import os

    if sys.platform == "linux":  # elsewhere it is not supported and only warns
        os.environ.setdefault("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True")
    import torch

    torch.set_grad_enabled(False)
    tell(detail=f"PyTorch {torch.__version__}")
    return {}


def _device(choices: Choices, tell: Tell) -> Made:
    from pipeline.engines.humans4d.device import find_device, limit_memory

    device = find_device(choices.device, choices.precision)
    limit_memory(device, choices.budget)
    if device.is_gpu:
        text = f"{device.title}, {device.driver}"
        text += f", at most {choices.budget / _GB:.1f} GB of it" if choices.budget else ""
    else:
        cost = duration(device.seconds_per_frame(choices.detector))
        text = f"{device.title}: no CUDA device; a frame takes about {cost}"
    tell(detail=f"{text}; {device.half or 'float32'}")
    return {"device": device}


def duration(seconds: float) -> str:
    """Such as "0.3 s", "45 s" or "2 min"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def _safe_globals(made: Made, tell: Tell) -> Made:
    from pipeline.engines.humans4d.checkpoints import register_safe_globals

    names = register_safe_globals()
    tell(detail=f"{len(names)} types: {', '.join(names[:4])}, …")
    return {}


def _modules(made: Made, tell: Tell) -> Made:
    with undisturbed():
        enter_hmr2()
        import hmr2.models.backbones.vit
        import hmr2.models.heads.smpl_head
        import hmr2.models.smpl_wrapper  # noqa: F401 - what the next stages use
    tell(detail=f"hmr2 {version_of('hmr2')}, smplx {version_of('smplx')}")
    return {}


_HMR2_FILES = ("hmr2_checkpoint", "hmr2_config", "hmr2_mean_params")


def _data(choices: Choices, tell: Tell) -> Made:
    weights = choices.weights
    missing = [key for key in _HMR2_FILES if not weights.present(key)]
    weights.fetch_all(missing, tell)
    folder = weights.path("hmr2_config").parent
    tell(detail=f"{'downloaded to' if missing else 'found in'} {folder}")
    return {}


def _checkpoint(choices: Choices, made: Made, tell: Tell) -> Made:
    from pipeline.engines.humans4d import hmr
    from pipeline.engines.humans4d.checkpoints import fill, read_ahead

    weights = choices.weights
    config = weights.path("hmr2_config")
    settings = hmr.read_settings(config, weights.path("hmr2_mean_params"))
    path = weights.path("hmr2_checkpoint")
    read_ahead(path, tell)
    state = hmr.network_state(path)
    network = hmr.build(settings)
    fill(network, state, what=path.name, superfluous=hmr.SUPERFLUOUS)
    tell(
        detail=f"{sum(tensor.numel() for tensor in state.values()) / 1e6:.0f} M parameters, mapped from the file"
    )
    return {"hmr": network, "hmr_body": state}


def _detector(choices: Choices, tell: Tell) -> Made:
    from pipeline.engines.humans4d import detector

    path = choices.weights.fetch(choices.detector, tell)
    total = path.stat().st_size
    tell(fraction=None, bytes_done=0, bytes_total=0, detail="making the network")
    network = detector.build(choices.detector)

    def progress(done: float) -> None:
        tell(fraction=done, bytes_done=int(done * total), bytes_total=total, detail=path.name)

    detector.load(network, path, progress)
    return {"detector": network}


def _phalp(choices: Choices, tell: Tell) -> Made:
    from pipeline.engines.humans4d import pose_prediction

    weights = choices.weights
    keys = ("phalp_hmar", "phalp_pose_predictor", "phalp_pose_config", "phalp_mean_std", "phalp_mean_params",
            "phalp_bmap", "phalp_fmap")  # fmt: skip
    weights.fetch_all([key for key in keys if not weights.present(key)], tell)
    predictor = pose_prediction.build(
        weights.path("phalp_pose_config"), weights.path("phalp_mean_std"), weights.path("phalp_mean_params")
    )
    pose_prediction.load(predictor, weights.path("phalp_pose_predictor"))
    tell(detail=f"phalp {version_of('phalp')}; all tensors of the pose predictor from the file")
    return {"predictor": predictor}


def _smpl(choices: Choices, made: Made, tell: Tell) -> Made:
    from pipeline.engines.humans4d import hmr, texture

    weights = choices.weights
    path = smpl_file(choices.gender, choices.body_file, weights)
    body = read_body(path)
    apart = hmr.wear(made["hmr"], body, made["hmr_body"])
    atlas = texture.read_atlas(weights.path("phalp_bmap"), weights.path("phalp_fmap"), body.faces)
    appearance = texture.build(atlas)
    texture.load(appearance, weights.path("phalp_hmar"))
    also = f"; up to {apart * 1000:.0f} mm from the one HMR 2.0 was trained with" if apart else ""
    tell(detail=f"{choices.gender} ({body.id}), {len(body.faces)} faces, {path.name}{also}")
    return {"body": body, "appearance": appearance}


def _warm_up(choices: Choices, made: Made, tell: Tell, keep: Callable[[Loaded, float], None]) -> Made:
    from pipeline.engines.humans4d.warm_up import assemble, try_out

    loaded = assemble(choices.detector, choices.budget, made)
    device: Device = made["device"]
    start = time.perf_counter()
    seconds = try_out(loaded, lambda done, what: tell(fraction=done, detail=what))
    keep(loaded, seconds)
    plan = loaded.ladder.preferred
    stay = "all models stay on the GPU" if plan.resident else "models take turns on the GPU"
    where = f"{stay}, " if device.is_gpu else ""
    tell(
        detail=f"{where}{plan.precision}, {plan.batch_size} people in a batch, about {duration(seconds)} a frame",
        seconds=time.perf_counter() - start,
    )
    return {}


def fingerprints(choices: Choices) -> tuple[Path, ...]:
    """The files whose content decides a result."""
    keys = ("hmr2_checkpoint", choices.detector, "phalp_hmar", "phalp_pose_predictor")
    return tuple(choices.weights.path(key) for key in keys)
