"""Every control has a name for those who hear the window, and a key path for those without a mouse."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QColor
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSlider,
    QTabBar,
    QWidget,
)

from pipeline.loading import StageState, StageStatus
from pipeline.memory import Memory
from pipeline.palette import PALETTE
from pipeline.structures import Track
from widgets.about import AboutDialog
from widgets.announce import announce
from widgets.command_list import Command
from widgets.command_palette import CommandPalette
from widgets.export_dialog import ExportDialog
from widgets.frame_view import FrameView
from widgets.go_to import GoTo
from widgets.inspector import Inspector
from widgets.layers_bar import LayersBar
from widgets.layers_panel import LayersPanel
from widgets.load_panel import ModelsPanel
from widgets.memory_gauge import MemoryGauge
from widgets.message_bar import MessageBar
from widgets.notes import Notes
from widgets.preferences import PreferencesDialog
from widgets.problem_table import ProblemPanel
from widgets.run_panel import RunPanel
from widgets.run_status import RunStatus
from widgets.shortcuts_dialog import ShortcutsDialog
from widgets.theme import DARK, LIGHT
from widgets.timeline import Timeline
from widgets.tour_card import TourCard
from widgets.track_table import TrackTable
from widgets.transport import Transport
from widgets.values import (
    Details,
    EngineRow,
    FormatRow,
    FrameDetails,
    KeyRow,
    OptionRow,
    Preferences,
    RunProgress,
    VersionRow,
)

CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QSlider,
)


def models() -> QWidget:
    panel = ModelsPanel()
    panel.set_engines((EngineRow("a", "A", "what it is"),), "a")
    panel.set_statuses((StageStatus("x", StageState.FAILED, error="e", hint="h"),))
    panel.set_state("failed")
    panel.set_log_tail("log")
    return panel


def messages() -> QWidget:
    bar = MessageBar()
    bar.show_message("text", "hint", "error", "Act")
    return bar


def inspector() -> QWidget:
    made = Inspector()
    made.set_details(Details(None, FrameDetails(3, versions=(VersionRow(1, "e", "now", 1, 0.1),))))
    return made


def run_status() -> QWidget:
    made = RunStatus()
    made.set_run(RunProgress("Running", 1, 2))
    return made


def export() -> QWidget:
    options = (OptionRow("a", "A", (("x", "X"),), "x"), OptionRow("b", "B"))
    tracks = (Track(1, "", PALETTE[0], True, 1, 0, 0), Track(2, "", PALETTE[1], True, 1, 0, 0))
    return ExportDialog((FormatRow("k", "K", "s", "r", ".k", options),), tracks, Path("/"), "name")


def gauge() -> QWidget:
    made = MemoryGauge()
    made.add_sample(Memory("system", "this machine", 1, 2))
    return made


def palette() -> QWidget:
    window = QWidget()
    window.resize(500, 400)
    commands = (Command("a", "Do it", "Run", ("R",)), Command("b", "Not it", why_not="No."))
    CommandPalette(window).open_with(commands, (), _none)
    return window


def _none(_text: str) -> tuple[Command, ...]:
    return ()


def tour() -> QWidget:
    window = QWidget()
    window.resize(500, 400)
    card = TourCard(window)
    card.set_step(2, 5, "Title", "A text that is long enough to be wrapped once or twice. " * 2, "Try It")
    card.set_state(done=False, why_not="")
    return window


LED = ("Commands",)
"""Lists that a field beside them leads with its arrow keys, so that the focus stays where one types."""

MAKERS = {
    "picture": FrameView,
    "timeline": Timeline,
    "transport": Transport,
    "models": models,
    "tracks": TrackTable,
    "messages": messages,
    "memory": gauge,
    "run": run_status,
    "layers": LayersBar,
    "inspector": inspector,
    "export": export,
    "preferences": lambda: PreferencesDialog(Preferences()),
    "keys": lambda: ShortcutsDialog((KeyRow("File", "Open", ("Ctrl+O",)),)),
    "palette": palette,
    "tour": tour,
    "notes": Notes,
    "run panel": RunPanel,
    "layers panel": LayersPanel,
    "problems": ProblemPanel,
    "about": lambda: AboutDialog("1", (("a", "b"),)),
}


@pytest.fixture(params=MAKERS, ids=str)
def widget(request, qtbot):
    made = MAKERS[request.param]()
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close()


def ours(widget) -> list[QWidget]:
    """The controls a person meets; the parts Qt makes them of left out."""
    made_of_parts = (QComboBox, QAbstractSpinBox, QAbstractItemView, QLineEdit, QTabBar)

    def part(control: QWidget) -> bool:
        above = control.parentWidget()
        return above is not None and (isinstance(above, made_of_parts) or part(above))

    return [
        control
        for control in widget.findChildren(QWidget)
        if isinstance(control, CONTROLS) and not part(control) and not control.objectName().startswith("qt_")
    ]


def test_each_control_has_a_name_and_can_be_reached_with_the_tab_key(widget):
    nameless = [one for one in ours(widget) if not (one.accessibleName() or getattr(one, "text", str)())]
    assert nameless == []
    unreachable = [one for one in ours(widget) if not one.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert [one.accessibleName() for one in unreachable if one.accessibleName() not in LED] == []


def test_nothing_is_cut_off_at_its_smallest(widget):
    widget.resize(widget.minimumSizeHint())
    QApplication.processEvents()
    for control in ours(widget):
        if isinstance(control, QAbstractButton) and control.isVisible():
            assert control.width() >= control.minimumSizeHint().width(), control


def test_it_paints_in_both_themes_and_leaves_nothing_running(widget, qapp):
    from widgets.theme import apply_theme

    dark = widget.grab().toImage()
    apply_theme(qapp, "light")
    try:
        assert widget.grab().toImage() != dark
    finally:
        apply_theme(qapp, "dark")


def test_go_to_has_a_name(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    assert GoTo(window).field.accessibleName()


# contrast, as WCAG 2.2 has it: 4.5 for text (1.4.3), 3 for what shows where the focus is (1.4.11)


def brightness(color: str) -> float:
    """Relative luminance."""
    parts = [part / 255 for part in QColor(color).getRgb()[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((brightness(one), brightness(other)))
    return (high + 0.05) / (low + 0.05)


GROUNDS = {
    "text": ("window", "surface", "raised", "field", "hover", "tint", "bad_tint", "warn_tint", "canvas"),
    "muted": ("window", "surface", "raised", "field", "hover", "tint", "bad_tint", "warn_tint", "canvas"),
    "accent": ("window", "surface", "raised", "field", "tint"),
    "good": ("window", "surface", "raised", "field", "tint"),
    "warn": ("window", "surface", "raised", "field", "tint", "warn_tint"),
    "bad": ("window", "surface", "raised", "field", "tint", "bad_tint"),
    "on_accent": ("accent",),
}
"""What is written in which colour on which ground. `faint` is for what cannot be used, which is exempt."""


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("ink", GROUNDS)
def test_all_text_can_be_read(theme, ink):
    ratios = {ground: contrast(getattr(theme, ink), getattr(theme, ground)) for ground in GROUNDS[ink]}
    assert {ground: round(ratio, 2) for ground, ratio in ratios.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_the_ring_around_the_focus_can_be_seen(theme):
    for ground in ("window", "surface", "raised", "field", "hover", "canvas"):
        assert contrast(theme.accent, getattr(theme, ground)) >= 3.0, ground


def test_placeholders_can_be_read(qapp):
    palette = qapp.palette()
    ink, ground = (
        palette.color(role).name() for role in (palette.ColorRole.PlaceholderText, palette.ColorRole.Base)
    )
    assert contrast(ink, ground) >= 4.5


def test_what_is_announced_goes_out_when_somebody_listens(qtbot):
    label = QLabel("somewhere")
    qtbot.addWidget(label)
    QAccessible.setActive(True)
    try:
        announce(label, "Done.")
        announce(label, "It failed.", urgent=True)
        QApplication.processEvents()
    finally:
        QAccessible.setActive(False)
