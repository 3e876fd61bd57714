from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from fakes_engine import stand_in_command
from fakes_waiting import wait_until
from filelock import FileLock

from pipeline.engines import environment
from pipeline.engines.building import (
    STAMP,
    Needs,
    build,
    build_from,
    find_python,
    is_current,
    needs_of,
    python_in,
)
from pipeline.engines.command import code_folder, command_for
from pipeline.engines.installer import explain, run_logged
from pipeline.engines.log import EngineLog
from pipeline.engines.probe import damaged
from pipeline.engines.registry import ENGINES, spec_of
from pipeline.errors import EngineError
from pipeline.job import Cancelled, Job
from pipeline.loading import StageError, StageState
from pipeline.places import engines_folder

SPEC = replace(ENGINES["mediapipe"], room=0, python=(0, 99))
ROOT = Path(__file__).resolve().parents[3]
NEEDS = Needs(("everything-else",), ("mediapipe==0.10.21",))


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def write_wheel(folder: Path, name: str, version: str, modules: tuple[str, ...], requires: str = "") -> None:
    """The least that pip takes for a wheel."""
    plain = name.replace("-", "_")
    info = f"{plain}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files = {f"{module}/__init__.py": "VALUE = 1\n" for module in modules}
    files[f"{info}/METADATA"] = metadata + (f"Requires-Dist: {requires}\n" if requires else "")
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{info}/RECORD"] = "".join(
        [*(f"{file},{_hash(text)},{len(text)}\n" for file, text in files.items()), f"{info}/RECORD,,\n"]
    )
    with zipfile.ZipFile(folder / f"{plain}-{version}-py3-none-any.whl", "w") as wheel:
        for file, text in files.items():
            wheel.writestr(file, text)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """An environment really made by venv and pip, of wheels that hold next to nothing."""
    wheels = tmp_path_factory.mktemp("wheels")
    write_wheel(wheels, "everything-else", "1.0", ("numpy", "cv2", "pycocotools", "psutil"))
    write_wheel(wheels, "mediapipe", "0.10.21", ("mediapipe",), requires="jax-that-is-nowhere")
    folder = tmp_path_factory.mktemp("engines") / "mediapipe"
    reports, lines = [], []
    job = Job(lambda job: None)
    job.listen(lambda: reports.append(job.take_report()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_FIND_LINKS", str(wheels))
        patch.setenv("PYTHONPATH", str(tmp_path_factory.mktemp("ours")))
        build_from(SPEC, NEEDS, folder, job, lines.append)
    for pip in folder.glob("lib/*/site-packages/pip*"):  # most of the files, and the tests copy the folder
        shutil.rmtree(pip)
    return folder, reports, lines


@pytest.fixture
def installed(built, tmp_path, monkeypatch):
    """That environment, standing where the MediaPipe engine's own is."""
    folder = tmp_path / "engines" / "mediapipe"
    shutil.copytree(built[0], folder, symlinks=True)
    (folder / STAMP).write_text(json.dumps({"needs": needs_of(ENGINES["mediapipe"]).fingerprint}))
    monkeypatch.setenv("RETAKE_ENGINES", str(folder.parent))
    return folder


@pytest.fixture
def nothing_installed(tmp_path, monkeypatch):
    monkeypatch.setenv("RETAKE_ENGINES", str(tmp_path / "none"))


def fake_python(folder: Path, script: str) -> Path:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_building_reports_stages_and_lines(built):
    folder, reports, lines = built
    last = reports[-1]
    assert [status.title for status in last] == [
        "Python environment made",
        "Packages installed",
        "mediapipe==0.10.21 installed",
        "Environment checked",
    ]
    assert all(status.state is StageState.DONE for status in last)
    assert any("Successfully installed everything-else-1.0" in line for line in lines)
    assert not any("jax-that-is-nowhere" in line for line in lines if not line.startswith("$"))
    assert is_current(folder, NEEDS)
    assert not is_current(folder, Needs(("everything-else", "more")))


def test_a_whole_environment_is_installed_and_used_again_at_once(installed):
    status = environment.check("mediapipe")
    assert (status.installed, status.version, status.problem) == (True, "0.10.21", "")
    assert status.python == python_in(installed)
    mark = installed / "mark"
    mark.touch()
    start = time.perf_counter()
    environment.install("mediapipe")
    assert time.perf_counter() - start < 0.5 * 4  # 0.5 s are promised; the machine may be busy
    assert mark.exists()


def _cut(folder: Path) -> None:
    next(folder.glob("lib/*/site-packages/mediapipe/__init__.py")).write_text("")


def _remove_module(folder: Path) -> None:
    shutil.rmtree(next(folder.glob("lib/*/site-packages/cv2")))


def _remove_python(folder: Path) -> None:
    for path in (folder / "bin").glob("python*"):
        path.unlink()
    python_in(folder).symlink_to("/nowhere/python3")


def _break_python(folder: Path) -> None:
    python_in(folder).unlink()
    fake_python(folder / "bin", "echo 'error while loading shared libraries' >&2; exit 127")


def _interrupt(folder: Path) -> None:
    (folder / STAMP).unlink()


def _older(folder: Path) -> None:
    (folder / STAMP).write_text(json.dumps({"needs": "of last year"}))


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (_cut, "mediapipe/__init__.py is damaged"),
        (_remove_module, "cv2 not found"),
        (_remove_python, "not installed"),
        (_break_python, "its Python does not run (error while loading shared libraries)"),
        (_interrupt, "installed in part, or for another version of Retake"),
        (_older, "installed in part, or for another version of Retake"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_broken_environment_is_noticed(installed, damage, problem):
    damage(installed)
    status = environment.check("mediapipe")
    assert not status.installed
    assert status.problem == problem


def test_a_broken_environment_is_made_anew(built, installed, tmp_path, monkeypatch):
    _remove_python(installed)
    leftover = installed / "leftover"
    leftover.touch()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(StageError, match=r"Packages installed: .*No matching distribution"):
        environment.install("mediapipe")  # its real needs are not to be had without an index
    assert not leftover.exists()
    assert not (installed / STAMP).exists()
    assert python_in(installed).exists()


def test_every_damaged_file_is_found(installed):
    packages = next(installed.glob("lib/*/site-packages"))
    record = next(packages.glob("everything_else-*/RECORD"))
    record.write_text(record.read_text() + "numpy/__pycache__/compiled_again.pyc,sha256=x,12\n")
    assert list(damaged(packages)) == []
    (packages / "numpy" / "__init__.py").unlink()
    (packages / "cv2" / "__init__.py").write_text("VALUE = 12\n")
    assert sorted(damaged(packages)) == ["cv2/__init__.py is damaged", "numpy/__init__.py is damaged"]


def test_cancelling_ends_what_was_started(tmp_path):
    """The program started has a child of its own, as pip has git."""
    job = Job(lambda job: None)
    pids: list[int] = []

    def hear(line: str) -> None:
        if line.isdigit():
            pids.append(int(line))
            job.cancel()

    python = fake_python(tmp_path, "sleep 1000 & echo $!; wait")
    with pytest.raises(Cancelled):
        build_from(SPEC, NEEDS, tmp_path / "env", job, hear, python)
    assert len(pids) == 1
    wait_until(
        lambda: not psutil.pid_exists(pids[0]) or psutil.Process(pids[0]).status() == psutil.STATUS_ZOMBIE
    )
    assert not (tmp_path / "env" / STAMP).exists()


@pytest.mark.parametrize(
    ("says", "message", "hint"),
    [
        (
            "The virtual environment was not created because ensurepip is not available.",
            "virtual env",
            "python3-venv",
        ),
        ("/usr/bin/python3: No module named venv", "virtual env", "python3-venv"),
        ("OSError: [Errno 28] No space left on device", "The disk is full", "RETAKE_ENGINES"),
        ("Permission denied: /opt", "may not be written", "RETAKE_ENGINES"),
    ],
)
def test_failures_of_venv_are_explained(tmp_path, says, message, hint):
    python = fake_python(tmp_path, f"echo '{says}'; exit 1")
    with pytest.raises(StageError) as caught:
        build_from(SPEC, NEEDS, tmp_path / "env", Job(lambda job: None), lambda line: None, python)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert isinstance(caught.value.__cause__, EngineError)
    assert says in caught.value.__cause__.details


def test_no_network_is_explained():
    nowhere = {
        **os.environ,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "1",
        "PIP_CONFIG_FILE": os.devnull,
    }
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "not-there"]
    code, lines = run_logged(pip, lambda line: None, Job(lambda job: None), nowhere)
    assert code != 0
    error = explain(lines, code)
    assert error.message == "The package index cannot be reached."
    assert "network" in error.hint


@pytest.mark.parametrize(
    ("says", "message", "hint"),
    [
        (
            "ERROR: Cannot find command 'git' - do you have 'git' installed and in your PATH?",
            "git is missing",
            "apt install git",
        ),
        (
            "fatal: unable to access 'https://github.com/a/b/': Could not resolve host: github.com",
            "repository of a package cannot be reached",
            "HTTPS_PROXY",
        ),
        ("      /bin/sh: 1: c++: not found", "C++ compiler is missing", "apt install g++"),
        ("      error: command 'g++' failed: No such file or directory", "C++ compiler is missing", "g++"),
        ("fatal error: Python.h: No such file or directory", "C++ compiler is missing", "python3-dev"),
        ("c++: fatal error: Killed signal terminated program cc1plus", "Memory did not suffice", "MAX_JOBS"),
        (
            "RuntimeError: Detected that PyTorch and torchvision were compiled with different CUDA major versions.",
            "different builds",
            "torchvision",
        ),
        ("RuntimeError: operator torchvision::nms does not exist", "different builds", "Install again"),
        (
            "ImportError: _C.cpython-311.so: undefined symbol: _ZN3c106detail",
            "different builds",
            "Install again",
        ),
    ],
)
def test_failures_of_building_are_explained(says, message, hint):
    """As pip, ninja, compilers and PyTorch say them, before pip's own last line."""
    error = explain([says, "ERROR: Failed building wheel for detectron2"], 1)
    assert message in error.message
    assert hint in error.hint
    assert says in error.details


def test_what_nobody_foresaw_is_told_as_it_is():
    error = explain(["Collecting x", "ERROR: x is not for this platform.", "note: more"], 1)
    assert error.message == "x is not for this platform."
    assert "Collecting x" in error.details
    assert explain([], 3).message == "it ended with exit code 3"


def test_a_program_that_is_not_there_is_told(tmp_path):
    with pytest.raises(StageError, match="cannot be started"):
        build_from(SPEC, NEEDS, tmp_path / "env", Job(lambda job: None), lambda line: None, tmp_path / "none")


def test_too_little_room_is_told_before_anything_is_deleted(tmp_path):
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / STAMP).write_text("{}")
    with pytest.raises(StageError, match="MB free"):
        build_from(
            replace(SPEC, room=2**60), NEEDS, tmp_path / "env", Job(lambda job: None), lambda line: None
        )
    assert (tmp_path / "env" / STAMP).exists()


def test_two_do_not_install_at_once(tmp_path):
    with FileLock(tmp_path / "env.lock"), pytest.raises(EngineError, match="another window or command"):
        build(ENGINES["mediapipe"], tmp_path / "env", Job(lambda job: None), lambda line: None)


def test_the_needs_stand_in_the_metadata():
    needs = needs_of(ENGINES["mediapipe"])
    assert needs.alone == ("mediapipe==0.10.21",)
    assert any(line.startswith("numpy") for line in needs.resolved)
    assert not any(
        "extra" in line or line.startswith(("mediapipe", "PySide6", "torch")) for line in needs.resolved
    )
    with pytest.raises(EngineError, match="say nothing"):
        needs_of(replace(SPEC, extra="nonsense"))


def test_what_comes_from_repositories_is_pinned_and_comes_last():
    needs = needs_of(ENGINES["humans4d"])
    assert [line.partition(" @ ")[0] for line in needs.alone] == ["hmr2", "phalp"]
    assert [line.partition(" @ ")[0] for line in needs.built_here] == ["detectron2"]
    for line in (*needs.alone, *needs.built_here):
        assert re.search(r" @ git\+https://github\.com/[\w/-]+@[0-9a-f]{40}$", line)
    names = {re.split(r"[^\w-]", line)[0] for line in needs.resolved}
    assert {
        "torch",
        "torchvision",
        "setuptools",
        "ninja",
    } <= names  # without which detectron2 cannot be built


def test_what_is_built_in_the_environment_changes_its_fingerprint():
    assert Needs(("a",)).fingerprint == Needs(("a",), (), ()).fingerprint
    assert len({Needs(("a",), ("b",)).fingerprint, Needs(("a",), (), ("b",)).fingerprint}) == 2


BACKEND = """
import os, zipfile
import numpy  # of the environment it is built in

assert (os.environ["CUDA_VISIBLE_DEVICES"], os.environ["FORCE_CUDA"]) == ("", "0")

def build_wheel(folder, settings=None, metadata=None):
    name, info = "built_here-1.0-py3-none-any.whl", "built_here-1.0.dist-info"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.writestr("built_here.py", f"FROM = {numpy.VALUE}")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: built-here\\nVersion: 1.0\\n"
                                           "Requires-Dist: notebooks-that-are-nowhere\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", f"built_here.py,,\\n{info}/METADATA,,\\n{info}/WHEEL,,\\n{info}/RECORD,,\\n")
    return name
"""


def test_what_imports_its_needs_to_be_built_is_built_in_the_environment(tmp_path, monkeypatch):
    """As detectron2, whose setup asks PyTorch; what it says it needs is not to be had."""
    wheels, source = tmp_path / "wheels", tmp_path / "source"
    wheels.mkdir()
    source.mkdir()
    write_wheel(wheels, "everything-else", "1.0", ("numpy",))
    (source / "backend.py").write_text(BACKEND)
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["nowhere"]\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    needs = Needs(("everything-else",), (), (f"built-here @ {source.as_uri()}",))
    spec = replace(SPEC, distribution="built-here", imports=("numpy", "built_here"))
    reports = []
    job = Job(lambda job: None)
    job.listen(lambda: reports.append(job.take_report()))
    build_from(spec, needs, tmp_path / "env", job, lambda line: None)
    assert [status.title for status in reports[-1]] == [
        "Python environment made",
        "Packages installed",
        "built-here built",
        "Environment checked",
    ]
    assert is_current(tmp_path / "env", needs)


def test_a_suitable_python_is_found_or_asked_for():
    minor = sys.version_info[1]
    assert find_python(replace(SPEC, python=(minor, minor))) == Path(sys.executable)
    with pytest.raises(EngineError, match=r"needs Python 3\.98 to 3\.99") as caught:
        find_python(replace(SPEC, python=(98, 99)))
    assert "3.99" in caught.value.hint


def test_an_engine_that_is_not_installed_says_how(nothing_installed):
    with pytest.raises(EngineError) as caught:
        command_for("mediapipe")
    assert caught.value.kind == "not_installed"
    assert "retake engines install mediapipe" in caught.value.hint
    assert environment.check("mediapipe") == environment.EngineStatus(False, problem="not installed")


def test_an_environment_that_may_not_be_looked_into_is_told(nothing_installed):
    python = python_in(engines_folder() / "mediapipe")
    python.parent.mkdir(parents=True)
    python.symlink_to("x" * 300)  # refused to everybody, where permissions do not hold for root
    with pytest.raises(EngineError, match="cannot be used by this user") as caught:
        command_for("mediapipe")
    assert str(python) in caught.value.hint
    assert "cannot be used by this user" in environment.check("mediapipe").problem
    with pytest.raises(EngineError, match="is no program"):
        environment.use("mediapipe", python=python)


def test_engines_that_do_not_exist_are_told():
    for act in (
        command_for,
        environment.check,
        environment.install,
        environment.uninstall,
        environment.use,
        spec_of,
    ):
        with pytest.raises(EngineError, match="no engine called “abacus”"):
            act("abacus")


def test_the_own_environment_sees_nothing_of_ours(installed, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere/else")
    command = command_for("mediapipe")
    target = ENGINES["mediapipe"].target
    assert command.argv == (str(python_in(installed)), "-m", "pipeline.engines.worker", target)
    assert command.env["PYTHONPATH"] == str(ROOT)
    assert "VIRTUAL_ENV" not in command.env


def test_a_python_of_the_users(nothing_installed, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere/else")
    environment.use("mediapipe", python=sys.executable)
    command = command_for("mediapipe")
    assert command.argv[0] == sys.executable
    assert command.env["PYTHONPATH"] == os.pathsep.join((str(ROOT), "/somewhere/else"))
    status = environment.check("mediapipe")
    assert status.python == Path(sys.executable)
    assert not status.installed
    assert status.problem == "mediapipe not found"
    environment.use("mediapipe")
    with pytest.raises(EngineError):
        command_for("mediapipe")


def test_a_command_of_the_users(nothing_installed, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests"))
    worker = f"'{sys.executable}' -m pipeline.engines.worker"
    environment.use("mediapipe", command=worker)
    assert command_for("mediapipe").argv[-1] == ENGINES["mediapipe"].target
    environment.use("mediapipe", command=f"{worker} fakes_engine:StandIn")
    assert command_for("mediapipe").argv == stand_in_command().argv
    status = environment.check("mediapipe")
    assert (status.installed, status.python) == (True, None)
    assert status.version == f"Python {sys.version.split()[0]}"
    environment.uninstall("mediapipe")
    assert environment.check("mediapipe").problem == "not installed"


def test_a_command_that_is_none_is_told(nothing_installed):
    environment.use("mediapipe", command="echo no worker")
    assert "something else than a message" in environment.check("mediapipe").problem
    environment.use("mediapipe", command="/nowhere/ssh gpu")
    assert "/nowhere/ssh" in environment.check("mediapipe").problem
    with pytest.raises(EngineError, match="empty"):
        environment.use("mediapipe", command=" ")


def test_a_python_that_is_none_is_refused_and_nothing_changes(installed, tmp_path):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(EngineError, match="is no program"):
            environment.use("mediapipe", python=path)
    assert environment.check("mediapipe").installed


def test_installing_goes_back_to_the_own_environment(installed):
    environment.use("mediapipe", python=sys.executable)
    environment.install("mediapipe")
    assert command_for("mediapipe").argv[0] == str(python_in(installed))


def test_a_damaged_record_is_told(nothing_installed):
    Path(os.environ["RETAKE_HOME"], "engines.json").write_text("[1")
    with pytest.raises(EngineError, match=r"engines\.json cannot be read"):
        environment.check("mediapipe")


def test_uninstalling_leaves_nothing(installed):
    environment.uninstall("mediapipe")
    assert not installed.exists()
    environment.uninstall("mediapipe")


def test_in_a_checkout_the_code_is_the_checkout():
    assert code_folder() == ROOT


def test_from_site_packages_only_our_floors_reach_an_engine(tmp_path):
    site, engines = tmp_path / "site-packages", tmp_path / "engines"
    for floor in ("pipeline", "resources"):
        shutil.copytree(ROOT / floor, site / floor, ignore=shutil.ignore_patterns("__pycache__"))
    (site / "of_the_window.py").touch()

    def ask(path: Path, code: str) -> subprocess.CompletedProcess[str]:
        own = {**os.environ, "PYTHONPATH": str(path), "RETAKE_ENGINES": str(engines)}
        return subprocess.run(
            [sys.executable, "-c", code], env=own, cwd=tmp_path, capture_output=True, text=True
        )

    where = "from pipeline.engines.command import code_folder; print(code_folder())"
    first = ask(site, where)
    folder = Path(first.stdout.strip())
    assert folder.parent == engines / "code", first.stderr
    assert ask(site, where).stdout == first.stdout
    seen = ask(folder, "import pipeline.engines.worker as w; print(w.__file__); import of_the_window")
    assert seen.stdout.startswith(str(folder))
    assert "No module named 'of_the_window'" in seen.stderr
    (site / "pipeline" / "newer.py").touch()
    assert ask(site, where).stdout != first.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
def test_a_log_on_a_full_disk_closes_in_peace():
    place = EngineLog("full").path
    place.symlink_to("/dev/full")
    log = EngineLog("full")
    log.write("a line")
    log.close()
    assert log.tail() == "a line"


def test_a_command_that_is_no_command_line_is_refused():
    with pytest.raises(EngineError, match="No closing quotation"):
        environment.use("mediapipe", command="ssh 'gpu")
    with pytest.raises(EngineError, match="empty"):
        environment.use("mediapipe", command="  ")
