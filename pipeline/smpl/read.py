"""Reading body model files: official SMPL `.pkl` and `.npz`, and Retake's own `.npz`."""

from __future__ import annotations

import re
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.errors import BodyError
from pipeline.smpl.body import SHAPE_COUNT, BodyModel
from pipeline.smpl.joints import JOINT_COUNT
from pipeline.smpl.unpickle import Refused, read_pickle

_GET_SMPL = (
    'Retake wants SMPL with 24 joints: download "SMPL for Python", version 1.1.0 (or 1.0.0), from '
    "https://smpl.is.tue.mpg.de and choose the .pkl file of one gender."
)
_SMPL_VERTICES = 6890
# SMPL-H and SMPL-X by what sets them apart; the keys are numbers of joints.
_OTHER_MODELS = {52: "SMPL-H (body and hands)", 55: "SMPL-X (body, hands and face)", 35: "SMAL or STAR"}
_NEEDED = ("v_template", "f", "weights", "shapedirs", "J_regressor")
_GENDERS = {"f": "female", "female": "female", "m": "male", "male": "male", "neutral": "neutral"}

Get = Callable[[str], npt.NDArray[Any] | None]


def read_body(path: Path) -> BodyModel:
    """Read a body model; nothing in the file is executed.

    Args:
        path: An official SMPL `.pkl` or `.npz` (24 joints, 10 or more shape components), or a body
            Retake made.

    Raises:
        BodyError: The file is missing, damaged, refused, or no SMPL body; the hint says what to get.
    """
    readers = {".pkl": _read_pkl, ".npz": _read_npz}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise BodyError(f"{path.name} is no body model file: it ends in neither .pkl nor .npz.", _GET_SMPL)
    try:
        return reader(path)
    except OSError as error:
        raise BodyError(
            f"{path} cannot be read: {error.strerror or error}.", "Check the name, or choose another file."
        ) from error


def _read_pkl(path: Path) -> BodyModel:
    try:
        content = read_pickle(path)
    except Refused as error:
        raise BodyError(f"{path.name} was refused: {error}", _GET_SMPL) from error
    return _body(path, content.get)


def _read_npz(path: Path) -> BodyModel:
    try:
        # Opened here, since numpy leaves a file it does not understand open.
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, Mapping):  # an .npy file under another name
                raise BodyError(f"{path.name} holds a single array, no body model.", _GET_SMPL)
            return _body(path, lambda key: _entry(path, archive, key))
    except (
        zipfile.BadZipFile,
        zlib.error,
        tokenize.TokenError,
        SyntaxError,
        EOFError,
        KeyError,
        ValueError,
    ) as error:
        raise BodyError(f"{path.name} is damaged or no .npz file: {error}", _GET_SMPL) from error


def _entry(path: Path, archive: Mapping[str, npt.NDArray[Any]], key: str) -> npt.NDArray[Any] | None:
    if key not in archive:
        return None
    try:
        return archive[key]
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        hint = f"Give the .pkl file it was made from. {_GET_SMPL}"
        raise BodyError(
            f"{path.name} holds Python objects in {key}, which Retake does not load.", hint
        ) from error


def _body(path: Path, get: Get) -> BodyModel:
    """Make a body of named arrays, the names being those of the official files."""
    found = {key: get(key) for key in _NEEDED}
    missing = [key for key, value in found.items() if value is None]
    if missing:
        raise BodyError(f"{path.name} is no SMPL body: it lacks {', '.join(missing)}.", _GET_SMPL)
    arrays = {key: _numeric(path, key, value) for key, value in found.items()}
    posedirs = get("posedirs")
    _require_smpl(path, arrays, own=get("family") is not None)
    try:
        return BodyModel.build(
            family=_text(get("family"), "smpl"),
            gender=_gender(path, get),
            name=_text(get("name"), path.name),
            v_template=arrays["v_template"],
            faces=arrays["f"].astype(np.int64),
            weights=arrays["weights"],
            shapedirs=arrays["shapedirs"],
            posedirs=None if posedirs is None else _numeric(path, "posedirs", posedirs),
            J_regressor=arrays["J_regressor"],
            shape_names=_texts(get("shape_names")),
        )
    except ValueError as error:
        raise BodyError(f"{path.name} is no SMPL body: {error}.", _GET_SMPL) from error


def _numeric(path: Path, key: str, value: object) -> npt.NDArray[Any]:
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise BodyError(f"{path.name} holds no numbers in {key}.", _GET_SMPL)
    return array


def _require_smpl(path: Path, arrays: Mapping[str, npt.NDArray[Any]], *, own: bool) -> None:
    """Tell which of SMPL's relatives a file is, rather than which number is off."""
    weights = arrays["weights"]
    joints = weights.shape[-1] if weights.ndim == 2 else 0
    if joints != JOINT_COUNT:
        kind = _OTHER_MODELS.get(joints, f"a body with {joints} joints")
        raise BodyError(f"{path.name} is {kind}, not SMPL with {JOINT_COUNT} joints.", _GET_SMPL)
    if not own and len(weights) != _SMPL_VERTICES:
        raise BodyError(f"{path.name} has {len(weights)} vertices, SMPL has {_SMPL_VERTICES}.", _GET_SMPL)
    shapes = arrays["shapedirs"].shape
    if shapes[-1] < SHAPE_COUNT:
        raise BodyError(
            f"{path.name} has {shapes[-1]} shape components, {SHAPE_COUNT} are needed.", _GET_SMPL
        )


def _gender(path: Path, get: Get) -> str:
    """From the file's own field, else from a word of its name, such as basicmodel_f_lbs or SMPL_MALE."""
    words = [_text(get("gender"), ""), *re.split(r"[^a-z]+", path.stem.lower().replace("basicmodel", " "))]
    return next((_GENDERS[word] for word in words if word in _GENDERS), "neutral")


def _text(value: object, default: str) -> str:
    """A field that holds one text."""
    array = np.asarray(value)
    return str(array.item()) if array.dtype.kind == "U" and array.size == 1 else default


def _texts(value: npt.NDArray[Any] | None) -> tuple[str, ...]:
    return () if value is None else tuple(str(name) for name in value.ravel())
