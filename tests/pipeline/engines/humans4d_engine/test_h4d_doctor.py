"""The examination of the engine's environment, from inside it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fakes_smpl import official_arrays, write_official
from fakes_weights import hmr2_files, single_files

from pipeline.engines.humans4d.doctor import examine_smpl, examine_weights
from pipeline.engines.humans4d.doctor_device import runs_on, without_gpu
from pipeline.engines.humans4d.doctor_packages import PACKAGES, Package, examine_packages, judge
from pipeline.engines.humans4d.weights import Weights

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(autouse=True)
def _own_places(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RETAKE_WEIGHTS", raising=False)


@pytest.fixture
def weights(tmp_path):
    """All files, in one folder."""
    files = single_files() | {f"4DHumans/{name}": content for name, content in hmr2_files().items()}
    for place, content in files.items():
        path = tmp_path / "weights" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return Weights(str(tmp_path / "weights"))


def test_each_weight_file_is_named_with_size_and_checksum(weights):
    findings = list(examine_weights(weights))
    assert len(findings) == len(weights.files)
    assert all(finding.good and "SHA-256" in finding.text for finding in findings)
    assert any(str(weights.path("vitdet")) in finding.text for finding in findings)


def test_a_damaged_file_is_red_with_what_mends_it(weights):
    path = weights.path("phalp_pose_predictor")
    path.write_bytes(path.read_bytes()[:-100])
    (bad,) = (finding for finding in examine_weights(weights) if not finding.good)
    assert bad.good is False
    assert "is cut off" in bad.text
    assert f'"{path}"' in bad.hint


def test_damage_that_only_reading_finds_is_found_when_asked_for(weights):
    assert all(finding.good for finding in examine_weights(weights))
    path = weights.path("vitdet")
    state, content = path.stat(), bytearray(path.read_bytes())
    content[-2000] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert all(finding.good for finding in examine_weights(weights)), "checksums are remembered"
    assert [finding.good for finding in examine_weights(weights, verify=True)].count(False) == 1


def test_missing_files_are_remarks_that_say_where_they_are_from_and_belong(tmp_path):
    weights = Weights(str(tmp_path))
    findings = [finding for finding in examine_weights(weights) if finding.good is None]
    assert len(findings) == len(weights.files)
    hints = " ".join(finding.hint for finding in findings)
    assert str(tmp_path / "4DHumans" / "hmr2_data.tar.gz") in hints
    assert all(file.url in hints for file in weights.files.values())


def test_one_smpl_file_is_enough(weights, tmp_path):
    assert [finding.good for finding in examine_smpl(weights)] == [False] * 3
    folder = weights.root("4DHumans") / "data" / "smpl"
    folder.mkdir()
    write_official(folder / "SMPL_NEUTRAL.pkl", official_arrays(), 2)
    findings = list(examine_smpl(weights))
    assert [finding.good for finding in findings] == [True, None, None]
    assert "smpl-neutral-" in findings[0].text
    assert "https://smpl.is.tue.mpg.de" in findings[1].hint


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Puts a package that is nothing but a name and a version on the path."""
    monkeypatch.syspath_prepend(str(tmp_path / "site"))

    def install(name: str, module: str, version: str) -> None:
        info = tmp_path / "site" / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (tmp_path / "site" / f"{module}.py").write_text("")

    return install


@pytest.mark.parametrize(
    ("version", "good", "hint"),
    [
        ("2.6.1", True, ""),
        ("2.5.9+cu121", False, "nets>=2.6"),
        ("2.15", None, "nets==2.14.*"),
        ("2.14.9", True, ""),
    ],
)
def test_versions_are_held_against_what_is_known(version, good, hint, installed):
    installed("nets", "nets_module", version)
    finding = judge(Package("nets", "nets_module", "2.6", "2.14"))
    assert finding.good is good
    assert version in finding.text
    assert hint in finding.hint


def test_a_package_under_another_name_is_found_and_a_missing_one_named(installed):
    installed("nets-headless", "nets_module", "3.0")
    assert judge(Package("nets", "nets_module", others=("nets-headless",))).text == "nets 3.0"
    missing = judge(Package("never-installed", "never_installed"))
    assert missing.good is False
    assert f'"{sys.executable}" -m pip install "never-installed"' in missing.hint


def test_every_package_is_examined():
    texts = [finding.text for finding in examine_packages()]
    assert all(any(text.startswith(package.name) for text in texts) for package in PACKAGES)


@pytest.mark.parametrize(
    ("build", "cards", "good", "text"),
    [
        ("", (), None, "No GPU"),
        ("13.0", (), None, "No GPU"),
        ("", ("GeForce RTX 4090, driver 550.54",), False, "built for the CPU alone"),
        ("13.0", ("GeForce RTX 4090, driver 470.0",), False, "The NVIDIA driver on your system is too old"),
    ],
)
def test_why_there_is_no_gpu_is_said(build, cards, good, text):
    finding = without_gpu(build, cards, "The NVIDIA driver on your system is too old")
    assert finding.good is good
    assert text in finding.text
    assert finding.hint


def test_code_for_the_same_major_version_or_to_translate_runs():
    assert runs_on(8, 9, ["sm_80", "sm_90"])
    assert not runs_on(6, 1, ["sm_75", "sm_80"])
    assert not runs_on(12, 0, ["sm_80", "sm_90a"])
    assert runs_on(12, 0, ["sm_80", "compute_90"])


def test_it_prints_one_line_of_json_from_any_environment(tmp_path):
    """Also from one that lacks most of it, as this does."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    argv = (sys.executable, "-m", "pipeline.engines.humans4d.doctor", "--weights", str(tmp_path))
    done = subprocess.run(argv, env=environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    (line,) = done.stdout.splitlines()
    findings = json.loads(line)["findings"]
    sections = {finding["section"] for finding in findings}
    assert {"humans4d packages", "humans4d weights", "humans4d SMPL"} <= sections
    assert all(finding["hint"] for finding in findings if finding["good"] is False)
