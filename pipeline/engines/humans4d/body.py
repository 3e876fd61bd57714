"""SMPL as HMR 2.0 wants it: upstream's layer, filled from a file that was read safely."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from pipeline.smpl import PARENTS, BodyModel
from pipeline.smpl.body import POSE_FEATURES

_EXTRA_JOINTS = 19  # SMPL_to_J19; the checkpoint brings the regressor
_SAME = 1e-3  # m; templates farther apart are other bodies


def smpl_layer(body: BodyModel, *, update_hips: bool) -> nn.Module:
    """Upstream's SMPL of a body model. It never sees the file: smplx would unpickle it with everything in it."""
    from hmr2.models.smpl_wrapper import SMPL
    from smplx.utils import Struct

    posedirs = (
        body.posedirs if body.posedirs is not None else np.zeros((*body.v_template.shape, POSE_FEATURES))
    )
    parents = np.array(PARENTS)
    arrays = Struct(
        v_template=np.array(body.v_template),
        shapedirs=np.array(body.shapedirs),
        posedirs=np.array(posedirs),
        J_regressor=np.array(body.J_regressor),
        weights=np.array(body.weights),
        kintree_table=np.stack([parents, np.arange(len(parents))]),
        f=np.array(body.faces),
    )
    layer: nn.Module = SMPL(model_path="", data_struct=arrays, gender=body.gender, update_hips=update_hips)
    layer.register_buffer("joint_regressor_extra", torch.zeros(_EXTRA_JOINTS, len(body.v_template)))
    return layer


def own_buffers(layer: nn.Module) -> dict[str, torch.Tensor]:
    """The layer's own tensors by name, but for the regressor that only a checkpoint has."""
    named = dict(layer.named_buffers()) | dict(layer.named_parameters())
    return {name: tensor.data for name, tensor in named.items() if name != "joint_regressor_extra"}


def differs(layer: nn.Module, body: BodyModel) -> float:
    """How far the templates of a layer and of a body are apart, m; 0 for the same body."""
    template = dict(layer.named_buffers())["v_template"].cpu().numpy()
    if template.shape != body.v_template.shape:
        return float("inf")
    apart = float(np.abs(template - body.v_template).max())
    return apart if apart > _SAME else 0.0
