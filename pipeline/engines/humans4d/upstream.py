"""Importing upstream's packages without what they do to the process that imports them.

`hmr2` and `phalp` import renderers and a training framework on the way to their networks, read HOME, choose an
OpenGL platform, switch warnings off and set numpy's way of printing. Only the modules with networks in them are
wanted here, so the packages above those are entered without running their `__init__`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import sys
import types
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.errors import EngineError

_PASSED_OVER = ("hmr2", "hmr2.models", "hmr2.models.backbones", "hmr2.models.heads", "hmr2.utils")


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Put back what imported or called code of others changes: streams, warnings, environment, folder, printing."""
    streams, environment, folder = (sys.stdout, sys.stderr), dict(os.environ), Path.cwd()
    printing, level = np.get_printoptions(), logging.getLogger().level
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations of theirs, which nobody here can do anything about
        try:
            yield
        finally:
            sys.stdout, sys.stderr = streams
            _restore_environment(environment)
            os.chdir(folder)
            np.set_printoptions(**printing)
            logging.getLogger().setLevel(level)


def _restore_environment(before: dict[str, str]) -> None:
    for name in set(os.environ) - set(before):
        del os.environ[name]
    os.environ.update(before)


def enter_hmr2() -> Path:
    """Make the modules of `hmr2` importable one by one; returns the package's folder.

    Raises:
        EngineError: It is not installed.
    """
    for name in _PASSED_OVER:
        if name not in sys.modules:
            _enter(name)
    return Path(next(iter(sys.modules["hmr2"].__path__)))


def _enter(name: str) -> None:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.submodule_search_locations is None:
        raise EngineError(
            f"The package {name} is not installed.", "Install it: retake engines install humans4d"
        )
    module = types.ModuleType(name)
    module.__path__ = list(spec.submodule_search_locations)
    module.__spec__, module.__package__, module.__file__ = spec, name, spec.origin
    sys.modules[name] = module
    parent, _, leaf = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], leaf, module)


def provide_pkg_resources() -> None:
    """detectron2's model zoo asks setuptools' pkg_resources, gone since setuptools 81, where its own files are."""
    if "pkg_resources" in sys.modules or importlib.util.find_spec("pkg_resources") is not None:
        return
    module = types.ModuleType("pkg_resources")
    module.resource_filename = _resource_filename  # type: ignore[attr-defined]
    sys.modules["pkg_resources"] = module


def _resource_filename(package: str, name: str) -> str:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    return str(Path(spec.origin).parent / name)
