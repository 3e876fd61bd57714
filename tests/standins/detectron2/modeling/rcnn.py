"""A detector for painted people: blobs of magenta are persons, of green another class; how strong is the score.

The weights of `colours` decide what magenta is, so it is blind without its file, and to pictures whose channels are
in another order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy import ndimage
from torch import nn
from torch.nn.functional import grid_sample

from detectron2.structures import Boxes, ImageList, Instances

_CELL, _MASK = 4, 28
_FAINT = 0.04  # strength from which a cell belongs to a blob


class ProposalGenerator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.anchor_generator = nn.Identity()

    def forward(self, images: ImageList, features: dict[str, torch.Tensor], _truth: Any) -> tuple[Any, Any]:
        size = images.image_sizes[0]
        found = [
            (box, kind)
            for kind in (0, 1)
            for box in _blobs(features["p2"][0, kind].cpu().numpy() > _FAINT, size)
        ]
        boxes = torch.tensor([box for box, _ in found], dtype=torch.float32).reshape(-1, 4)
        kinds = torch.tensor([kind for _, kind in found], dtype=torch.int64)
        return [Instances(size, proposal_boxes=Boxes(boxes), kinds=kinds)], {}


def _blobs(cells: np.ndarray, size: tuple[int, int]) -> list[list[float]]:
    labels, _count = ndimage.label(cells)
    boxes = []
    for rows, columns in ndimage.find_objects(labels):
        box = [columns.start, rows.start, columns.stop, rows.stop]
        boxes.append([min(_CELL * edge, size[1 - axis % 2]) for axis, edge in enumerate(box)])
    return boxes


class BoxPredictor(nn.Module):
    def __init__(self, test_nms_thresh: float = 0.5) -> None:
        super().__init__()
        self.test_score_thresh = 0.05
        self.test_topk_per_image = 100
        self.test_nms_thresh = test_nms_thresh
        self.sharp = nn.Parameter(torch.ones(1))


class Heads(nn.Module):
    def __init__(self, box_predictor: Any) -> None:
        super().__init__()
        several = isinstance(box_predictor, list)
        self.box_predictor = nn.ModuleList(box_predictor) if several else box_predictor
        self.masked: list[int] = []

    def _forward_box(self, features: dict[str, torch.Tensor], proposals: list[Instances]) -> list[Instances]:
        predictor = (
            self.box_predictor[-1] if isinstance(self.box_predictor, nn.ModuleList) else self.box_predictor
        )
        (these,) = proposals
        strengths = [
            float(features["p2"][0, kind, y1:y2, x1:x2].amax())
            for kind, (x1, y1, x2, y2) in zip(
                these.kinds.tolist(), (these.proposal_boxes.tensor / _CELL).ceil().int().tolist(), strict=True
            )
        ]
        scores = (torch.tensor(strengths) * predictor.sharp + 1e-3 * torch.tanh(features["p6"].mean())).clamp(
            0, 1
        )
        order = scores.argsort(descending=True)
        order = order[scores[order] > predictor.test_score_thresh][: predictor.test_topk_per_image]
        return [
            Instances(
                these._image_size,
                pred_boxes=these.proposal_boxes[order],
                scores=scores[order],
                pred_classes=these.kinds[order],
            )
        ]

    def forward_with_given_boxes(
        self, features: dict[str, torch.Tensor], instances: list[Instances]
    ) -> list[Instances]:
        (these,) = instances
        self.masked.append(len(these))
        strong = features["p2"][:, :1]
        side = torch.tensor([strong.shape[3], strong.shape[2]]) * _CELL
        at = (torch.arange(_MASK) + 0.5) / _MASK
        masks = []
        for box, score in zip(these.pred_boxes.tensor, these.scores, strict=True):
            x, y = (box[axis] + (box[axis + 2] - box[axis]) * at for axis in (0, 1))
            grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1) / side * 2 - 1
            sampled = grid_sample(strong, grid[None], align_corners=False)[0]
            masks.append(torch.sigmoid(20 * (sampled - score / 2)))
        these.pred_masks = torch.stack(masks)
        return [these]


class GeneralizedRCNN(nn.Module):
    def __init__(
        self,
        backbone: nn.Module,
        proposal_generator: nn.Module,
        roi_heads: nn.Module,
        pixel_mean: list[float],
        pixel_std: list[float],
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.proposal_generator = proposal_generator
        self.roi_heads = roi_heads
        self.register_buffer("pixel_mean", torch.tensor(pixel_mean).view(-1, 1, 1), persistent=False)
        self.register_buffer("pixel_std", torch.tensor(pixel_std).view(-1, 1, 1), persistent=False)

    def preprocess_image(self, inputs: list[dict[str, torch.Tensor]]) -> ImageList:
        images = [
            (each["image"].to(self.pixel_mean.device) - self.pixel_mean) / self.pixel_std for each in inputs
        ]
        constraints = self.backbone.padding_constraints
        return ImageList.from_tensors(images, constraints["size_divisiblity"], constraints)
