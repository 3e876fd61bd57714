"""Numbers in a file."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from fakes_curves import book_of, frame_of, session

from pipeline.curves.table import Column, plain, write_csv
from pipeline.curves.values import BY_KEY, Series, Wish
from pipeline.errors import ExportError
from pipeline.job import Cancelled


def column(key, *series):
    curve = BY_KEY[key]
    return Column(curve.title, curve.unit, curve.lines, series)


def read(path):
    text = path.read_text("utf-8")
    about = [line for line in text.splitlines() if line.startswith("#")]
    rest = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return about, list(csv.DictReader(io.StringIO(rest)))


def test_a_row_for_each_frame_of_each_person_with_units_time_and_flags(tmp_path):
    with session(range(5), lambda f: frame_of(f, (f * 0.04, 0, 5))) as store:
        book = book_of(store)
        knee, speed = (book.series(1, Wish(key)) for key in ("knee", "speed"))
    other = Series(
        2, np.array([3, 4]), np.array([0.12, 0.16]), np.array([[1.5], [np.nan]]), np.array([1, 2], np.uint8)
    )
    path = tmp_path / "numbers.csv"
    count = write_csv(
        path,
        ["Retake: curves of a.mp4", "two\nlines"],
        [column("speed", speed, other), column("knee", knee)],
        {1: "Anna", 2: '=HYPERLINK("x")'},
    )
    about, rows = read(path)
    assert about == ["# Retake: curves of a.mp4", "# two lines"]
    assert count == len(rows) == 7
    assert list(rows[0]) == [
        *("frame", "time (s)", "track", "person", "made"),
        *("Speed (m/s)", "Knee flexion left (deg)", "Knee flexion right (deg)"),
    ]
    assert [row["frame"] for row in rows] == ["0", "1", "2", "3", "4", "3", "4"]
    assert [row["time (s)"] for row in rows][:3] == ["0.000000", "0.040000", "0.080000"]
    assert float(rows[2]["Speed (m/s)"]) == pytest.approx(1.0, rel=1e-3)
    assert float(rows[2]["Knee flexion left (deg)"]) == pytest.approx(float(knee.values[2, 0]), rel=1e-5)
    assert [row["made"] for row in rows] == ["", "", "", "", "", "filled", "smoothed"]
    assert rows[5]["Speed (m/s)"] == "1.5"
    assert rows[6]["Speed (m/s)"] == rows[5]["Knee flexion left (deg)"] == ""
    assert rows[0]["person"] == "Anna"


def test_only_a_range_is_written_if_there_is_one(tmp_path):
    with session(range(20)) as store:
        series = book_of(store).series(1, Wish("depth"))
    path = tmp_path / "part.csv"
    assert write_csv(path, [], [column("depth", series)], {}, (5, 8)) == 4
    assert [row["frame"] for row in read(path)[1]] == ["5", "6", "7", "8"]


def test_units_are_written_in_plain_letters():
    assert plain("m/s²") == "m/s^2"
    assert plain("10 °") == "10 deg"
    assert Column("Body shape", "", ("β1", "β2"), ()).heads == ["Body shape beta 1", "Body shape beta 2"]


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    with session(range(5)) as store:
        series = book_of(store).series(1, Wish("depth"))
    path = tmp_path / "numbers.csv"
    path.write_text("before")

    def stop():
        raise Cancelled

    with pytest.raises(Cancelled):
        write_csv(path, [], [column("depth", series)], {}, None, stop)
    assert path.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["numbers.csv"]
    with pytest.raises(ExportError):
        write_csv(tmp_path / "numbers.csv" / "x.csv", [], [column("depth", series)], {})
