"""OmegaConf's containers as far as checkpoints hold them and PHALP's settings are read with them."""

from omegaconf.dictconfig import DictConfig
from omegaconf.listconfig import ListConfig
from omegaconf.reading import OmegaConf

__all__ = ["DictConfig", "ListConfig", "OmegaConf"]
