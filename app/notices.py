"""What the window has to say: the one way to the message bar."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.crash import write_report
from pipeline.errors import UserError


class Notices(QObject):
    """Turns notices and errors into messages.

    Signals:
        posted: text, hint, kind ("info", "warning" or "error"), action (a button's text or "").
    """

    posted = Signal(str, str, str, str)

    def tell(self, text: str, hint: str = "", kind: str = "info", action: str = "") -> None:
        """Say something."""
        self.posted.emit(text, hint, kind, action)

    def tell_error(self, error: BaseException, action: str = "") -> None:
        """Say what went wrong; what nobody foresaw goes into a crash report as well."""
        if isinstance(error, UserError):
            self.tell(error.message, error.hint, "error", action)
            return
        report = write_report(error)
        text = f"Unexpected error: {type(error).__name__}: {error}"
        hint = f"The window goes on. Report: {report}" if report else "The window goes on."
        self.tell(text, hint, "error")
