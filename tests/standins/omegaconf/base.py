"""What every node carries along."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Metadata:
    ref_type: Any
    object_type: Any
    optional: bool = True
    key: Any = None
    flags: Any = None


@dataclass
class ContainerMetadata(Metadata):
    key_type: Any = Any
    element_type: Any = Any
    resolver_cache: Any = field(default_factory=lambda: defaultdict(dict))
