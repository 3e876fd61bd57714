"""Where the networks run: a CUDA device or the CPU, what it holds, and what it gains by half precision."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass

import psutil
import torch

from pipeline.engines.memory import peak_resident, system_memory
from pipeline.errors import EngineError
from pipeline.memory import Memory

# Arithmetic of one pass in FLOP, computed from the networks' layers: ViTDet-H at 1024 px is 3.6 T multiply-adds
# whatever the picture, Mask R-CNN RegNetY-4GF about 0.14, HMR 2.0 0.125 a person.
DETECTOR_FLOP = {"vitdet": 7.2e12, "regnety": 0.28e12}
HMR_FLOP = 0.25e12
_SIDE = 1536  # of the matrices that are multiplied to find out; like those of the networks
_USABLE = (
    0.5  # share of the matrices' pace that whole networks reach (74 s measured where 2 cores promise 40)
)
_GIB = 2**30


@dataclass(frozen=True, slots=True)
class Device:
    """A device for networks.

    Attributes:
        name: "cpu" or "cuda:0".
        title: For people, with its memory.
        driver: Version of the GPU's driver and of CUDA; empty on a CPU.
        total: Bytes of memory.
        half: "bfloat16" or "float16" if it is to be used, else empty.
        rescue: The half precision to take when memory does not suffice, or empty.
        pace: FLOP/s that matrix products reach, in the precision that will be used.
    """

    name: str
    title: str
    driver: str
    total: int
    half: str
    rescue: str
    pace: float

    @property
    def is_gpu(self) -> bool:
        """Whether it is a CUDA device."""
        return self.name != "cpu"

    def seconds_per_frame(self, detector: str, people: int = 2) -> float:
        """What a frame will take, roughly."""
        return (DETECTOR_FLOP[detector] + people * HMR_FLOP) / (self.pace * _USABLE)


def find_device(wanted: str, precision: str) -> Device:
    """The device of that name, or the best one.

    Args:
        wanted: "cpu", "cuda", "cuda:1"; empty takes the first GPU, or the CPU if there is none.
        precision: "auto", "float32" or "half".

    Raises:
        EngineError: The device is not there.
    """
    there = torch.cuda.is_available()
    if wanted.startswith("cuda") and not there:
        raise EngineError(
            f"{wanted} cannot be used: PyTorch {torch.__version__} finds no CUDA device.",
            "See `nvidia-smi` and `retake doctor`, or choose the CPU in the preferences.",
            kind="load_failed",
        )
    if wanted == "cpu" or not there:
        return _cpu(precision)
    return _gpu(wanted, precision)


def _cpu(precision: str) -> Device:
    cores = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    half = _wanted("bfloat16" if _cpu_has_bfloat16() else "", "bfloat16", precision)
    return Device(
        "cpu", f"CPU, {cores} cores", "", psutil.virtual_memory().total, half, "", _pace("cpu", half)
    )


def _gpu(wanted: str, precision: str) -> Device:
    name = wanted if ":" in wanted else "cuda:0"
    index = int(name.partition(":")[2])
    if index >= torch.cuda.device_count():
        raise EngineError(
            f"There is no {name}: this machine has {torch.cuda.device_count()} CUDA devices.",
            "Choose another device in the preferences.",
            kind="load_failed",
        )
    torch.cuda.set_device(index)
    facts = torch.cuda.get_device_properties(index)
    # bfloat16 has float32's range; cards before Ampere have only float16, and those before Volta are slow in it.
    kind = "bfloat16" if facts.major >= 8 else "float16"
    half = _wanted(kind if facts.major >= 7 else "", kind, precision)
    title = f"{facts.name}, {facts.total_memory / _GIB:.1f} GB"
    return Device(name, title, _driver(), facts.total_memory, half, kind, _pace(name, half))


def _wanted(gainful: str, possible: str, precision: str) -> str:
    """The half precision to use: where it gains, unless told otherwise. Not timed: the same device decides alike."""
    return {"float32": "", "half": possible}.get(precision, gainful)


def _cpu_has_bfloat16() -> bool:
    tests = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    return any(getattr(torch.cpu, test, lambda: False)() for test in tests)


def _driver() -> str:
    try:
        import pynvml
    except ImportError:
        return f"CUDA {torch.version.cuda}"
    try:
        pynvml.nvmlInit()
        version = pynvml.nvmlSystemGetDriverVersion()
        pynvml.nvmlShutdown()
    except pynvml.NVMLError:
        return f"CUDA {torch.version.cuda}"
    text = version.decode() if isinstance(version, bytes) else str(version)
    return f"driver {text}, CUDA {torch.version.cuda}"


def _pace(name: str, half: str) -> float:
    """FLOP/s of matrix products."""
    matrix = torch.ones(_SIDE, _SIDE, device=name, dtype=getattr(torch, half or "float32"))
    seconds = []
    for _round in range(3):
        _settle(name)
        start = time.perf_counter()
        matrix @ matrix
        _settle(name)
        seconds.append(time.perf_counter() - start)
    return 2.0 * _SIDE**3 / max(min(seconds), 1e-9)


def _settle(name: str) -> None:
    if name != "cpu":
        torch.cuda.synchronize(name)


def limit_memory(device: Device, budget: int) -> None:
    """Let this process use that many bytes of the GPU; PyTorch then raises out of memory by itself."""
    if device.is_gpu and 0 < budget < device.total:
        torch.cuda.set_per_process_memory_fraction(budget / device.total, device.name)


def free_memory(device: Device) -> int:
    """Bytes that could be allocated now: what the device has free, and what PyTorch holds without using it."""
    if not device.is_gpu:
        return int(psutil.virtual_memory().available)
    free, _total = torch.cuda.mem_get_info(device.name)
    idle = torch.cuda.memory_reserved(device.name) - torch.cuda.memory_allocated(device.name)
    return int(free + idle)


def free_caches(device: Device) -> None:
    """Give back what PyTorch keeps for later."""
    if device.is_gpu:
        torch.cuda.empty_cache()


def memory_of(device: Device) -> Memory:
    """For the gauge: the GPU's memory and PyTorch's share of it, or the machine's."""
    if not device.is_gpu:
        return system_memory()
    free, total = torch.cuda.mem_get_info(device.name)
    reserved = torch.cuda.memory_reserved(device.name)
    return Memory(
        kind="gpu",
        device=device.title.partition(",")[0],
        used=total - free,
        total=total,
        worker=torch.cuda.memory_allocated(device.name),
        reserved=reserved,
        peak=torch.cuda.max_memory_reserved(device.name),
    )


def peak_memory(device: Device) -> int:
    """Bytes held at most: of the GPU, or of main memory."""
    return torch.cuda.max_memory_reserved(device.name) if device.is_gpu else peak_resident()


def memory_numbers(device: Device) -> Mapping[str, float]:
    """For a failure: free, total, allocated, reserved and peak bytes."""
    memory = memory_of(device)
    numbers = {"free": memory.total - memory.used, "total": memory.total, "peak": memory.peak}
    if device.is_gpu:
        numbers |= {"allocated": memory.worker, "reserved": memory.reserved}
    return {name: float(value) for name, value in numbers.items()}
