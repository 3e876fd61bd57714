"""Leaves: a value and its metadata."""

from __future__ import annotations

from typing import Any

from omegaconf.base import Metadata


class AnyNode:
    def __init__(self, value: Any, kind: Any = Any) -> None:
        self._metadata = Metadata(ref_type=kind, object_type=None)
        self._parent = None
        self._val = value


class StringNode(AnyNode):
    pass


class IntegerNode(AnyNode):
    pass


class FloatNode(AnyNode):
    pass


class BooleanNode(AnyNode):
    pass
