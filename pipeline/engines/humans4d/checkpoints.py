"""Reading checkpoints fast, and without running anything in them.

PyTorch files are read with `weights_only=True` under an allow-list and memory-mapped; nothing falls back to full
pickle. Networks are made without random initialisation, and every tensor of theirs must come from the file.
"""

from __future__ import annotations

import collections
import contextlib
import importlib
import importlib.util
import pickle
import re
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from pipeline.errors import EngineError

State = dict[str, torch.Tensor]

# What Lightning puts beside the tensors: the configuration the network was trained with, as hydra or yacs has it.
_ALLOWED = (
    ("omegaconf.dictconfig", "DictConfig"),
    ("omegaconf.listconfig", "ListConfig"),
    ("omegaconf.base", "ContainerMetadata"),
    ("omegaconf.base", "Metadata"),
    ("omegaconf.nodes", "AnyNode"),
    ("omegaconf.nodes", "StringNode"),
    ("omegaconf.nodes", "IntegerNode"),
    ("omegaconf.nodes", "FloatNode"),
    ("omegaconf.nodes", "BooleanNode"),
)
# PyTorch fills no subclass of a dictionary, which yacs's settings are; nobody asks them for more than a dictionary has.
_DICTIONARIES = ("yacs.config.CfgNode",)
_BLOCK = 2**24  # bytes read at a time: few enough calls, and often enough to tell


def register_safe_globals() -> tuple[str, ...]:
    """Let `weights_only` loading make plain configuration values; returns the names of their types.

    Raises:
        EngineError: OmegaConf is not installed; checkpoints would be refused for what they hold of it.
    """
    if importlib.util.find_spec("omegaconf") is None:
        raise EngineError(
            "The package omegaconf is not installed.",
            "Install it: retake engines install humans4d",
            kind="load_failed",
        )
    found: list[Any] = [typing.Any, collections.defaultdict, collections.OrderedDict, dict, list, int]
    for module, name in _ALLOWED:
        with contextlib.suppress(ImportError, AttributeError):
            found.append(getattr(importlib.import_module(module), name))
    torch.serialization.add_safe_globals(
        [*found, *((collections.OrderedDict, name) for name in _DICTIONARIES)]
    )
    return (*(getattr(item, "__name__", str(item)) for item in found), *_DICTIONARIES)


def read_ahead(path: Path, tell: Callable[..., None]) -> None:
    """Read a file from end to end, telling how far: mapping it then costs nothing, and the disk was read in order."""
    total, done = path.stat().st_size, 0
    with path.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            done += len(block)
            tell(fraction=done / max(total, 1), bytes_done=done, bytes_total=total)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """What a PyTorch file holds, its tensors mapped from the file.

    Raises:
        EngineError: It is damaged, or holds what is not on the allow-list.
    """
    try:
        content = _load(path)
    except pickle.UnpicklingError as error:
        raise EngineError(
            f"{path.name} was refused: it holds more than numbers and settings ({_objection(error)}).",
            "Get the file from the authors' own page again; nothing in it was run.",
            kind="load_failed",
        ) from error
    except (RuntimeError, EOFError, ValueError, OSError) as error:
        raise EngineError(
            f"{path.name} cannot be read: {_first_line(error)}",
            f"Delete {path} and load again; it is then fetched anew.",
            kind="load_failed",
        ) from error
    if not isinstance(content, dict):
        raise EngineError(f"{path.name} holds no state of a network.", f"Delete {path} and load again.")
    return content


def _load(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except RuntimeError as error:
        if "mmap can only be used with files saved with" not in str(error):
            raise
    return torch.load(path, map_location="cpu", weights_only=True)  # PyTorch's format before 1.6


def _objection(error: Exception) -> str:
    """What the file asks for; PyTorch's own words go on to say how it can be run all the same."""
    named = re.search(r"GLOBAL ([\w.]+)", str(error))
    return f"it asks for {named[1]}" if named else _first_line(error)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


@contextlib.contextmanager
def uninitialised() -> Iterator[None]:
    """Make networks without filling them with random numbers, which takes longer than reading the file."""
    names = [name for name in dir(nn.init) if name.endswith("_") and not name.startswith("_")]
    originals = {name: getattr(nn.init, name) for name in names}
    for name in names:
        setattr(nn.init, name, _leave)
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(nn.init, name, original)


def _leave(tensor: torch.Tensor, *_args: object, **_options: object) -> torch.Tensor:
    return tensor


def fill(
    module: nn.Module,
    state: Mapping[str, torch.Tensor],
    *,
    what: str,
    superfluous: Mapping[str, str],
    absent: Mapping[str, str] | None = None,
    assign: bool = True,
) -> None:
    """Give a network its tensors, all of them, and no others.

    Args:
        module: The network.
        state: Tensors by name.
        what: The file, for errors.
        superfluous: Patterns of names that may be in the file only, each with the reason.
        absent: Patterns of names that may be in the network only, each with the reason.
        assign: Take the file's tensors themselves instead of copying their content.

    Raises:
        EngineError: Names or shapes differ.
    """
    try:
        report = module.load_state_dict(dict(state), strict=False, assign=assign)
    except RuntimeError as error:
        raise _misfit(what, str(error).splitlines()[-1].strip()) from error
    missing = _unlisted(report.missing_keys, absent or {})
    unexpected = _unlisted(report.unexpected_keys, superfluous)
    if missing or unexpected:
        told = [f"it lacks {_few(missing)}"] if missing else []
        told += [f"it has {_few(unexpected)} besides"] if unexpected else []
        raise _misfit(what, " and ".join(told))
    module.requires_grad_(False).eval()


def _misfit(what: str, why: str) -> EngineError:
    return EngineError(
        f"{what} does not fit its network: {why}.",
        "It is of another version. Get the one that belongs to 4D-Humans' main branch.",
        kind="load_failed",
    )


def _unlisted(names: Iterable[str], patterns: Mapping[str, str]) -> list[str]:
    return [name for name in names if not any(re.fullmatch(pattern, name) for pattern in patterns)]


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
