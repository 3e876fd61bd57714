"""What 100 h of video cost as a batch: measures what can be measured here, counts on from there, prints tables.

    python tests/benchmarks/batch_costs.py [--frames 900] [--gpu-pace TFLOPS] [--gpu-seconds S] [--bitrate 8]

Measured: cuts, decoding, MediaPipe, files of chunks, sessions; in CPU seconds, so that other programs do not matter.
What 4D-Humans takes on a GPU is counted from the arithmetic of its networks for two people, and as its users
report; who has measured it gives `--gpu-seconds`. `docs/batch.md` holds what this printed.
"""

# ruff: noqa: E402, T201 - run as a script, it has to say where the tests' fakes are

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import cv2
import numpy as np
import psutil
from fakes_clips import encode

from pipeline.batch.chunks import Chunk, parts_of
from pipeline.batch.cuts import find_shots
from pipeline.batch.output import write_chunk
from pipeline.batch.stitch import stitch
from pipeline.batch.survey import survey
from pipeline.engines.client import EngineClient
from pipeline.engines.command import command_for
from pipeline.job import Job
from pipeline.places import resource
from pipeline.session.open import session_path
from pipeline.structures import FrameResult, RunOptions
from pipeline.video import open_video

SIZE = (1920, 1080)
GOP = 250
CHUNK, OVERLAP = 300, 32
HOURS = 100
# Of the networks' layers: pipeline/engines/humans4d/device.py, which also holds the share of a device's pace
# that whole networks reach (measured on CPUs).
VITDET, HMR, USABLE = 7.2e12, 0.25e12, 0.5
REPORTED = (
    12 * 60 / 1300
)  # s a frame of upstream's own program on an RTX 4090, pictures drawn: 4D-Humans issue 27


@dataclass
class Measured:
    """CPU seconds a frame, bytes a frame."""

    survey: float
    decode: float
    engine: float
    people: float
    chunk_write: float
    chunk_bytes: float
    stitch: float
    session_bytes: float


def picture(number: int) -> np.ndarray:
    """Frames of the demo, in which two people cross, there and back: no cut."""
    frames = demo_frames()
    at = number % (2 * len(frames) - 2)
    return frames[at if at < len(frames) else 2 * len(frames) - 2 - at]


@cache
def demo_frames() -> list[np.ndarray]:
    with closing(open_video(resource("demo.mp4"))) as video:
        video.build_index()
        return [cv2.resize(video.frame(at).image, SIZE) for at in range(video.frame_count)]


def measure(folder: Path, frames: int) -> Measured:
    params = f"keyint={GOP}:min-keyint=25"
    options = {"preset": "veryfast", "crf": "20", "x264-params": params}
    clip = encode(folder / "clip.mp4", frames, options=options, draw=picture).path
    with closing(open_video(clip)) as video:
        video.build_index()
        looking = _cpu(lambda: find_shots(video)) / frames
    with closing(open_video(clip)) as video:
        video.build_index()
        decoding = _cpu(lambda: [video.frame(at) for at in range(frames)]) / frames
        engine, results = _run_engine(video, min(frames, 90))
    written, size, stitched, session = _through_files(clip, frames, results)
    people = float(np.mean([len(result.people) for result in results]))
    return Measured(looking, decoding, engine, people, written, size, stitched, session)


def _run_engine(video, count: int) -> tuple[float, list[FrameResult]]:
    client = EngineClient("mediapipe", command_for("mediapipe"))
    try:
        client.load(Job(lambda job: None))
        pictures = [video.frame(at) for at in range(count)]
        options, results = RunOptions(sequence="costs"), []

        def infer() -> None:
            results.extend(client.infer(one, options, Job(lambda job: None)) for one in pictures)

        return _cpu(infer, psutil.Process(client.pid)) / count, results
    finally:
        client.close()


def _through_files(clip: Path, frames: int, results: list[FrameResult]) -> tuple[float, float, float, float]:
    looked = survey(clip, None)
    chunks = [
        Chunk(clip, looked.content, "costs", *part, RunOptions(), looked.folder)
        for part in parts_of(((0, frames - 1),), CHUNK, OVERLAP)
    ]
    loops = len(results)
    own_tracks = np.arange(100)

    def outcome(frame: int) -> FrameResult:
        made = results[frame % loops]
        return replace(made, frame_index=frame, tracks=own_tracks[: len(made.people)].copy())

    writing = _cpu(lambda: [write_chunk(one, [outcome(at) for at in one.frames]) for one in chunks])
    size = sum(one.file.stat().st_size for one in chunks) / sum(len(one.frames) for one in chunks)
    stitching = _cpu(lambda: stitch(chunks, {}, results[0].engine_id, clip)) / frames
    session = session_path(clip).stat().st_size / frames
    return writing / sum(len(one.frames) for one in chunks), size, stitching, session


