"""Telling "memory did not suffice" and "the GPU is lost" from every other error, without importing torch."""

from __future__ import annotations

import re

# What PyTorch, the CUDA driver, cuBLAS and cuDNN say when memory runs out; only the first has a type of its own.
# CUDNN_STATUS_NOT_SUPPORTED is among them since cuDNN says it when it finds no room to work in.
_EXHAUSTED = re.compile(
    r"out[ _]of[ _]memory|CUBLAS_STATUS_ALLOC_FAILED|CUDNN_STATUS_ALLOC_FAILED|CUDNN_STATUS_NOT_SUPPORTED|"
    r"CUSOLVER_STATUS_ALLOC_FAILED|can't allocate memory|not enough memory|Unable to allocate",
    re.IGNORECASE,
)
# After one of these every further call of the process fails.
_LOST = re.compile(
    r"device-side assert|illegal memory access|illegal instruction|misaligned address|unspecified launch failure|"
    r"invalid program counter|hardware stack error|uncorrectable ECC|ECC error|device is busy or unavailable|"
    r"CUDA error: unknown error|GPU is lost|launch timed out|CUDA_ERROR_|CUDNN_STATUS_EXECUTION_FAILED|"
    r"CUBLAS_STATUS_EXECUTION_FAILED|CUBLAS_STATUS_NOT_INITIALIZED|driver shutting down",
    re.IGNORECASE,
)
_TYPES = ("OutOfMemoryError",)  # torch's, by name
_UNITS = {"bytes": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_REQUESTED = re.compile(r"(?:allocate|allocated)\s+([\d.]+)\s*(bytes|KiB|MiB|GiB)", re.IGNORECASE)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory did not suffice, on the GPU or off it."""
    names = {kind.__name__ for kind in type(error).__mro__}
    if isinstance(error, MemoryError) or names.intersection(_TYPES):
        return True
    return isinstance(error, RuntimeError) and _EXHAUSTED.search(str(error)) is not None


def is_device_lost(error: BaseException) -> bool:
    """Whether an exception says that this process can use its GPU no more."""
    if not isinstance(error, RuntimeError) or is_out_of_memory(error):
        return False
    return _LOST.search(str(error)) is not None


def requested_bytes(message: str) -> int:
    """How much an out-of-memory message says was asked for, in bytes; 0 if it does not."""
    found = _REQUESTED.search(message)
    return int(float(found[1]) * _UNITS[found[2].lower()]) if found else 0
