"""Finding people with detectron2: ViTDet-H, or Mask R-CNN RegNetY as the fast choice.

The networks are upstream's, run part by part instead of through its predictor: so only people are kept before masks are
made of them, candidates below the threshold can be told of, and masks stay at the size of their boxes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image as Pictures
from torch import nn

from pipeline.engines.humans4d.attention import fuse_vitdet
from pipeline.engines.humans4d.checkpoints import fill, uninitialised
from pipeline.engines.humans4d.crops import BoxMask
from pipeline.engines.humans4d.mapped_pickle import read_model
from pipeline.engines.humans4d.masks import box_mask
from pipeline.engines.humans4d.placement import coarse_arithmetic
from pipeline.engines.humans4d.upstream import enter_hmr2, provide_pkg_resources, undisturbed
from pipeline.engines.humans4d.watching import Watch
from pipeline.engines.selection import WORTH_TELLING, choose, rejected
from pipeline.structures import Float, Image, Plan, Rejected, RunOptions

_PERSON = 0  # class of COCO
_MOST = 300  # people of a frame; upstream's 100 counts all classes together
SIZES = {"vitdet": 1024, "regnety": 1333}
"""Longest side of the input, px, in upstream's configurations."""
_SHORTEST = {"vitdet": 1.0, "regnety": 800 / 1333}  # shortest side there, as a share of that
_REGNETY_NMS = 0.4  # as both of upstream's programs set it

SUPERFLUOUS = {
    r".*anchor_generator\.cell_anchors\.\d+": "computed anew by the network",
    r"pixel_(mean|std)": "part of the configuration",
    r".*\.num_batches_tracked": "counts batches of training",
}
"""What a model file may hold and the network does not, with the reason."""
ABSENT = {
    r".*\.num_batches_tracked": "counts batches of training; detectron2's older files leave it out",
}
"""What the network has and a model file may not, with the reason."""


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Who was found in a frame, best first.

    Attributes:
        boxes: (N, 4) x1, y1, x2, y2 px.
        scores: (N,) in [0, 1].
        masks: N, or none at all.
        rejected: Who was left out, and why.
    """

    boxes: Float
    scores: Float
    masks: tuple[BoxMask, ...]
    rejected: Rejected


@dataclass(eq=False)
class Detector:
    """A network that finds people.

    Attributes:
        kind: "vitdet" or "regnety".
        model: detectron2's.
        bgr: Whether it wants blue first.
    """

    kind: str
    model: Any
    bgr: bool
    _watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        self._watch = Watch(self.model.backbone)

    @property
    def backbone(self) -> nn.Module:
        """The part that may run in half precision."""
        backbone: nn.Module = self.model.backbone
        return backbone

    @torch.no_grad()
    def find(
        self,
        image: Image,
        options: RunOptions,
        plan: Plan,
        tell: Callable[[float], None] = lambda share: None,
    ) -> People:
        """Find the people of an RGB picture; what `tell` raises stops it."""
        height, width = image.shape[:2]
        small = resized(image, _SHORTEST[self.kind] * plan.detector_size, plan.detector_size)
        if self.bgr:
            small = small[:, :, ::-1]
        pixels = torch.from_numpy(np.ascontiguousarray(small.transpose(2, 0, 1)).astype(np.float32))
        self._set_input_size(plan.detector_size)
        images = self.model.preprocess_image([{"image": pixels}])
        with coarse_arithmetic(plan), self._watch.telling(tell):
            coarse = self.model.backbone(images.tensor)
        features = {name: value.float() for name, value in coarse.items()}
        proposals, _losses = self.model.proposal_generator(images, features, None)
        (found,) = self.model.roi_heads._forward_box(features, proposals)
        found = found[found.pred_classes == _PERSON]
        scale = (width / small.shape[1], height / small.shape[0])
        boxes = _scaled(found.pred_boxes.tensor, scale, (width, height))
        there = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])  # clipped away otherwise
        found, boxes = found[torch.from_numpy(there).to(found.scores.device)], boxes[there]
        scores = found.scores.float().cpu().numpy()
        kept, dropped = choose(scores, boxes[:, 3] - boxes[:, 1], options)
        masks = self._masks(features, found, kept) if plan.masks and kept else np.zeros((0, 1, 1), np.float32)
        return People(
            boxes[kept],
            scores[kept],
            tuple(
                box_mask(mask, boxes[index], (width, height))
                for mask, index in zip(masks, kept, strict=False)
            ),
            rejected(
                [boxes[index] for index, _ in dropped],
                [float(scores[index]) for index, _ in dropped],
                [reason for _, reason in dropped],
            ),
        )

    def _masks(self, features: dict[str, torch.Tensor], found: Any, kept: list[int]) -> Float:
        """(N, M, M) probabilities, for those who stay."""
        chosen = found[torch.tensor(kept, device=found.scores.device)]
        with_masks = self.model.roi_heads.forward_with_given_boxes(features, [chosen])[0]
        return np.asarray(with_masks.pred_masks[:, 0].float().cpu().numpy(), np.float32)

    def _set_input_size(self, size: int) -> None:
        if self.kind == "vitdet":  # it pads to a square; positions are interpolated to it
            self.model.backbone._square_pad = size


def resized(image: Image, shortest: float, longest: int) -> Image:
    """As detectron2's ResizeShortestEdge: the shorter side becomes `shortest` px, the longer at most `longest` px."""
    height, width = image.shape[:2]
    scale = min(round(shortest) / min(height, width), longest / max(height, width))
    size = (int(width * scale + 0.5), int(height * scale + 0.5))
    return np.asarray(Pictures.fromarray(image).resize(size, Pictures.Resampling.BILINEAR))


