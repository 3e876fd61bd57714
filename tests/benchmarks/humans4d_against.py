"""The engine's parts beside upstream's own code, side by side in one process, on the same weights.

Upstream's code is run as it is, but for `.cuda()` where there is no CUDA, for a body without chumpy, and for the
allow-list of its checkpoint. Its readers unpickle whatever a file says, so a file has to pass ours first.
"""

from __future__ import annotations

import argparse
import importlib
import pickle
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from humans4d_crowd import boxes_of, picture
from humans4d_measuring import COUNTS, Absent, Numbers, check_weights, settle, timed
from torch import nn

from pipeline.engines.humans4d import detector, hmr
from pipeline.engines.humans4d.checkpoints import register_safe_globals
from pipeline.engines.humans4d.crops import crops, square_of
from pipeline.engines.humans4d.device import Device, find_device, peak_memory
from pipeline.engines.humans4d.mapped_pickle import read_model
from pipeline.engines.humans4d.placement import Placed
from pipeline.engines.humans4d.weights import Weights, smpl_file
from pipeline.smpl import PARENTS, BodyModel, read_body
from pipeline.structures import Plan, RunOptions

_PEOPLE = 10
_CROPS = {"MODEL": {"IMAGE_SIZE": 256, "IMAGE_MEAN": [0.485, 0.456, 0.406], "IMAGE_STD": [0.229, 0.224, 0.225],
                    "BBOX_SHAPE": [192, 256]}}  # fmt: skip


def upstream(module: str) -> Any:
    """A module of upstream's with all it imports, which is more than the engine needs."""
    register_safe_globals()
    if not torch.cuda.is_available():
        nn.Module.cuda = lambda self, *_device: self
        torch.Tensor.cuda = lambda self, *_device: self
    try:
        return importlib.import_module(module)
    except (ImportError, AttributeError, OSError) as error:  # the second is PyOpenGL's without EGL
        raise Absent(f"upstream's {module} cannot be imported here: {error}") from error


def side_by_side(ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int) -> tuple[Numbers, Any, Any]:
    """The least ms of each, in turns, so that what else runs here slows both; and what each returns."""
    mine, other, ends = [], [], {}
    for _round in range(rounds):
        other += timed(lambda: ends.update(theirs=theirs()), 1)
        mine += timed(lambda: ends.update(ours=ours()), 1)
    return {"ours_ms": min(mine) * 1e3, "theirs_ms": min(other) * 1e3}, ends["ours"], ends["theirs"]


def named(prefix: str, pace: Numbers) -> Numbers:
    """The same numbers under longer names."""
    return {f"{prefix}_{name}": value for name, value in pace.items()}


def seconds(work: Callable[[], Any]) -> tuple[Any, float]:
    """What some work returns, and how long it took."""
    start = time.perf_counter()
    value = work()
    settle()
    return value, time.perf_counter() - start


def crops_of(size: float) -> Any:
    """(10, 4) boxes `size` times the crowd's, about the same centres."""
    boxes = boxes_of(0, _PEOPLE)
    middle, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2 * size
    return np.concatenate([middle - half, middle + half], axis=1)


def crops_beside(chosen: argparse.Namespace) -> Numbers:
    """Ten people of a 1080p picture: small boxes, of which upstream blurs nothing, and large ones, of which it does."""
    dataset = upstream("hmr2.datasets.vitdet_dataset")
    settings = importlib.import_module("yacs.config").CfgNode(_CROPS)
    image, found = picture(0, _PEOPLE), Numbers()
    blue_first = np.ascontiguousarray(image[:, :, ::-1])
    for name, size in (("sharp", 1.0), ("blurred", 2.0)):
        boxes = crops_of(size)

        def ours(boxes: Any = boxes) -> Any:
            return crops(image, [square_of(box) for box in boxes])

        def theirs(boxes: Any = boxes) -> Any:
            return np.stack([item["img"] for item in dataset.ViTDetDataset(settings, blue_first, boxes)])

        pace, mine, other = side_by_side(ours, theirs, chosen.rounds)
        found |= named(name, pace | {"apart": float(np.abs(mine - other).max())})
    return found


def detector_beside(chosen: argparse.Namespace) -> Numbers:
    """detectron2's predictor as upstream's demo builds it, and ours, on one 1080p picture in float32."""
    predictors = upstream("hmr2.utils.utils_detectron2")
    path, device = check_weights(chosen.detector).path(chosen.detector), device_of(chosen)
    read_model(path)
    theirs, built = seconds(lambda: predictors.DefaultPredictor_Lazy(_demo_settings(chosen.detector, path)))
    image = picture(0, 3)
    blue_first = np.ascontiguousarray(image[:, :, ::-1])
    _first, slow = seconds(lambda: theirs(blue_first))
    found: Numbers = {"theirs_load_s": built, "theirs_first_ms": slow * 1e3}
    found["theirs_peak_gb"] = peak_memory(device) / 1e9

    def load() -> detector.Detector:
        made = detector.build(chosen.detector)
        detector.load(made, path, lambda share: None)
        placed(made.model, made.backbone, device)
        return made

    mine, found["ours_load_s"] = seconds(load)
    plan = Plan(device.name, detector_size=detector.SIZES[chosen.detector])
    find = partial(mine.find, image, RunOptions(), plan)
    pace, _people, _instances = side_by_side(find, lambda: theirs(blue_first), chosen.rounds)
    return found | pace


