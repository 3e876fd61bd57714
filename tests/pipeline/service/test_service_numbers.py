from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.service.numbers import array_of, listed, number, number_of

ANY = {"allow_nan": True, "allow_infinity": True}
KINDS = [(np.float32, 32), (np.float16, 16), (np.float64, 64)]


@pytest.mark.parametrize(("kind", "width"), KINDS)
@given(data=st.data())
def test_arrays_survive_json_bit_by_bit(kind, width, data):
    array = data.draw(
        hnp.arrays(kind, hnp.array_shapes(max_dims=3, min_side=0), elements=st.floats(width=width, **ANY))
    )
    text = json.dumps(listed(array), allow_nan=False)
    back = array_of(json.loads(text), kind, array.shape)
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    same = back.view(np.uint8) == array.view(np.uint8) if not np.isnan(array).any() else None
    # A NaN is a NaN, whatever bits it has.
    assert np.array_equal(back, array, equal_nan=True) if same is None else same.all()


@given(st.floats(**ANY))
def test_a_number_survives(value):
    back = number_of(json.loads(json.dumps(number(value), allow_nan=False)))
    assert np.array_equal([back], [value], equal_nan=True)


@pytest.mark.parametrize("values", [["many"], [[1.0], [1.0, 2.0]], {"a": 1}, "Infinite", [1.0]])
def test_what_is_no_array_of_that_shape_is_refused(values):
    with pytest.raises(ValueError, match=r"."):
        array_of(values, np.float32, (2, 1))
