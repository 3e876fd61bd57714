import pytest

from app import display
from app.display import require_display
from pipeline.errors import UserError


@pytest.fixture
def bare(monkeypatch):
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    return monkeypatch


def test_without_a_display_it_says_what_works_without(bare):
    with pytest.raises(UserError, match="no display") as caught:
        require_display()
    assert "retake run" in caught.value.hint


def test_a_missing_library_is_named_by_its_package(bare):
    bare.setenv("DISPLAY", ":0")
    bare.setattr(display, "_XCB", {"libnowhere.so.9": "libnowhere9", "libc.so.6": "libc6"})
    with pytest.raises(UserError) as caught:
        require_display()
    assert caught.value.hint == "Run: apt-get install libnowhere9"


@pytest.mark.parametrize("name", ["QT_QPA_PLATFORM", "WAYLAND_DISPLAY"])
def test_a_chosen_platform_is_left_alone(bare, name):
    bare.setenv(name, "offscreen")
    require_display()
