"""The list of the history: it says what was done, and goes to any point."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest


def test_the_list_goes_back_to_any_step_and_forward_again(drive):
    drive.load()
    panel = drive.window.history
    drive.window.show_dock("history")
    dumps = [drive.program.session.store.dump()]
    drive.press("R", drive.picture)
    drive.until(lambda: drive.results() == [0])
    dumps.append(drive.program.session.store.dump())
    for track, name in ((1, "Ada"), (2, "Grace")):
        drive.program.editing.rename(track, name)
        dumps.append(drive.program.session.store.dump())
    drive.until(lambda: len(panel.labels) == 4)
    assert panel.labels == ("   Beginning", "   Run frame 0", "   Rename track", "▸ Rename track")
    model = panel.list.model()
    place = panel.list.visualRect(model.index(1, 0)).center()
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert drive.program.session.store.dump() == dumps[1]
    drive.until(lambda: panel.labels[1] == "▸ Run frame 0")
    assert drive.window.actions_table["redo"].text() == "Redo rename track"

    def go(row):
        at = panel.list.visualRect(model.index(row, 0)).center()
        QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
        QTest.keyClick(panel.list, Qt.Key.Key_Return)

    go(0)
    assert drive.program.session.store.dump() == dumps[0]
    assert drive.results() == []
    drive.until(lambda: panel.labels[0] == "▸ Beginning")
    go(3)
    assert drive.program.session.store.dump() == dumps[3]
