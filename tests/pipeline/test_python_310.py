"""Engines bring their own Python, 3.10 at the oldest; what their workers import must compile there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import pipeline

ROOT = Path(pipeline.__file__).parent
OLDEST = (3, 10)


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_pipeline_compiles_on_the_oldest_python(path):
    ast.parse(path.read_text("utf-8"), str(path), feature_version=OLDEST)


def test_newer_syntax_would_be_found():
    with pytest.raises(SyntaxError):
        ast.parse("try:\n    pass\nexcept* OSError:\n    pass", feature_version=OLDEST)
