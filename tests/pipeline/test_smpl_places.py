"""Where SMPL files are looked for, and importing one."""

import importlib
import sys

import platformdirs
import pytest
from fakes_smpl import official_arrays, write_official

from pipeline.errors import BodyError
from pipeline.places import data_folder, resource
from pipeline.smpl import find_body, read_body
from pipeline.smpl.places import import_body, smpl_files, smpl_folder


@pytest.fixture(autouse=True)
def _own_places(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RETAKE_WEIGHTS", raising=False)


@pytest.fixture(scope="module")
def bodies(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bodies")
    return {
        name: write_official(folder / name, official_arrays(seed), 2)
        for seed, name in enumerate(
            (
                "basicmodel_m_lbs_10_207_0_v1.1.0.pkl",
                "basicmodel_neutral_lbs_10_207_0_v1.1.0.pkl",
                "model.pkl",
            )
        )
    }


def test_a_given_file_is_copied_under_the_name_of_its_gender(bodies):
    given = bodies["basicmodel_m_lbs_10_207_0_v1.1.0.pkl"]
    copy = import_body(given)
    assert copy == smpl_folder() / "SMPL_MALE.pkl"
    assert copy.read_bytes() == given.read_bytes()
    assert read_body(copy).id == read_body(given).id
    assert smpl_files() == (copy,)
    assert find_body(read_body(given).id, smpl_files()) is not None


def test_the_other_gender_and_the_built_in_body_are_refused(bodies):
    with pytest.raises(BodyError, match="is the male body; the neutral SMPL body is wanted"):
        import_body(bodies["basicmodel_m_lbs_10_207_0_v1.1.0.pkl"], "neutral")
    with pytest.raises(BodyError, match="is the neutral body; the male SMPL body"):
        import_body(bodies["basicmodel_neutral_lbs_10_207_0_v1.1.0.pkl"], "male")
    with pytest.raises(BodyError, match="not SMPL's own body"):
        import_body(resource("body.npz"), "neutral")
    assert smpl_files() == ()


def test_a_file_that_does_not_say_its_gender_is_believed(bodies):
    copy = import_body(bodies["model.pkl"], "female")
    assert copy.name == "SMPL_FEMALE.pkl"
    assert read_body(copy).gender == "female"


def test_no_body_is_refused_and_nothing_is_left(tmp_path):
    (tmp_path / "x.pkl").write_bytes(b"no pickle")
    with pytest.raises(BodyError, match="refused"):
        import_body(tmp_path / "x.pkl", "neutral")
    assert not smpl_folder().exists()


def test_a_body_that_results_were_made_with_stays_when_another_comes(bodies):
    first = read_body(import_body(bodies["model.pkl"], "neutral")).id
    copy = import_body(bodies["basicmodel_neutral_lbs_10_207_0_v1.1.0.pkl"], "neutral")
    assert copy.name == "SMPL_NEUTRAL.pkl"
    assert len(smpl_files()) == 2
    assert find_body(first, smpl_files()) is not None
    import_body(bodies["basicmodel_neutral_lbs_10_207_0_v1.1.0.pkl"], "neutral")
    assert len(smpl_files()) == 2, "the same again is no other"


def test_upstreams_own_copies_are_found(bodies, tmp_path, monkeypatch):
    theirs = tmp_path / "home/.cache/4DHumans/data/smpl/SMPL_NEUTRAL.pkl"
    also = tmp_path / "all/phalp/3D/models/smpl/basicModel_neutral_lbs_10_207_0_v1.0.0.pkl"
    for place in (theirs, also):
        place.parent.mkdir(parents=True)
        place.write_bytes(bodies["model.pkl"].read_bytes())
    assert smpl_files() == (theirs,)
    monkeypatch.setenv("RETAKE_WEIGHTS", str(tmp_path / "all"))
    assert smpl_files() == (also, theirs)


def test_an_environment_without_platformdirs_finds_the_same_data_folder(monkeypatch):
    monkeypatch.delenv("RETAKE_HOME")
    usual = platformdirs.user_data_dir("retake", appauthor=False)
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("platformdirs")
    assert str(data_folder()) == usual
