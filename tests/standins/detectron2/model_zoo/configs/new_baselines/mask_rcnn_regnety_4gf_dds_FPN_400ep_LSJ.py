"""A lazy configuration of the fast detector, which wants blue first."""

from detectron2.config import LazyCall as L
from detectron2.config import Node
from detectron2.modeling.backbone.fpn import FPN
from detectron2.modeling.rcnn import BoxPredictor, GeneralizedRCNN, Heads, ProposalGenerator

model = L(GeneralizedRCNN)(
    backbone=L(FPN)(),
    proposal_generator=L(ProposalGenerator)(),
    roi_heads=L(Heads)(box_predictor=L(BoxPredictor)(test_nms_thresh=0.5)),
    pixel_mean=[103.53, 116.28, 123.675],
    pixel_std=[57.375, 57.12, 58.395],
)
dataloader = Node(test=Node(mapper=Node(image_format="BGR")))
