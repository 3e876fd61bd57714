"""Files that want to run code, fill the memory, or are broken: each is refused in words, and nothing is run."""

from __future__ import annotations

import gzip
import json
import pickle
import struct
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pytest
from joblib.numpy_pickle import NumpyArrayWrapper

from pipeline.errors import ResultsError
from pipeline.importing import inflating as inflating_module
from pipeline.importing import read_boxes, read_files, recognise
from pipeline.importing.plain_pickle import read_plain
from pipeline.importing.torch_zip import read_torch
from pipeline.job import Cancelled, Job
from pipeline.smpl import unpickle


class Evil:
    """Makes a file where it is unpickled."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self):
        import os

        return os.system, (f"touch {self.proof}",)


class Touch(Evil):
    def __reduce__(self):
        return Path.touch, (self.proof,)


def object_array(evil) -> np.ndarray:
    array = np.empty(1, object)
    array[0] = evil
    return array


SHAPES = {
    "at the top": lambda evil: evil,
    "in a frame": lambda evil: {"a/000001.jpg": {"tid": [evil], "smpl": []}},
    "in an array": lambda evil: {"a/000001.jpg": {"tid": [], "smpl": [object_array(evil)]}},
    "in an array in an array": lambda evil: {"x": object_array(object_array(evil))},
    "as a key": lambda evil: {(evil,): 1},
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("how", ["pickle", "joblib", "joblib zlib", "joblib gzip"])
@pytest.mark.parametrize("kind", [Evil, Touch])
def test_pickles_that_want_to_run_something_are_refused(tmp_path, shape, how, kind):
    proof, path = tmp_path / "proof", tmp_path / "evil.pkl"
    content = SHAPES[shape](kind(proof))
    if how == "pickle":
        path.write_bytes(pickle.dumps(content))
    else:
        compress = {"joblib": 0, "joblib zlib": 3, "joblib gzip": ("gzip", 3)}[how]
        joblib.dump(content, path, compress=compress)
    with pytest.raises(ResultsError, match=r"(system|touch|getattr|Path).*harmful"):
        recognise(path)
    assert not proof.exists()
    joblib.load(path)  # the file is what it is said to be
    assert proof.exists()


@pytest.mark.parametrize("protocol", range(6))
def test_every_protocol_is_refused(tmp_path, protocol):
    path = tmp_path / "evil.pkl"
    path.write_bytes(pickle.dumps({"x": Evil(tmp_path / "proof")}, protocol))
    with pytest.raises(ResultsError, match="harmful"):
        recognise(path)
    assert not (tmp_path / "proof").exists()


DEFAULTS = b"N}X\x0c\x00\x00\x00__defaults__Ns\x86b."
"""State that empties the arguments a function takes when none are given."""


@pytest.mark.parametrize(
    "name",
    [
        b"numpy.core.multiarray\nscalar", b"numpy.core.multiarray\n_reconstruct", b"_codecs\nencode",
        b"numpy\nndarray", b"copyreg\n_reconstructor", b"collections\nOrderedDict", b"torch\ndevice",
        b"joblib.numpy_pickle\nNumpyArrayWrapper",
    ],
)  # fmt: skip
def test_state_for_what_a_file_did_not_make_is_refused(tmp_path, name):
    before = {stand_in: stand_in.__dict__.copy() for stand_in in unpickle._ALLOWED.values()}
    defaults = unpickle._scalar.__defaults__
    path = tmp_path / "evil.pkl"
    path.write_bytes(b"\x80\x02c" + name + b"\n" + DEFAULTS)
    with pytest.raises(ResultsError, match="did not make, which may be harmful"):
        read_plain(path)
    if name.startswith((b"numpy", b"_codecs", b"copyreg", b"coll")):
        with pytest.raises(unpickle.Refused, match="did not make"):
            unpickle.read_pickle(path)
    assert unpickle._scalar.__defaults__ == defaults == (b"",)
    assert {stand_in: stand_in.__dict__.copy() for stand_in in before} == before


@pytest.mark.parametrize(
    "name", [b"torch._utils\n_rebuild_tensor_v2", b"torch\nFloatStorage", b"builtins\ndict"]
)
@pytest.mark.parametrize("called", [b"", b")R"])
def test_state_for_what_a_torch_file_did_not_make_is_refused(tmp_path, name, called):
    path = torch_file(tmp_path / "a.pt", b"\x80\x02c" + name + b"\n" + called + DEFAULTS, {})
    with pytest.raises(ResultsError, match="did not make" if not called or b"dict" in name else "damaged"):
        read_torch(path)


@pytest.mark.parametrize("end", range(0, 37, 3))
def test_pickles_without_frames_that_end_anywhere_are_refused(tmp_path, end):
    path = tmp_path / "cut.pkl"
    path.write_bytes(pickle.dumps({"x": 1 << 20, "y": 0.5}, 2)[:end])
    with pytest.raises(ResultsError, match=r"cut off|damaged"):
        read_plain(path)
    with pytest.raises(unpickle.Refused):
        unpickle.read_pickle(path)


def torch_file(path: Path, data: bytes, storages: dict[str, bytes], compress=zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compress) as archive:
        archive.writestr("archive/data.pkl", data)
        for key, content in storages.items():
            archive.writestr(f"archive/data/{key}", content)
    return path


def test_a_torch_file_that_wants_to_run_something_is_refused(tmp_path):
    proof = tmp_path / "proof"
    path = torch_file(tmp_path / "evil.pt", pickle.dumps({"smpl_params_incam": Evil(proof)}, 2), {})
    with pytest.raises(ResultsError, match="harmful"):
        recognise(path)
    assert not proof.exists()


def tensor(offset: int, size: tuple[int, ...], stride: tuple[int, ...], count: int = 4) -> bytes:
    """The pickle of a tensor of float32 in storage 0, as torch writes it, protocol 2."""

    def text(value: str) -> bytes:
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    def whole(value: int) -> bytes:
        return b"\x8a\x08" + struct.pack("<q", value)

    def several(values: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(map(whole, values)) + b"t"

    storage = (
        b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cpu") + whole(count) + b"tQ"
    )
    return (
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + storage + whole(offset) + several(size) + several(stride)
        + b"\x89ccollections\nOrderedDict\n)RtR."
    )  # fmt: skip


def test_a_tensor_is_read_with_its_strides(tmp_path):
    numbers = np.arange(4, dtype="<f4")
    path = torch_file(tmp_path / "a.pt", tensor(0, (2, 2), (1, 2)), {"0": numbers.tobytes()})
    np.testing.assert_array_equal(read_torch(path), [[0, 2], [1, 3]])


@pytest.mark.parametrize(
    ("data", "storage", "said"),
    [
        (tensor(0, (2, 3), (3, 1)), 16, "beyond its storage"),
        (tensor(3, (2,), (1,)), 16, "beyond its storage"),
        (tensor(-1, (2,), (1,)), 16, "unknown form"),
        (tensor(0, (1 << 20, 1 << 20), (0, 0)), 16, "more than 4 GB"),
        (tensor(0, (2,), (1,)), 8, "cut off"),
        (tensor(0, (2,), (1,), count=1 << 60), 16, "cut off"),
        (b"\x80\x02" + b"]" * 40, 16, "damaged|cut off"),
        (b"", 16, "cut off"),
    ],
)
def test_tensors_beyond_their_numbers_are_refused(tmp_path, data, storage, said):
    path = torch_file(tmp_path / "a.pt", data, {"0": bytes(storage)})
    with pytest.raises(ResultsError, match=said):
        read_torch(path)


def test_an_old_or_packed_torch_file_is_explained(tmp_path):
    old = tmp_path / "old.pt"
    old.write_bytes(b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19." + bytes(50))
    with pytest.raises(ResultsError, match="before 1"):
        recognise(old)
    packed = torch_file(tmp_path / "p.pt", tensor(0, (1,), (1,)), {"0": bytes(16)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(ResultsError, match="compressed, as torch never does"):
        recognise(packed)


def test_a_bomb_is_refused_before_it_goes_off(tmp_path, monkeypatch):
    path = tmp_path / "bomb.pkl"
    monkeypatch.setattr(inflating_module, "_FLOOR", 1 << 20)
    joblib.dump({"x": np.zeros(1 << 24, np.uint8)}, path, compress=9)
    assert path.stat().st_size < 1 << 16
    with pytest.raises(ResultsError, match="grows to more than"):
        recognise(path)


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3)])
def test_what_is_too_large_is_not_called_damaged(tmp_path, monkeypatch, compress):
    path = tmp_path / "large.pkl"
    joblib.dump({"x": np.random.default_rng(1).random(1 << 17)}, path, compress=compress)
    monkeypatch.setattr(inflating_module, "MOST_BYTES", 1_000_000)
    with pytest.raises(ResultsError, match=r"large\.pkl is too large") as caught:
        recognise(path)
    assert "damaged" not in str(caught.value)
    assert caught.value.hint == "Cut it into parts."


@pytest.mark.parametrize("compress", [0, 3])
@pytest.mark.parametrize("name", ["many", "one"])
def test_reading_a_pickle_is_cancelled_on_the_way(tmp_path, desk, compress, name):
    """Not only once it was read: a large one takes minutes."""
    path, numbers = tmp_path / "large.pkl", np.random.default_rng(1).random(1 << 19)
    joblib.dump(np.split(numbers, 64) if name == "many" else numbers, path, compress=compress)
    told: list[float] = []

    def hear() -> None:
        told.append(job.take_report())
        if told[-1] > 0.2:
            job.cancel()

    job = Job(lambda job: None)
    job.listen(hear)
    with desk.opened() as (place, _store), pytest.raises(Cancelled):
        read_files([path], place, {}, job)
    assert told == sorted(told)
    assert 0.2 < told[-1] < (0.3 if name == "many" else 0.71)


@pytest.mark.parametrize(("key", "name"), [("phalp", "a.pkl"), ("jsonl", "a.jsonl"), ("npz", "a.npz")])
def test_every_reader_looks_at_the_job(exported, name, key):
    def hear(share: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        recognise(exported(key, name)[0], tell=hear)


def test_readers_of_torch_and_text_look_at_the_job_too(tmp_path):
    def hear(share: float) -> None:
        raise Cancelled

    boxes = tmp_path / "gt.txt"
    boxes.write_text("1,7,10,20,60,120,1\n")
    tensors = torch_file(tmp_path / "a.pt", tensor(0, (2, 2), (1, 2)), {"0": bytes(16)})
    for path in (boxes, tensors):
        with pytest.raises(Cancelled):
            recognise(path, tell=hear)


def test_a_list_that_holds_itself_many_times_over_is_refused(tmp_path, monkeypatch):
    from pipeline.importing import plain_pickle

    monkeypatch.setattr(plain_pickle, "MOST_VALUES", 100_000)
    laughs: list = ["ha"]
    for _ in range(30):
        laughs = [laughs] * 10
    path = tmp_path / "laughs.pkl"
    path.write_bytes(pickle.dumps(laughs))
    assert path.stat().st_size < 10_000
    with pytest.raises(ResultsError, match="more than any results"):
        recognise(path)
    itself: list = []
    itself.append(itself)
    path.write_bytes(pickle.dumps(itself))
    with pytest.raises(ResultsError, match="more than any results"):
        recognise(path)


def test_an_array_that_says_to_be_huge_is_refused(tmp_path):
    path = tmp_path / "huge.pkl"
    wrapper = NumpyArrayWrapper(np.ndarray, (1 << 44,), "C", np.dtype("u1"))
    path.write_bytes(pickle.dumps({"x": wrapper}, 2) + bytes(100))
    with pytest.raises(ResultsError, match="an array of 16384 GB"):
        recognise(path)
    wrapper.shape = (1 << 20,)
    path.write_bytes(pickle.dumps({"x": wrapper}, 2) + bytes(100))
    with pytest.raises(ResultsError, match="cut off"):
        recognise(path)


@pytest.mark.parametrize("key", ["phalp", "jsonl", "npz"])
def test_files_that_are_cut_off_are_refused(exported, tmp_path, key):
    names = {"phalp": "a.pkl", "jsonl": "a.jsonl", "npz": "a.npz"}
    whole = exported(key, names[key])[0].read_bytes()
    for share in (0.0, 0.01, 0.3, 0.7, 0.99):
        path = tmp_path / f"cut{Path(names[key]).suffix}"
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(ResultsError) as caught:
            recognise(path)
        assert caught.value.hint


@pytest.mark.parametrize("name", ["a.pkl", "a.pt", "a.npz", "a.jsonl", "a.txt"])
@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 300, b"hello, world", b"{}\n", b"PK\x03\x04junk", b"\x80\x05N.", b"\xff\xd8\xff" * 99],
)
def test_other_files_under_the_right_name_are_refused(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ResultsError) as caught:
        recognise(path)
    assert caught.value.hint


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(ResultsError, match="cannot be read: No such file"):
        recognise(tmp_path / "none.pkl")
    with pytest.raises(ResultsError, match="is a folder"):
        recognise(tmp_path)


def test_an_npz_with_python_objects_is_refused(tmp_path):
    proof, path = tmp_path / "proof", tmp_path / "evil.npz"
    np.savez(path, poses=np.zeros((2, 72)), trans=np.zeros((2, 3)), gender=object_array(Evil(proof)))
    with pytest.raises(ResultsError, match="Python objects, which may be harmful"):
        recognise(path)
    assert not proof.exists()


def spoiled(content, spoil):
    frame = next(iter(content.values()))
    spoil(frame)
    return content


def test_a_damaged_header_of_an_array_is_refused(exported, tmp_path):
    """It ends in the tokenizer of Python, as fuzzing found."""
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(exported("npz", "b.npz")[0]) as there, zipfile.ZipFile(path, "w") as made:
        for name in there.namelist():
            data = there.read(name)
            made.writestr(name, data.replace(b"'shape': (", b"'shape': ((") if name == "poses.npy" else data)
    with pytest.raises(ResultsError, match="damaged or no"):
        recognise(path)


SPOILS = {
    "NaN": (lambda f: f["camera"][0].__setitem__(0, np.nan), "NaN"),
    "no rotation": (lambda f: f["smpl"][0]["body_pose"].__setitem__(0, 7.0), "no rotations"),
    "another shape": (lambda f: f["smpl"][0].__setitem__("betas", np.zeros(11)), r"shape \(11,\), not 10"),
    "no numbers": (lambda f: f["bbox"].__setitem__(0, "none"), "no array of numbers"),
    "a list too short": (lambda f: f.__setitem__("bbox", []), "2 tracks, but 0 of bbox"),
    "no pose": (lambda f: f["smpl"].__setitem__(0, {}), "smpl lacks"),
    "far too far": (lambda f: f["camera"][0].__setitem__(2, 1e30), "cannot be"),
    "no size": (lambda f: f["size"].__setitem__(0, [0, 0]), "size"),
    "a mask beyond": (lambda f: f["mask"][0][0].__setitem__("counts", "ZZZZZ" * 9), "no mask of a picture"),
    "a mask of another size": (lambda f: f["mask"][0][0].__setitem__("size", [9, 9]), "no mask"),
    "no time": (lambda f: f.__setitem__("source_frame", 0.5), "no whole number"),
    "no track": (lambda f: f["tid"].__setitem__(0, 1 << 40), "which no track is"),
}


@pytest.mark.parametrize("what", SPOILS)
def test_wrong_numbers_are_refused_with_their_place(exported, desk, what):
    spoil, said = SPOILS[what]
    (path,) = exported("phalp", "a.pkl")
    joblib.dump(spoiled(joblib.load(path), spoil), path)
    with pytest.raises(ResultsError, match=said) as caught:
        desk.matched(path)
    assert "a.pkl" in caught.value.message


def test_frames_that_are_twice_there_are_refused(exported, desk):
    (path,) = exported("phalp", "a.pkl")
    content = joblib.load(path)
    first, second = list(content.values())[:2]
    second["source_frame"] = first["source_frame"]
    joblib.dump(content, path)
    with pytest.raises(ResultsError, match="frame 0 twice"):
        desk.matched(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda head: head.update(version=9), "newer Retake"),
        (lambda head: head.pop("video"), "damaged"),
        (lambda head: head["video"].update(size=[0.5, 1]), "no whole number"),
    ],
)
def test_json_lines_of_another_kind_are_refused(exported, desk, change, said):
    (path,) = exported("jsonl", "a.jsonl")
    head, *rest = path.read_text().splitlines()
    value = json.loads(head)
    change(value)
    path.write_text("\n".join([json.dumps(value), *rest]) + "\n")
    with pytest.raises(ResultsError, match=said):
        desk.matched(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,1,10,20,30,40,1\n0,1,1,1,1,1,1\n", "counted from 1"),
        ("1,1,10,20,30,40,1\n1,1,10,20,30,40,1\n", "twice in frame 0"),
        ("1,1,10,20,0,40,1\n", "a box of 0×40 px"),
        ("1,1,10,20,30,40,1\nx\n", "line 2 is no line"),
        ("1.5,1,10,20,30,40,1\n", "no whole number"),
    ],
)
def test_boxes_that_are_none_are_refused(tmp_path, text, said):
    path = tmp_path / "boxes.txt"
    path.write_text(text)
    with pytest.raises(ResultsError, match=said):
        read_boxes(path)


def test_boxes_are_no_results_and_results_no_boxes(tmp_path, exported, desk):
    path = tmp_path / "boxes.txt"
    path.write_text("1,1,10,20,30,40,1\n")
    with pytest.raises(ResultsError, match="holds boxes") as caught:
        desk.matched(path)
    assert "retake run VIDEO --boxes boxes.txt" in caught.value.hint
    with pytest.raises(ResultsError, match="not boxes"):
        read_boxes(exported("phalp", "a.pkl")[0])


def test_unknown_options_are_refused(exported, desk):
    (path,) = exported("phalp", "a.pkl")
    with pytest.raises(ResultsError, match="has no option 'axes'"):
        desk.matched(path, axes="z-up")
    paths = exported("npz", "a.npz")
    with pytest.raises(ResultsError, match="not on offer"):
        desk.matched(*paths, axes="sideways")


def test_compression_of_other_kinds_is_explained(tmp_path):
    path = tmp_path / "a.pkl"
    joblib.dump({}, path, compress=("bz2", 3))
    with pytest.raises(ResultsError, match="compressed as bzip2"):
        recognise(path)
    path.write_bytes(gzip.compress(pickle.dumps({}))[:-9])
    with pytest.raises(ResultsError):
        recognise(path)
