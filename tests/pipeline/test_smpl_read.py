from __future__ import annotations

import builtins
import io
import os
import pickle
import subprocess
from pathlib import Path

import numpy as np
import pytest
from fakes_smpl import official_arrays, write_official
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import BodyError
from pipeline.places import resource
from pipeline.smpl import _read_id_once, builtin_body, find_body, read_body
from pipeline.smpl.places import import_body


@pytest.fixture(scope="module")
def official() -> dict[str, np.ndarray]:
    return official_arrays()


@pytest.fixture(scope="module")
def small_pickle(tmp_path_factory) -> bytes:
    """A pickle of numpy arrays, a few kB long."""
    arrays = {"v_template": np.zeros((6, 3)), "weights": np.zeros((6, 24)), "f": np.zeros((2, 3), np.uint32)}
    return write_official(tmp_path_factory.mktemp("small") / "a.pkl", arrays | _SMALL, 2).read_bytes()


_SMALL = {"shapedirs": np.zeros((6, 3, 10)), "J_regressor": np.zeros((24, 6))}


def _assert_holds(path: Path, official: dict[str, np.ndarray]) -> None:
    body = read_body(path)
    for name in ("v_template", "weights", "posedirs", "J_regressor"):
        np.testing.assert_allclose(getattr(body, name), official[name].astype(np.float32), err_msg=name)
    np.testing.assert_allclose(body.shapedirs, official["shapedirs"][..., :10].astype(np.float32))
    np.testing.assert_array_equal(body.faces, official["f"])
    np.testing.assert_allclose(body.J_template, official["J_regressor"] @ official["v_template"], atol=1e-6)


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_official_pickles_are_read_without_chumpy(tmp_path, official, protocol):
    _assert_holds(write_official(tmp_path / "SMPL_NEUTRAL.pkl", official, protocol), official)


@pytest.mark.parametrize("protocol", [0, 2])
def test_pickles_of_old_numpy_and_scipy_are_read(tmp_path, official, protocol):
    path = write_official(tmp_path / "SMPL_MALE.pkl", official, protocol, numpy1=True)
    assert b"numpy._core" not in path.read_bytes()
    _assert_holds(path, official)


def test_big_endian_and_fortran_arrays_are_read(tmp_path, official):
    changed = official | {
        "weights": np.asfortranarray(official["weights"]),
        "posedirs": official["posedirs"].astype(">f8"),
    }
    _assert_holds(write_official(tmp_path / "smpl.pkl", changed, 2), official)


def test_of_300_shape_components_the_first_10_are_used(tmp_path):
    arrays = official_arrays(shapes=300)
    path = tmp_path / "smpl.npz"
    np.savez(path, **arrays)
    _assert_holds(path, arrays)


def test_pickle_and_npz_of_one_body_have_one_id(tmp_path, official):
    np.savez(tmp_path / "SMPL_FEMALE.npz", **official)
    npz = read_body(tmp_path / "SMPL_FEMALE.npz")
    pkl = read_body(write_official(tmp_path / "basicmodel_f_lbs_10_207_0_v1.1.0.pkl", official, 2))
    assert npz.id == pkl.id
    assert npz.id.startswith("smpl-female-")


@pytest.mark.parametrize(
    ("name", "gender"),
    [
        ("SMPL_FEMALE.npz", "female"),
        ("basicmodel_m_lbs_10_207_0_v1.1.0.npz", "male"),
        ("basicModel_f_lbs_10_207_0_v1.0.0.npz", "female"),
        ("basicModel_neutral_lbs_10_207_0_v1.0.0.npz", "neutral"),
        ("whatever.npz", "neutral"),
    ],
)
def test_gender_is_in_the_file_name(tmp_path, official, name, gender):
    np.savez(tmp_path / name, **official)
    assert read_body(tmp_path / name).gender == gender


def test_gender_field_goes_before_the_name(tmp_path, official):
    np.savez(tmp_path / "SMPL_MALE.npz", **official, gender="female")
    assert read_body(tmp_path / "SMPL_MALE.npz").gender == "female"


class _Calls:
    def __init__(self, function, *args):
        self.call = (function, args)

    def __reduce__(self):
        return self.call


def _harmful(mark: Path) -> dict[str, object]:
    return {
        "os.system": _Calls(os.system, f"touch {mark}"),
        "eval": _Calls(builtins.eval, f"open({str(mark)!r}, 'w')"),
        "exec": _Calls(builtins.exec, f"open({str(mark)!r}, 'w')"),
        "popen": _Calls(subprocess.Popen, ["touch", str(mark)]),
        "getattr": _Calls(builtins.getattr, "text", "upper"),
        "numpy function": _Calls(np.save, str(mark), np.zeros(1)),
        "in an object array": np.array([_Calls(os.system, f"touch {mark}")], dtype=object),
        "in a list": [[{"a": (_Calls(os.system, f"touch {mark}"),)}]],
    }


