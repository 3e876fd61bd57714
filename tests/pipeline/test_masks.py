import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as coco

from pipeline.masks import decode_mask, encode_mask

masks = st.tuples(st.integers(1, 20), st.integers(1, 20)).flatmap(lambda shape: arrays(bool, shape))


@given(masks)
def test_a_mask_comes_back_as_it_was(mask):
    encoded = encode_mask(mask)
    assert encoded.size == mask.shape
    assert (decode_mask(encoded) == mask).all()


def test_the_code_is_cocos():
    mask = np.zeros((4, 5), bool)
    mask[1:3, 2:4] = True
    encoded = encode_mask(mask)
    assert coco.area({"size": list(encoded.size), "counts": encoded.counts}) == 4
