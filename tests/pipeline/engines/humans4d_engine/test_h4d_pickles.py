"""Pickles without PyTorch: detectron2's model files, PHALP's object arrays and SMPL's own; read, not run."""

import os
import pickle

import numpy as np
import pytest
from fakes_smpl import write_official

from pipeline.engines.humans4d import pose_prediction
from pipeline.engines.humans4d.mapped_pickle import read_model
from pipeline.errors import BodyError, EngineError
from pipeline.smpl import read_body
from pipeline.smpl.unpickle import Refused, read_object_array


class Harmful:
    """Leaves a file behind where its pickle is run."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.fixture
def harm(tmp_path):
    path = tmp_path / "harm"
    yield path
    assert not path.exists(), "the pickle was run"


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    return {
        "large": rng.normal(size=(200, 300)).astype(np.float32),
        "small": np.arange(4, dtype=np.int64),
        "deep": rng.normal(size=(3, 4, 5)),
        "in columns": np.asfortranarray(rng.normal(size=(80, 20)).astype(np.float16)),
        "one": np.array(7.0, np.float32),
        "none": np.zeros((0, 4), np.float32),
    }


def model_file(path, arrays, protocol):
    content = {"model": arrays, "__author__": "somebody", "matching_heuristics": True}
    path.write_bytes(pickle.dumps(content, protocol))
    return path


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol_gives_equal_arrays(tmp_path, arrays, protocol):
    found = read_model(model_file(tmp_path / "model.pkl", arrays, protocol))
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("protocol", [3, 4])
def test_large_arrays_are_views_of_the_file(tmp_path, arrays, protocol):
    path = model_file(tmp_path / "model.pkl", arrays, protocol)
    found = read_model(path)["large"]
    assert not found.flags.owndata
    assert not found.flags.writeable
    place = path.read_bytes().index(arrays["large"].tobytes())
    with path.open("r+b") as file:
        file.seek(place)
        file.write(np.float32(1234.5).tobytes())
    assert found[0, 0] == 1234.5


def test_a_model_without_a_wrapping_is_read(tmp_path, arrays):
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(arrays))
    assert read_model(tmp_path / "model.pkl").keys() == arrays.keys()


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("where", ["in the model", "beside it"])
def test_a_malicious_model_is_refused_and_not_run(tmp_path, arrays, harm, protocol, where):
    bad = Harmful(harm)
    content = {"model": {**arrays, "w": bad}} if where == "in the model" else {"model": arrays, "x": bad}
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(content, protocol))
    with pytest.raises(EngineError, match=r"model\.pkl was refused") as caught:
        read_model(tmp_path / "model.pkl")
    assert "system" in caught.value.message
    assert caught.value.kind == "load_failed"
    assert caught.value.hint


@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_truncated_model_is_told_with_what_to_do(tmp_path, arrays, protocol, share):
    path = model_file(tmp_path / "model.pkl", arrays, protocol)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(EngineError, match="is damaged") as caught:
        read_model(path)
    assert str(path) in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", pickle.dumps([1, 2]), pickle.dumps(3)])
def test_what_is_no_model_is_told(tmp_path, content):
    (tmp_path / "model.pkl").write_bytes(content)
    with pytest.raises(EngineError, match="is damaged"):
        read_model(tmp_path / "model.pkl")


def test_arrays_of_arrays_are_read_in_both_forms(tmp_path):
    mean, spread = np.random.default_rng(0).normal(size=(2, 1, 226))
    ragged = np.empty(2, object)
    ragged[:] = [mean, spread[:, :200]]
    np.save(tmp_path / "objects.npy", ragged, allow_pickle=True)
    np.save(tmp_path / "plain.npy", np.stack([mean, spread]))
    found = read_object_array(tmp_path / "objects.npy")
    np.testing.assert_array_equal(found[0], mean)
    np.testing.assert_array_equal(found[1], spread[:, :200])
    for one, other in zip(read_object_array(tmp_path / "plain.npy"), (mean, spread), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_scale_of_poses_is_completed(tmp_path):
    scale = np.empty(2, object)
    scale[:] = [np.full((1, 226), 3.0), np.full((1, 226), 2.0)]
    np.save(tmp_path / "mean_std.npy", scale, allow_pickle=True)
    mean, spread = pose_prediction.read_mean_and_spread(tmp_path / "mean_std.npy")
    assert mean.shape == spread.shape == (1, 1, 1, 229)
    assert mean.ravel()[225:].tolist() == [3, 0, 0, 0]
    assert spread.ravel()[225:].tolist() == [2, 1, 1, 1]


@pytest.mark.parametrize("kind", ["harmful", "truncated", "something else", "one array only", "too long"])
def test_a_bad_scale_of_poses_is_refused(tmp_path, harm, kind):
    path = tmp_path / "mean_std.npy"
    scale = np.empty(2, object)
    scale[:] = [np.zeros((1, 226)), Harmful(harm) if kind == "harmful" else np.ones((1, 226))]
    if kind == "one array only":
        scale = scale[:1]
    if kind == "too long":
        scale[:] = [np.zeros((1, 300)), np.zeros((1, 300))]
    np.save(path, scale, allow_pickle=True)
    content = path.read_bytes()
    path.write_bytes({"truncated": content[:-40], "something else": b"PK\x03\x04nothing"}.get(kind, content))
    with pytest.raises(EngineError, match=r"mean_std\.npy cannot be read") as caught:
        pose_prediction.read_mean_and_spread(path)
    assert str(path) in caught.value.hint


def test_a_malicious_object_array_is_refused(tmp_path, harm):
    np.save(tmp_path / "bad.npy", np.array([Harmful(harm), 1], object), allow_pickle=True)
    with pytest.raises(Refused, match="system"):
        read_object_array(tmp_path / "bad.npy")


def test_a_malicious_smpl_file_is_refused(tmp_path, harm):
    arrays = {"v_template": np.zeros((2, 3)), "shapedirs": np.zeros((2, 3, 10)), "J_regressor": np.eye(2)}
    path = write_official(tmp_path / "SMPL_NEUTRAL.pkl", arrays | {"f": Harmful(harm)}, 2)
    with pytest.raises(BodyError, match="was refused"):
        read_body(path)
