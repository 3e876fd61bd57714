from __future__ import annotations

import io
import tracemalloc

import numpy as np
import pytest
from fakes_service import encoded, in_base64, picture, png_header
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from pipeline.service.faults import Refusal
from pipeline.service.pictures import bytes_of, decode

MOST = 1_000_000


def refused(data: bytes, most: int = MOST) -> Refusal:
    with pytest.raises(Refusal) as caught:
        decode(data, most)
    return caught.value


def what_becomes_of(data: bytes) -> int:
    try:
        image = decode(data, MOST)
    except Refusal as refusal:
        return refusal.status
    return 200 if image.ndim == 3 and image.shape[2] == 3 else 0


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True})])
def test_lossless_pictures_come_out_as_they_were(kind, options):
    image = picture(1)
    assert np.array_equal(decode(encoded(image, kind, **options), MOST), image)


def test_a_jpeg_is_turned_upright():
    image = np.zeros((40, 80, 3), np.uint8)
    image[:, :40] = 255
    exif = Pillow.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    turned = decode(encoded(image, "JPEG", exif=exif), MOST)
    assert turned.shape == (80, 40, 3)
    assert turned[:30].min() > 200
    assert turned[50:].max() < 50


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "LA"])
def test_other_kinds_of_pixels_become_rgb(mode):
    held = io.BytesIO()
    Pillow.fromarray(picture(2)).convert(mode).save(held, "PNG")
    assert decode(held.getvalue(), MOST).shape == (48, 64, 3)


@pytest.mark.parametrize("side", [1001, 10_000, 100_000])
def test_a_bomb_is_refused_before_it_is_decoded(side):
    bomb = png_header(side, side)
    assert len(bomb) < 200
    tracemalloc.start()
    refusal = refused(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (refusal.status, refusal.kind) == (413, "too_many_pixels")
    assert refusal.numbers["limit"] == MOST
    assert peak < 2**20


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_picture_is_refused(kind, share):
    whole = encoded(picture(3), kind)
    refusal = refused(whole[: int(len(whole) * share)])
    assert (refusal.status, refusal.kind) == (400, "bad_image")


def test_a_jpeg_with_its_last_scan_over_and_over_is_refused():
    whole = encoded(picture(3), "JPEG", progressive=True)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    few, many = (whole[:-2] + times * last + b"\xff\xd9" for times in (5, 1000))
    assert decode(few, MOST).shape == (48, 64, 3)
    refusal = refused(many)
    assert (refusal.status, refusal.kind) == (422, "bad_image")
    assert "scans" in refusal.message


def test_what_is_in_a_comment_of_a_jpeg_or_after_its_end_is_no_scan():
    scans = b"\xff\xda" * 1000
    whole = encoded(picture(3), "JPEG", comment=scans)
    assert scans in whole
    assert decode(whole + scans, MOST).shape == (48, 64, 3)


@pytest.mark.parametrize("kind", ["BMP", "GIF", "TIFF"])
def test_other_formats_are_refused(kind):
    assert refused(encoded(picture(4), kind)).kind == "bad_image"


@pytest.mark.parametrize("size", [(1, 1), (7, 100), (3000, 2), (10, 201)])
def test_a_strip_is_refused(size):
    refusal = refused(encoded(picture(0, size)))
    assert refusal.status == 422
    assert "too narrow" in refusal.message
    assert decode(encoded(picture(0, (8, 160))), MOST).shape == (160, 8, 3)


def test_16_bits_a_channel_are_refused_rather_than_cut():
    held = io.BytesIO()
    Pillow.fromarray(np.full((8, 8), 40_000, np.uint16)).save(held, "PNG")
    assert refused(held.getvalue()).status == 422


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"RIFF\0\0\0\0WEBPVP8 "]),
)
def test_any_bytes_are_a_picture_or_refused(data, head):
    assert what_becomes_of(head + data) in (200, 400, 413, 422)


@given(st.integers(0, 47 * 64), st.integers(0, 255), st.sampled_from(["JPEG", "PNG", "WEBP"]))
def test_a_damaged_picture_is_read_or_refused(place, value, kind):
    data = bytearray(encoded(picture(5), kind))
    data[place % len(data)] = value
    assert what_becomes_of(bytes(data)) in (200, 400, 413, 422)


@pytest.mark.parametrize("text", ["a", "a===", "data:image/png;base64,AAAA", "AA AA", "ä", "AAAA\n"])
def test_what_is_no_base64_is_refused(text):
    with pytest.raises(Refusal, match="base64"):
        bytes_of(text)


def test_base64_is_read():
    assert bytes_of(in_base64(b"abc")) == b"abc"
