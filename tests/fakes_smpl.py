"""A made-up body of SMPL's exact shapes, and SMPL files as other programs write them."""

from __future__ import annotations

import contextlib
import pickle
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from pipeline.smpl.joints import PARENTS

VERTICES, FACES = 6890, 13776


def official_arrays(seed: int = 0, shapes: int = 10) -> dict[str, np.ndarray]:
    """Random numbers under the names and shapes of an official SMPL file; bodies of about 2 m."""
    rng = np.random.default_rng(seed)
    weights = np.zeros((VERTICES, 24))
    for column in rng.integers(0, 24, (4, VERTICES)):
        weights[np.arange(VERTICES), column] += rng.random(VERTICES) + 0.1
    regressor = np.zeros((24, VERTICES))
    for row in regressor:
        row[rng.choice(VERTICES, 30, replace=False)] = rng.dirichlet(np.ones(30))
    parents = np.array(PARENTS, np.int64)
    parents[0] = 2**32 - 1
    return {
        "v_template": rng.uniform(-1, 1, (VERTICES, 3)),
        "f": rng.integers(0, VERTICES, (FACES, 3)).astype(np.uint32),
        "weights": weights / weights.sum(1, keepdims=True),
        "shapedirs": rng.normal(0, 0.01, (VERTICES, 3, shapes)),
        "posedirs": rng.normal(0, 0.002, (VERTICES, 3, 207)),
        "J_regressor": regressor,
        "kintree_table": np.stack([parents, np.arange(24)]),
    }


@contextlib.contextmanager
def _chumpy_module() -> Iterator[tuple[type, type]]:
    """chumpy's names for as long as a pickle is written; the package itself is not installed."""
    ch = type("Ch", (), {"__module__": "chumpy.ch"})
    select = type("Select", (ch,), {"__module__": "chumpy.reordering"})
    modules = {name: types.ModuleType(name) for name in ("chumpy", "chumpy.ch", "chumpy.reordering")}
    modules["chumpy.ch"].Ch, modules["chumpy.reordering"].Select = ch, select
    sys.modules.update(modules)
    try:
        yield ch, select
    finally:
        for name in modules:
            del sys.modules[name]


def write_official(path: Path, arrays: dict[str, np.ndarray], protocol: int, *, numpy1: bool = False) -> Path:
    """Write a `.pkl` as SMPL's authors did: chumpy arrays, a sparse regressor, texts, and odd fields."""
    with _chumpy_module() as (ch, select):

        def chumpy(cls: type, **state: Any) -> object:
            made = cls()
            made.__dict__.update(state)
            return made

        content: dict[str, Any] = dict(arrays)
        content["J_regressor"] = sp.csc_matrix(arrays["J_regressor"])
        content["v_template"] = chumpy(ch, x=arrays["v_template"], _dirty_vars=set())
        wide = chumpy(ch, x=np.concatenate([arrays["shapedirs"], arrays["shapedirs"]], -1))
        index = np.arange(wide.x.size).reshape(wide.x.shape)[..., : arrays["shapedirs"].shape[-1]]
        content["shapedirs"] = chumpy(select, a=wide, idxs=index.ravel(), preferred_shape=index.shape)
        content["bs_style"] = "lbs"
        content["pose_training_info"] = {"gender": "f", "n": np.float64(3)}
        content["names"] = np.array(["an", {"object": "array"}], dtype=object)
        data = pickle.dumps(content, protocol)
    if numpy1:
        assert protocol <= 2, "only there are module names written as lines"
        data = data.replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")
        data = data.replace(b"cscipy.sparse._csc\n", b"cscipy.sparse.csc\n")
    path.write_bytes(data)
    return path
