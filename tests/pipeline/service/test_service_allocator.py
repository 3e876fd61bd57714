from __future__ import annotations

import os
import subprocess
import sys

import pytest

_DECODES = """
import threading
import numpy as np
from pathlib import Path
from fakes_service import encoded
from pipeline.service.allocator import give_back_memory
from pipeline.service.pictures import decode

assert give_back_memory()
data = encoded(np.zeros((3000, 4000, 3), np.uint8), "JPEG")
resident = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * 4096
decode(data, 10**8)
before = resident()
for _ in range(6):
    thread = threading.Thread(target=decode, args=(data, 10**8))
    thread.start()
    thread.join()
print(resident() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's allocator")
def test_large_pictures_leave_nothing_behind():
    run = subprocess.run(
        [sys.executable, "-c", _DECODES], capture_output=True, text=True, check=True, env=_environment()
    )
    assert int(run.stdout) < 2 * 4000 * 3000


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
