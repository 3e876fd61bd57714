"""The packages of the engine's environment, against what is known to work together."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import platform
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.diagnosis import Finding

SECTION = "humans4d packages"
_OLDEST_PYTHON = (3, 10)
_GIT = {
    "detectron2": "git+https://github.com/facebookresearch/detectron2",
    "hmr2": "git+https://github.com/shubham-goel/4D-Humans",
    "phalp": "git+https://github.com/brjathu/PHALP",
}


@dataclass(frozen=True, slots=True)
class Package:
    """One package.

    Attributes:
        name: On the registry.
        module: What is imported of it.
        least: The oldest version that will do; empty if any does.
        tried: The newest that was tried.
        others: Other names it may be installed under.
    """

    name: str
    module: str
    least: str = ""
    tried: str = ""
    others: tuple[str, ...] = ()


PACKAGES = (
    Package("torch", "torch", "2.6", "2.14"),  # before, weights_only was not safe (CVE-2025-32434)
    Package("torchvision", "torchvision", "0.21", "0.29"),
    Package("detectron2", "detectron2", "0.6", "0.6"),
    Package("hmr2", "hmr2"),  # has never had a version
    Package("phalp", "phalp", "0.1.3", "0.1.3"),
    Package("smplx", "smplx", "0.1.28", "0.1.28"),
    Package("numpy", "numpy", "1.26", "2.4"),
    Package(
        "opencv-python",
        "cv2",
        "4.10",
        "4.14",
        ("opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless"),
    ),
    Package("timm", "timm", "0.9", "1.0"),
    Package("einops", "einops", "0.6", "0.8"),
    Package("yacs", "yacs", "0.1.8", "0.1.8"),
    Package("omegaconf", "omegaconf", "2.1", "2.3"),
    Package("fvcore", "fvcore", "0.1.5", "0.1.5"),
    Package("iopath", "iopath", "0.1.7", "0.1.10"),
    Package("PyYAML", "yaml", "5.1", "6.0"),
    Package("pycocotools", "pycocotools", "2.0.2", "2.0"),
    Package("scipy", "scipy", "1.10", "1.17"),
    Package("psutil", "psutil", "5.9", "7.2"),
    Package("filelock", "filelock"),
)


def examine_packages() -> Iterator[Finding]:
    """Python, each package and its version, and whether the compiled ones fit each other."""
    good = sys.version_info >= _OLDEST_PYTHON
    text = f"Python {platform.python_version()}: {sys.executable}"
    yield Finding(SECTION, good, text, "" if good else "Make the environment with Python 3.10 or newer.")
    yield from map(judge, PACKAGES)
    if _is_there("torch") and _is_there("torchvision"):
        yield from _fits("torchvision", f"{_install('torch')} torchvision --force-reinstall")
    if _is_there("torch") and _is_there("detectron2"):
        yield from _fits("detectron2._C", f"{_install('detectron2')} --no-cache-dir --force-reinstall")


def judge(package: Package) -> Finding:
    """One package by its version; nothing is imported."""
    if not _is_there(package.module):
        return Finding(SECTION, False, f"{package.name} is missing", _install(package.name))
    found = _version(package)
    text = f"{package.name} {found}".rstrip()
    if found and package.least and _numbers(found) < _numbers(package.least):
        wanted = f"{package.name}>={package.least}"
        return Finding(SECTION, False, f"{text} is too old", f"{_install(package.name, wanted)} --upgrade")
    if found and package.tried and _newer(found, package.tried):
        note = f"{package.tried} is the newest that was tried; should it fail: " + _install(
            package.name, f"{package.name}=={package.tried}.*"
        )
        return Finding(SECTION, None, text, note)
    return Finding(SECTION, True, text)


def _fits(module: str, mend: str) -> Iterator[Finding]:
    """Import what is compiled against torch: other builds of torch break it, each with an error of its own."""
    try:
        importlib.import_module("torch")
        importlib.import_module(module)
    except (ImportError, RuntimeError, OSError, AttributeError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        yield Finding(SECTION, False, f"{module} was made for another torch: {reason[0]}", mend)


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _version(package: Package) -> str:
    for name in (package.name, *package.others):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return ""


def _install(name: str, wanted: str = "") -> str:
    source = _GIT.get(name, wanted or name)
    alone = " --no-deps" if name in _GIT else ""
    alone += " --no-build-isolation" if name == "detectron2" else ""  # its setup.py imports torch
    return f'"{sys.executable}" -m pip install{alone} "{source}"'


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers a version begins with: "2.14.1+cu130" is (2, 14, 1)."""
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(number) for number in match[0].split(".")) if match else ()


def _newer(found: str, tried: str) -> bool:
    """Whether a version is newer than one, as far as that one is written out."""
    wanted = _numbers(tried)
    return _numbers(found)[: len(wanted)] > wanted
