"""Small weight files in the real formats, by the place where upstream has them."""

from __future__ import annotations

import io
import pickle
import tarfile
from collections.abc import Mapping

import numpy as np

CHECKPOINT = "logs/train/multiruns/hmr2/0/checkpoints/epoch=35-step=1000000.ckpt"


def torch_file(seed: int = 0, *, old_format: bool = False) -> bytes:
    """What torch.save writes."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    content = {"state_dict": {"layer.weight": torch.randn(200, 100, generator=generator)}}
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=not old_format)
    return file.getvalue()


def pickled(content: object) -> bytes:
    return pickle.dumps(content, protocol=4)


def npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def hmr2_files() -> dict[str, bytes]:
    """The archive's members."""
    return {
        CHECKPOINT: torch_file(),
        "logs/train/multiruns/hmr2/0/model_config.yaml": b"MODEL:\n  IMAGE_SIZE: 256\nSMPL:\n  GENDER: neutral\n",
        "data/smpl_mean_params.npz": npz(pose=np.zeros(144), shape=np.zeros(10), cam=np.ones(3)),
        "data/SMPL_to_J19.pkl": pickled(np.zeros((19, 100))),
    }


def archive(members: Mapping[str, bytes]) -> bytes:
    """A .tar.gz of files."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as packed:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    return file.getvalue()


def single_files() -> dict[str, bytes]:
    """The files that are fetched one by one, by their place."""
    vitdet = "detectron2/ViTDet/COCO/cascade_mask_rcnn_vitdet_h/f328730692/model_final_f05665.pkl"
    regnety = (
        "detectron2/new_baselines/mask_rcnn_regnety_4gf_dds_FPN_400ep_LSJ/42045954/model_final_ef3a80.pkl"
    )
    model = {"model": {"backbone.weight": np.ones((50, 50), np.float32)}, "__author__": "somebody"}
    scale = np.empty(2, object)
    scale[:] = [np.zeros((1, 229)), np.ones((1, 200))]
    return {
        vitdet: pickled(model),
        regnety: pickled(model),
        "phalp/weights/hmar_v2_weights.pth": torch_file(1, old_format=True),
        "phalp/weights/pose_predictor.pth": torch_file(2),
        "phalp/weights/pose_predictor.yaml": b"configs:\n  in_feat: 512\n",
        "phalp/3D/mean_std.npy": npy(scale),
        "phalp/3D/smpl_mean_params.npz": npz(pose=np.zeros(144)),
        "phalp/3D/SMPL_to_J19.pkl": pickled(np.zeros((19, 100))),
        "phalp/3D/bmap_256.npy": npy(np.zeros((8, 8, 3), np.float32)),
        "phalp/3D/fmap_256.npy": npy(np.zeros((8, 8), np.int64)),
    }
