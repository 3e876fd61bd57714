"""The files the networks need: where they are from, where they go, what for, and how they are told from damaged ones.

Names and places are those of upstream's own programs, so that a set-up that works there works here. SMPL's
licensed files are not among them: nobody but their makers may hand them out (`pipeline.smpl.places`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.engines.download import Check
from pipeline.engines.humans4d.wholeness import whole_npy, whole_npz, whole_pickle, whole_torch, whole_yaml

ARCHIVE = "4DHumans/hmr2_data.tar.gz"
ARCHIVE_URL = "https://people.eecs.berkeley.edu/~jathushan/projects/4dhumans/hmr2_data.tar.gz"

_RUN = "4DHumans/logs/train/multiruns/hmr2/0"
_PHALP = "https://www.cs.utexas.edu/~pavlakos/phalp"
_DETECTRON2 = "https://dl.fbaipublicfiles.com/"
_VITDET = "detectron2/ViTDet/COCO/cascade_mask_rcnn_vitdet_h/f328730692/model_final_f05665.pkl"
_REGNETY = "detectron2/new_baselines/mask_rcnn_regnety_4gf_dds_FPN_400ep_LSJ/42045954/model_final_ef3a80.pkl"


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file.

    Attributes:
        key: Its name in the code.
        place: Where it is: the tool of `pipeline.caches` whose root it is below, and the path from there.
        url: Where it is from.
        purpose: What it is for, to show.
        check: Tells by its form whether it is whole.
        archived: The address is an archive's, of which it is a part.
        about: Bytes, roughly, from the number of weights in it; 0 for little ones.
        sha256: In hex; empty, since its makers have published none.
    """

    key: str
    place: str
    url: str
    purpose: str
    check: Check
    archived: bool = False
    about: int = 0
    sha256: str = ""


def _hmr2(key: str, place: str, purpose: str, check: Check, about: int = 0) -> WeightFile:
    return WeightFile(key, place, ARCHIVE_URL, purpose, check, archived=True, about=about)


def _phalp(key: str, place: str, purpose: str, check: Check, source: str = "", about: int = 0) -> WeightFile:
    return WeightFile(key, f"phalp/{place}", f"{_PHALP}/{source or place}", purpose, check, about=about)


_FILES = (
    _hmr2(
        "hmr2_checkpoint",
        f"{_RUN}/checkpoints/epoch=35-step=1000000.ckpt",
        "HMR 2.0, the networks",
        whole_torch,
        about=2_710_000_000,
    ),
    _hmr2("hmr2_config", f"{_RUN}/model_config.yaml", "HMR 2.0, their sizes", whole_yaml("MODEL", "SMPL")),
    _hmr2("hmr2_mean_params", "4DHumans/data/smpl_mean_params.npz", "HMR 2.0, the mean pose", whole_npz),
    _hmr2("hmr2_joints", "4DHumans/data/SMPL_to_J19.pkl", "HMR 2.0, joints of its key points", whole_pickle),
    WeightFile(
        "vitdet",
        _VITDET,
        _DETECTRON2 + _VITDET,
        "ViTDet-H, the best detector",
        whole_pickle,
        about=2_770_000_000,
    ),
    WeightFile(
        "regnety",
        _REGNETY,
        _DETECTRON2 + _REGNETY,
        "Mask R-CNN RegNetY, the fast detector",
        whole_pickle,
        about=170_000_000,
    ),
    _phalp(
        "phalp_hmar",
        "weights/hmar_v2_weights.pth",
        "PHALP, the encoder of appearance",
        whole_torch,
        about=130_000_000,
    ),
    _phalp(
        "phalp_pose_predictor",
        "weights/pose_predictor.pth",
        "PHALP, the prediction of poses",
        whole_torch,
        "weights/pose_predictor_40006.ckpt",
        about=390_000_000,
    ),
    _phalp(
        "phalp_pose_config",
        "weights/pose_predictor.yaml",
        "PHALP, the predictor's sizes",
        whole_yaml("configs"),
        "weights/config_40006.yaml",
    ),
    _phalp("phalp_mean_std", "3D/mean_std.npy", "PHALP, the scale of poses", whole_npy),
    _phalp("phalp_mean_params", "3D/smpl_mean_params.npz", "PHALP, the mean pose", whole_npz),
    _phalp("phalp_joints", "3D/SMPL_to_J19.pkl", "PHALP, joints of its key points", whole_pickle),
    _phalp("phalp_bmap", "3D/bmap_256.npy", "PHALP, texture: places in the faces", whole_npy, "bmap_256.npy"),
    _phalp("phalp_fmap", "3D/fmap_256.npy", "PHALP, texture: the faces", whole_npy, "fmap_256.npy"),
)

FILES: Mapping[str, WeightFile] = MappingProxyType({file.key: file for file in _FILES})
HMR2_KEYS = tuple(file.key for file in _FILES if file.archived)
PHALP_KEYS = tuple(file.key for file in _FILES if file.place.startswith("phalp/"))
