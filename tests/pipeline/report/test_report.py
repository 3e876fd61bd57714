"""The report says what a review came to, and is a page any browser opens."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from fakes_clip import write_clip
from fakes_people import walk
from fakes_session import make_session

from pipeline.errors import ExportError
from pipeline.job import Cancelled, Job
from pipeline.problems import Problem, Thresholds
from pipeline.problems.ledger import Ledger
from pipeline.report import write_report
from pipeline.session.edits import RenameTrack
from pipeline.session.history import History
from pipeline.session.record import record
from pipeline.session.review_edits import AddNote, SetVerdict
from pipeline.session.store import Store
from pipeline.structures import RunOptions

_VOID = {"meta", "img", "br", "hr", "link", "input"}


class Page(HTMLParser):
    """Checks that every tag is closed in turn, and collects text, ids, pictures, scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert not self.stack

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        if not self.stack or self.stack[-1] not in ("style", "script"):
            self.text += f"{data} "

    def tags(self, name):
        return [attrs for tag, attrs in self.seen if tag == name]


@pytest.fixture(scope="session")
def _clip(tmp_path_factory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "walk.mp4")


@pytest.fixture
def source(_clip, tmp_path):
    video = tmp_path / _clip.name
    video.write_bytes(_clip.read_bytes())
    return make_session(video)


def written(source, path, **thresholds) -> Page:
    write_report(source, path, Thresholds(thresholds), Job(lambda job: None))
    return Page(path.read_text(encoding="utf-8"))


def words(page: Page) -> str:
    return re.sub(r"\s+", " ", page.text)


def test_video_engine_counts_and_failures_are_there(source, tmp_path):
    page = written(source, tmp_path / "r.html")
    assert "Review of walk.mp4" in words(page)
    assert "made-up-1 (18 frames)" in words(page)
    assert "Failed frames 1" in words(page)
    assert "Failed frame" in words(page)
    assert "Frame 7" in words(page)


def test_verdicts_notes_and_edits_are_there(source, tmp_path):
    with Store(source.store_path) as store:
        history = History(store)
        history.do(SetVerdict(0, 9, 0, "verified"))
        history.do(SetVerdict(10, 11, 0, "problem"))
        history.do(AddNote(3, 5, 1, "left arm\nthrough the body"))
        history.do(RenameTrack(1, "Ada"))
    page = written(source, tmp_path / "r.html")
    assert "12 of 20 frames (60 %)" in words(page)
    assert "Frames 3–5, Ada left arm through the body" in words(page)
    assert "Rename track" in words(page)
    assert page.tags("span")[0]["style"] == "width: 60%"


def test_nothing_a_person_wrote_becomes_markup(source, tmp_path):
    nasty = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
    with Store(source.store_path) as store:
        history = History(store)
        history.do(AddNote(0, 0, None, nasty))
        history.do(RenameTrack(1, nasty))
        history.do(replace(SetVerdict(0, 0, 0, "verified"), label=nasty))
    page = written(source, tmp_path / "r.html")
    assert not page.tags("script")
    assert not [attrs for _tag, attrs in page.seen if any(name.startswith("on") for name in attrs)]
    assert all(str(attrs["src"]).startswith("data:image/jpeg;base64,") for attrs in page.tags("img"))
    assert nasty in page.text


def decoded(attrs) -> np.ndarray:
    data = base64.b64decode(str(attrs["src"]).partition(",")[2])
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def test_a_fixed_problem_has_a_picture_from_before_and_one_of_now(source, tmp_path):
    problem = Problem("depth", 1, 5, 5, 5, 42.0, 10.0, (1,))
    with Store(source.store_path) as store:
        run = store.start_run("made-up-2", RunOptions(), "Again", step="Run frame 5")
        moved = walk(5)
        people = replace(moved.people, cam_t=moved.people.cam_t + np.array([0.6, 0, 0], np.float32))
        record(store, replace(moved, people=people, engine_id="made-up-2"), run)
        ledger = Ledger()
        ledger.fixed = (problem,)
        store.set_known_problems(ledger.to_plain())
    page = written(source, tmp_path / "r.html")
    captions = re.findall(r"Frame 5 before|Frame 5, now", page.text)
    assert captions == ["Frame 5 before", "Frame 5, now"]
    pictures = {str(attrs["alt"]): decoded(attrs) for attrs in page.tags("img")}
    before, now = (next(p for alt, p in pictures.items() if alt.startswith(c)) for c in captions)
    assert (np.abs(before.astype(int) - now).max(axis=2) > 40).mean() > 0.005
    assert "Depth jump: 42.0 %" in words(page)
    assert "fixed" in words(page)


def test_every_picture_has_a_text_and_every_table_has_heads(source, tmp_path):
    page = written(source, tmp_path / "r.html")
    assert page.tags("img")
    assert all(attrs["alt"] for attrs in page.tags("img"))
    assert all(attrs.get("scope") for attrs in page.tags("th"))
    ids = {attrs["id"] for _tag, attrs in page.seen if "id" in attrs}
    assert {attrs["aria-labelledby"] for attrs in page.tags("section")} <= ids


def test_other_thresholds_give_other_problems(source, tmp_path):
    strict = written(source, tmp_path / "a.html", mask=0.95)
    assert "a problem from 0.95" in words(strict)
    assert "a problem from 0.95" not in words(written(source, tmp_path / "b.html"))


def test_a_cancelled_or_refused_report_leaves_nothing(source, tmp_path):
    job = Job(lambda job: None)
    job.cancel()
    with pytest.raises(Cancelled):
        write_report(source, tmp_path / "r.html", Thresholds(), job)
    with pytest.raises(ExportError):
        write_report(source, source.store_path, Thresholds(), Job(lambda job: None))
    assert not list(tmp_path.glob("*.html"))


def test_a_session_without_results_is_reported_too(source, tmp_path):
    source.store_path.unlink()
    page = written(make_session(source.video_path, frames=[]), tmp_path / "r.html")
    assert "0 of 20 frames (0 %)" in words(page)
    assert "Nothing was edited." in words(page)


@pytest.mark.parametrize("name", ["x.mp4", "x.mp4.retake"])
def test_a_report_is_not_written_under_the_name_of_something_else(name, source, tmp_path):
    with pytest.raises(ExportError, match="name"):
        write_report(source, tmp_path / name, Thresholds(), Job(lambda job: None))
