"""Colours, icons and the style sheet."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QAction, QColor, QIcon, QImage, QPalette
from PySide6.QtWidgets import QToolButton, QWidget

import widgets
from pipeline.places import resource
from widgets.theme import DARK, LIGHT, apply_theme, colors, icon, set_icon, style_sheet

ICONS = sorted(path.stem for path in resource("icons").glob("*.svg"))


@pytest.fixture(autouse=True)
def _dark_again(qapp):
    yield
    apply_theme(qapp, "dark")


def brightness(color: str) -> float:
    """Relative luminance as WCAG 2 has it."""
    parts = np.array(QColor(color).getRgbF()[:3])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one: str, other: str) -> float:
    low, high = sorted((brightness(one), brightness(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize(
    ("text", "behind", "least"),
    [
        ("text", "surface", 7.0),
        ("text", "tint", 7.0),
        ("text", "raised", 7.0),
        ("text", "bad_tint", 7.0),
        ("text", "warn_tint", 7.0),
        ("muted", "surface", 4.5),
        ("muted", "raised", 4.5),
        ("muted", "bad_tint", 4.5),
        ("muted", "warn_tint", 4.5),
        ("on_accent", "accent", 4.5),
        ("bad", "surface", 4.5),
        ("good", "surface", 3.0),
        ("warn", "surface", 3.0),
        ("accent", "surface", 3.0),
        ("inferred", "groove", 2.0),
    ],
)
def test_what_is_to_be_read_can_be_read(theme, text, behind, least):
    assert contrast(getattr(theme, text), getattr(theme, behind)) >= least


def test_dark_and_light_dress_the_application(qapp):
    apply_theme(qapp, "light")
    assert colors() is LIGHT
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(LIGHT.surface)
    assert LIGHT.accent in qapp.styleSheet()
    apply_theme(qapp, "dark")
    assert colors() is DARK
    assert qapp.palette().color(QPalette.ColorRole.WindowText) == QColor(DARK.text)
    assert DARK.surface in qapp.styleSheet()


def test_a_desktop_that_says_nothing_gets_the_dark_theme(qapp):
    apply_theme(qapp, "auto")
    assert colors() is DARK


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_the_style_sheet_is_filled_in_and_its_pictures_exist(theme):
    sheet = style_sheet(theme)
    assert "$" not in sheet
    pictures = re.findall(r"url\((.*?)\)", sheet)
    assert pictures
    assert [name for name in pictures if not QImage(name).width()] == []


def ink(picture: QIcon, mode=QIcon.Mode.Normal, state=QIcon.State.Off) -> tuple[int, int, int]:
    """The colour of the icon's strongest pixel."""
    image = picture.pixmap(QSize(48, 48), 1.0, mode, state).toImage()
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return max(pixels, key=QColor.alpha).getRgb()[:3]


@pytest.mark.parametrize("name", ICONS)
def test_each_icon_is_drawn_and_uses_the_text_colour_alone(name):
    source = resource(f"icons/{name}.svg").read_text("utf-8")
    assert 'viewBox="0 0 24 24"' in source
    assert "#" not in source  # one colour, the theme's
    drawn = ink(icon(name))
    assert np.abs(np.array(drawn) - QColor(DARK.text).getRgb()[:3]).max() <= 3


def test_each_icon_is_on_some_widget():
    code = "".join(path.read_text("utf-8") for path in Path(widgets.__file__).parent.glob("*.py"))
    assert [name for name in ICONS if f'"{name}"' not in code] == []


def test_icons_are_as_sharp_as_the_screen():
    assert icon("play").pixmap(QSize(20, 20), 2.0).size() == QSize(40, 40)


def test_icons_follow_the_theme_on_buttons_and_actions(qapp, qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    button, action = QToolButton(window), QAction("Play", window)
    window.addAction(action)
    set_icon(button, "pause")
    set_icon(action, "pause")
    assert ink(button.icon()) == QColor(DARK.text).getRgb()[:3]
    apply_theme(qapp, "light")
    assert ink(button.icon()) == QColor(LIGHT.text).getRgb()[:3]
    assert ink(action.icon()) == QColor(LIGHT.text).getRgb()[:3]


def test_icons_show_what_is_off_and_what_is_on():
    assert ink(icon("pause"), QIcon.Mode.Disabled) == QColor(DARK.faint).getRgb()[:3]
    assert ink(icon("pause"), QIcon.Mode.Normal, QIcon.State.On) == QColor(DARK.accent).getRgb()[:3]


def test_an_icon_that_is_none_is_an_error():
    with pytest.raises(FileNotFoundError):
        icon("no-such-icon")
