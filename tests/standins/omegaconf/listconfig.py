"""A list of nodes."""

from __future__ import annotations

from typing import Any

from omegaconf.base import ContainerMetadata
from omegaconf.dictconfig import _node, _value


class ListConfig:
    def __init__(self, content: list[Any]) -> None:
        self._metadata = ContainerMetadata(ref_type=Any, object_type=list)
        self._parent = None
        self._content = [_node(item) for item in content]

    def __getitem__(self, index: int) -> Any:
        return _value(self._content[index])

    def __len__(self) -> int:
        return len(self._content)
