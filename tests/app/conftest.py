"""Fixtures for the window's floor."""

from __future__ import annotations

import pytest

from app.lane import Lane


@pytest.fixture
def lane(qtbot):
    lane = Lane("test")
    yield lane
    assert lane.close()
