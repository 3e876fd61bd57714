"""From videos to sessions, whoever did the chunks and in whatever order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from contextlib import closing

import pytest
from fakes_batch import WARM, between, scenes, use_wanderer, write_shots
from PIL import Image

from pipeline.batch.chunks import Chunk
from pipeline.batch.driver import Driver, Ended
from pipeline.batch.executor import PlainExecutor, Report, Tell
from pipeline.batch.plan import VideoWork, Wishes, plan
from pipeline.batch.survey import survey
from pipeline.batch.work import Equipment
from pipeline.engines.client import EngineClient
from pipeline.engines.command import command_for
from pipeline.engines.engine import EngineSettings
from pipeline.errors import EngineError
from pipeline.headless import Headless
from pipeline.session.open import open_session, session_path
from pipeline.session.store import Store
from pipeline.structures import RunOptions
from pipeline.track import MAX_GAP

WISHES = Wishes(size=30, overlap=WARM + 2)
ENGINE = "stand-in-1-cafe"


class Counting(PlainExecutor):
    """Notes which chunks it was asked for; may do them in another order, or stop or lose some."""

    def __init__(self, *, backwards: bool = False, lose: int = -1, stop_after: int = 1000) -> None:
        super().__init__(Equipment("mediapipe", EngineSettings()), lambda text: None)
        self.asked: list[str] = []
        self._backwards, self._lose, self._stop_after = backwards, lose, stop_after

    def run(self, chunks: Sequence[Chunk], engine_id: str, tell: Tell) -> None:
        for number, chunk in enumerate(reversed(chunks) if self._backwards else chunks):
            if number == self._stop_after:
                raise KeyboardInterrupt
            self.asked.append(f"{chunk.first}-{chunk.last}")
            if number == self._lose:
                tell(Report(chunk, "failed", message="Its worker died."))
            else:
                super().run([chunk], engine_id, tell)


def planned(clip, wishes: Wishes = WISHES, options: RunOptions | None = None) -> VideoWork:
    return plan(survey(clip, None), ENGINE, EngineSettings(), options or RunOptions(), wishes)


def batch(clip, wishes: Wishes = WISHES, **how) -> tuple[Ended, list[str]]:
    with closing(Counting(**how)) as executor:
        (ended,) = Driver(executor, ENGINE).run([planned(clip, wishes)])
    return ended, executor.asked


@pytest.fixture
def make_clip(tmp_path, monkeypatch):
    use_wanderer(monkeypatch)

    def make(folder: str = "one"):
        (tmp_path / folder).mkdir(exist_ok=True)
        return write_shots(tmp_path / folder / "clip.mp4", 70, 25)

    return make


def test_a_session_is_as_if_run_in_one_go(make_clip):
    clip = make_clip()
    ended, asked = batch(clip)
    assert asked == ["0-22", "23-45", "46-69", "70-94"]
    assert (ended.stitched.results, ended.failures, ended.problem) == (95, (), "")
    with Store(session_path(clip), read_only=True) as store:
        assert store.frames_with_results().tolist() == list(range(95))
        assert {one.track_id for frame in range(95) for one in store.assignments(frame)} == {1, 2}
        numbers = [store.result(frame).tracks.tolist() for frame in range(95)]
        run_ins = [store.result(frame).people.cam_t[0, 2] for frame in (22, 23, 45, 46, 69)]
        (options,) = {store.versions(frame)[0].options for frame in range(95)}
        assert {store.result(frame).plan.notes for frame in range(95)} == {("passing",)}, "see PASSING"
    assert numbers == [[1, 2]] * 70 + [[7001, 7002]] * 25, "numbers go on within a shot"
    assert max(run_ins) == min(run_ins), "the run-in has warmed up what remembers"
    assert options.sequence.startswith("batch-")


def test_the_order_and_who_was_stopped_make_no_difference(make_clip):
    one, other = make_clip("one"), make_clip("other")
    batch(one)
    with pytest.raises(KeyboardInterrupt):
        batch(other, backwards=True, stop_after=2)
    assert not session_path(other).exists()
    _, asked = batch(other)
    assert asked == ["0-22", "23-45"], "what was done is not done again"
    assert between(session_path(one), session_path(other)) == []
    assert batch(other)[1] == []


def test_a_damaged_file_is_done_again(make_clip):
    one, other = make_clip("one"), make_clip("other")
    batch(one)
    with pytest.raises(KeyboardInterrupt):
        batch(other, stop_after=3)
    file = planned(other).chunks[1].file
    file.write_bytes(file.read_bytes()[:-40] + bytes(40))
    assert batch(other)[1] == ["23-45", "70-94"]
    assert between(session_path(one), session_path(other)) == []


@pytest.mark.parametrize("number", [signal.SIGINT])
@pytest.mark.usefixtures("heeded")
def test_stitching_that_was_stopped_goes_on_where_it_was(make_clip, number):
    one, other = make_clip("one"), make_clip("other")
    batch(one)

    def stop(work: VideoWork) -> None:
        if work.written == 50:
            signal.pthread_kill(threading.main_thread().ident, number)  # as Ctrl+C does

    with closing(Counting()) as executor, pytest.raises(KeyboardInterrupt):
        Driver(executor, ENGINE, stop).run([planned(other)])
    with Store(session_path(other), read_only=True) as store:
        assert 50 <= len(store.frames_with_results()) < 95
    assert batch(other)[1] == []
    assert between(session_path(one), session_path(other)) == []
    with Store(session_path(other), read_only=True) as store:
        assert {store.versions(frame)[0].run for frame in range(95)} == {1}


def test_a_lost_chunk_is_told_and_made_good(make_clip):
    clip = make_clip()
    ended, _ = batch(clip, lose=1)
    assert [(str(chunk), why) for chunk, why in ended.lost] == [
        ("clip.mp4, frames 23–45", "Its worker died.")
    ]
    assert (ended.stitched.results, ended.stitched.waiting) == (23, ((46, 94),))
    with Store(session_path(clip), read_only=True) as store:
        assert sorted(store.failures()) == list(range(23, 46))
        assert store.frames_with_results().tolist() == list(range(23))
    ended, asked = batch(clip)
    assert (asked, ended.lost, ended.stitched.results) == (["23-45"], (), 72)
    assert ended.stitched.waiting == ()
    with Store(session_path(clip), read_only=True) as store:
        assert store.failures() == {}
        assert {one.track_id for frame in range(95) for one in store.assignments(frame)} == {1, 2}


def test_lost_chunks_longer_than_any_gap_make_no_difference_once_they_are_done(tmp_path, monkeypatch):
    use_wanderer(monkeypatch)
    size = MAX_GAP + 10  # nobody is found again by place
    wishes, clips = Wishes(size, WARM + 2), {}
    for folder in ("plain", "first", "middle"):
        (tmp_path / folder).mkdir()
        clips[folder] = write_shots(tmp_path / folder / "clip.mp4", 3 * size)
    batch(clips["plain"], wishes)
    for number, clip in enumerate((clips["first"], clips["middle"])):
        ended, _ = batch(clip, wishes, lose=number)
        assert (len(ended.lost), ended.stitched.results) == (1, size * number)
        ended, asked = batch(clip, wishes)
        assert (len(asked), ended.lost, ended.stitched.results) == (1, (), size * (3 - number))
        assert between(session_path(clips["plain"]), session_path(clip)) == []


def test_a_chunk_that_is_lost_when_it_is_tried_again_holds_nothing_up(make_clip, monkeypatch):
    clip = make_clip()
    use_wanderer(monkeypatch, oom_on="30")
    batch(clip)
    retrying = Wishes(WISHES.size, WISHES.overlap, retry_failed=True)
    ended, asked = batch(clip, retrying, lose=0)
    assert (asked, len(ended.lost), ended.stitched.waiting) == (["23-45"], 1, ())
    with Store(session_path(clip), read_only=True) as store:
        assert sorted(store.failures()) == [30]


def test_a_plain_run_of_a_lost_chunk_lets_the_rest_in(make_clip):
    clip = make_clip()
    batch(clip, lose=1)
    client = EngineClient("mediapipe", command_for("mediapipe"))
    with closing(client), Headless(clip, client) as headless:
        headless.run(range(23, 46), RunOptions(), lambda step: None)
    ended, asked = batch(clip)
    assert (asked, ended.stitched.results, ended.stitched.waiting) == ([], 49, ())
    with Store(session_path(clip), read_only=True) as store:
        assert store.failures() == {}
        assert store.frames_with_results().tolist() == list(range(95))
        assert {one.track_id for frame in range(95) for one in store.assignments(frame)} == {1, 2}


def test_frames_that_fail_are_listed_and_tried_again_if_wished(make_clip, monkeypatch):
    clip = make_clip()
    use_wanderer(monkeypatch, oom_on="30", die_on="81")
    ended, _ = batch(clip)
    assert [(one.frame_index, one.kind) for one in ended.failures] == [
        (30, "out_of_memory"),
        (81, "engine_died"),
    ]
    assert ended.stitched.results == 93
    use_wanderer(monkeypatch)
    assert batch(clip)[1] == [], "it was done, if with failures"
    retrying = Wishes(WISHES.size, WISHES.overlap, retry_failed=True)
    ended, asked = batch(clip, retrying)
    assert (asked, ended.stitched.results, ended.failures) == (["23-45", "70-94"], 2, ())


def test_what_a_session_has_already_is_left_alone(make_clip):
    clip = make_clip()
    client = EngineClient("mediapipe", command_for("mediapipe"))
    with closing(client), Headless(clip, client) as headless:
        headless.run(range(40), RunOptions(), lambda step: None)
    ended, asked = batch(clip)
    assert asked == ["23-45", "46-69", "70-94"]
    assert ended.stitched.results == 55
    with Store(session_path(clip), read_only=True) as store:
        assert [len(store.versions(frame)) for frame in range(95)] == [1] * 95
        assert {one.track_id for frame in range(95) for one in store.assignments(frame)} == {1, 2}
    work = planned(clip, options=RunOptions(max_people=1))
    assert len(work.missing) == 4, "other options are another matter"


def test_a_session_that_is_open_elsewhere_is_told_and_made_later(make_clip):
    clip = make_clip()
    with closing(open_session(clip).store):
        ended, _ = batch(clip)
    assert "open in another window" in ended.problem
    ended, asked = batch(clip)
    assert (asked, ended.stitched.results) == ([], 95)


def test_sessions_can_be_elsewhere(make_clip, tmp_path):
    clip = make_clip()
    ended, _ = batch(clip, Wishes(WISHES.size, WISHES.overlap, out=tmp_path / "out"))
    assert ended.stitched.session == session_path(tmp_path / "out" / "clip.mp4")
    assert (tmp_path / "out" / "clip.mp4").samefile(clip)
    assert not session_path(clip).exists()


def test_a_link_has_its_session_beside_it_as_in_a_run(make_clip, tmp_path):
    clip = make_clip()
    link = tmp_path / "links" / "walk.mp4"
    link.parent.mkdir()
    link.symlink_to(clip)
    ended, _ = batch(link)
    assert (ended.video, ended.stitched.session) == (link, session_path(link))
    assert session_path(link).parent == link.parent
    assert not session_path(clip).exists()
    assert batch(link)[0].stitched is None, "nothing to do"
    ended, asked = batch(clip)
    assert (asked, ended.stitched.session) == ([], session_path(clip)), "chunks are the video's"
    assert between(session_path(link), session_path(clip)) == []


def test_the_same_video_elsewhere_needs_nothing_done(make_clip, tmp_path):
    one, other = make_clip("one"), make_clip("other")
    work = tmp_path / "work"
    works = [
        plan(survey(clip, work), ENGINE, EngineSettings(), RunOptions(), WISHES) for clip in (one, other)
    ]
    with closing(Counting()) as executor:
        Driver(executor, ENGINE).run(works[:1])
        assert [plan(survey(other, work), ENGINE, EngineSettings(), RunOptions(), WISHES).missing] == [[]]


def test_another_engine_is_refused(make_clip):
    clip = make_clip()
    with closing(Counting()) as executor, pytest.raises(EngineError, match="where other-2 is wanted"):
        Driver(executor, "other-2").run(
            [plan(survey(clip, None), "other-2", EngineSettings(), RunOptions(), WISHES)]
        )


def test_a_video_that_changed_meanwhile_is_a_lost_chunk(make_clip):
    clip = make_clip()
    work = planned(clip)
    write_shots(clip, 95)
    with closing(Counting()) as executor:
        (ended,) = Driver(executor, ENGINE).run([work])
    assert len(ended.lost) == 4
    assert "not the same video" in ended.lost[0][1]


def test_a_folder_of_pictures_is_a_video(make_clip, tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    draw = scenes(40, 15)
    for number in range(55):
        Image.fromarray(draw(number)).save(pictures / f"{number:04d}.png")
    ended, asked = batch(pictures)
    assert asked == ["0-19", "20-39", "40-54"]
    assert (ended.stitched.results, ended.stitched.session) == (55, tmp_path / "pictures.retake")
