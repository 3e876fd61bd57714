"""Weight files found, checked, fetched and mended; small files in the real formats, from a server on the loopback."""

import gzip
import hashlib
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from fakes_server import file_server
from fakes_smpl import official_arrays, write_official
from fakes_weights import CHECKPOINT, archive, hmr2_files, single_files

from pipeline.caches import cache_root
from pipeline.engines.humans4d.manifest import NAME
from pipeline.engines.humans4d.weight_files import ARCHIVE, FILES, HMR2_KEYS, PHALP_KEYS
from pipeline.engines.humans4d.weights import Weights, smpl_file
from pipeline.engines.transfer import Reach
from pipeline.errors import EngineError, MissingFile
from pipeline.job import Cancelled
from pipeline.places import data_folder
from pipeline.smpl.places import smpl_folder

SINGLE = tuple(key for key in FILES if key not in HMR2_KEYS)


@pytest.fixture(autouse=True)
def _own_places(monkeypatch, tmp_path):
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("RETAKE_WEIGHTS", "FVCORE_CACHE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server():
    with file_server() as made:
        yield made


@pytest.fixture
def root(tmp_path):
    return tmp_path / "weights"


def weights_from(server, root, **others) -> Weights:
    files = {key: replace(file, url=server.url(f"/{file.place}")) for key, file in FILES.items()}
    files |= {key: replace(files[key], **changes) for key, changes in others.items()}
    reach = Reach(pause=lambda seconds: None)
    return Weights(str(root), files=files, archive_url=server.url(f"/{ARCHIVE}"), reach=reach)


def serve_all(server, **cues) -> None:
    for place, content in single_files().items():
        server.put(f"/{place}", content)
    server.put(f"/{ARCHIVE}", archive(hmr2_files()), **cues)


def put_hmr2(root, members=None) -> None:
    for name, content in (members or hmr2_files()).items():
        path = root / "4DHumans" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def silent(**changes) -> None:
    pass


def test_everything_is_where_upstream_has_it(tmp_path, monkeypatch):
    home = tmp_path / "home"
    weights = Weights()
    assert weights.path("hmr2_checkpoint") == home / ".cache/4DHumans" / CHECKPOINT
    assert weights.path("phalp_hmar") == home / ".cache/phalp/weights/hmar_v2_weights.pth"
    assert weights.path("vitdet").is_relative_to(home / ".torch/iopath_cache/detectron2/ViTDet")
    monkeypatch.setenv("FVCORE_CACHE", str(tmp_path / "fv"))
    assert Weights().path("vitdet").is_relative_to(tmp_path / "fv" / "detectron2")
    monkeypatch.setenv("RETAKE_WEIGHTS", str(tmp_path / "all"))
    assert Weights().path("phalp_joints") == tmp_path / "all/phalp/3D/SMPL_to_J19.pkl"
    assert Weights(str(tmp_path / "chosen")).root("4DHumans") == tmp_path / "chosen" / "4DHumans"
    assert cache_root("detectron2") == tmp_path / "all" / "detectron2"


def test_all_files_are_fetched_once_with_their_checksums(server, root):
    serve_all(server)
    weights = weights_from(server, root)
    assert {weights.problem(key) for key in FILES} == {"is missing"}
    told = []
    weights.fetch_all(FILES, lambda **changes: told.append(changes))
    assert [key for key in FILES if weights.problem(key)] == []
    asked = len(server.asked)
    assert asked == 1 + len(SINGLE)
    again = weights_from(server, root)
    again.fetch_all(FILES, silent)
    assert len(server.asked) == asked
    content = hmr2_files()[CHECKPOINT]
    assert again.sha256("hmr2_checkpoint") == hashlib.sha256(content).hexdigest()
    moved = [change["bytes_done"] for change in told if "bytes_done" in change]
    assert moved == sorted(moved), "bytes of all files add up"
    assert moved[-1] > sum(map(len, single_files().values()))


def test_an_existing_set_up_is_used_as_it_is(server, root):
    put_hmr2(root)
    weights = weights_from(server, root)
    weights.fetch_all(HMR2_KEYS, silent)
    assert server.asked == []


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_an_archive_that_upstream_left_cut_off_is_found_and_gone_on_with(share, server, root):
    serve_all(server)
    whole = archive(hmr2_files())
    server.put(f"/{ARCHIVE}", whole)
    (root / "4DHumans").mkdir(parents=True)
    (root / ARCHIVE).write_bytes(whole[: int(len(whole) * share)])
    weights = weights_from(server, root)
    weights.fetch("hmr2_checkpoint", silent)
    assert [asked[1] for asked in server.asked] == [f"bytes={int(len(whole) * share)}-"]
    assert (root / ARCHIVE).read_bytes() == whole
    assert all(map(weights.present, HMR2_KEYS))
    assert not (root / "4DHumans" / ".retake-unpacking").exists()


def test_an_archive_with_a_flipped_bit_is_found_and_fetched_again(server, root):
    serve_all(server)
    (root / "4DHumans").mkdir(parents=True)
    damaged = bytearray(archive(hmr2_files()))
    damaged[len(damaged) // 2] ^= 16
    (root / ARCHIVE).write_bytes(damaged)
    weights = weights_from(server, root)
    weights.fetch("hmr2_config", silent)
    assert all(map(weights.present, HMR2_KEYS))


def test_a_whole_archive_mends_what_was_unpacked_without_the_network(server, root):
    members = hmr2_files()
    put_hmr2(root, members | {CHECKPOINT: members[CHECKPOINT][:-500], "data/smpl_mean_params.npz": b"mine"})
    (root / ARCHIVE).write_bytes(archive(members | {"data/smpl/SMPL_NEUTRAL.pkl": b"theirs"}))
    own = root / "4DHumans/data/smpl/SMPL_NEUTRAL.pkl"
    own.parent.mkdir()
    own.write_bytes(b"the user's")
    weights = weights_from(server, root)
    assert weights.problem("hmr2_checkpoint") == "is cut off"
    weights.fetch("hmr2_checkpoint", silent)
    assert server.asked == []
    assert all(map(weights.present, HMR2_KEYS))
    assert own.read_bytes() == b"the user's", "nothing of the user's is overwritten"


@pytest.mark.parametrize(
    "name", ["../outside.txt", "/tmp/outside.txt", "data/../../outside.txt", "C:\\x.txt"]
)
def test_members_that_leave_the_folder_are_refused(name, server, root):
    server.put(f"/{ARCHIVE}", archive(hmr2_files() | {name: b"x"}))
    weights = weights_from(server, root)
    with pytest.raises(EngineError, match="outside its folder"):
        weights.fetch("hmr2_checkpoint", silent)
    assert not list(root.parent.rglob("outside.txt"))
    assert not weights.present("hmr2_checkpoint")


def test_an_archive_without_what_is_wanted_is_refused(server, root):
    server.put(f"/{ARCHIVE}", archive({"readme.txt": b"moved"}))
    with pytest.raises(EngineError, match=r"lacks data/SMPL_to_J19.pkl"):
        weights_from(server, root).fetch("hmr2_checkpoint", silent)


def test_a_cancelled_fetch_leaves_nothing_half_and_goes_on(server, root):
    serve_all(server)

    def cancel(**changes):
        if "unpacking" in changes.get("detail", ""):
            raise Cancelled

    weights = weights_from(server, root)
    with pytest.raises(Cancelled):
        weights.fetch("hmr2_checkpoint", cancel)
    assert not any(map(weights.present, HMR2_KEYS))
    weights.fetch("hmr2_checkpoint", silent)
    assert len(server.asked) == 1, "the archive had come"


@pytest.mark.parametrize("key", SINGLE)
def test_a_file_cut_off_or_replaced_by_a_page_is_found(key, server, root):
    serve_all(server)
    weights = weights_from(server, root)
    path = weights.fetch(key, silent)
    whole = path.read_bytes()
    path.write_bytes(b"<!DOCTYPE html><p>Please log in</p>")
    assert "web page" in weights.problem(key)
    if key not in ("phalp_hmar", "phalp_pose_config"):  # these two formats have no end
        path.write_bytes(whole[: len(whole) * 2 // 3])
        assert "cut off" in weights.problem(key)
    weights.fetch(key, silent)
    assert path.read_bytes() == whole


def test_damage_that_changes_neither_size_nor_date_is_found_by_reading(server, root):
    serve_all(server)
    weights = weights_from(server, root)
    path = weights.fetch("vitdet", silent)
    state, content = path.stat(), bytearray(path.read_bytes())
    content[-2000] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert weights.present("vitdet"), "a look at size and date does not tell"
    assert weights.rotten("vitdet")


def test_a_file_the_user_put_in_place_of_ours_is_used_and_told_apart(server, root):
    serve_all(server)
    weights = weights_from(server, root)
    path = weights.fetch("phalp_pose_predictor", silent)
    assert not weights.replaced("phalp_pose_predictor")
    from fakes_weights import torch_file

    path.write_bytes(torch_file(9))
    assert weights.present("phalp_pose_predictor")
    assert weights.replaced("phalp_pose_predictor")


def test_a_pinned_checksum_holds(server, root):
    serve_all(server)
    right = hashlib.sha256(single_files()[FILES["regnety"].place]).hexdigest()
    weights_from(server, root, regnety={"sha256": right}).fetch("regnety", silent)
    pinned = weights_from(server, root, regnety={"sha256": "0" * 64})
    assert "SHA-256" in pinned.problem("regnety")
    with pytest.raises(EngineError, match="SHA-256"):
        pinned.fetch("regnety", silent)


def test_where_nothing_can_be_written_beside_the_weights_it_is_noted_elsewhere(server, root):
    put_hmr2(root)
    (root / "4DHumans" / NAME).mkdir()  # in the way of the manifest, also for root
    assert all(map(weights_from(server, root).present, HMR2_KEYS))
    assert len(list((data_folder() / "weights").glob("*.json"))) == 1
    assert all(map(weights_from(server, root).present, HMR2_KEYS))


def test_a_broken_manifest_costs_a_look_only(server, root):
    put_hmr2(root)
    (root / "4DHumans" / NAME).write_text("{")
    assert all(map(weights_from(server, root).present, HMR2_KEYS))


def test_two_processes_fetch_a_file_once(server, root):
    serve_all(server)
    first, second = weights_from(server, root), weights_from(server, root)
    waiting, others = threading.Event(), []

    def hold(**changes):
        if not others:  # the first is in the middle of it: another one begins and waits
            others.append(threading.Thread(target=second.fetch, args=("vitdet", noticed)))
            others[0].start()
            assert waiting.wait(10)

    def noticed(**changes):
        if "another process" in changes.get("detail", ""):
            waiting.set()

    first.fetch("vitdet", hold)
    others[0].join()
    assert len(server.asked) == 1
    assert second.present("vitdet")


def test_phalp_and_hmr2_name_their_files():
    assert len(HMR2_KEYS) == 4
    assert len(PHALP_KEYS) == 8
    assert len({file.place for file in FILES.values()}) == len(FILES)


@pytest.fixture(scope="module")
def body(tmp_path_factory):
    return write_official(tmp_path_factory.mktemp("smpl") / "model.pkl", official_arrays(), 2)


def put_smpl(body, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body.read_bytes())
    return path


def test_a_missing_smpl_file_is_asked_for(root):
    with pytest.raises(MissingFile, match="The male SMPL body is missing") as caught:
        smpl_file("male", "", Weights(str(root)))
    assert caught.value.need == "smpl:male"
    assert "https://smpl.is.tue.mpg.de" in caught.value.hint
    assert str(smpl_folder() / "SMPL_MALE.pkl") in caught.value.hint


def test_smpl_files_are_looked_for_in_order(body, root, tmp_path):
    weights = Weights(str(root))
    places = [
        root / "phalp/3D/models/smpl/basicmodel_f_lbs_10_207_0_v1.1.0.pkl",
        root / "phalp/3D/models/smpl/SMPL_FEMALE.pkl",
        root / "4DHumans/data/smpl/SMPL_FEMALE.pkl",
        smpl_folder() / "SMPL_FEMALE.pkl",
        tmp_path / "my_female_body.pkl",
    ]
    for place in places:
        put_smpl(body, place)
        chosen = str(tmp_path / "my_female_body.pkl")
        assert smpl_file("female", chosen, weights) == place
    with pytest.raises(MissingFile, match=r"my_female_body.pkl is not the male one"):
        smpl_file("male", str(places[-1]), weights)


def test_a_damaged_smpl_file_is_passed_over_and_named(body, root):
    bad = root / "4DHumans/data/smpl/SMPL_NEUTRAL.pkl"
    put_smpl(body, bad)
    bad.write_bytes(bad.read_bytes()[:1000])
    with pytest.raises(MissingFile, match=r"SMPL_NEUTRAL.pkl was refused"):
        smpl_file("neutral", "", Weights(str(root)))
    good = put_smpl(body, root / "phalp/3D/models/smpl/SMPL_NEUTRAL.pkl")
    assert smpl_file("neutral", "", Weights(str(root))) == good


def test_gzip_of_python_notices_a_cut(tmp_path):
    """What the search for cut off archives rests on."""
    with pytest.raises(EOFError):
        gzip.decompress(gzip.compress(os.urandom(1000))[:-1])
