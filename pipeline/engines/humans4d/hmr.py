"""HMR 2.0: a transformer that looks at a crop and says pose, shape and camera.

The networks are upstream's (`hmr2.models.backbones.vit`, `hmr2.models.heads.smpl_head`, `hmr2.models.smpl_wrapper`),
put together as its `HMR2.forward_step` does, without the renderer, losses and training framework of that class.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from pipeline.engines.humans4d.attention import fuse_hmr
from pipeline.engines.humans4d.body import differs, own_buffers, smpl_layer
from pipeline.engines.humans4d.camera import CROP, FOCAL_OF_CROP
from pipeline.engines.humans4d.checkpoints import State, fill, read_checkpoint, uninitialised
from pipeline.engines.humans4d.placement import coarse_arithmetic, keep_exact
from pipeline.engines.humans4d.upstream import undisturbed
from pipeline.engines.humans4d.watching import Watch
from pipeline.errors import EngineError
from pipeline.smpl import BodyModel
from pipeline.structures import Float, Plan

KEYPOINTS = 44
_EXACT_BLOCKS = (
    6  # kept in float32: random weights then move vertices by 4.4 mm at most, with 2 by 5.6, with 4 by 5.1
)
_MARGIN = 32  # px at either side of a crop that the backbone does not see

SUPERFLUOUS = {
    r"smpl\..*": "the body, which is put on last",
    r"discriminator\..*": "judges poses during training",
    r"initialized": "remembers whether training had begun",
    r"backbone\.cls_token": "a token of the backbone's own training that upstream does not use either",
}
"""What a checkpoint may hold and the network does not, with the reason."""


@dataclass(frozen=True, slots=True, eq=False)
class Bodies:
    """What HMR 2.0 says of N crops.

    Attributes:
        global_orient: (N, 3, 3).
        body_pose: (N, 23, 3, 3).
        betas: (N, 10).
        pred_cam: (N, 3) scale and x, y in the crop.
        keypoints_3d: (N, 44, 3) m in camera axes, without translation.
        keypoints_2d: (N, 44, 2) in units of the crop's side, from its centre.
        vertices: (N, V, 3) m on the device, without translation.
    """

    global_orient: Float
    body_pose: Float
    betas: Float
    pred_cam: Float
    keypoints_3d: Float
    keypoints_2d: Float
    vertices: torch.Tensor

    def __len__(self) -> int:
        return len(self.betas)


class Hmr2(nn.Module):
    """Backbone, head and, once it is put on, the body, named as in the checkpoint.

    Attributes:
        update_hips: A setting of upstream's body layer.
    """

    def __init__(self, backbone: nn.Module, smpl_head: nn.Module, *, update_hips: bool) -> None:
        super().__init__()
        self.backbone = backbone
        self.smpl_head = smpl_head
        self.smpl: Any = None
        self.update_hips = update_hips
        self._watch = Watch(backbone)

    @torch.no_grad()
    def reconstruct(
        self, crops: Float, plan: Plan, tell: Callable[[float], None] = lambda share: None
    ) -> Bodies:
        """Look at (N, 3, 256, 256) crops; what `tell` raises stops it. Only the backbone may be in half precision."""
        batch = torch.from_numpy(crops).to(plan.device)
        with coarse_arithmetic(plan), self._watch.telling(tell):
            features = self.backbone(batch[:, :, :, _MARGIN:-_MARGIN])
        parameters, camera, _steps = self.smpl_head(features.float())
        count = len(batch)
        pose = {name: value.float().reshape(count, *shape) for name, value, shape in _shaped(parameters)}
        body = self.smpl(**pose, pose2rot=False)
        joints = body.joints.reshape(count, -1, 3)
        shift = translation_in_crop(camera)
        seen = joints + shift[:, None]
        flat = seen[..., :2] / seen[..., 2:] * (FOCAL_OF_CROP / CROP)
        return Bodies(
            global_orient=_array(pose["global_orient"][:, 0]),
            body_pose=_array(pose["body_pose"]),
            betas=_array(pose["betas"]),
            pred_cam=_array(camera),
            keypoints_3d=_array(joints),
            keypoints_2d=_array(flat),
            vertices=body.vertices,
        )


def translation_in_crop(pred_cam: torch.Tensor) -> torch.Tensor:
    """(N, 3) m, where the body is in the camera of its crop; upstream's `pred_cam_t`."""
    depth = 2 * FOCAL_OF_CROP / (CROP * pred_cam[:, 0] + 1e-9)
    return torch.stack([pred_cam[:, 1], pred_cam[:, 2], depth], dim=1)


