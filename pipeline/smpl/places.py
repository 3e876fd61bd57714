"""Where SMPL files are looked for, and putting one where it is found.

The files are licensed and come from the user; upstream's programs keep them in their caches, the window's drag and
drop puts them into Retake's data folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.atomic import replacing
from pipeline.caches import cache_root, usual_root
from pipeline.errors import BodyError, ExportError
from pipeline.places import data_folder
from pipeline.smpl.body import BodyModel
from pipeline.smpl.read import read_body

GENDERS = ("neutral", "male", "female")

# As the makers name them in the archives of versions 1.0.0 and 1.1.0, and of SMPLify.
_OFFICIAL = {
    "neutral": (
        "basicModel_neutral_lbs_10_207_0_v1.0.0.pkl",
        "basicmodel_neutral_lbs_10_207_0_v1.1.0.pkl",
    ),
    "male": ("basicmodel_m_lbs_10_207_0_v1.1.0.pkl", "basicmodel_m_lbs_10_207_0_v1.0.0.pkl"),
    "female": ("basicmodel_f_lbs_10_207_0_v1.1.0.pkl", "basicModel_f_lbs_10_207_0_v1.0.0.pkl"),
}


def smpl_folder() -> Path:
    """Where Retake keeps the SMPL files it was given."""
    return data_folder() / "models" / "smpl"


def smpl_candidates(gender: str, weights: str = "") -> Iterator[Path]:
    """Where a gender's file may be, likeliest first.

    Args:
        gender: "neutral", "male" or "female".
        weights: The folder of all weights, as in `cache_root`.
    """
    names = (f"SMPL_{gender.upper()}.pkl", f"SMPL_{gender.upper()}.npz", *_OFFICIAL[gender])
    for folder in _folders(weights):
        yield from (folder / name for name in names)


def smpl_files(weights: str = "") -> tuple[Path, ...]:
    """The SMPL files that are on this machine, as far as they are where they are looked for."""
    kept = sorted(smpl_folder().glob("SMPL_*.*"))
    usual = (path for gender in GENDERS for path in smpl_candidates(gender, weights))
    found = (path for path in (*kept, *usual) if path.suffix in (".pkl", ".npz") and path.is_file())
    return tuple(dict.fromkeys(found))


def is_smpl_of(body: BodyModel, gender: str, path: Path) -> bool:
    """Whether a body is SMPL's own and of that gender; a file that does not say its gender is believed to be."""
    said = body.gender != "neutral" or "neutral" in path.name.lower()
    return body.id.startswith("smpl-") and (body.gender == gender or not said)


def import_body(path: Path, gender: str = "") -> Path:
    """Check an SMPL file and copy it to where every engine and window of this user finds it.

    A different body that was there before is kept beside it: results may have been made with it.

    Args:
        path: The file the user gives.
        gender: Which is wanted; empty takes the file's own.

    Returns:
        The copy.

    Raises:
        BodyError: It is no SMPL body, not of the wanted gender, or cannot be copied.
    """
    body = read_body(path)
    wanted = gender or body.gender
    if not is_smpl_of(body, wanted, path):
        kind = f"the {body.gender} body" if body.id.startswith("smpl-") else "not SMPL's own body"
        raise BodyError(f"{path.name} is {kind}; the {wanted} SMPL body is wanted.", "Choose the other file.")
    target = smpl_folder() / f"SMPL_{wanted.upper()}{path.suffix.lower()}"
    try:
        with replacing(target) as making:
            making.write_bytes(path.read_bytes())
            _put_aside(target, path, body)
    except ExportError as error:
        raise BodyError(error.message, "Free some space, or check the permissions of the folder.") from error
    except OSError as error:
        raise BodyError(f"{path} cannot be copied: {error.strerror}.", "Check its permissions.") from error
    return target


def _put_aside(target: Path, new: Path, body: BodyModel) -> None:
    """Give other bodies of that gender that are there, in either format, names of their own."""
    for suffix in (".pkl", ".npz"):
        old = target.with_suffix(suffix)
        if old.is_file() and not old.samefile(new) and (mark := _mark(old)) != body.id.rpartition("-")[2]:
            old.replace(old.with_stem(f"{old.stem}-{mark}"))


def _mark(path: Path) -> str:
    """What tells a body from others: the end of its id."""
    try:
        return read_body(path).id.rpartition("-")[2]
    except BodyError:
        return "damaged"


def _folders(weights: str) -> tuple[Path, ...]:
    """Retake's own folder, then upstream's in the folder of weights, then upstream's in the home."""
    roots = (
        (cache_root("4DHumans", weights), cache_root("phalp", weights)),
        (usual_root("4DHumans"), usual_root("phalp")),
    )
    upstream = (
        folder
        for humans, phalp in roots
        for folder in (humans / "data" / "smpl", humans / "data", phalp / "3D" / "models" / "smpl")
    )
    return tuple(dict.fromkeys((smpl_folder(), *upstream)))
