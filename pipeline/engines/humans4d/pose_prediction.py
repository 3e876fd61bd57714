"""PHALP's guess of the next pose: a transformer over what was seen of a person so far.

The network is upstream's `lart_transformer`, used as `Pose_transformer_v2.predict_next` does, with two faults of that
left out: here *all* tensors come from the file (upstream's loader mangles the names of `pose_shape_encoder` and leaves
its four tensors random), and each person is asked about at their own time (upstream asks about all at the first one's).
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import nn

from pipeline.engines.humans4d.checkpoints import fill, read_checkpoint, uninitialised
from pipeline.engines.humans4d.upstream import undisturbed
from pipeline.errors import EngineError
from pipeline.smpl.unpickle import Refused, read_object_array
from pipeline.structures import Float, Int

POSE = 229  # 24 rotation matrices, 10 betas, x, y and z / 200 of the camera
_PREFIX = "encoder."

ABSENT = {
    r"encoder\.pe": "the same numbers as pos_embedding, made by the network itself",
    r"(mean|std)": "from mean_std.npy",
}


class PosePredictor(nn.Module):
    """The network with the mean and spread of its inputs."""

    def __init__(self, encoder: Any, frames: int, mask_type: str, mean: Float, spread: Float) -> None:
        super().__init__()
        self.encoder: Any = encoder
        self.frames = frames
        self.mask_type = mask_type
        self.mean = nn.Buffer(torch.from_numpy(mean))
        self.std = nn.Buffer(torch.from_numpy(spread))

    @torch.no_grad()
    def predict(self, poses: Float, times: Int, missed: Int) -> Float:
        """Say what people will look like in the next frame.

        Args:
            poses: (N, 7, 229) the last seven that were seen, oldest first.
            times: (N, 7) their frames.
            missed: (N,) frames since the last of them.

        Returns:
            (N, 229).
        """
        device, count = self.mean.device, len(poses)
        slots = np.minimum(times - times[:, :1], self.frames - 1)
        rows = np.arange(count)[:, None]
        tokens = torch.zeros(count, self.frames, 1, POSE)
        seen = torch.zeros(count, self.frames, 1, 1)
        for step in range(times.shape[1]):  # in order, so that of two at one time the later stays
            tokens[rows[:, 0], slots[:, step], 0] = torch.from_numpy(poses[:, step])
            seen[rows[:, 0], slots[:, step], 0] = 1
        data = {
            "pose_shape": (tokens.to(device) - self.mean) / (self.std + 1e-10),
            "has_detection": seen.to(device),
            "mask_detection": torch.zeros_like(seen, device=device),
        }
        output, _loss = self.encoder(data, self.mask_type)
        wanted = np.minimum(slots[:, -1] + missed + 1, self.frames - 1)
        chosen = output[:, 1:][rows[:, 0], wanted]  # the first token stands for the class
        return self._read_out(chosen)

    def _read_out(self, tokens: torch.Tensor) -> Float:
        parameters = self.encoder.smpl_head[0](tokens)[0]
        camera = self.encoder.loca_head[0](tokens)
        parts = [parameters["global_orient"], parameters["body_pose"], parameters["betas"], camera]
        flat = torch.cat([part.reshape(len(tokens), -1) for part in parts], dim=1)
        return flat.float().cpu().numpy()


def read_mean_and_spread(path: Path) -> tuple[Float, Float]:
    """(1, 1, 1, 229) each, of `mean_std.npy`; what the file lacks at the end is mean 0, spread 1.

    Raises:
        EngineError: It is damaged, or asks for what is not allowed.
    """
    try:
        mean, spread = (np.asarray(array, np.float32).reshape(-1) for array in read_object_array(path))
        means, spreads = _completed(mean, 0.0), _completed(spread, 1.0)
    except (Refused, OSError, ValueError) as error:
        hint = f"Delete {path} and load again; it is then fetched anew."
        raise EngineError(f"{path.name} cannot be read: {error}", hint, kind="load_failed") from error
    return means.reshape(1, 1, 1, -1), spreads.reshape(1, 1, 1, -1)


def _completed(values: Float, rest: float) -> Float:
    """(229,); a ValueError if there are more."""
    return np.pad(values, (0, POSE - len(values)), constant_values=rest)


def build(settings: Path, mean_std: Path, mean_params: Path) -> PosePredictor:
    """The network that `pose_predictor.yaml` describes, its tensors not filled yet.

    Raises:
        EngineError: A file is damaged.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from phalp.models.predictor.pose_transformer_v2 import lart_transformer

    mean, spread = read_mean_and_spread(mean_std)
    try:
        chosen: Any = OmegaConf.load(settings).configs
        chosen.max_people = 1
        shape = chosen.transformer
        with undisturbed(), uninitialised():
            encoder = lart_transformer(
                opt=chosen, phalp_cfg=_smpl_settings(mean_params), dim=chosen.in_feat, depth=shape.depth,
                heads=shape.heads, mlp_dim=shape.mlp_dim, dim_head=shape.dim_head, dropout=shape.dropout,
                emb_dropout=shape.emb_dropout, droppath=shape.droppath,
            )  # fmt: skip
    except (OmegaConfBaseException, OSError, ValueError, AttributeError, TypeError) as error:
        hint = f"Delete {settings} and load again; it is then fetched anew."
        raise EngineError(f"{settings.name} cannot be read: {error}", hint, kind="load_failed") from error
    return PosePredictor(encoder, int(chosen.frame_length), str(chosen.mask_type_test), mean, spread)


def _smpl_settings(mean_params: Path) -> Any:
    head = SimpleNamespace(SMPL_MEAN_PARAMS=str(mean_params))
    return SimpleNamespace(SMPL=SimpleNamespace(NUM_BODY_JOINTS=23), MODEL=SimpleNamespace(SMPL_HEAD=head))


def load(predictor: PosePredictor, path: Path) -> None:
    """Fill the network from `pose_predictor.pth`, all of it.

    Raises:
        EngineError: The file is damaged, was refused, or does not fit.
    """
    state = read_checkpoint(path).get("state_dict", {})
    named = {name: value for name, value in state.items() if name.startswith(_PREFIX)}
    fill(predictor, named, what=path.name, superfluous={}, absent=ABSENT)