def _scaled(boxes: torch.Tensor, scale: tuple[float, float], size: tuple[int, int]) -> Float:
    """(N, 4) px of the whole picture, clipped to it."""
    array = boxes.float().cpu().numpy() * np.array([*scale, *scale], np.float32)
    return np.asarray(np.clip(array, 0, np.array([*size, *size], np.float32)), np.float32)


def build(kind: str) -> Detector:
    """The network, its tensors not filled yet."""
    provide_pkg_resources()
    with undisturbed(), uninitialised():
        from detectron2.config import instantiate

        settings = _vitdet_settings() if kind == "vitdet" else _regnety_settings()
        model = instantiate(settings.model).eval()
    _tell_all_candidates(model)
    if kind == "vitdet":
        fuse_vitdet(model.backbone)
    return Detector(kind, model, str(settings.dataloader.test.mapper.image_format) == "BGR")


def _vitdet_settings() -> Any:
    from detectron2.config import LazyConfig

    return LazyConfig.load(str(enter_hmr2() / "configs" / "cascade_mask_rcnn_vitdet_h_75ep.py"))


def _regnety_settings() -> Any:
    from detectron2 import model_zoo

    settings = model_zoo.get_config("new_baselines/mask_rcnn_regnety_4gf_dds_FPN_400ep_LSJ.py")
    settings.model.roi_heads.box_predictor.test_nms_thresh = _REGNETY_NMS
    return settings


def _tell_all_candidates(model: Any) -> None:
    """Have low scores told too; suppression works class by class, so who stays above a threshold is the same."""
    predictors = model.roi_heads.box_predictor
    for predictor in predictors if isinstance(predictors, nn.ModuleList) else [predictors]:
        predictor.test_score_thresh = WORTH_TELLING / 2
        predictor.test_topk_per_image = _MOST


def load(detector: Detector, path: Path, tell: Callable[[float], None]) -> None:
    """Fill the network from a model file; the tensors are copied straight from the file's pages.

    Raises:
        EngineError: The file is damaged, was refused, or does not fit.
    """
    arrays = read_model(path)
    total = sum(array.nbytes for array in arrays.values())
    state, done = {}, 0
    for name, array in arrays.items():
        # A tensor may not lie at an odd address, as arrays in a pickle do; the copy is the only one that is made.
        state[name] = torch.from_numpy(np.array(array))
        done += array.nbytes
        tell(done / max(total, 1))
    fill(detector.model, state, what=path.name, superfluous=SUPERFLUOUS, absent=ABSENT)
