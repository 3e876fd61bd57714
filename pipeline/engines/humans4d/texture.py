"""What people look like, laid out on the body: PHALP's texture maps and the encoder's numbers for them.

As `HMR2023TextureSampler` of 4D-Humans' track.py: every texel's point on the posed body is projected into the crop; its
colour is taken where the point is in front of the body's depth picture and in the mask.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from torch import nn
from torch.nn.functional import adaptive_avg_pool2d, grid_sample

from pipeline.engines.humans4d.camera import CROP, FOCAL_OF_CROP
from pipeline.engines.humans4d.checkpoints import fill, read_checkpoint, uninitialised
from pipeline.engines.humans4d.depth import depth_pictures
from pipeline.engines.humans4d.upstream import undisturbed
from pipeline.errors import EngineError
from pipeline.structures import Half

SIDE = 256  # px of a texture map
_TOLERANCE = 1e-4  # m behind the depth picture that still counts as seen
_SMALL = 4  # cells a side of the appearance that is stored with a result
_PREFIX = "hmar.encoding_head."

ABSENT = {
    r"encoding_head\.t_.*": "the decoder, which tracking does not use",
}
"""What the network has and a weights file may not, with the reason."""


@dataclass(frozen=True, slots=True, eq=False)
class Atlas:
    """Where each texel lies on the body.

    Attributes:
        texels: (K,) positions in the flattened map that belong to the body.
        faces: (K, 3) vertices of the triangle.
        weights: (K, 3) barycentric.
        all_faces: (F, 3) the body's triangles.
    """

    texels: torch.Tensor
    faces: torch.Tensor
    weights: torch.Tensor
    all_faces: torch.Tensor


def read_atlas(
    weights: Path, faces_map: Path, faces: np.ndarray[tuple[int, ...], np.dtype[np.int32]]
) -> Atlas:
    """Read PHALP's two maps, `bmap_256.npy` and `fmap_256.npy`.

    Raises:
        EngineError: They are damaged, or of another body.
    """
    try:
        barycentric = np.load(weights, allow_pickle=False).reshape(-1, 3)
        face_of = np.load(faces_map, allow_pickle=False).reshape(-1).astype(np.int64)
    except (OSError, ValueError, EOFError) as error:
        hint = f"Delete {weights} and {faces_map} and load again; they are then fetched anew."
        raise EngineError(
            f"PHALP's texture maps cannot be read: {error}", hint, kind="load_failed"
        ) from error
    if len(face_of) != SIDE**2 or len(barycentric) != SIDE**2 or face_of.max(initial=-1) >= len(faces):
        raise EngineError("PHALP's texture maps are of another body.", kind="load_failed")
    texels = np.flatnonzero(face_of >= 0)
    triangles = np.asarray(faces, np.int64)
    return Atlas(
        torch.from_numpy(texels),
        torch.from_numpy(triangles[face_of[texels]]),
        torch.from_numpy(barycentric[texels].astype(np.float32)),
        torch.from_numpy(triangles),
    )


class Appearance(nn.Module):
    """PHALP's encoder and the atlas."""

    def __init__(self, encoding_head: nn.Module, atlas: Atlas) -> None:
        super().__init__()
        self.encoding_head = encoding_head
        self.texels = nn.Buffer(atlas.texels, persistent=False)
        self.faces = nn.Buffer(atlas.faces, persistent=False)
        self.weights = nn.Buffer(atlas.weights, persistent=False)
        self.all_faces = nn.Buffer(atlas.all_faces, persistent=False)

    @torch.no_grad()
    def texture(
        self, crops: torch.Tensor, masks: torch.Tensor, vertices: torch.Tensor, translation: torch.Tensor
    ) -> torch.Tensor:
        """PHALP's `uv_vector`.

        Args:
            crops: (N, 3, 256, 256) normalised.
            masks: (N, 256, 256) in {0, 1}.
            vertices: (N, V, 3) m.
            translation: (N, 3) m, in the cameras of the crops.

        Returns:
            (N, 4, 256, 256): colours divided by 5, and 1 where the body was seen, -1 where not.
        """
        placed = vertices + translation[:, None]
        points = torch.einsum("nkcd,kc->nkd", placed[:, self.faces], self.weights)
        seen_at = points[..., :2] / points[..., 2:] * (FOCAL_OF_CROP / (CROP / 2))
        depth = depth_pictures(placed, self.all_faces, FOCAL_OF_CROP, CROP)
        picture = torch.cat([crops, masks[:, None]], dim=1)
        nearest = grid_sample(depth[:, None], seen_at[:, None], align_corners=False)[:, 0, 0]
        colours = grid_sample(picture, seen_at[:, None], align_corners=False)[:, :, 0]
        colours[:, 3][points[..., 2] > nearest + _TOLERANCE] = 0
        maps = torch.zeros(len(crops), 4, SIDE * SIDE, device=crops.device)
        maps[:, :, self.texels] = colours
        return _as_encoder_wants(maps.view(-1, 4, SIDE, SIDE))

    @torch.no_grad()
    def encode(self, maps: torch.Tensor) -> torch.Tensor:
        """(N, 16, 16, 16) of (N, 4, 256, 256)."""
        encoded: torch.Tensor = self.encoding_head(maps.float(), en=True)
        return encoded


def _as_encoder_wants(maps: torch.Tensor) -> torch.Tensor:
    """`HMAR.process_uv_image`: nothing where nothing was seen."""
    seen = maps[:, 3:] != 0
    return torch.cat([torch.where(seen, maps[:, :3] / 5, 0.0), torch.where(seen, 1.0, -1.0)], dim=1)


def small_features(encoded: torch.Tensor) -> Half:
    """(N, 256) of (N, 16, 16, 16): what is stored with a result for linking single frames; 0.5 kB a person, not 8."""
    pooled = adaptive_avg_pool2d(encoded, _SMALL)
    features: Half = pooled.reshape(len(encoded), -1).cpu().numpy().astype(np.float16)
    return features


def build(atlas: Atlas) -> Appearance:
    """The encoder, its tensors not filled yet."""
    from phalp.models.heads.encoding_head import EncodingHead

    settings = SimpleNamespace(phalp=SimpleNamespace(encode_type="4c"))
    with undisturbed(), uninitialised():
        return Appearance(EncodingHead(cfg=settings, img_H=SIDE, img_W=SIDE), atlas)


def load(appearance: Appearance, path: Path) -> None:
    """Fill the encoder from `hmar_v2_weights.pth`.

    Raises:
        EngineError: The file is damaged, was refused, or does not fit.
    """
    model = read_checkpoint(path).get("model", {})
    state = {
        f"encoding_head.{name[len(_PREFIX) :]}": value
        for name, value in model.items()
        if name.startswith(_PREFIX)
    }
    fill(appearance, state, what=path.name, superfluous={}, absent=ABSENT)
