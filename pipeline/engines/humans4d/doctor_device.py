"""What the networks would run on: torch's build, the GPU, its driver and its memory."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from collections.abc import Iterator
from typing import Any

from pipeline.diagnosis import Finding, in_bytes

SECTION = "humans4d device"
_COST = "A frame then takes about a minute with ViTDet and some seconds with RegNetY."
_GET_BUILD = (
    "Install torch and torchvision anew with the command that https://pytorch.org/get-started/locally shows."
)
_LITTLE = 6 * 2**30
"""Bytes: HMR 2.0 and ViTDet take 2.7 GB each in float32, and ViTDet 3.4 GB on the way."""


def examine_device() -> Iterator[Finding]:
    """Torch's build, then each GPU, or why there is none."""
    if importlib.util.find_spec("torch") is None:
        return
    try:
        torch = importlib.import_module("torch")
    except (ImportError, OSError) as error:
        yield Finding(SECTION, False, f"torch cannot be imported: {error}", _GET_BUILD)
        return
    cards = driver_cards()
    build = torch.version.cuda or torch.version.hip or ""
    yield Finding(SECTION, True, f"torch is built for {'CUDA ' + build if build else 'the CPU alone'}")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        usable = torch.cuda.is_available()
    if usable:
        yield from _gpus(torch)
    else:
        yield without_gpu(build, cards, " ".join(str(warning.message) for warning in said))


def driver_cards() -> tuple[str, ...]:
    """The GPUs as the driver names them, with its version; empty without a driver that answers."""
    if importlib.util.find_spec("pynvml") is None:
        return ()
    pynvml = importlib.import_module("pynvml")
    try:
        pynvml.nvmlInit()
        version = pynvml.nvmlSystemGetDriverVersion()
        handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
        return tuple(f"{pynvml.nvmlDeviceGetName(handle)}, driver {version}" for handle in handles)
    except pynvml.NVMLError:
        return ()


def _gpus(torch: Any) -> Iterator[Finding]:
    cards = driver_cards()
    supported = torch.cuda.get_arch_list()
    for index in range(torch.cuda.device_count()):
        card = torch.cuda.get_device_properties(index)
        driver = f", {cards[0].rpartition(', ')[2]}" if cards else ""
        text = f"cuda:{index} {card.name}, {in_bytes(card.total_memory)}{driver}"
        if supported and not runs_on(card.major, card.minor, supported):
            yield Finding(
                SECTION,
                False,
                f"{text}: this torch has no code for its architecture sm_{card.major}{card.minor}",
                f"It has {', '.join(supported)}. {_GET_BUILD}",
            )
        elif card.total_memory < _LITTLE:
            hint = "Models will leave the GPU while they are not at work; the fast detector needs less."
            yield Finding(SECTION, None, text, hint)
        else:
            yield Finding(SECTION, True, text)


def runs_on(major: int, minor: int, supported: list[str]) -> bool:
    """Whether machine code for the same major version, or code that the driver translates, is in the build."""
    for name in supported:
        kind, _, number = name.partition("_")
        digits = "".join(character for character in number if character.isdigit())
        theirs = (int(digits[:-1]), int(digits[-1]))
        if theirs <= (major, minor) and (kind == "compute" or theirs[0] == major):
            return True
    return False


def without_gpu(build: str, cards: tuple[str, ...], said: str) -> Finding:
    """Why the CPU does the work.

    Args:
        build: The CUDA version torch is built for; empty if it is built for the CPU.
        cards: The GPUs as the driver names them.
        said: What torch warned of.
    """
    if not cards:
        return Finding(SECTION, None, "No GPU: the CPU does the work", _COST)
    if not build:
        text = f"{cards[0]} is there, but this torch is built for the CPU alone"
        return Finding(SECTION, False, text, _GET_BUILD)
    reason = f": {said}" if said else ""
    return Finding(
        SECTION,
        False,
        f"{cards[0]} is there, but torch cannot use it{reason}",
        f"Update the NVIDIA driver to one for CUDA {build}, or choose an older build. {_GET_BUILD}",
    )
