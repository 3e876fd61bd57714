"""What travels between the parts of a detector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch


@dataclass
class ImageList:
    tensor: torch.Tensor
    image_sizes: list[tuple[int, int]]

    @classmethod
    def from_tensors(
        cls, tensors: list[torch.Tensor], divisor: int, padding_constraints: dict[str, int]
    ) -> ImageList:
        sizes = [(int(each.shape[-2]), int(each.shape[-1])) for each in tensors]
        square = padding_constraints["square_size"]
        high, wide = (max(size[axis] for size in sizes) for axis in (0, 1))
        target = (square, square) if square else tuple(-(-side // divisor) * divisor for side in (high, wide))
        padded = tensors[0].new_zeros(len(tensors), 3, *target)
        for row, each in enumerate(tensors):
            padded[row, :, : each.shape[1], : each.shape[2]] = each
        return cls(padded, sizes)


@dataclass
class Boxes:
    tensor: torch.Tensor

    def __getitem__(self, chosen: Any) -> Boxes:
        return Boxes(self.tensor[chosen])

    def __len__(self) -> int:
        return len(self.tensor)


class Instances:
    """Rows of several fields."""

    def __init__(self, image_size: tuple[int, int], **fields: Any) -> None:
        self.__dict__["_image_size"] = image_size
        self.__dict__["_fields"] = dict(fields)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._fields:
            raise AttributeError(name)
        return self._fields[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self._fields[name] = value

    def __getitem__(self, chosen: Any) -> Instances:
        return Instances(self._image_size, **{name: value[chosen] for name, value in self._fields.items()})

    def __len__(self) -> int:
        return len(next(iter(self._fields.values())))
