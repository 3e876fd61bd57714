"""Everything the program can do, found by a few letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListView, QVBoxLayout, QWidget

from widgets.announce import announce
from widgets.command_list import ROW_HEIGHT, Command, CommandDelegate, CommandModel, Found
from widgets.fuzzy import Match, fuzzy_match
from widgets.parts import text_label

_WIDTH, _ROWS = 680, 12
_MOST = 200
_RECENT_BONUS = 2.0
_ALSO_WORTH = 0.4
"""Found by its place or another word only, it is worth less than by its name."""
_LEAST_SHARE = 0.65
"""Of the best score: what fits much worse is noise."""
_UNAVAILABLE_SHARE = 0.6
"""What cannot be done comes after what fits alike, but its full name before scattered letters of others."""
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)

Extra = Callable[[str], tuple[Command, ...]]


class CommandPalette(QFrame):
    """A popup with a field and a list: type, ↑ ↓, Return or a click; Esc or a click elsewhere leaves.

    What cannot be done is listed with the reason, and stays when chosen.

    Signals:
        chosen: Id of a command, after the palette has closed.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setProperty("role", "popup")
        self.setAccessibleName("Command palette")
        self._over = parent
        self._commands: tuple[Command, ...] = ()
        self._recent: tuple[str, ...] = ()
        self._extra: Extra = lambda _text: ()
        self.field = QLineEdit()
        self.field.setPlaceholderText("A command, a frame or time, a track, a recent video")
        self.field.setAccessibleName("Find a command, a frame, a track or a recent video")
        self.field.setClearButtonEnabled(True)
        self.model = CommandModel()
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(CommandDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setAccessibleName("Commands")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._nothing = text_label("Nothing has that name", "muted")
        self._nothing.setContentsMargins(12, 8, 12, 8)
        self._arrange()
        self.field.installEventFilter(self)
        self.field.textChanged.connect(self._find)
        self.list.clicked.connect(self._choose)
        self.list.entered.connect(self.list.setCurrentIndex)
        self.list.selectionModel().currentChanged.connect(self._tell)

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        for widget in (self.field, self.list, self._nothing):
            column.addWidget(widget)
        foot = text_label("↑ ↓ choose    Enter does it    Esc leaves", "muted")
        foot.setContentsMargins(4, 0, 0, 0)
        column.addWidget(foot)

    def open_with(self, commands: Sequence[Command], recent: Sequence[str], extra: Extra) -> None:
        """Open over the upper middle of the parent.

        Args:
            commands: What can be chosen.
            recent: Ids of those used lately, the newest first.
            extra: Makes further commands of what is typed; they come first.
        """
        self._commands, self._recent, self._extra = tuple(commands), tuple(recent), extra
        self.field.clear()
        self._find("")
        self._place()
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    @property
    def current(self) -> Command | None:
        """What Return would take."""
        row = self.list.currentIndex().row()
        return self.model.rows[row].command if 0 <= row < len(self.model.rows) else None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The field's arrows move in the list, its Return takes what is chosen there."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in _MOVES:
                self._move(event.key())
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._choose(self.list.currentIndex())
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.close()
                return True
            if event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                self._move(Qt.Key.Key_Down if event.key() == Qt.Key.Key_Tab else Qt.Key.Key_Up)
                return True
        return super().eventFilter(watched, event)

    def _move(self, key: int) -> None:
        count, row = len(self.model.rows), self.list.currentIndex().row()
        if not count:
            return
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            row = (row + (1 if key == Qt.Key.Key_Down else -1)) % count
        else:
            step = _ROWS - 1 if key == Qt.Key.Key_PageDown else 1 - _ROWS
            row = min(max(row + step, 0), count - 1)
        self.list.setCurrentIndex(self.model.index(row))

    def _choose(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        command = self.model.rows[index.row()].command
        if command.why_not:
            announce(self.field, f"Not available: {command.why_not}", urgent=True)
            return
        self.close()
        self.chosen.emit(command.id)

    def _tell(self, index: QModelIndex) -> None:
        """The field has the focus, so it is the field that has to say what is chosen."""
        said = self.model.rows[index.row()].command.said if index.isValid() else "Nothing has that name"
        self.field.setAccessibleDescription(said)
        if self.isVisible():
            announce(self.field, said)

    def _find(self, text: str) -> None:
        query = text.strip()
        ranks = {id_: rank for rank, id_ in enumerate(self._recent)}
        found = self._used_first(ranks) if not query else self._fitting(query, ranks)
        nothing = Match(0.0, ())
        extra = tuple(Found(command, nothing) for command in self._extra(query)) if query else ()
        self.model.set_rows((*extra, *found)[:_MOST])
        self.list.setVisible(bool(self.model.rows))
        self._nothing.setVisible(not self.model.rows)
        self.list.setCurrentIndex(self.model.index(0) if self.model.rows else QModelIndex())
        self.list.scrollToTop()
        self._fit()

    def _fit(self) -> None:
        """As high as what was found, with room for no more than the window has; the field stays where it is."""
        most = min(_ROWS, max((self._over.height() - 200) // ROW_HEIGHT, 4))
        self.list.setFixedHeight(min(len(self.model.rows), most) * ROW_HEIGHT + 2)
        self.adjustSize()

    def _used_first(self, ranks: dict[str, int]) -> tuple[Found, ...]:
        last = len(ranks)
        ordered = sorted(self._commands, key=lambda command: ranks.get(command.id, last))
        return tuple(Found(command, Match(0.0, ()), command.id in ranks) for command in ordered)

    def _fitting(self, query: str, ranks: dict[str, int]) -> tuple[Found, ...]:
        found = [
            Found(command, match, command.id in ranks)
            for command in self._commands
            if (match := _fit(query, command)) is not None
        ]
        least = max((one.match.score for one in found), default=0.0) * _LEAST_SHARE
        found = [one for one in found if one.match.score >= least]

        def worth(one: Found) -> float:
            share = _UNAVAILABLE_SHARE if one.command.why_not else 1.0
            return one.match.score * share + _RECENT_BONUS * one.recent

        return tuple(sorted(found, key=worth, reverse=True))

    def _place(self) -> None:
        over = self._over
        self.setFixedWidth(max(min(_WIDTH, over.width() - 32), 280))
        self._fit()
        top = over.mapToGlobal(over.rect().topLeft())
        screen = (over.screen() or QGuiApplication.primaryScreen()).availableGeometry()
        x = top.x() + (over.width() - self.width()) // 2
        y = top.y() + min(72, over.height() // 8)
        self.move(
            max(min(x, screen.right() - self.width()), screen.left()),
            max(min(y, screen.bottom() - self.height()), screen.top()),
        )


def _fit(query: str, command: Command) -> Match | None:
    """By the name; or else with its place, its keys and other words, of which nothing is marked."""
    if (match := fuzzy_match(query, command.title)) is not None:
        return match
    wide = fuzzy_match(query, f"{command.title} {command.path} {command.also} {' '.join(command.keys)}")
    if wide is None:
        return None
    inside = tuple(place for place in wide.places if place < len(command.title))
    return Match(wide.score * _ALSO_WORTH, inside)
