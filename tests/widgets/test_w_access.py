"""Every control has a name for those who hear the window, and a key path for those without a mouse."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
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
from widgets.export_dialog import ExportDialog
from widgets.frame_view import FrameView
from widgets.go_to import GoTo
from widgets.inspector import Inspector
from widgets.layers_bar import LayersBar
from widgets.load_panel import ModelsPanel
from widgets.memory_gauge import MemoryGauge
from widgets.message_bar import MessageBar
from widgets.preferences import PreferencesDialog
from widgets.run_status import RunStatus
from widgets.shortcuts_dialog import ShortcutsDialog
from widgets.timeline import Timeline
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
    assert unreachable == []


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
