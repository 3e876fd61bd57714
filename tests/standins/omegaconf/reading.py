"""Making containers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from omegaconf.dictconfig import DictConfig
from omegaconf.errors import OmegaConfBaseException


class OmegaConf:
    @staticmethod
    def create(content: dict[str, Any]) -> DictConfig:
        return DictConfig(content)

    @staticmethod
    def load(path: str | Path) -> DictConfig:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise OmegaConfBaseException(f"{path} holds no settings")
        return DictConfig(content)
