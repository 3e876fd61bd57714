"""The fused attention gives what the stand-ins, which write theirs out, give."""

import copy

import pytest
import torch

from pipeline.engines.humans4d import attention


@pytest.fixture(autouse=True)
def _packages(packages):
    from pipeline.engines.humans4d.upstream import enter_hmr2

    enter_hmr2()


def randomised(module):
    """In float64: such weights make steep softmaxes, which in float32 magnify rounding beyond any tolerance."""
    generator = torch.Generator().manual_seed(0)
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator) * 0.5
    return module.double()


def noise(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@torch.no_grad()
def test_hmrs_attention_is_the_same():
    from hmr2.models.backbones.vit import ViT

    written = randomised(ViT())
    fused = copy.deepcopy(written)
    assert attention.fuse_hmr(fused) == len(written.blocks)
    x = noise(2, 3, 256, 192)
    torch.testing.assert_close(fused(x), written(x), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("rows", [1, 3, 1000], ids=["row by row", "three rows", "all at once"])
@pytest.mark.parametrize("relative", [True, False], ids=["with positions", "without"])
@torch.no_grad()
def test_vitdets_attention_is_the_same_however_many_rows_at_a_time(monkeypatch, rows, relative):
    from detectron2.modeling.backbone.vit import Attention

    high, wide, batch, heads = 7, 5, 2, 2
    monkeypatch.setattr(attention, "_BIAS_BYTES", rows * batch * heads * wide * high * wide * 4)
    written = randomised(Attention(16, heads, relative, (high, wide)))
    fused = copy.deepcopy(written)
    assert attention.fuse_vitdet(fused) == 1
    x = noise(batch, high, wide, 16)
    torch.testing.assert_close(fused(x), written(x), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_positions_are_stretched_to_smaller_inputs():
    from detectron2.modeling.backbone.vit import SimpleFeaturePyramid, ViT

    written = randomised(SimpleFeaturePyramid(ViT(16), 1024))
    fused = copy.deepcopy(written)
    assert attention.fuse_vitdet(fused) == 2
    x = noise(1, 3, 640, 640)
    for name, value in written(x).items():
        torch.testing.assert_close(fused(x)[name], value, atol=1e-4, rtol=1e-3)


@torch.no_grad()
def test_half_precision_stays_near():
    from detectron2.modeling.backbone.vit import Attention

    written = randomised(Attention(16, 2, True, (6, 6))).float()
    fused = copy.deepcopy(written)
    attention.fuse_vitdet(fused)
    x = noise(1, 6, 6, 16).float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = fused(x)
    torch.testing.assert_close(found.float(), written(x), atol=0.2, rtol=0.1)
