"""Out of memory, a lost GPU and everything else are told apart, by type and by what the libraries say."""

import pytest

from pipeline.engines.exhaustion import is_device_lost, is_out_of_memory, requested_bytes

OUT_OF_MEMORY = [
    RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("CUDA driver error: CUDA_ERROR_OUT_OF_MEMORY"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError(
        "cuDNN error: CUDNN_STATUS_NOT_SUPPORTED. This error may appear if you passed in a non-contiguous"
    ),
    RuntimeError("cusolver error: CUSOLVER_STATUS_ALLOC_FAILED, when calling `cusolverDnCreate(handle)`"),
    RuntimeError(
        "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 4294967296 bytes."
    ),
    RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 17179869184 bytes."),
    MemoryError("Unable to allocate 3.00 GiB for an array with shape (1000, 1000)"),
    MemoryError(),
]
LOST = [
    RuntimeError("CUDA error: device-side assert triggered"),
    RuntimeError("CUDA error: an illegal memory access was encountered"),
    RuntimeError("CUDA error: unspecified launch failure"),
    RuntimeError("CUDA error: uncorrectable ECC error encountered"),
    RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm( handle, opa)`"),
    RuntimeError("CUDA error: unknown error"),
]
NEITHER = [
    RuntimeError("mat1 and mat2 shapes cannot be multiplied (3x4 and 5x6)"),
    RuntimeError("CUDA error: no kernel image is available for execution on the device"),
    ValueError("out of memory"),
    KeyError("CUDA error: unknown error"),
    OSError(28, "No space left on device"),
]


def of(errors):
    return [pytest.param(error, id=str(error)[:48] or type(error).__name__) for error in errors]


@pytest.mark.parametrize("error", of(OUT_OF_MEMORY))
def test_what_says_that_memory_ran_out(error):
    assert is_out_of_memory(error)
    assert not is_device_lost(error)


@pytest.mark.parametrize("error", of(LOST))
def test_what_says_that_the_gpu_is_lost(error):
    assert is_device_lost(error)
    assert not is_out_of_memory(error)


@pytest.mark.parametrize("error", of(NEITHER))
def test_what_says_neither(error):
    assert not is_out_of_memory(error)
    assert not is_device_lost(error)


def test_pytorchs_own_error_is_known_by_its_type():
    import torch

    error = torch.OutOfMemoryError("anything")
    assert is_out_of_memory(error)
    assert not is_device_lost(error)


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 7.79 GiB", 2 * 2**30),
        ("CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 7.79 GiB total capacity)", 20 * 2**20),
        ("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4294967296 bytes.", 2**32),
        ("Unable to allocate 512. KiB for an array", 512 * 2**10),
        ("CUDA error: out of memory", 0),
        ("", 0),
    ],
)
def test_how_much_was_asked_for(message, wanted):
    assert requested_bytes(message) == wanted
