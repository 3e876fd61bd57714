"""Kill `retake run` at random moments and run it again: is the session that of a run which was never killed?

    python tests/benchmarks/kill_and_resume.py CLIP [TIMES] [SEED]

Each time a copy of the clip is run, killed with SIGKILL after a random number of frames and a random part of a
second (half of the times together with the engine's process), and run again to the end.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2])]

from fakes_killing import frames_done, run_and_kill, run_to_the_end  # noqa: E402

from pipeline.session.open import session_path  # noqa: E402
from pipeline.session.sameness import differences  # noqa: E402
from pipeline.session.store import Store  # noqa: E402


def main(clip: Path, times: int, seed: int) -> int:
    """Print how each time ended; returns how often the sessions differed."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RETAKE_HOME"] = str(Path(folder) / "home")
        plain = Path(shutil.copy(clip, Path(folder) / "plain.mp4"))
        if run_to_the_end(plain):
            raise SystemExit((plain.with_name(f"{plain.name}.log")).read_text())
        count = frames_done(plain)
        print(f"{clip.name}: {count} frames")  # noqa: T201
        return sum(not _same(clip, plain, number, count, chance) for number in range(times))


def _same(clip: Path, plain: Path, number: int, count: int, chance: random.Random) -> bool:
    killed = Path(shutil.copy(clip, plain.with_name(f"killed-{number}.mp4")))
    after, seconds = chance.randrange(count), chance.uniform(0, 0.3)
    done = run_and_kill(killed, after=after, seconds=seconds, with_engine=chance.random() < 0.5)
    code = run_to_the_end(killed)
    with (
        Store(session_path(plain), read_only=True) as one,
        Store(session_path(killed), read_only=True) as other,
    ):
        found = differences(one, other)
    print(f"  killed with {done} frames done, run again (exit code {code}): {len(found)} differences")  # noqa: T201
    for text in found[:10]:
        print(f"    {text}")  # noqa: T201
    return not found and code == 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    video, *numbers = sys.argv[1:]
    raise SystemExit(main(Path(video), *(int(number) for number in (numbers + ["5", "0"][len(numbers) :]))))
