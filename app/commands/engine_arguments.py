"""What is decided before an engine is loaded, as several commands ask for it."""

from __future__ import annotations

import argparse
from typing import get_args

from app.commands.arguments import add_body, length
from app.engine_options import engine_settings
from pipeline.engines.engine import EngineSettings
from widgets.values import DetectorKind, Gender, Precision, Preferences


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Which engine."""
    parser.add_argument("--engine", default="mediapipe", metavar="NAME", help="see `retake engines list`")


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


def settings_of(arguments: argparse.Namespace) -> EngineSettings:
    """What the chosen engine is loaded with."""
    chosen = Preferences(
        body_model=str(arguments.body.resolve()) if arguments.body else "",
        gender=arguments.gender,
        detector=arguments.detector,
        precision=arguments.precision,
        gpu_memory=arguments.gpu_memory,
        device=arguments.device,
    )
    return engine_settings(arguments.engine, chosen, EngineSettings())
