"""Depth pictures and texture maps, against a z-buffer and a texel by texel reference."""

import numpy as np
import pytest
import torch

from pipeline.engines.humans4d.depth import BACKGROUND, depth_pictures
from pipeline.engines.humans4d.texture import SIDE, Appearance, Atlas, read_atlas, small_features
from pipeline.errors import EngineError

PIXELS, FOCAL = 48, 60.0


def z_buffer(vertices, faces, focal, side):
    """The same, pixel by pixel: 1/z is linear over a triangle in the picture."""
    picture = np.full((side, side), BACKGROUND)
    y, x = (axis.ravel() + 0.5 for axis in np.mgrid[:side, :side])
    for face in faces:
        corners = vertices[face]
        if (corners[:, 2] <= 0.1).any():
            continue
        seen = corners[:, :2] / corners[:, 2:] * focal + side / 2
        try:
            weights = np.linalg.solve(np.vstack([seen.T, np.ones(3)]), np.stack([x, y, np.ones(len(x))]))
        except np.linalg.LinAlgError:
            continue
        inside = (weights >= 0).all(0)
        z = 1 / (weights[:, inside] / corners[:, 2:]).sum(0)
        rows, columns = (y[inside] - 0.5).astype(int), (x[inside] - 0.5).astype(int)
        np.minimum.at(picture, (rows, columns), z)
    return picture


def soup(seed, count, spread, near, far):
    """Triangles anywhere."""
    rng = np.random.default_rng(seed)
    middle = np.column_stack([rng.uniform(-3, 3, (count, 2)), rng.uniform(near, far, count)])
    corners = middle[:, None] + rng.normal(0, spread, (count, 3, 3))
    return corners.reshape(-1, 3).astype(np.float32), np.arange(3 * count).reshape(-1, 3)


SOUPS = {
    "small": soup(1, 200, 0.05, 2, 8),
    "middling": soup(2, 60, 0.5, 2, 8),
    "huge": soup(3, 15, 20.0, 5, 30),
    "near": soup(4, 60, 0.2, 0.05, 0.6),
    "partly behind": soup(5, 60, 1.0, -1, 2),
    "behind": soup(6, 20, 0.2, -8, -2),
}


@pytest.mark.parametrize("name", SOUPS)
def test_depth_is_that_of_a_z_buffer(name):
    vertices, faces = SOUPS[name]
    made = depth_pictures(torch.from_numpy(vertices)[None], torch.from_numpy(faces), FOCAL, PIXELS)[0].numpy()
    wanted = z_buffer(vertices.astype(np.float64), faces, FOCAL, PIXELS)
    # A pixel whose middle lies on an edge, to the last digit, may go either way.
    apart = np.abs(made - wanted) > 1e-3 * wanted
    assert apart.mean() < 2e-3
    if name == "behind":
        assert (made == BACKGROUND).all()
    else:
        assert (made < BACKGROUND).any()


def test_bodies_are_drawn_each_in_its_own_picture():
    pairs = [SOUPS["middling"], SOUPS["huge"]]
    faces = torch.from_numpy(pairs[0][1][:15])
    alone = [depth_pictures(torch.from_numpy(v[:45])[None], faces, FOCAL, PIXELS)[0] for v, _ in pairs]
    together = depth_pictures(torch.stack([torch.from_numpy(v[:45]) for v, _ in pairs]), faces, FOCAL, PIXELS)
    for one, other in zip(alone, together, strict=True):
        assert torch.equal(one, other)


def test_few_candidates_at_a_time_make_the_same_picture(monkeypatch):
    vertices, faces = (torch.from_numpy(array) for array in SOUPS["middling"])
    whole = depth_pictures(vertices[None], faces, FOCAL, PIXELS)
    monkeypatch.setattr("pipeline.engines.humans4d.depth._CANDIDATES", 64)
    assert torch.equal(depth_pictures(vertices[None], faces, FOCAL, PIXELS), whole)


def test_what_is_no_number_draws_nothing():
    vertices, faces = SOUPS["small"]
    broken = torch.full((1, *vertices.shape), torch.nan)
    assert (depth_pictures(broken, torch.from_numpy(faces), FOCAL, PIXELS) == BACKGROUND).all()


class Mean(torch.nn.Module):
    """An encoder in name."""

    def forward(self, maps, en):
        assert en
        return maps.mean((2, 3))[:, :1, None, None].expand(-1, 16, 16, 16)


@pytest.fixture
def two_sheets():
    """Two squares before the camera, the farther one half hidden, each a half of the map."""
    square = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float32)
    vertices = np.concatenate([square * 0.2 + [0.1, 0, 0], square * 0.2 + [-0.1, 0, 1]]).astype(np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]])
    rng = np.random.default_rng(0)
    texels = np.sort(rng.choice(SIDE * SIDE, 800, replace=False))
    corner, weights = faces[np.arange(800) % 4], rng.dirichlet(np.ones(3), 800).astype(np.float32)
    atlas = Atlas(*(torch.from_numpy(array) for array in (texels, corner, weights, faces)))
    return torch.from_numpy(vertices)[None], atlas


