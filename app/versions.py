"""What is installed, for the doctor and for crash reports."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

_PACKAGES = (
    "retake",
    "PySide6-Essentials",
    "pyqtgraph",
    "numpy",
    "opencv-python",
    "av",
    "moderngl",
    "scipy",
    "pycocotools",
)


def package_versions() -> dict[str, str]:
    """Version of Retake and of each package that matters to it; empty where it is missing."""
    return {name: _version(name) for name in _PACKAGES}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