@pytest.mark.parametrize("trick", _harmful(Path("x")))
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_harmful_pickles_are_refused_and_nothing_runs(tmp_path, official, trick, protocol):
    mark = tmp_path / "harm"
    path = tmp_path / "SMPL_NEUTRAL.pkl"
    path.write_bytes(pickle.dumps({"v_template": _harmful(mark)[trick]}, protocol))
    with pytest.raises(BodyError, match=r"refused.*harmful"):
        read_body(path)
    assert not mark.exists()


def _globals_pickle(module: str, name: str, *, protocol4: bool) -> bytes:
    """A pickle that asks for a name and calls it with the text "id"."""
    stream = io.BytesIO()
    if protocol4:
        stream.write(b"\x80\x04")
        for text in (module, name):
            stream.write(b"\x8c" + bytes([len(text)]) + text.encode())
        stream.write(b"\x93")
    else:
        stream.write(f"c{module}\n{name}\n".encode())
    stream.write(b"(X\x02\x00\x00\x00idtR.")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("posix", "system"),
        ("chumpy.ch.os", "system.x"),
        ("chumpy ch", "Ch"),
        ("builtins", "object.__subclasses__"),
        ("numpy", "load"),
        ("numpy.testing._private.utils", "runstring"),
        ("numpy.f2py.crackfortran", "myeval"),
        ("pickle", "loads"),
        ("importlib", "import_module"),
        ("functools", "partial"),
    ],
)
@pytest.mark.parametrize("protocol4", [False, True])
def test_names_off_the_list_are_refused(tmp_path, module, name, protocol4):
    path = tmp_path / "a.pkl"
    path.write_bytes(_globals_pickle(module, name, protocol4=protocol4))
    with pytest.raises(BodyError, match="refused"):
        read_body(path)


def test_a_name_within_chumpy_imports_nothing(tmp_path):
    (tmp_path / "a.pkl").write_bytes(_globals_pickle("chumpy.evil", "run", protocol4=False))
    with pytest.raises(BodyError, match="no dictionary"):
        read_body(tmp_path / "a.pkl")


def test_structured_types_are_not_handed_to_numpy(tmp_path, official):
    """Object fields over raw bytes are how numpy's own unpickling can be made to read foreign memory."""
    arrays = official | {"v_template": np.zeros(3, np.dtype([("a", "O"), ("b", "f8")]))}
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(arrays, 2))
    with pytest.raises(BodyError, match="v_template"):
        read_body(path)


def test_missing_arrays_are_named(tmp_path, official):
    for left_out in ("weights", "J_regressor"):
        rest = {name: array for name, array in official.items() if name != left_out}
        np.savez(tmp_path / "a.npz", **rest)
        with pytest.raises(BodyError, match=f"lacks {left_out}"):
            read_body(tmp_path / "a.npz")


@pytest.mark.parametrize(("joints", "model"), [(52, "SMPL-H"), (55, "SMPL-X"), (22, "22 joints")])
def test_relatives_of_smpl_are_named_and_the_right_file_too(tmp_path, official, joints, model):
    np.savez(tmp_path / "a.npz", **official | {"weights": np.zeros((6890, joints))})
    with pytest.raises(BodyError, match=model) as caught:
        read_body(tmp_path / "a.npz")
    assert "SMPL for Python" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("v_template", np.zeros((6890, 2)), "v_template"),
        ("weights", np.zeros((100, 24)), "100 vertices"),
        ("shapedirs", np.zeros((6890, 3, 4)), "4 shape components"),
        ("shapedirs", np.zeros(10), "shapedirs"),
        ("weights", np.zeros(24), "joints"),
        ("posedirs", np.zeros((6890, 3, 135)), "posedirs"),
        ("v_template", np.array(["a"]), "no numbers"),
        ("f", np.zeros((6890, 4), np.uint32), "faces"),
        ("f", np.float64(3), "faces"),
        ("v_template", np.float64(3), "v_template"),
    ],
)
def test_wrong_shapes_are_told(tmp_path, official, name, array, message):
    np.savez(tmp_path / "a.npz", **official | {name: array})
    with pytest.raises(BodyError, match=message):
        read_body(tmp_path / "a.npz")


def test_npz_with_python_objects_is_explained(tmp_path, official):
    np.savez(tmp_path / "a.npz", **official | {"J_regressor": np.array({"sparse": 1}, dtype=object)})
    with pytest.raises(BodyError, match="Python objects in J_regressor") as caught:
        read_body(tmp_path / "a.npz")
    assert ".pkl" in caught.value.hint


