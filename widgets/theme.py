"""Colours, icons and the style sheet: one dark and one light theme, the same in every detail but colour."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from string import Template
from typing import Any

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt, Slot
from PySide6.QtGui import QAction, QColor, QFont, QFontDatabase, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication

from pipeline.places import resource
from widgets.values import Scheme

ICON_NAME = "retakeIcon"
"""Property of buttons and actions whose icon follows the theme."""

_SIZES = (16, 20, 24, 32, 40, 48, 64)


@dataclass(frozen=True, slots=True)
class ThemeColors:
    """The roles painted widgets and the style sheet take their colours from, each "#rrggbb".

    Attributes:
        window: Between panels.
        surface: Panels, tables.
        raised: Buttons.
        field: What one types into.
        hover: Under the pointer.
        border: Quiet lines.
        strong: Lines around what can be pressed.
        text: Text.
        muted: Labels, units.
        faint: Disabled text.
        accent: Focus, primary buttons, selection.
        on_accent: Text on the accent.
        tint: A weak accent, behind what is selected.
        good: Finished.
        warn: Attention; a run in progress.
        bad: Failed.
        bad_tint: Behind an error's text.
        warn_tint: Behind a warning's text.
        canvas: Around the picture.
        groove: Empty part of bars.
        inferred: Frames with a result.
        decoded: Frames in the cache.
    """

    window: str
    surface: str
    raised: str
    field: str
    hover: str
    border: str
    strong: str
    text: str
    muted: str
    faint: str
    accent: str
    on_accent: str
    tint: str
    good: str
    warn: str
    bad: str
    bad_tint: str
    warn_tint: str
    canvas: str
    groove: str
    inferred: str
    decoded: str


DARK = ThemeColors(
    window="#17191d",
    surface="#1e2126",
    raised="#2a2e35",
    field="#15171a",
    hover="#343942",
    border="#2c3037",
    strong="#424853",
    text="#e3e6eb",
    muted="#9aa2af",
    faint="#5d6470",
    accent="#5b9dff",
    on_accent="#0b1626",
    tint="#22334d",
    good="#58b884",
    warn="#e0aa3e",
    bad="#f4766e",
    bad_tint="#3a2325",
    warn_tint="#362d1c",
    canvas="#101114",
    groove="#2a2e35",
    inferred="#4b80bd",
    decoded="#8b94a3",
)
LIGHT = ThemeColors(
    window="#e9ebef",
    surface="#f8f9fb",
    raised="#ffffff",
    field="#ffffff",
    hover="#e6eaf1",
    border="#d6dae1",
    strong="#b9c0ca",
    text="#1b1f26",
    muted="#4f5864",
    faint="#9aa1ac",
    accent="#1c62c6",
    on_accent="#ffffff",
    tint="#dce8fa",
    good="#16744a",
    warn="#8a5a00",
    bad="#bf2823",
    bad_tint="#fbe4e2",
    warn_tint="#faefd6",
    canvas="#cdd1d8",
    groove="#d9dde4",
    inferred="#5f92cd",
    decoded="#7d8694",
)

_chosen: dict[str, Any] = {"scheme": "auto", "colors": DARK}


def colors() -> ThemeColors:
    """The colours in use. Painted widgets ask while they paint, so they follow a change."""
    current: ThemeColors = _chosen["colors"]
    return current


def tabular(font: QFont) -> QFont:
    """The same font with digits of equal width, so that changing numbers do not jump."""
    steady = QFont(font)
    steady.setFeature(QFont.Tag("tnum"), 1)
    return steady


def fixed_font() -> QFont:
    """The platform's monospaced font, a little smaller than the text."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(12)
    return font


class _Follower(QObject):
    """Lives as long as the application and follows the desktop's colour scheme."""

    @Slot()
    def on_scheme_changed(self) -> None:
        """The desktop turned dark or light."""
        app = QApplication.instance()
        if _chosen["scheme"] == "auto" and isinstance(app, QApplication):
            _dress(app)


