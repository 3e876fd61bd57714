"""Settings whose entries are attributes."""

from __future__ import annotations

from typing import Any


class CfgNode(dict):
    def __init__(self, content: dict[str, Any] | None = None) -> None:
        if content is not None and not isinstance(content, dict):
            raise TypeError(f"{type(content).__name__} holds no settings")
        super().__init__({key: _node(value) for key, value in (content or {}).items()})
        self.__dict__["__immutable__"] = False

    def __getattr__(self, name: str) -> Any:
        if name not in self:
            raise AttributeError(name)
        return self[name]

    def __setattr__(self, name: str, value: Any) -> None:
        if self.__dict__["__immutable__"]:
            raise AttributeError(f"{name} cannot be set, the settings are frozen")
        self[name] = value

    def freeze(self) -> None:
        self.__dict__["__immutable__"] = True


def _node(value: Any) -> Any:
    return CfgNode(value) if type(value) is dict else value
