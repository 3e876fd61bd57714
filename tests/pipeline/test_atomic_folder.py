import errno
import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.atomic import MARKER, replacing_folder
from pipeline.errors import ExportError


def write(path, **files):
    with replacing_folder(path) as folder:
        for name, text in files.items():
            (folder / name).write_text(text)


def fail_halfway(path):
    with replacing_folder(path) as folder:
        (folder / "a").write_text("2")
        raise RuntimeError


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_appears_whole_with_its_parents(tmp_path):
    path = tmp_path / "new" / "out"
    with replacing_folder(path) as folder:
        assert not path.exists()
        (folder / "a").write_text("1")
        (folder / "sub").mkdir()
        (folder / "sub" / "b").write_text("2")
    assert names(path) == [MARKER, "a", "sub"]
    assert names(path.parent) == ["out"]
    assert path.stat().st_mode & 0o777 == (tmp_path / "new").stat().st_mode & 0o777


def test_a_former_export_is_replaced_without_remains(tmp_path):
    write(tmp_path / "out", a="1", b="2")
    (tmp_path / "out" / ".DS_Store").touch()
    write(tmp_path / "out", a="3")
    assert names(tmp_path / "out") == [MARKER, "a"]
    assert (tmp_path / "out" / "a").read_text() == "3"
    assert names(tmp_path) == ["out"]


def test_an_empty_folder_is_written_into(tmp_path):
    (tmp_path / "out").mkdir()
    write(tmp_path / "out", a="1")
    assert names(tmp_path / "out") == [MARKER, "a"]


@pytest.mark.parametrize("exported_before", [False, True])
def test_a_folder_with_other_files_is_refused(exported_before, tmp_path):
    path = tmp_path / "out"
    if exported_before:
        write(path, a="1")
    (path / "sub").mkdir(parents=True)
    (path / "sub" / "thesis.tex").write_text("mine")
    with pytest.raises(ExportError, match=r"sub/thesis\.tex\); they would be lost") as caught:
        write(path, a="2")
    assert "new or empty" in caught.value.hint
    assert (path / "sub" / "thesis.tex").read_text() == "mine"
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "something else\na\n",
        "[]",
        "null",
        '{"files": ["a"]}',
        '{"retake": "?", "files": ["a"]}',
        "\udc80",
    ],
)
def test_a_marker_that_is_not_ours_marks_nothing(text, tmp_path):
    path = tmp_path / "out"
    path.mkdir()
    (path / "a").write_text("mine")
    (path / MARKER).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ExportError, match="would be lost"):
        write(path, a="2")


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(ExportError, match="is a file"):
        write(tmp_path / "out", a="2")


@pytest.mark.parametrize("there", [False, True])
def test_what_fails_leaves_what_was_there(there, tmp_path):
    path = tmp_path / "out"
    if there:
        write(path, a="1")
    with pytest.raises(RuntimeError):
        fail_halfway(path)
    assert names(tmp_path) == (["out"] if there else [])
    assert not there or (path / "a").read_text() == "1"


def test_if_the_last_step_fails_the_former_export_is_back(tmp_path, monkeypatch):
    path = tmp_path / "out"
    write(path, a="1")
    real = type(path).replace

    def no_room(self, target):
        if (self / "new").exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, target)

    monkeypatch.setattr("pathlib.Path.replace", no_room)
    with pytest.raises(ExportError, match="disk is full"):
        write(path, new="2")
    assert names(tmp_path) == ["out"]
    assert (path / "a").read_text() == "1"


def test_a_link_to_a_folder_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    write(tmp_path / "link", a="1")
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path / "real") == [MARKER, "a"]


@pytest.mark.skipif(sys.platform == "win32", reason="names of bytes are POSIX's")
@given(
    called=st.sets(
        st.binary(min_size=1, max_size=30).filter(lambda name: not set(name) & {0, 47} and name.strip(b".")),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_the_files_are_called_the_next_export_knows_them(called, tmp_path_factory):
    """Names are bytes there: line feeds and what is no UTF-8 are allowed."""
    path = tmp_path_factory.mktemp("names") / "out"
    for _ in range(2):
        with replacing_folder(path) as folder:
            for name in called:
                Path(folder / os.fsdecode(name)).touch()
    assert {os.fsencode(file.name) for file in path.iterdir()} == called | {os.fsencode(MARKER)}
    shutil.rmtree(path.parent)


def test_what_is_put_there_while_it_is_written_is_not_lost(tmp_path):
    path = tmp_path / "out"
    write(path, a="1")

    def write_meanwhile():
        with replacing_folder(path) as folder:
            (folder / "a").write_text("2")
            (path / "my-notes.txt").write_text("mine")

    with pytest.raises(ExportError, match=r"my-notes\.txt"):
        write_meanwhile()
    assert (path / "my-notes.txt").read_text() == "mine"
    assert (path / "a").read_text() == "1"
    assert names(tmp_path) == ["out"]
