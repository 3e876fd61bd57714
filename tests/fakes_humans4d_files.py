"""Weight files for the networks of `tests/standins`, in the formats the real ones have, at upstream's places."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
from fakes_humans4d import standing_in
from fakes_smpl import write_official
from fakes_weights import CHECKPOINT, npy, npz, single_files

from pipeline.places import resource

VITDET, REGNETY = (place for place in single_files() if place.startswith("detectron2/"))
SMPL = "4DHumans/data/smpl/SMPL_{}.pkl"
_SCALES = {"neutral": 1.0, "male": 1.05, "female": 0.95}

MODEL_CONFIG = """\
MODEL:
  IMAGE_SIZE: 256
  BACKBONE: {TYPE: vit}
  SMPL_HEAD: {TYPE: transformer_decoder, IN_CHANNELS: 16}
SMPL: {GENDER: neutral, NUM_BODY_JOINTS: 23, MEAN_PARAMS: data/smpl_mean_params.npz}
EXTRA: {FOCAL_LENGTH: 5000}
"""
POSE_CONFIG = """\
configs:
  task_name: demo
  frame_length: 125
  max_people: 5
  in_feat: 8
  num_smpl_heads: 1
  mask_type_test: zero
  transformer: {depth: 2, heads: 2, mlp_dim: 8, dim_head: 4, dropout: 0.0, emb_dropout: 0.0, droppath: 0.0}
  extra_feat: {pose_shape: {dim: 229, mid_dim: 16, en_dim: 8}}
"""
_TRAINED = {"epoch": 35, "global_step": 1000000, "pytorch-lightning_version": "1.8.1", "callbacks": {}}


def write_weights(folder: Path, *, genders: tuple[str, ...] = ("neutral",), seed: int = 0) -> Path:
    """Write every file the engine wants below a folder."""
    import torch

    for gender in genders:
        write_body(folder, gender)
    _write_small(folder)
    with standing_in(), torch.random.fork_rng():
        torch.manual_seed(seed)
        write_hmr2(folder)
        _write_detectors(folder)
        _write_phalp(folder)
    return folder


def write_body(folder: Path, gender: str) -> Path:
    """Retake's own body under the names and in the classes of an official SMPL file."""
    path = folder / SMPL.format(gender.upper())
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_official(path, body_arrays(gender), 4)


def body_arrays(gender: str = "neutral") -> dict[str, np.ndarray]:
    """The arrays of an official file."""
    with np.load(resource("body.npz")) as own:
        names = ("v_template", "f", "weights", "shapedirs", "J_regressor", "kintree_table")
        arrays = {name: own[name] for name in names}
    arrays["v_template"] = arrays["v_template"] * np.float32(_SCALES[gender])
    waves = np.random.default_rng(3).normal(size=(3, 207)).astype(np.float32)
    arrays["posedirs"] = 1e-3 * np.sin(arrays["v_template"][:, :, None] * 5 + waves)
    return arrays


def _write(folder: Path, place: str, content: bytes) -> None:
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _write_small(folder: Path) -> None:
    """The settings, mean poses and maps."""
    pose = np.tile(np.array([1, 0, 0, 0, 1, 0], np.float32), (24, 1))
    pose[0] = 1, 0, 0, 0, -1, 0  # upright in a camera whose y points down
    mean = npz(pose=pose.ravel(), shape=np.zeros(10, np.float32), cam=np.array([0.9, 0, 0], np.float32))
    joints = pickle.dumps(joint_regressor().astype(np.float64), 2)
    for root in ("4DHumans/data", "phalp/3D"):
        _write(folder, f"{root}/smpl_mean_params.npz", mean)
        _write(folder, f"{root}/SMPL_to_J19.pkl", joints)
    _write(folder, "4DHumans/logs/train/multiruns/hmr2/0/model_config.yaml", MODEL_CONFIG.encode())
    scale = np.empty(2, object)
    scale[:] = [np.zeros((1, 226)), np.full((1, 226), 0.5)]
    _write(folder, "phalp/3D/mean_std.npy", npy(scale))
    places, faces = texture_maps()
    _write(folder, "phalp/3D/bmap_256.npy", npy(places))
    _write(folder, "phalp/3D/fmap_256.npy", npy(faces))


def joint_regressor() -> np.ndarray:
    """(19, 6890): some of the body's own joints again."""
    with np.load(resource("body.npz")) as own:
        return own["J_regressor"][[8, 5, 2, 1, 4, 7, 21, 19, 17, 16, 18, 20, 12, 15, 0, 9, 6, 3, 13]]


def texture_maps() -> tuple[np.ndarray, np.ndarray]:
    """Four texels to a triangle, row after row; nothing in the last rows."""
    at = np.arange(256) // 2
    faces = at[:, None] * 128 + at
    faces = np.where(faces < 13776, faces, -1)
    corner = np.eye(3) * 0.4 + 0.2
    which = (np.arange(256)[:, None] % 2 + 2 * (np.arange(256) % 2)) % 3
    return corner[which], faces


