"""A lazy configuration, as 4D-Humans brings one along for its detector."""

from detectron2.config import LazyCall as L
from detectron2.config import Node
from detectron2.modeling.backbone.vit import SimpleFeaturePyramid, ViT
from detectron2.modeling.rcnn import BoxPredictor, GeneralizedRCNN, Heads, ProposalGenerator

model = L(GeneralizedRCNN)(
    backbone=L(SimpleFeaturePyramid)(net=L(ViT)(side=16), square_pad=1024),
    proposal_generator=L(ProposalGenerator)(),
    roi_heads=L(Heads)(box_predictor=[L(BoxPredictor)() for _ in range(3)]),
    pixel_mean=[123.675, 116.28, 103.53],
    pixel_std=[58.395, 57.12, 57.375],
)
dataloader = Node(test=Node(mapper=Node(image_format="RGB")))
