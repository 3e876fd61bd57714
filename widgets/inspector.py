"""Everything known of the selected person and of the frame."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from widgets.inspector_parts import BetaBars, Facts, VersionButton, heading
from widgets.parts import push_button, text_label
from widgets.units import format_bytes, format_count
from widgets.values import Details, FrameDetails, PersonDetails, RejectedRow

Rows = tuple[tuple[str, str], ...]
_MOST_LEFT_OUT = 12
"""Rows: an engine with random weights leaves out hundreds."""


def person_rows(person: PersonDetails) -> Rows:
    """What is said of a person, each number with its unit."""
    x1, y1, x2, y2 = person.box
    x, y, z = person.cam_t
    track = "none" if person.track_id is None else format_count(person.track_id)
    by_hand = ", by hand" if person.edited else ""
    return (
        ("Track", track + by_hand),
        ("Slot", str(person.slot)),
        ("Score", f"{person.score:.2f}"),
        ("Box", f"{x1:.0f}, {y1:.0f} to {x2:.0f}, {y2:.0f}\N{NO-BREAK SPACE}px"),
        ("Box size", f"{x2 - x1:.0f} × {y2 - y1:.0f} px"),
        ("Height", "unknown" if person.height is None else f"{person.height:.2f} m"),
        ("Position", f"{x:.2f}, {y:.2f}, {z:.2f}\N{NO-BREAK SPACE}m".replace("-", "−")),
        ("Focal length", f"{format_count(round(person.focal_length))} px"),
        ("Mask", "yes" if person.mask else "no"),
        ("Body", person.body_model),
    )


def frame_rows(frame: FrameDetails) -> Rows:
    """What is said of the run of a frame."""
    rows = [("Engine", frame.engine), *frame.plan]
    rows += [(step.capitalize(), f"{seconds * 1000:.0f} ms") for step, seconds in frame.timings.items()]
    if frame.peak_memory:
        rows.append(("Peak memory", format_bytes(frame.peak_memory)))
    return tuple(rows)


class Inspector(QScrollArea):
    """Person first, then the frame, its versions and whom the engine left out.

    Signals:
        version_requested: The version that shall count.
        compare_requested: The version to compare with the one that counts.
        run_requested: Run the frame.
        accept_requested: Row among those left out of somebody who is to be taken in.
    """

    version_requested = Signal(int)
    compare_requested = Signal(int)
    run_requested = Signal()
    accept_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Inspector")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(220)
        self._details: Details | None = None
        self.set_details(None)

    def set_details(self, details: Details | None) -> None:
        """Show these; None while there is no video. The place one has scrolled to stays."""
        if details is not None and details == self._details:
            return
        self._details = details
        scrolled = self.verticalScrollBar().value()
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        if details is None:
            column.addWidget(text_label("Nothing to inspect yet", "muted"))
        else:
            self._add_person(column, details.person)
            self._add_frame(column, details.frame)
        column.addStretch(1)
        # A new page each time is a millisecond or two; rows that come and go would need far more code.
        self.setWidget(inside)
        self.verticalScrollBar().setValue(scrolled)

    def _add_person(self, column: QVBoxLayout, person: PersonDetails | None) -> None:
        if person is None:
            return
        column.addWidget(heading(person.title, person.color))
        column.addWidget(Facts(person_rows(person)))
        column.addWidget(text_label("Shape (betas)", "muted"))
        column.addWidget(BetaBars(person.betas))
        column.addSpacing(8)

    def _add_frame(self, column: QVBoxLayout, frame: FrameDetails) -> None:
        title = f"Frame {format_count(frame.frame_index)}"
        column.addWidget(heading(f"{title}   {frame.time}" if frame.time else title))
        if frame.failure:
            column.addWidget(self._failure(frame))
        if frame.warning:
            column.addWidget(_card("warning", text_label(frame.warning, "", True)))
        if frame.engine:
            column.addWidget(Facts(frame_rows(frame)))
        if frame.options:
            column.addWidget(text_label("Asked for", "muted"))
            column.addWidget(Facts(frame.options))
        if not frame.engine and not frame.failure:
            column.addWidget(text_label("This frame has not been run.", "muted"))
        if not frame.engine:
            column.addLayout(self._run_row(again=bool(frame.failure)))
        self._add_versions(column, frame)
        self._add_rejected(column, frame)

    def _run_row(self, again: bool) -> QHBoxLayout:
        run = push_button("Run again" if again else "Run this frame")
        run.setToolTip("Run this frame (R)")
        run.clicked.connect(self._on_run)
        row = QHBoxLayout()
        row.addWidget(run)
        row.addStretch(1)
        return row

    def _failure(self, frame: FrameDetails) -> QFrame:
        inside: list[QWidget] = [text_label(frame.failure, "", True)]
        if frame.failure_hint:
            inside.append(text_label(frame.failure_hint, "muted", True))
        if frame.failure_numbers:
            inside.append(Facts(frame.failure_numbers))
        return _card("error", *inside)

    def _add_versions(self, column: QVBoxLayout, frame: FrameDetails) -> None:
        if not frame.versions:
            return
        column.addSpacing(8)
        column.addWidget(heading("Versions"))
        for back, version in enumerate(frame.versions):
            button = VersionButton(version, len(frame.versions) - back)
            button.chosen.connect(self.version_requested)
            button.compare_requested.connect(self.compare_requested)
            column.addWidget(button)

    def _add_rejected(self, column: QVBoxLayout, frame: FrameDetails) -> None:
        if not frame.rejected:
            return
        column.addSpacing(8)
        column.addWidget(heading(f"Left out ({len(frame.rejected)})"))
        for index, row in enumerate(frame.rejected[:_MOST_LEFT_OUT]):
            column.addLayout(self._left_out(index, row))
        if (more := len(frame.rejected) - _MOST_LEFT_OUT) > 0:
            column.addWidget(text_label(f"and {more} more; the layer “left out” shows all", "muted", True))

    def _left_out(self, index: int, row: RejectedRow) -> QHBoxLayout:
        take = push_button("Take in", link=True)
        take.setAccessibleName(f"Take in the person left out: {row.reason}")
        take.setToolTip("Run the engine on this box and add the person to the frame")
        take.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        take.clicked.connect(lambda: self.accept_requested.emit(index))
        across = QHBoxLayout()
        across.addWidget(text_label(f"{row.score:.2f}", "key"))
        across.addWidget(text_label(row.reason, "", True), 1)
        across.addWidget(take, 0, Qt.AlignmentFlag.AlignTop)
        return across

    def _on_run(self) -> None:
        self.run_requested.emit()


def _card(role: str, *inside: QWidget) -> QFrame:
    card = QFrame()
    card.setProperty("role", role)
    column = QVBoxLayout(card)
    column.setContentsMargins(8, 6, 8, 6)
    column.setSpacing(4)
    for widget in inside:
        column.addWidget(widget)
    return card
