"""Depth pictures of bodies in plain torch, on any device: what PHALP uses neural_renderer for, which is CUDA only.

The convention is neural_renderer's: a pixel is asked at its centre, depth is interpolated as 1/z over a triangle, both
sides of a triangle count, and where nothing is the depth is 100 m.
"""

from __future__ import annotations

import torch

BACKGROUND = 100.0  # m
_NEAREST = 0.1  # m; nearer triangles are left out
_CANDIDATES = 2**20  # pixels looked at in one go: some 60 MB


def depth_pictures(vertices: torch.Tensor, faces: torch.Tensor, focal: float, side: int) -> torch.Tensor:
    """Draw how far bodies are.

    Args:
        vertices: (B, V, 3) m, z forward, each before its own camera.
        faces: (F, 3) int64.
        focal: px.
        side: px of the square pictures; the principal point is their centre.

    Returns:
        (B, side, side) m.
    """
    picture = torch.full((len(vertices) * side * side,), BACKGROUND, device=vertices.device)
    depth = vertices[..., 2]
    pixels = vertices[..., :2] / depth.clamp(min=_NEAREST)[..., None] * focal + side / 2
    corners, depths = pixels[:, faces], depth[:, faces]  # (B, F, 3, 2) px and (B, F, 3) m
    first = torch.floor(corners.amin(2) - 0.5).long().clamp(0, side)
    last = torch.ceil(corners.amax(2) - 0.5).long().clamp(-1, side - 1)
    span = (last - first + 1).amax(-1)  # px of the larger side of each triangle's box
    ahead = (depths > _NEAREST).all(-1) & ((last - first) >= 0).all(-1)
    size = 2
    while bool(ahead.any()):
        chosen = ahead & (span <= size)
        body, face = torch.nonzero(chosen, as_tuple=True)
        for part in range(0, len(body), max(1, _CANDIDATES // size**2)):
            some = slice(part, part + max(1, _CANDIDATES // size**2))
            _draw(picture, body[some], corners[body[some], face[some]], depths[body[some], face[some]],
                  first[body[some], face[some]], size, side)  # fmt: skip
        ahead &= span > size
        size *= 2
    return picture.view(len(vertices), side, side)


def _draw(
    picture: torch.Tensor,
    body: torch.Tensor,
    corners: torch.Tensor,
    depths: torch.Tensor,
    first: torch.Tensor,
    size: int,
    side: int,
) -> None:
    """Draw K triangles whose boxes are at most `size` px, into (B * side * side) depths."""
    step = torch.arange(size, device=picture.device)
    x = (first[:, 0, None, None] + step).expand(-1, size, -1)
    y = (first[:, 1, None, None] + step[:, None]).expand(-1, -1, size)
    point = torch.stack([x, y], dim=-1) + 0.5
    a, b, c = (corners[:, corner, None, None] for corner in range(3))
    area = _turn(b - a, c - a)
    weights = torch.stack([_turn(c - b, point - b), _turn(a - c, point - c), _turn(b - a, point - a)], dim=-1)
    weights = weights / area[..., None]
    inside = (weights >= 0).all(-1) & (area.abs() > 0) & (x < side) & (y < side)
    z = 1 / (weights / depths[:, None, None]).sum(-1)
    place = body[:, None, None] * side * side + y * side + x
    picture.scatter_reduce_(0, place[inside], z[inside].to(picture.dtype), "amin")


def _turn(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Cross product in the plane."""
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
