"""Lazy configuration: calls that are written down first and made later."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from typing import Any


class Node(dict):
    """Entries are attributes."""

    def __getattr__(self, name: str) -> Any:
        if name not in self:
            raise AttributeError(name)
        return self[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


class LazyCall:
    def __init__(self, target: Callable[..., Any]) -> None:
        self._target = target

    def __call__(self, **arguments: Any) -> Node:
        return Node(_target_=self._target, **arguments)


class LazyConfig:
    @staticmethod
    def load(path: str) -> Node:
        found = runpy.run_path(path)
        return Node({name: value for name, value in found.items() if isinstance(value, Node)})


def instantiate(config: Any) -> Any:
    if isinstance(config, list):
        return [instantiate(item) for item in config]
    if not isinstance(config, Node):
        return config
    arguments = {name: instantiate(value) for name, value in config.items() if name != "_target_"}
    return config["_target_"](**arguments) if "_target_" in config else arguments