def _shaped(parameters: dict[str, torch.Tensor]) -> list[tuple[str, torch.Tensor, tuple[int, ...]]]:
    shapes = {"global_orient": (1, 3, 3), "body_pose": (23, 3, 3), "betas": (10,)}
    return [(name, parameters[name], shape) for name, shape in shapes.items()]


def _array(tensor: torch.Tensor) -> Float:
    return tensor.detach().float().cpu().numpy()


def read_settings(path: Path, mean_params: Path) -> Any:
    """The network's settings, `model_config.yaml`, with the place of the mean pose.

    Raises:
        EngineError: It cannot be read, or is of another network.
    """
    import yaml
    from yacs.config import CfgNode

    try:
        settings = CfgNode(yaml.safe_load(path.read_text(encoding="utf-8")))
        settings.SMPL.MEAN_PARAMS = str(mean_params)
        kind = settings.MODEL.BACKBONE.TYPE, settings.MODEL.IMAGE_SIZE
    except (OSError, ValueError, AttributeError, TypeError, yaml.YAMLError) as error:
        hint = f"Delete {path} and load again."
        raise EngineError(f"{path.name} cannot be read: {error}", hint, kind="load_failed") from error
    if kind != ("vit", CROP):
        raise EngineError(
            f"{path.name} describes another network: {kind[0]} at {kind[1]} px.", kind="load_failed"
        )
    return settings


def build(settings: Any) -> Hmr2:
    """The network without a body, its tensors not filled yet."""
    from hmr2.models.backbones.vit import vit
    from hmr2.models.heads.smpl_head import build_smpl_head

    with undisturbed(), uninitialised():
        backbone, head = vit(settings), build_smpl_head(settings)
    fuse_hmr(backbone)
    for part in (backbone.patch_embed, *backbone.blocks[:_EXACT_BLOCKS]):
        keep_exact(part)
    return Hmr2(backbone, head, update_hips=bool(settings.SMPL.get("UPDATE_HIPS", False)))


def network_state(path: Path) -> State:
    """The tensors of a checkpoint, mapped from the file.

    Raises:
        EngineError: It is damaged, was refused, or holds no network.
    """
    state = read_checkpoint(path).get("state_dict")
    if not isinstance(state, dict):
        raise EngineError(
            f"{path.name} holds no `state_dict`.", f"Delete {path} and load again.", kind="load_failed"
        )
    return state


def wear(network: Hmr2, body: BodyModel, state: State) -> float:
    """Put a body on the network.

    The checkpoint holds the neutral body it was trained with, which is used for that gender, as upstream does. The
    parameters do not depend on the body.

    Returns:
        How far that body and the user's are apart, m; 0 if they are the same, or not compared.

    Raises:
        EngineError: The checkpoint's body is not SMPL.
    """
    with undisturbed():
        layer = smpl_layer(body, update_hips=network.update_hips)
    trained = {
        name.removeprefix("smpl."): tensor for name, tensor in state.items() if name.startswith("smpl.")
    }
    if body.gender != "neutral":
        trained |= own_buffers(layer)
    fill(layer, trained, what="The checkpoint's body", superfluous={})
    network.smpl = layer
    return differs(layer, body) if body.gender == "neutral" else 0.0


def in_front(pred_cam: Float) -> npt.NDArray[np.bool_]:
    """(N,) whether a camera puts the body in front of it: a scale of 0 or less is behind, or nowhere."""
    return np.isfinite(pred_cam).all(axis=1) & (pred_cam[:, 0] > 1e-3)
