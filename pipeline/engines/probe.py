"""Looks at the environment it runs in: `python -m pipeline.engines.probe DISTRIBUTION MODULE... [--files] [--import]`.

Prints one line of JSON: `{"python": "3.11.7", "version": "0.10.21", "problem": ""}`.
"""

from __future__ import annotations

import csv
import importlib
import importlib.metadata
import importlib.util
import json
import platform
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path


def main(arguments: Sequence[str]) -> int:
    """Print what was found."""
    distribution, *names = [argument for argument in arguments if not argument.startswith("--")]
    if "--import" in arguments:
        for name in names:
            importlib.import_module(name)  # what goes wrong here is told by the traceback
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    problem = f"{', '.join(missing)} not found" if missing else ""
    if "--files" in arguments and not problem:
        problem = next(damaged(Path(sysconfig.get_path("purelib"))), "")
    found = {"python": platform.python_version(), "version": version_of(distribution), "problem": problem}
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


def version_of(distribution: str) -> str:
    """A package's version, and its commit if it came from a repository; empty if it is not installed."""
    try:
        package = importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""
    origin = json.loads(package.read_text("direct_url.json") or "{}")
    commit = str(origin.get("vcs_info", {}).get("commit_id", ""))[:8]
    return f"{package.version}+{commit}" if commit else package.version


def damaged(packages: Path) -> Iterator[str]:
    """Files that are not there or not as long as they were installed; their content is not read.

    Compiled files do not count: numpy's wheel brings one that pip then writes again.
    """
    for record in sorted(packages.glob("*.dist-info/RECORD")):
        with record.open(newline="", encoding="utf-8") as lines:
            for name, _, size in csv.reader(lines):
                if size and not name.endswith(".pyc") and not _is_long(packages / name, int(size)):
                    yield f"{name} is damaged"


def _is_long(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