def _cpu(work, other: psutil.Process | None = None) -> float:
    """CPU seconds of all threads of this process, and of another one."""
    before = _of(other)
    work()
    return _of(other) - before


def _of(other: psutil.Process | None) -> float:
    theirs = other.cpu_times() if other else None
    return time.process_time() + (theirs.user + theirs.system if theirs else 0.0)


def print_measured(m: Measured, frames: int) -> None:
    print(f"Measured here, 1080p H.264, a key frame every {GOP} frames, {frames} frames, CPU time:\n")
    print("| what | who | cost |\n|---|---|---|")
    for name, who, value in (
        ("looking for cuts", "driver", f"{m.survey * 1e3:.2f} ms a frame"),
        ("decoding to RGB", "worker", f"{m.decode * 1e3:.1f} ms a frame"),
        (f"MediaPipe with masks, {m.people:.1f} people", "worker", f"{m.engine * 1e3:.0f} ms a frame"),
        ("writing a chunk's file", "worker", f"{m.chunk_write * 1e3:.2f} ms a frame"),
        ("a chunk's file", "", f"{m.chunk_bytes / 1e3:.1f} kB a frame"),
        ("from chunks into a session", "driver", f"{m.stitch * 1e3:.2f} ms a frame"),
        ("a session", "", f"{m.session_bytes / 1e3:.1f} kB a frame"),
    ):
        print(f"| {name} | {who} | {value} |")


def print_costs(m: Measured, engine: str, seconds: float, rate: int, bitrate: float, unit: str) -> None:
    frames = HOURS * 3600 * rate
    run_in = (CHUNK + OVERLAP) / CHUNK  # if all of it is one long shot; less where there are cuts
    lead_in = (CHUNK + OVERLAP + GOP / 2) / CHUNK  # decoding begins at the key frame before a chunk
    each = seconds * run_in + m.decode * lead_in + m.chunk_write * run_in
    video = HOURS * 3600 * bitrate * 1e6 / 8
    read, chunks = video * (1 + lead_in), frames * m.chunk_bytes * run_in
    sessions, driver = frames * m.session_bytes, m.survey + m.stitch
    print(
        f"\n**{engine}, {rate} frames/s**: {frames / 1e6:.1f} million frames, {seconds * 1e3:.0f} ms each\n"
    )
    print(
        f"| {unit}s | {unit} hours | wall time | cores decoding | read, MB/s | written, MB/s | driver busy |"
    )
    print("|---|---|---|---|---|---|---|")
    for count in (1, 8, 64):
        wall = frames * each / count
        cells = (
            f"{count} | {frames * each / 3600:,.0f} | {_span(wall)} | {frames * m.decode * lead_in / wall:.2f}",
            f"{read / wall / 1e6:.1f} | {(chunks + sessions) / wall / 1e6:.2f} | {frames * driver / wall:.0%}",
        )
        print(f"| {' | '.join(cells)} |")
    print(
        f"\nIn all: {read / 1e9:,.0f} GB read, {chunks / 1e9:,.0f} GB of chunks and {sessions / 1e9:,.0f} GB of "
        f"sessions written; on the driver {_span(frames * m.survey)} for cuts and {_span(frames * m.stitch)} for "
        f"sessions. One driver is busy all the time from {each / driver:.0f} {unit}s on; reading reaches 1 GB/s at "
        f"{1e9 / (read / (frames * each)):,.0f}."
    )


def _span(seconds: float) -> str:
    hours = seconds / 3600
    return (
        f"{hours / 24:.1f} days"
        if hours >= 48
        else f"{hours:.1f} h"
        if hours >= 1
        else f"{hours * 60:.0f} min"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=900)
    parser.add_argument("--bitrate", type=float, default=8.0, help="of the video, Mbit/s")
    parser.add_argument(
        "--gpu-pace", type=float, default=200.0, help="TFLOP/s of half-precision matrix products"
    )
    parser.add_argument("--gpu-seconds", type=float, help="seconds a frame on a GPU, if measured")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(Path(folder), chosen.frames)
    print_measured(measured, chosen.frames)
    for rate in (25, 30):
        print_costs(measured, "MediaPipe, one worker a core", measured.engine, rate, chosen.bitrate, "worker")
    counted = (VITDET + 2 * HMR) / (chosen.gpu_pace * 1e12 * USABLE)
    guesses = {"as counted": counted, "as reported": REPORTED}
    for how, seconds in ({"as given": chosen.gpu_seconds} if chosen.gpu_seconds else guesses).items():
        for rate in (25, 30):
            print_costs(measured, f"4D-Humans with ViTDet, {how}", seconds, rate, chosen.bitrate, "GPU")


if __name__ == "__main__":
    main()
