"""Keys that mean something for as long as they are down."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent


class HeldKey(QObject):
    """Watches for one key's release; listens to the program's events only while the key is down.

    Signals:
        released: The key is up again, or the program is no longer in front.
    """

    released = Signal()

    def __init__(self, key: Qt.Key, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._keys = {key}
        self.down = False

    def follow(self, action: QAction) -> None:
        """Be whatever key an action has."""
        action.changed.connect(lambda: self._take_from(action))
        self._take_from(action)

    def _take_from(self, action: QAction) -> None:
        self._keys = {keys[0].key() for keys in action.shortcuts() if keys.count()}  # type: ignore[index]

    def press(self) -> None:
        """The key went down; its action says so."""
        application = QCoreApplication.instance()
        if not self.down and application is not None:
            self.down = True
            application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice the release; a release that the keyboard's repetition makes is none."""
        released = (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyRelease
            and event.key() in self._keys
            and not event.isAutoRepeat()
        )
        if self.down and (released or event.type() == QEvent.Type.ApplicationDeactivate):
            self._release()
        return False

    def _release(self) -> None:
        self.down = False
        application = QCoreApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        self.released.emit()
