"""The report from the menu, and from the command line."""

from __future__ import annotations

from app.cli import main


def test_the_menu_asks_for_a_file_and_the_message_offers_to_open_it(drive, tmp_path):
    drive.press("V")
    drive.window.actions_table["report"].trigger()
    dialog = drive.program.reporting.dialog
    drive.until(dialog.isVisible)
    assert dialog.selectedFiles()[0].endswith("numbers-review.html")
    path = tmp_path / "out.html"
    dialog.fileSelected.emit(str(path))
    dialog.reject()
    drive.until(lambda: drive.said("The report is in out.html."))
    assert drive.messages[-1][3] == "Open the Report"
    assert "1 of 90 frames (1 %)" in path.read_text(encoding="utf-8")


def test_where_nothing_can_be_written_is_said(drive, tmp_path):
    (tmp_path / "file").write_text("no folder")
    drive.program.reporting.write(tmp_path / "file" / "out.html")
    drive.until(lambda: "error" in drive.messages[-1] or "warning" in drive.messages[-1])


def test_the_command_writes_it(drive, clip, tmp_path, capsys):
    drive.window.close()
    assert main(["report", str(clip), "-o", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "out.html")
    assert "Review of numbers.mp4" in (tmp_path / "out.html").read_text(encoding="utf-8")