DISTANCE = 10.0


def test_a_texel_is_seen_where_nothing_is_before_it(two_sheets):
    vertices, atlas = two_sheets
    crops = torch.rand(1, 3, 256, 256) + 0.5
    masks = torch.ones(1, 256, 256)
    masks[:, :100] = 0
    maps = Appearance(Mean(), atlas).texture(crops, masks, vertices, torch.tensor([[0.0, 0, DISTANCE]]))
    assert maps.shape == (1, 4, SIDE, SIDE)
    seen = maps[0, 3].ravel()[atlas.texels]
    points = (vertices[0][atlas.faces] * atlas.weights[..., None]).sum(1) + torch.tensor([0, 0, DISTANCE])
    pixels = points[:, :2] / points[:, 2:] * 5000 + 128
    hidden = (points[:, 2] > DISTANCE + 0.5) & _in_front_sheet(points)
    outside = ((pixels < 0) | (pixels > 256)).any(1) | (pixels[:, 1] < 99)
    sure = (
        ((pixels[:, 1] - 100).abs() > 1.5) & (pixels > 1).all(1) & (pixels < 255).all(1) & ~_near_edge(points)
    )
    np.testing.assert_array_equal((seen[sure] == 1).numpy(), (~hidden & ~outside)[sure].numpy())
    assert hidden[sure].any()
    assert (seen == 1).any()
    nowhere = torch.ones(SIDE * SIDE, dtype=torch.bool)
    nowhere[atlas.texels] = False
    assert (maps[0, 3].ravel()[nowhere] == -1).all()
    assert (maps[0, :3, maps[0, 3] == -1] == 0).all()


def _sheet_side(points):
    """Where the ray to a point meets the plane of the front sheet, relative to its middle."""
    return (points[:, :2] / points[:, 2:] * DISTANCE - torch.tensor([0.1, 0])).abs()


def _in_front_sheet(points):
    return (_sheet_side(points) < 0.2).all(1)


def _near_edge(points):
    return ((_sheet_side(points) - 0.2).abs() < 0.008).any(1)


def test_colours_are_taken_where_the_texel_is(two_sheets):
    vertices, atlas = two_sheets
    y, x = torch.meshgrid(torch.arange(256.0), torch.arange(256.0), indexing="ij")
    crops = torch.stack([x, y, x + y])[None] / 256
    maps = Appearance(Mean(), atlas).texture(
        crops, torch.ones(1, 256, 256), vertices, torch.tensor([[0.0, 0, DISTANCE]])
    )
    points = (vertices[0][atlas.faces] * atlas.weights[..., None]).sum(1) + torch.tensor([0, 0, DISTANCE])
    pixels = points[:, :2] / points[:, 2:] * 5000 + 128
    found = maps[0].flatten(1)[:, atlas.texels]
    shown = (found[3] == 1) & (pixels > 1).all(1) & (pixels < 255).all(1)
    wanted = (pixels.T - 0.5) / 256 / 5
    torch.testing.assert_close(found[:2, shown], wanted[:, shown], atol=1e-4, rtol=0)


def test_what_is_stored_is_small():
    features = small_features(torch.rand(3, 16, 16, 16))
    assert features.shape == (3, 256)
    assert features.dtype == np.float16


@pytest.fixture
def maps(tmp_path):
    places, faces = tmp_path / "bmap_256.npy", tmp_path / "fmap_256.npy"
    np.save(places, np.full((256, 256, 3), 1 / 3))
    texels = np.full((256, 256), -1)
    texels[3, 5], texels[9, 9] = 1, 0
    np.save(faces, texels)
    return places, faces


TRIANGLES = np.array([[0, 1, 2], [2, 3, 4]], np.int32)


def test_the_atlas_knows_its_texels(maps):
    atlas = read_atlas(*maps, TRIANGLES)
    assert atlas.texels.tolist() == [3 * 256 + 5, 9 * 256 + 9]
    assert atlas.faces.tolist() == [[2, 3, 4], [0, 1, 2]]
    torch.testing.assert_close(atlas.weights, torch.full((2, 3), 1 / 3))


def test_an_atlas_of_another_body_is_refused(maps):
    with pytest.raises(EngineError, match="another body"):
        read_atlas(*maps, TRIANGLES[:1])


def test_a_cut_off_atlas_is_told(maps):
    maps[0].write_bytes(maps[0].read_bytes()[:1000])
    with pytest.raises(EngineError, match="cannot be read") as caught:
        read_atlas(*maps, TRIANGLES)
    assert str(maps[0]) in caught.value.hint


def test_an_atlas_with_objects_in_it_is_refused(maps, tmp_path):
    np.save(maps[1], np.array([Harmful(tmp_path / "harm")], object))
    with pytest.raises(EngineError, match="cannot be read"):
        read_atlas(*maps, TRIANGLES)
    assert not (tmp_path / "harm").exists()


class Harmful:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (type(self.path).touch, (self.path,))
