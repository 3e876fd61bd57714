"""A dictionary whose entries are attributes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from omegaconf.base import ContainerMetadata
from omegaconf.errors import ConfigAttributeError
from omegaconf.nodes import AnyNode


class DictConfig:
    def __init__(self, content: dict[str, Any]) -> None:
        own = self.__dict__
        own["_metadata"] = ContainerMetadata(ref_type=Any, object_type=dict)
        own["_parent"] = None
        own["_flags_cache"] = None
        own["_content"] = {key: _node(value) for key, value in content.items()}

    def __getattr__(self, name: str) -> Any:
        content = self.__dict__.get("_content", {})
        if name.startswith("__") or name not in content:
            raise ConfigAttributeError(f"Missing key {name}")
        return _value(content[name])

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__["_content"][name] = _node(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dict__["_content"])

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


def _node(value: Any) -> Any:
    from omegaconf.listconfig import ListConfig

    if isinstance(value, dict):
        return DictConfig(value)
    if isinstance(value, list):
        return ListConfig(value)
    return value if isinstance(value, (DictConfig, ListConfig)) else AnyNode(value)


def _value(node: Any) -> Any:
    return node._val if isinstance(node, AnyNode) else node
