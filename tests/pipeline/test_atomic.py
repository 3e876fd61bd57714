import os
import stat
from pathlib import Path

import pytest

from pipeline.atomic import replacing
from pipeline.errors import ExportError


def test_the_file_appears_whole_with_the_usual_rights(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with replacing(path) as temporary:
        temporary.write_text("text")
        assert not path.exists()
    assert path.read_text() == "text"
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail_half_way():
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        fail_half_way()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_full_device_is_said(tmp_path):
    with (
        pytest.raises(ExportError, match="disk is full"),
        replacing(tmp_path / "a.txt"),
        Path("/dev/full").open("w") as full,
    ):
        full.write("x" * 10)


def test_what_is_no_file_is_not_replaced(tmp_path):
    device = tmp_path / "device"
    os.mkfifo(device)
    with pytest.raises(ExportError, match="it is no file"), replacing(device):
        pass
    assert device.is_fifo()


def test_a_file_for_a_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ExportError, match="file is no folder"), replacing(tmp_path / "file" / "a.txt"):
        pass