def apply_theme(app: QApplication, scheme: Scheme) -> None:
    """Give the application its style, fonts and colours, and keep following the desktop if "auto"."""
    hints = app.styleHints()
    if app.findChild(_Follower) is None:
        app.setStyle("fusion")
        font = tabular(app.font())
        font.setPixelSize(13)
        app.setFont(font)
        hints.colorSchemeChanged.connect(_Follower(app).on_scheme_changed)
    _chosen["scheme"] = scheme
    if scheme == "auto":
        hints.unsetColorScheme()
    else:
        hints.setColorScheme(Qt.ColorScheme.Dark if scheme == "dark" else Qt.ColorScheme.Light)
    _dress(app)


def _dress(app: QApplication) -> None:
    scheme = _chosen["scheme"]
    # A desktop that does not say gets the dark theme: pictures are judged on dark surroundings.
    light = scheme == "light" or (scheme == "auto" and app.styleHints().colorScheme() == Qt.ColorScheme.Light)
    _chosen["colors"] = LIGHT if light else DARK
    app.setPalette(_palette(colors()))
    app.setStyleSheet(style_sheet(colors()))
    _renew_icons(app)


def style_sheet(theme: ThemeColors) -> str:
    """`resources/style.qss` with the theme's colours filled in.

    Raises:
        KeyError: The file names a colour that is none.
    """
    icons = resource("icons/style").as_posix()
    return Template(resource("style.qss").read_text("utf-8")).substitute(asdict(theme), icons=icons)


def _palette(theme: ThemeColors) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for name, color in (
        (role.Window, theme.surface),
        (role.WindowText, theme.text),
        (role.Base, theme.field),
        (role.AlternateBase, theme.surface),
        (role.Text, theme.text),
        (role.Button, theme.raised),
        (role.ButtonText, theme.text),
        (role.ToolTipBase, theme.raised),
        (role.ToolTipText, theme.text),
        (role.PlaceholderText, theme.muted),
        (role.Highlight, theme.accent),
        (role.HighlightedText, theme.on_accent),
        (role.Accent, theme.accent),
        (role.Link, theme.accent),
        (role.LinkVisited, theme.accent),
        (role.BrightText, theme.bad),
        (role.Light, theme.hover),
        (role.Midlight, theme.raised),
        (role.Mid, theme.border),
        (role.Dark, theme.border),
        (role.Shadow, theme.canvas),
    ):
        palette.setColor(name, QColor(color))
    for name in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(theme.faint))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(theme.groove))
    return palette


def icon(name: str) -> QIcon:
    """An icon of `resources/icons` in the theme's colours, crisp at every usual size and scale.

    Raises:
        FileNotFoundError: There is no such icon.
    """
    return _icon(name, colors())


def colored_pixmap(name: str, color: str, size: int, scale: float) -> QPixmap:
    """An icon as a picture: `size` in device-independent px at `scale` device px each."""
    pixmap = _pixmap(name, color, round(size * scale))
    pixmap.setDevicePixelRatio(scale)
    return pixmap


def set_icon(target: QAbstractButton | QAction, name: str) -> None:
    """Give a button or action an icon that follows changes of the theme."""
    if target.property(ICON_NAME) != name:
        target.setProperty(ICON_NAME, name)
        target.setIcon(icon(name))


@lru_cache(maxsize=256)
def _icon(name: str, theme: ThemeColors) -> QIcon:
    made = QIcon()
    modes = QIcon.Mode
    for mode, state, color in (
        (modes.Normal, QIcon.State.Off, theme.text),
        (modes.Normal, QIcon.State.On, theme.accent),
        (modes.Disabled, QIcon.State.Off, theme.faint),
        (modes.Disabled, QIcon.State.On, theme.faint),
    ):
        for size in _SIZES:
            made.addPixmap(_pixmap(name, color, size), mode, state)
    return made


def _pixmap(name: str, color: str, size: int) -> QPixmap:
    renderer = QSvgRenderer(QByteArray(_source(name).replace("currentColor", color).encode()))
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap


@lru_cache(maxsize=256)
def _source(name: str) -> str:
    return resource(f"icons/{name}.svg").read_text("utf-8")


def _renew_icons(app: QApplication) -> None:
    for widget in app.allWidgets():
        for target in (widget, *widget.actions()):
            name = target.property(ICON_NAME)
            if isinstance(name, str) and isinstance(target, QAbstractButton | QAction):
                target.setIcon(icon(name))