def _demo_settings(kind: str, path: Path) -> Any:
    if kind == "vitdet":
        folder = Path(upstream("hmr2").__file__).parent
        place = folder / "configs" / "cascade_mask_rcnn_vitdet_h_75ep.py"
        settings = upstream("detectron2.config").LazyConfig.load(str(place))
        for head in settings.model.roi_heads.box_predictors:
            head.test_score_thresh = 0.25
    else:
        zoo = upstream("detectron2.model_zoo")
        settings = zoo.get_config("new_baselines/mask_rcnn_regnety_4gf_dds_FPN_400ep_LSJ.py")
        settings.model.roi_heads.box_predictor.test_score_thresh = 0.5
        settings.model.roi_heads.box_predictor.test_nms_thresh = 0.4
    settings.train.init_checkpoint = str(path)
    return settings


def hmr2_beside(chosen: argparse.Namespace) -> Numbers:
    """HMR2.forward beside ours, for 1, 3 and 10 people in float32; ours in half precision too where it is used."""
    models = upstream("hmr2.models.hmr2")
    weights, device = check_weights("hmr2_checkpoint", "hmr2_config", "hmr2_mean_params"), device_of(chosen)
    path, body = weights.path("hmr2_checkpoint"), read_body(smpl_file("neutral", "", weights))
    hmr.network_state(path)
    with tempfile.TemporaryDirectory() as folder:
        settings = _with_plain_body(weights, body, Path(folder))
        theirs, built = seconds(
            lambda: models.HMR2.load_from_checkpoint(
                str(path), strict=False, cfg=settings, init_renderer=False, weights_only=True, map_location="cpu"
            ).to(device.name).eval()
        )  # fmt: skip
    found: Numbers = {"theirs_load_s": built, "theirs_peak_gb": peak_memory(device) / 1e9}
    mine, found["ours_load_s"] = seconds(lambda: _our_hmr(weights, body))
    place = placed(mine, mine.backbone, device)
    for count in (COUNTS[0], *COUNTS):  # the first time the file's pages are read, which counts as loading
        seen = crops(picture(0, count), [square_of(box) for box in boxes_of(0, count)])
        batch = {"img": torch.from_numpy(seen).to(device.name)}

        def forward(batch: Any = batch) -> Any:
            with torch.no_grad():
                return theirs(batch)

        place.place(device.name, "float32")
        look = partial(mine.reconstruct, seen, Plan(device.name))
        pace, bodies, output = side_by_side(look, forward, chosen.rounds)
        found |= named(f"people_{count}", pace)
        apart = float((bodies.vertices - output["pred_vertices"]).abs().max()) * 1e3
        found["apart_mm"] = max(found.get("apart_mm", 0.0), apart)
        if device.half:
            place.place(device.name, device.half)
            halved = partial(mine.reconstruct, seen, Plan(device.name, device.half))
            found[f"people_{count}_ours_{device.half}_ms"] = min(timed(halved, chosen.rounds)) * 1e3
    return found


def _our_hmr(weights: Weights, body: BodyModel) -> hmr.Hmr2:
    settings = hmr.read_settings(weights.path("hmr2_config"), weights.path("hmr2_mean_params"))
    state = hmr.network_state(weights.path("hmr2_checkpoint"))
    network = hmr.build(settings)
    hmr.fill(network, state, what="the checkpoint", superfluous=hmr.SUPERFLUOUS)
    hmr.wear(network, body, state)
    return network


def _with_plain_body(weights: Weights, body: BodyModel, folder: Path) -> Any:
    """Upstream's settings, with a body file that needs no chumpy; the checkpoint brings its own numbers after that."""
    sparse = importlib.import_module("scipy.sparse").csc_matrix(body.J_regressor)
    parents = np.stack([np.array(PARENTS), np.arange(len(PARENTS))])
    arrays = {"v_template": body.v_template, "shapedirs": body.shapedirs, "posedirs": body.posedirs,
              "weights": body.weights, "f": body.faces, "J_regressor": sparse, "kintree_table": parents}  # fmt: skip
    for name, content in (("SMPL_NEUTRAL.pkl", arrays), ("joints.pkl", np.zeros((19, len(body.v_template))))):
        (folder / name).write_bytes(pickle.dumps(content))
    settings = hmr.read_settings(weights.path("hmr2_config"), weights.path("hmr2_mean_params"))
    settings.SMPL.MODEL_PATH = str(folder)
    settings.SMPL.JOINT_REGRESSOR_EXTRA = str(folder / "joints.pkl")
    return settings


def device_of(chosen: argparse.Namespace) -> Device:
    """The chosen device, or the best."""
    return find_device(chosen.device, "auto")


def placed(module: nn.Module, coarse: nn.Module | None, device: Device) -> Placed:
    """A network on the device, in float32."""
    place = Placed(type(module).__name__, module, coarse)
    place.place(device.name, "float32")
    return place
