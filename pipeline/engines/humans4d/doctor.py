"""Looks at the environment it runs in: `python -m pipeline.engines.humans4d.doctor [--weights DIR] [--verify]`.

Prints one line of JSON, `{"findings": [{"section", "good", "text", "hint"}, ...]}`. It needs numpy and nothing
else, so that it can say what is missing. Checksums are remembered beside the weights; `--verify` reads all anew.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.diagnosis import Finding, in_bytes
from pipeline.engines.humans4d.doctor_device import examine_device
from pipeline.engines.humans4d.doctor_packages import examine_packages
from pipeline.engines.humans4d.weight_files import ARCHIVE, WeightFile
from pipeline.engines.humans4d.weights import MISSING, Weights, smpl_file
from pipeline.errors import BodyError, MissingFile, UserError
from pipeline.smpl.places import GENDERS
from pipeline.smpl.read import read_body

WEIGHTS, SMPL = "humans4d weights", "humans4d SMPL"


def main(arguments: Sequence[str]) -> int:
    """Print what was found."""
    parser = argparse.ArgumentParser(prog="doctor", description="Check what the 4D-Humans engine needs.")
    parser.add_argument("--weights", default="", metavar="DIR", help="holds 4DHumans, phalp and detectron2")
    parser.add_argument("--verify", action="store_true", help="read all weights anew to find damage")
    options = parser.parse_args(arguments)
    # Packages print while they are imported; what they say must not mix with the answer.
    with _stdout_to_stderr():
        findings = [finding.as_json() for finding in examine(Weights(options.weights), verify=options.verify)]
    sys.stdout.write(json.dumps({"findings": findings}) + "\n")
    return int(any(finding["good"] is False for finding in findings))


def examine(weights: Weights, *, verify: bool = False) -> Iterator[Finding]:
    """Packages, device, weights and SMPL files."""
    yield from examine_packages()
    yield from examine_device()
    yield from examine_weights(weights, verify=verify)
    yield from examine_smpl(weights)


def examine_weights(weights: Weights, *, verify: bool = False) -> Iterator[Finding]:
    """Each file with size and checksum, and whether there is room for those that are not here."""
    yield from (_weight(weights, file, verify=verify) for file in weights.files.values())
    missing = [file for file in weights.files.values() if weights.problem(file.key) == MISSING]
    yield from _room(weights, missing)


def examine_smpl(weights: Weights) -> Iterator[Finding]:
    """The SMPL file of each gender; one is enough."""
    missing: list[UserError] = []
    for gender in GENDERS:
        try:
            path = smpl_file(gender, "", weights)
            yield Finding(SMPL, True, f"SMPL {gender}: {read_body(path).id}, {path}")
        except (MissingFile, BodyError) as error:
            missing.append(error)
    good = False if len(missing) == len(GENDERS) else None
    yield from (Finding(SMPL, good, lack.message, lack.hint) for lack in missing)


def _weight(weights: Weights, file: WeightFile, *, verify: bool) -> Finding:
    path, problem = weights.path(file.key), weights.problem(file.key)
    if problem == MISSING:
        place = weights.root("4DHumans") / ARCHIVE.partition("/")[2] if file.archived else path
        size = f" ({in_bytes(file.about)})" if file.about else ""
        hint = f"Loading fetches it{size}. On a machine without network put {file.url} at {place}."
        return Finding(WEIGHTS, None, f"{file.purpose}: not here yet, {path}", hint)
    if problem:
        return _damaged(file, path, problem)
    checksum = weights.sha256(file.key)
    if verify and weights.rotten(file.key):
        return _damaged(file, path, "has changed though its size and date have not: the disk may be failing")
    text = f"{file.purpose}: {in_bytes(path.stat().st_size)}, SHA-256 {checksum}, {path}"
    if weights.replaced(file.key):
        return Finding(WEIGHTS, None, text, "It is not the file Retake fetched; somebody put another there.")
    return Finding(WEIGHTS, True, text)


def _damaged(file: WeightFile, path: Path, problem: str) -> Finding:
    remove = "del" if os.name == "nt" else "rm"
    hint = f'Loading fetches it again once it is deleted: {remove} "{path}"'
    return Finding(WEIGHTS, False, f"{file.purpose}: {path} {problem}", hint)


def _room(weights: Weights, missing: Sequence[WeightFile]) -> Iterator[Finding]:
    """Whether the disks have room for what is not here; the archive needs its own room beside what it holds."""
    for tool in sorted({file.place.partition("/")[0] for file in missing}):
        own = [file for file in missing if file.place.startswith(f"{tool}/")]
        needed = sum(file.about * (2 if file.archived else 1) for file in own)
        root = weights.root(tool)
        free = shutil.disk_usage(next(place for place in (root, *root.parents) if place.exists())).free
        if needed > free:
            text = f"{in_bytes(needed)} are needed in {root}, {in_bytes(free)} are free"
            hint = "Free some space, or put the weights elsewhere: set RETAKE_WEIGHTS to a folder on another disk."
            yield Finding(WEIGHTS, False, text, hint)


@contextlib.contextmanager
def _stdout_to_stderr() -> Iterator[None]:
    """Also for what C code prints."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
