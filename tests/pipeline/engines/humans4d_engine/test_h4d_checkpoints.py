"""PyTorch's files: read without running them or copying them, filled strictly, refused with a hint."""

import collections
import contextlib
import os
import pickle
import re
import zipfile

import pytest
import torch
from fakes_humans4d_files import write_hmr2
from torch import nn

from pipeline.engines.humans4d import hmr
from pipeline.engines.humans4d.checkpoints import (
    fill,
    read_ahead,
    read_checkpoint,
    register_safe_globals,
    uninitialised,
)
from pipeline.errors import EngineError


class Harmful:
    """Leaves a file behind where its pickle is run."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.fixture
def harm(tmp_path):
    """The file that must not appear."""
    path = tmp_path / "harm"
    yield path
    assert not path.exists(), "the pickle was run"


@pytest.fixture(scope="module")
def registered(packages):
    return register_safe_globals()


def test_settings_of_both_kinds_are_on_the_list(registered):
    assert {"DictConfig", "ListConfig", "ContainerMetadata", "AnyNode", "yacs.config.CfgNode"} <= set(
        registered
    )


@pytest.mark.parametrize("yacs", [False, True], ids=["omegaconf", "yacs"])
def test_a_lightning_checkpoint_with_its_settings_is_read(registered, weights, tmp_path, yacs):
    body = tmp_path / "4DHumans/data"
    body.parent.mkdir()
    body.symlink_to(weights / "4DHumans/data")
    path = write_hmr2(tmp_path, yacs=yacs)
    content = read_checkpoint(path)
    assert content["global_step"] == 1000000
    assert content["hyper_parameters"]["cfg"]["MODEL"]["IMAGE_SIZE"] == 256
    assert hmr.network_state(path)["smpl_head.deccam.weight"].shape == (3, 24)


def test_without_being_registered_settings_are_refused(packages, weights):
    torch.serialization.clear_safe_globals()
    try:
        with pytest.raises(EngineError, match="more than numbers and settings") as caught:
            hmr.network_state(
                weights / "4DHumans/logs/train/multiruns/hmr2/0/checkpoints/epoch=35-step=1000000.ckpt"
            )
        assert "(it asks for omegaconf.dictconfig.DictConfig)" in caught.value.message
    finally:
        register_safe_globals()


@pytest.mark.parametrize("old_format", [False, True], ids=["archive", "before 1.6"])
def test_a_malicious_checkpoint_is_refused_and_not_run(registered, tmp_path, harm, old_format):
    path = tmp_path / "bad.ckpt"
    content = {"state_dict": {"weight": torch.zeros(2)}, "extra": Harmful(harm)}
    torch.save(content, path, _use_new_zipfile_serialization=not old_format)
    with pytest.raises(EngineError, match="was refused") as caught:
        read_checkpoint(path)
    assert re.search(r"\(it asks for \w+\.system\)", caught.value.message)
    assert "nothing in it was run" in caught.value.hint
    assert caught.value.kind == "load_failed"


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_a_plain_pickle_in_a_checkpoints_place_is_not_run(registered, tmp_path, harm):
    path = tmp_path / "bad.ckpt"
    path.write_bytes(pickle.dumps({"state_dict": Harmful(harm)}))
    with pytest.raises(EngineError):
        read_checkpoint(path)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_checkpoint_is_told_with_what_to_do(registered, tmp_path, share):
    path = tmp_path / "cut.ckpt"
    torch.save({"state_dict": {"weight": torch.rand(50, 50)}}, path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(EngineError, match=r"cut\.ckpt cannot be read") as caught:
        read_checkpoint(path)
    assert str(path) in caught.value.hint


def test_what_holds_no_network_is_told(registered, tmp_path):
    torch.save([1, 2], tmp_path / "list.ckpt")
    torch.save({"weights": {}}, tmp_path / "other.ckpt")
    with pytest.raises(EngineError, match="no state of a network"):
        read_checkpoint(tmp_path / "list.ckpt")
    with pytest.raises(EngineError, match="no `state_dict`"):
        hmr.network_state(tmp_path / "other.ckpt")


def test_the_old_format_is_read_too(registered, tmp_path):
    torch.save({"state_dict": {"a": torch.arange(5)}}, tmp_path / "old", _use_new_zipfile_serialization=False)
    assert torch.equal(read_checkpoint(tmp_path / "old")["state_dict"]["a"], torch.arange(5))


def test_tensors_are_the_files_own_pages(registered, tmp_path):
    path = tmp_path / "mapped.ckpt"
    torch.save({"state_dict": {"weight": torch.zeros(1000, 1000), "bias": torch.zeros(1000)}}, path)
    state = read_checkpoint(path)["state_dict"]
    network = nn.Linear(1000, 1000)
    fill(network, state, what=path.name, superfluous={})
    assert network.weight.data_ptr() == state["weight"].data_ptr(), "the file's tensor itself, no copy of it"
    _change_in_file(path, "mapped/data/0")
    assert network.weight[0, 0] != 0, "what the file holds now is what the network sees"


def _change_in_file(path, name):
    """Write into a member of an archive that is not compressed, in place."""
    with zipfile.ZipFile(path) as archive:
        entry = next(info for info in archive.infolist() if info.filename.endswith(name.partition("/")[2]))
    with path.open("r+b") as file:
        file.seek(entry.header_offset + 26)
        lengths = [int.from_bytes(file.read(2), "little") for _ in range(2)]
        file.seek(entry.header_offset + 30 + sum(lengths))
        file.write(b"\x01\x02\x03\x40" * 4)


def test_reading_ahead_tells_how_far(tmp_path):
    (tmp_path / "file").write_bytes(bytes(40_000_000))
    told = []
    read_ahead(tmp_path / "file", lambda **changes: told.append(changes))
    assert [change["bytes_done"] for change in told] == [2**24, 2**25, 40_000_000]
    assert told[-1]["fraction"] == 1.0


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 3)
        self.norm = nn.LayerNorm(3)
        self.register_buffer("counter", torch.zeros(1))


KNOWN = {"counter": "counts batches"}


def good_state():
    return {
        name: torch.rand(value.shape) for name, value in Network().state_dict().items() if name != "counter"
    }


def test_a_network_is_filled_frozen_and_in_evaluation():
    network, state = Network(), good_state()
    fill(network, state, what="file", superfluous={}, absent=KNOWN)
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert torch.equal(network.layer.weight, state["layer.weight"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"layer.bias": None}, "it lacks layer.bias"),
        ({"other.weight": torch.zeros(1)}, "it has other.weight besides"),
        (
            {"layer.bias": None, "other.weight": torch.zeros(1)},
            "lacks layer.bias and it has other.weight besides",
        ),
        ({"layer.weight": torch.zeros(3, 5)}, "size mismatch for layer.weight"),
    ],
    ids=["missing", "unexpected", "both", "shape"],
)
def test_a_file_of_another_network_is_refused(change, said):
    state = {name: value for name, value in (good_state() | change).items() if value is not None}
    with pytest.raises(EngineError, match="file does not fit its network") as caught:
        fill(Network(), state, what="file", superfluous={}, absent=KNOWN)
    assert said in caught.value.message
    assert caught.value.hint
    assert caught.value.kind == "load_failed"


def test_many_differences_are_told_in_short():
    with pytest.raises(EngineError, match=r"it lacks counter, layer\.weight, layer\.bias and 2 more"):
        fill(Network(), {}, what="file", superfluous={})


def test_known_differences_are_allowed_and_no_others():
    state = good_state() | {"judge.weight": torch.zeros(1)}
    fill(Network(), state, what="file", superfluous={r"judge\..*": "for training"}, absent=KNOWN)
    with pytest.raises(EngineError, match="it lacks counter"):
        fill(Network(), good_state(), what="file", superfluous={})
    with pytest.raises(EngineError, match=r"judge\.weight"):
        fill(Network(), state, what="file", superfluous={r"judge\.bias": "another"}, absent=KNOWN)


def test_networks_are_made_without_random_numbers_and_only_inside():
    before = {name: getattr(nn.init, name) for name in dir(nn.init)}
    state = torch.random.get_rng_state()
    with contextlib.suppress(ArithmeticError), uninitialised():
        nn.Linear(50, 50)
        nn.init.trunc_normal_(torch.zeros(3))
        assert torch.equal(torch.random.get_rng_state(), state)
        raise ArithmeticError("on the way")
    assert {name: getattr(nn.init, name) for name in dir(nn.init)} == before
    nn.Linear(50, 50)
    assert not torch.equal(torch.random.get_rng_state(), state)


@pytest.fixture
def settings(weights):
    return hmr.read_settings(
        weights / "4DHumans/logs/train/multiruns/hmr2/0/model_config.yaml",
        weights / "4DHumans/data/smpl_mean_params.npz",
    )


def test_hmrs_checkpoint_is_read_strictly(registered, weights, tmp_path, settings):
    (tmp_path / "4DHumans").mkdir()
    (tmp_path / "4DHumans/data").symlink_to(weights / "4DHumans/data")
    changes = {
        "it lacks smpl_head.decpose.bias": {"without": ("smpl_head.decpose.bias",)},
        "it has backbone.extra besides": {"backbone__extra": torch.zeros(1)},
        "size mismatch for smpl_head.deccam.weight": {"smpl_head__deccam__weight": torch.zeros(3, 99)},
    }
    from pipeline.engines.humans4d.upstream import enter_hmr2

    enter_hmr2()
    for said, change in changes.items():
        path = write_hmr2(tmp_path, **change)
        with pytest.raises(EngineError) as caught:
            fill(hmr.build(settings), hmr.network_state(path), what=path.name, superfluous=hmr.SUPERFLUOUS)
        assert said in caught.value.message
    path = write_hmr2(tmp_path, backbone__cls_token=torch.zeros(1, 1, 16))  # upstream's has one, unused
    fill(hmr.build(settings), hmr.network_state(path), what=path.name, superfluous=hmr.SUPERFLUOUS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "MODEL: {IMAGE_SIZE: 224, BACKBONE: {TYPE: vit}}\nSMPL: {}\n",
            "describes another network: vit at 224",
        ),
        ("MODEL: {IMAGE_SIZE: 256, BACKBONE: {TYPE: resnet}}\nSMPL: {}\n", "another network: resnet"),
        ("MODEL: {}\n", "cannot be read"),
        ("MODEL: [", "cannot be read"),
        ("just words", "cannot be read"),
        ("!!python/object/apply:os.system ['touch harm']", "cannot be read"),
    ],
)
def test_settings_of_something_else_are_told(packages, tmp_path, monkeypatch, text, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model_config.yaml").write_text(text)
    with pytest.raises(EngineError, match=said):
        hmr.read_settings(tmp_path / "model_config.yaml", tmp_path / "mean.npz")
    assert not (tmp_path / "harm").exists()


def test_ordered_dictionaries_of_tensors_are_plain(registered, tmp_path):
    torch.save(collections.OrderedDict(model=collections.OrderedDict(a=torch.ones(1))), tmp_path / "x.pth")
    assert read_checkpoint(tmp_path / "x.pth")["model"]["a"] == 1
