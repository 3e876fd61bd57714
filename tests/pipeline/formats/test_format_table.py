import errno
import re

import pytest
from fakes_people import walk
from fakes_session import FRAMES

from pipeline.atomic import replacing_folder
from pipeline.errors import ExportError
from pipeline.formats import FORMATS, ExportSource, preview
from pipeline.formats.extent import in_words
from pipeline.job import Cancelled, Job
from pipeline.session.record import record
from pipeline.session.store import Store
from pipeline.structures import RunOptions

EVERY = pytest.mark.parametrize("key", list(FORMATS))


def quiet_job() -> Job:
    return Job(lambda job: None)


@EVERY
def test_progress_rises_to_one_and_nothing_temporary_is_left(key, source, tmp_path):
    out = tmp_path / "out"
    fractions, job = [], quiet_job()
    job.listen(lambda: fractions.append(job.take_report()))
    FORMATS[key].write(source, out / f"a{FORMATS[key].suffix}", {}, job)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert all(path.name.startswith("a") and path.stat().st_size > 0 for path in out.iterdir())


@EVERY
def test_a_cancelled_export_leaves_what_was_there(key, source, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    path = out / f"a{FORMATS[key].suffix}"
    if FORMATS[key].is_folder:
        with replacing_folder(path) as folder:
            (folder / "frame").write_bytes(b"before")
    else:
        path.write_bytes(b"before")
    job = quiet_job()
    job.listen(lambda: job.cancel() if (job.take_report() or 0) > 0.3 else None)
    with pytest.raises(Cancelled):
        FORMATS[key].write(source, path, {}, job)
    assert [p.name for p in out.iterdir()] == [path.name]
    assert (path / "frame" if path.is_dir() else path).read_bytes() == b"before"


def test_what_was_written_is_named(source, tmp_path):
    written = FORMATS["npz"].write(source, tmp_path / "out" / "a.npz", {}, quiet_job())
    assert sorted(written.paths) == sorted((tmp_path / "out").iterdir())
    assert [path.name for path in written.paths] == ["a-person-1.npz", "a-person-2.npz"]


@EVERY
def test_an_empty_range_says_what_to_do(key, source, tmp_path):
    nothing = ExportSource(source.store_path, source.video_path, frames=(12, 12))
    with pytest.raises(ExportError, match="no frame in the range") as caught:
        FORMATS[key].write(nothing, tmp_path / "x", {}, quiet_job())
    assert "Run the engine" in caught.value.hint
    assert not (tmp_path / "x").exists()


def test_unknown_options_and_choices_are_refused():
    with pytest.raises(ExportError, match="no option 'speed'"):
        FORMATS["npz"].chosen({"speed": "1"})
    with pytest.raises(ExportError, match="not on offer") as caught:
        FORMATS["npz"].chosen({"axes": "upside-down"})
    assert "z-up" in caught.value.hint


def test_preview_counts_what_would_be_written_and_replaced(source, tmp_path):
    assert (
        preview(FORMATS["npz"], source, {}, tmp_path / "a.npz")
        == "18 frames, 2 people, 36 bodies, 2 files, about 29 kB"
    )
    (tmp_path / "a-person-2.npz").touch()
    assert preview(FORMATS["npz"], source, {}, tmp_path / "a.npz").endswith("; replaces a-person-2.npz")
    narrow = ExportSource(source.store_path, source.video_path, frames=(0, 4), tracks=frozenset({1}))
    assert (
        preview(FORMATS["npz"], narrow, {}, tmp_path / "a.npz") == "5 frames, 1 person, 5 bodies, about 9 kB"
    )


def test_a_full_disk_is_said_and_leaves_nothing(source, tmp_path, monkeypatch):
    def no_room(self, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", no_room)
    with pytest.raises(ExportError, match="disk is full"):
        FORMATS["jsonl"].write(source, tmp_path / "out" / "a.jsonl", {}, quiet_job())
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_refuses_is_said(source, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ExportError, match="Cannot write"):
        FORMATS["jsonl"].write(source, tmp_path / "file" / "a.jsonl", {}, quiet_job())


@EVERY
@pytest.mark.parametrize("which", ["video_path", "store_path"])
def test_neither_the_video_nor_the_session_is_written_over(key, which, source):
    path = getattr(source, which)
    before = path.read_bytes()
    with pytest.raises(ExportError, match="would be lost"):
        FORMATS[key].write(source, path, {}, quiet_job())
    assert path.read_bytes() == before


@pytest.mark.parametrize("key", [key for key in FORMATS if key != "mp4"])
def test_neither_another_video_nor_another_session_is_written_over(key, source, tmp_path):
    for name in ("other.mp4", "other.mp4.retake"):
        path = tmp_path / name
        path.write_bytes(b"another")
        with pytest.raises(ExportError):
            FORMATS[key].write(source, path, {}, quiet_job())
        assert path.read_bytes() == b"another"


def test_a_wrong_ending_is_told_with_the_right_one(source, tmp_path):
    with pytest.raises(ExportError, match=r"must end in \.json, but a\.tar\.gz ends in \.gz") as refused:
        FORMATS["coco"].write(source, tmp_path / "a.tar.gz", {}, quiet_job())
    assert "a.tar.json" in refused.value.hint
    assert FORMATS["boxes"].write(source, tmp_path / "A.PKL", {}, quiet_job()).paths[0].is_file()


@pytest.fixture
def lively(source):
    """The session with another pose in every frame, as real ones have: the same one over and over packs too well."""
    with Store(source.store_path) as store:
        run = store.start_run("made-up-1", RunOptions(), "Again")
        for frame in FRAMES:
            record(store, walk(frame, seed=frame), run)
    return source


@EVERY
def test_the_size_said_is_about_the_size_written(key, lively, tmp_path):
    source = lively
    written = FORMATS[key].write(source, tmp_path / "out" / f"a{FORMATS[key].suffix}", {}, quiet_job())
    files = [file for path in written.paths for file in (path.rglob("*") if path.is_dir() else [path])]
    size = sum(file.stat().st_size for file in files)
    said = preview(FORMATS[key], source, {}, tmp_path / "b")
    number, unit = re.search(r", about (\d+\.?\d*) (B|kB|MB)", said).groups()
    most = 4.0 if key == "png" else 2.5  # the number is for footage; a drawn clip's PNGs are a third as large
    assert 0.4 < float(number) * {"B": 1, "kB": 1024, "MB": 1024**2}[unit] / size < most, (said, size)


def test_a_folder_that_is_there_is_replaced_if_something_is_in_it(source, tmp_path):
    assert "replaces" not in preview(FORMATS["openpose"], source, {}, tmp_path / "a")
    (tmp_path / "a").mkdir()
    assert "replaces" not in preview(FORMATS["openpose"], source, {}, tmp_path / "a")
    FORMATS["openpose"].write(source, tmp_path / "a", {}, quiet_job())
    assert preview(FORMATS["openpose"], source, {}, tmp_path / "a").endswith("; replaces a")


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "nothing"),
        (7, "about 7 B"),
        (512, "about 510 B"),
        (180_400, "about 180 kB"),
        (41_234, "about 40 kB"),
        (3_250_000, "about 3 MB"),
        (2e9, "about 1.9 GB"),
    ],
)
def test_sizes_are_said_with_two_digits_at_most(size, said):
    assert in_words(size) == said