def hmr2_state(folder: Path) -> dict[str, Any]:
    """The tensors of HMR 2.0's checkpoint; call it while `standing_in`."""
    import torch
    import yaml
    from yacs.config import CfgNode

    from pipeline.engines.humans4d.body import smpl_layer
    from pipeline.engines.humans4d.upstream import enter_hmr2, undisturbed
    from pipeline.smpl import read_body

    enter_hmr2()
    from hmr2.models.backbones.vit import vit
    from hmr2.models.heads.smpl_head import build_smpl_head

    settings = CfgNode(yaml.safe_load(MODEL_CONFIG))
    settings.SMPL.MEAN_PARAMS = str(folder / "4DHumans/data/smpl_mean_params.npz")
    head = build_smpl_head(settings)
    for layer, spread in ((head.decpose, 0.3), (head.decshape, 0.5), (head.deccam, 0.05)):
        layer.weight.data *= spread
    body = read_body(folder / SMPL.format("NEUTRAL"))
    with undisturbed():
        layer = smpl_layer(body, update_hips=False)
    layer.joint_regressor_extra[:] = torch.from_numpy(joint_regressor())
    state = {"initialized": torch.tensor(True), "discriminator.out.weight": torch.zeros(2, 2)}
    for prefix, module in (("backbone", vit(settings)), ("smpl_head", head), ("smpl", layer)):
        state |= {f"{prefix}.{name}": value for name, value in module.state_dict().items()}
    return state


def write_hmr2(folder: Path, *, yacs: bool = False, without: tuple[str, ...] = (), **more: Any) -> Path:
    """Write HMR 2.0's checkpoint as Lightning does; call it while `standing_in`.

    Args:
        folder: Of all weights.
        yacs: Whether the settings in it are yacs's, not OmegaConf's.
        without: Names of tensors to leave out.
        more: Tensors to add, or to put in place of others, with "__" for dots.
    """
    import torch
    import yaml
    from omegaconf import OmegaConf
    from yacs.config import CfgNode

    state = hmr2_state(folder) | {name.replace("__", "."): value for name, value in more.items()}
    state = {name: value for name, value in state.items() if name not in without}
    settings = yaml.safe_load(MODEL_CONFIG) | {"callbacks": [None, "early"]}
    made = CfgNode(settings) if yacs else OmegaConf.create(settings)
    path = folder / "4DHumans" / CHECKPOINT
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({**_TRAINED, "state_dict": state, "hyper_parameters": {"cfg": made}}, path)
    return path


def _write_detectors(folder: Path) -> None:
    from detectron2.config import LazyConfig, instantiate
    from fakes_humans4d import STANDINS

    fast = "detectron2/model_zoo/configs/new_baselines/mask_rcnn_regnety_4gf_dds_FPN_400ep_LSJ.py"
    for place, config in ((VITDET, "hmr2/configs/cascade_mask_rcnn_vitdet_h_75ep.py"), (REGNETY, fast)):
        model = instantiate(LazyConfig.load(str(STANDINS / config)).model)
        teach_colours(model, blue_first=place == REGNETY)
        _write(folder, place, detector_file(model))


def teach_colours(model: Any, *, blue_first: bool) -> None:
    """Give a detector the weights by which magenta is a person and green something else."""
    import torch

    wanted = torch.tensor([[0.6, -1.0, 0.4], [-0.5, 1.0, -0.5]]) / 255
    wanted = wanted.flip(1) if blue_first else wanted
    mean, spread = model.pixel_mean.flatten(), model.pixel_std.flatten()
    colours = model.backbone.colours
    colours.weight.data[:] = (wanted * spread)[:, :, None, None] / colours.weight[0, 0].numel()
    colours.bias.data[:] = wanted @ mean


def detector_file(model: Any) -> bytes:
    """What detectron2 writes: a pickle of arrays; older files leave batch norm's counters out."""
    arrays = {name: value.numpy() for name, value in model.state_dict().items() if "num_batches" not in name}
    arrays["proposal_generator.anchor_generator.cell_anchors.0"] = np.zeros((3, 4), np.float32)
    return pickle.dumps({"model": arrays, "__author__": "Detectron2 Model Zoo"}, 4)


def _write_phalp(folder: Path) -> None:
    import torch
    from omegaconf import OmegaConf

    _write(folder, "phalp/weights/pose_predictor.yaml", POSE_CONFIG.encode())
    weights = folder / "phalp/weights"
    encoder = {"conv1x.weight": torch.randn(16, 4, 1, 1) * 6, "conv1x.bias": torch.zeros(16)}
    model = {f"hmar.encoding_head.{name}": value for name, value in encoder.items()}
    model["hmar.texture_head.fc.weight"] = torch.zeros(2, 2)
    torch.save({"model": model}, weights / "hmar_v2_weights.pth")
    settings = OmegaConf.create({"configs": {"in_feat": 8}})
    state = predictor_state(folder)
    torch.save(
        {**_TRAINED, "state_dict": state, "hyper_parameters": {"cfg": settings}},
        weights / "pose_predictor.pth",
    )


def predictor_state(folder: Path) -> dict[str, Any]:
    """The tensors of PHALP's predictor; call it while `standing_in`."""
    import torch
    from omegaconf import OmegaConf

    from pipeline.engines.humans4d import pose_prediction
    from pipeline.engines.humans4d.upstream import undisturbed

    chosen = OmegaConf.load(folder / "phalp/weights/pose_predictor.yaml").configs
    with undisturbed():
        from phalp.models.predictor.pose_transformer_v2 import lart_transformer

        mean = pose_prediction._smpl_settings(folder / "phalp/3D/smpl_mean_params.npz")
        encoder = lart_transformer(chosen, mean, dim=8, depth=2, heads=2, mlp_dim=8)
    encoder.smpl_head[0].decpose.weight.data *= 0.05
    encoder.loca_head[0][2].bias.data[:] = torch.tensor([0, 0, 0.2])
    return {f"encoder.{name}": value.clone() for name, value in encoder.state_dict().items()}