@pytest.mark.parametrize("name", ["a.pkl", "a.npz"])
@pytest.mark.parametrize("content", [b"", b"hello, I am a text\n", b"\x80\x04.", b"PK\x03\x04", b"\x93NUMPY"])
def test_other_files_are_told(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BodyError, match="damaged or no"):
        read_body(tmp_path / name)


def test_a_single_array_under_the_name_npz_is_told(tmp_path):
    with (tmp_path / "a.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(BodyError, match="single array"):
        read_body(tmp_path / "a.npz")


def test_missing_folders_and_other_endings_are_told(tmp_path):
    (tmp_path / "folder.pkl").mkdir()
    for name, message in (
        ("a.pkl", "cannot be read"),
        ("folder.pkl", "cannot be read"),
        ("a.obj", "ends in"),
    ):
        with pytest.raises(BodyError, match=message):
            read_body(tmp_path / name)


@given(share=st.floats(0, 1, exclude_max=True))
@settings(max_examples=60, deadline=None)
def test_a_truncated_pickle_is_a_body_error(small_pickle, tmp_path_factory, share):
    path = tmp_path_factory.getbasetemp() / "truncated.pkl"
    path.write_bytes(small_pickle[: int(len(small_pickle) * share)])
    with pytest.raises(BodyError, match="refused"):
        read_body(path)


@given(share=st.floats(0, 1, exclude_max=True))
@settings(max_examples=20, deadline=None)
def test_a_truncated_npz_is_a_body_error(tmp_path_factory, share):
    whole = resource("body.npz").read_bytes()
    path = tmp_path_factory.getbasetemp() / "truncated.npz"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BodyError, match="damaged"):
        read_body(path)


@given(position=st.floats(0, 1, exclude_max=True), value=st.integers(1, 255))
@settings(max_examples=30, deadline=None)
def test_a_damaged_npz_never_ends_in_another_error(tmp_path_factory, position, value):
    whole = bytearray(resource("body.npz").read_bytes())
    whole[int(position * len(whole))] ^= value
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    path.write_bytes(whole)
    try:
        body = read_body(path)
    except BodyError:
        return
    # What the check sums let through is a comment, a date or a flag, not the numbers.
    assert body.id.split("-")[-1] == builtin_body().id.split("-")[-1]


def test_the_builtin_body_is_small_neutral_and_documented():
    body = builtin_body()
    assert resource("body.npz").stat().st_size < 6_000_000
    assert body.id.startswith("anny-neutral-")
    assert body.v_template.shape == (6890, 3)
    assert len(body.faces) == 13776
    assert len(body.shape_names) == 10
    assert (np.count_nonzero(body.weights, axis=1) <= 4).all()
    np.testing.assert_allclose(body.weights.sum(1), 1, atol=1e-5)


def test_find_body_looks_at_the_builtin_one_then_at_files(tmp_path, official):
    assert find_body(builtin_body().id, []) is builtin_body()
    good, broken = tmp_path / "SMPL_NEUTRAL.npz", tmp_path / "broken.pkl"
    np.savez(good, **official)
    broken.write_bytes(b"nothing")
    wanted = read_body(good).id
    found = find_body(wanted, [tmp_path / "missing.pkl", broken, good])
    assert found is not None
    assert found.id == wanted
    assert find_body(wanted, [broken]) is None


def test_find_body_looks_in_the_usual_places_when_nothing_is_chosen(tmp_path):
    given = {
        gender: write_official(tmp_path / f"basicmodel_{letter}_lbs.pkl", official_arrays(seed=seed), 2)
        for seed, (gender, letter) in enumerate((("male", "m"), ("female", "f")))
    }
    wanted = read_body(given["female"]).id
    assert find_body(wanted, []) is None
    for gender, path in given.items():
        import_body(path, gender)
    found = find_body(wanted, [])
    assert found is not None
    assert (found.id, found.gender) == (wanted, "female")


def test_a_file_that_is_no_body_is_read_once(tmp_path):
    broken = tmp_path / "SMPL_MALE.pkl"
    broken.write_bytes(b"nothing")
    before = _read_id_once.cache_info().misses
    for _again in range(3):
        assert find_body("smpl-male-0", [broken]) is None
    assert _read_id_once.cache_info().misses == before + 1


def test_find_body_notices_a_changed_file(tmp_path, official):
    path = tmp_path / "SMPL_NEUTRAL.npz"
    np.savez(path, **official)
    old = read_body(path).id
    assert find_body(old, [path]) is not None
    np.savez_compressed(path, **official_arrays(seed=1))
    assert find_body(old, [path]) is None
