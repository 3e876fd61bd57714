"""Arguments that say which engine runs and how: what all commands that run one take."""

from __future__ import annotations

import argparse
from typing import get_args

from app.commands.arguments import add_body, amount, focal, length, share
from app.engine_options import engine_settings
from pipeline.engines.engine import EngineSettings
from pipeline.structures import RunOptions
from widgets.values import DetectorKind, Gender, Precision, Preferences

NO_FOCAL_LENGTH = "The video does not say its focal length: the engine's own rule is used."


def add_running(parser: argparse.ArgumentParser) -> None:
    """The engine, the options of a run, and what the engine is loaded with."""
    add_engine(parser)
    _add_run_options(parser)
    add_engine_settings(parser)


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Which engine."""
    parser.add_argument("--engine", default="mediapipe", metavar="NAME", help="see `retake engines list`")


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    defaults = RunOptions()
    parser.add_argument(
        "--score", type=share, default=defaults.score_threshold, help="least score of a person (%(default)s)"
    )
    parser.add_argument(
        "--min-size", type=amount, default=defaults.min_size, help="least height in px (%(default)s)"
    )
    parser.add_argument(
        "--max-people", type=amount, default=0, help="at most so many, best first (0: no limit)"
    )
    parser.add_argument(
        "--focal-length",
        type=focal,
        default=0.0,
        metavar="PX|video",
        help="in px, or `video`: from the video's metadata (default: the engine's own rule)",
    )
    parser.add_argument("--no-masks", action="store_true", help="make no segmentation masks")


def settings_of(arguments: argparse.Namespace) -> EngineSettings:
    """What the engine is loaded with."""
    chosen = Preferences(
        body_model=str(arguments.body.resolve()) if arguments.body else "",
        gender=arguments.gender,
        detector=arguments.detector,
        precision=arguments.precision,
        gpu_memory=arguments.gpu_memory,
        device=arguments.device,
    )
    return engine_settings(arguments.engine, chosen, EngineSettings())


def run_options(arguments: argparse.Namespace, of_video: float) -> RunOptions:
    """The options of a run.

    Args:
        arguments: What was typed.
        of_video: The focal length the video says, px, or 0; used where `--focal-length video` was typed.
    """
    given: float | None = arguments.focal_length
    return RunOptions(
        score_threshold=arguments.score,
        min_size=arguments.min_size,
        max_people=arguments.max_people,
        masks=not arguments.no_masks,
        focal_length=of_video if given is None else given,
    )


def add_engine_settings(parser: argparse.ArgumentParser) -> None:
    """What the engine is loaded with."""
    add_body(parser)
    group = parser.add_argument_group("for humans4d")
    defaults = Preferences()
    group.add_argument(
        "--gender", choices=get_args(Gender), default=defaults.gender, help="of the body (%(default)s)"
    )
    group.add_argument(
        "--detector",
        choices=get_args(DetectorKind),
        default=defaults.detector,
        help="vitdet is the best, regnety is fast (%(default)s)",
    )
    group.add_argument("--device", default="", help="cpu, cuda:0, ... (default: the engine chooses)")
    group.add_argument(
        "--precision",
        choices=get_args(Precision),
        default=defaults.precision,
        help="auto is half where the GPU gains by it (%(default)s)",
    )
    group.add_argument(
        "--gpu-memory", type=length, default=0.0, metavar="GB", help="use at most so much (0: all of it)"
    )
