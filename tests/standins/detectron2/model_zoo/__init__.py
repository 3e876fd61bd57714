"""Configurations by name."""

import pkg_resources

from detectron2.config import LazyConfig, Node


def get_config(name: str) -> Node:
    return LazyConfig.load(pkg_resources.resource_filename("detectron2.model_zoo", f"configs/{name}"))
