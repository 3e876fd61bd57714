"""Sessions → our own files → another session: what comes back is what went out."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import joblib
import numpy as np
import pytest
from fakes_imports import no_job
from fakes_people import result_at
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.camera.refocus import under
from pipeline.errors import ResultsError
from pipeline.formats import FORMATS, ExportSource
from pipeline.importing import Entering, Wish, import_all, match, read_files
from pipeline.importing.content import Content, Looks, ReadFrame
from pipeline.importing.matching import Match
from pipeline.job import Cancelled
from pipeline.palette import track_color
from pipeline.session.edits import AssignPerson, RecolorTrack, RenameTrack
from pipeline.session.history import History
from pipeline.session.layer_edits import AddLayer
from pipeline.session.layered import all_shown
from pipeline.session.open import session_path
from pipeline.session.poses import Pose
from pipeline.session.record import record
from pipeline.session.store import Store
from pipeline.smpl import builtin_body
from pipeline.structures import FrameFailure, RunOptions

PLACES = st.lists(
    st.tuples(st.floats(-1.2, 1.2), st.floats(-0.5, 0.5), st.floats(2.0, 9.0)), min_size=0, max_size=3
)
SESSIONS = st.dictionaries(st.integers(0, 19), PLACES, min_size=1, max_size=5).filter(
    lambda frames: any(frames.values())
)
KEYS = {"phalp": "out.pkl", "jsonl": "out.jsonl"}


def fill(path: Path, frames) -> None:
    with Store(path) as store:
        run = store.start_run("made-up-1", RunOptions(), "Run")
        for frame in sorted(frames):
            result = result_at(frame, frames[frame], seed=frame, masks=frame % 2 == 0)
            record(store, result, run)


def same_people(was, now, atol: float = 2e-5) -> None:
    assert len(was) == len(now)
    assert was.image_size == now.image_size
    assert was.body_model == now.body_model
    for name in ("boxes", "scores"):
        mine, other = getattr(was.detections, name), getattr(now.detections, name)
        np.testing.assert_allclose(other, mine, rtol=2e-6, atol=1e-4)
    np.testing.assert_allclose(now.smpl.global_orient, was.smpl.global_orient, atol=atol)
    np.testing.assert_allclose(now.smpl.body_pose, was.smpl.body_pose, atol=atol)
    np.testing.assert_allclose(now.smpl.betas, was.smpl.betas, atol=atol)
    np.testing.assert_allclose(now.cam_t, was.cam_t, rtol=2e-6, atol=atol)
    if len(was):
        masks = was.detections.masks or (None,) * len(was)
        assert (now.detections.masks or (None,) * len(now)) == masks


@pytest.mark.parametrize("key", KEYS)
@given(frames=SESSIONS)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
def test_what_comes_back_is_what_went_out(key, desk, frames):
    video = desk.path
    session = session_path(video)
    session.unlink(missing_ok=True)
    fill(session, frames)
    out = video.with_name(KEYS[key])
    (path,) = FORMATS[key].write(ExportSource(session, video), out, {}, no_job()).paths
    with Store(session, read_only=True) as store:
        was = {seen.result.frame_index: seen for seen in all_shown(store)}
    session.unlink()
    desk.import_(path)
    with Store(session, read_only=True) as store:
        for frame, before in was.items():
            now, people = store.result(frame), before.result.people
            back = under(now.people, people.focal_length)
            same_people(people, back)
            tracks = {a.slot: a.track_id for a in before.assignments}
            assert {a.slot: a.track_id for a in store.assignments(frame)} == tracks


def test_json_lines_bring_back_everything(source, desk, exported):
    with Store(source.store_path) as store:
        history = History(store)
        history.do(RenameTrack(1, "Ada"))
        history.do(RecolorTrack(1, (1, 2, 3)))
        history.do(AssignPerson(4, 0, 2))
        was = {result.frame_index: result for result in store.results()}
        who = {frame: store.assignments(frame) for frame in was}
        failures = store.failures()
    (path,) = exported("jsonl", "out.jsonl")
    desk.import_(path)
    with desk.opened() as (_place, store):
        ada = next(track for track in store.tracks() if track.track_id == 1)
        assert (ada.name, ada.color) == ("Ada", (1, 2, 3))
        assert {frame: store.assignments(frame) for frame in was} == who
        assert store.failures() == failures
        for frame, result in was.items():
            now = store.result(frame)
            same_people(result.people, now.people)
            assert now.plan == result.plan
            assert now.timings == pytest.approx(dict(result.timings))
            assert now.peak_memory == result.peak_memory
            assert now.rejected.reasons == result.rejected.reasons
            np.testing.assert_allclose(now.rejected.boxes, result.rejected.boxes)
            np.testing.assert_allclose(now.people.keypoints.image, result.people.keypoints.image, rtol=1e-6)
            assert now.engine_id.startswith("import: jsonl, out.jsonl, ")
            assert now.engine_id.endswith("; made-up-1")


def test_poses_that_a_layer_made_are_said_to_be_made_again(source, desk, exported):
    with Store(source.store_path) as store:
        version, people = store.counting_version(3), store.result(3).people
        pose = Pose(
            *(3, version, 1, np.concatenate([people.smpl.global_orient[1][None], people.smpl.body_pose[1]])),
            *(people.smpl.betas[1], people.cam_t[1], people.detections.boxes[1], 0.9, people.focal_length),
        )
        History(store).do(AddLayer("smooth", 2, 3, 3, {"method": "x", "strength": 1}, (pose,), "Smooth"))
    (path,) = exported("jsonl", "out.jsonl")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [p["made"] for line in lines if line.get("frame") == 3 for p in line["people"]][1] == "smoothed"
    desk.import_(path)
    with desk.opened() as (_place, store):
        (shown,) = list(all_shown(store, [3]))
        assert dict(shown.made) == {1: "smoothed"}
        History(store).undo()
        assert store.pose_layers() == ()
        assert not len(store.frames_with_results())
        History(store).redo()
        (shown,) = list(all_shown(store, [3]))
        assert dict(shown.made) == {1: "smoothed"}


@given(frames=SESSIONS)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
def test_npz_of_any_session_bring_back_its_motion(desk, frames):
    session = session_path(desk.path)
    session.unlink(missing_ok=True)
    fill(session, frames)
    out, options = desk.path.with_name("out.npz"), {"variant": "smpl-72"}
    for old in desk.path.parent.glob("out*.npz"):
        old.unlink()
    paths = FORMATS["npz"].write(ExportSource(session, desk.path), out, options, no_job()).paths
    with Store(session, read_only=True) as store:
        was = {seen.result.frame_index: seen for seen in all_shown(store)}
    session.unlink()
    desk.import_(*paths, focal="300")
    with Store(session, read_only=True) as store:
        for frame, before in was.items():
            slots = {a.track_id: a.slot for a in store.assignments(frame)}
            for who in before.assignments:
                one, now, slot = before.result.people, store.result(frame).people, slots[who.track_id]
                mine, other = one.smpl.body_pose[who.slot], now.smpl.body_pose[slot]
                np.testing.assert_allclose(other, mine, atol=2e-5)
                mine, other = one.smpl.global_orient[who.slot], now.smpl.global_orient[slot]
                np.testing.assert_allclose(other, mine, atol=2e-5)
                np.testing.assert_allclose(now.cam_t[slot], one.cam_t[who.slot], atol=2e-5)


@pytest.mark.parametrize("variant", ["smplh-156", "smplx-165", "smpl-72"])
@pytest.mark.parametrize(("space", "axes"), [("camera", "z-up"), ("camera", "camera"), ("world", "y-up")])
def test_npz_bring_back_bodies(source, desk, exported, variant, space, axes):
    paths = exported("npz", "out.npz", variant=variant, space=space, axes=axes)
    assert len(paths) == 2
    desk.import_(*paths, focal="300")
    with Store(source.store_path, read_only=True) as was, desk.opened() as (_place, store):
        for result in was.results():
            now, people = store.result(result.frame_index), result.people
            np.testing.assert_allclose(now.people.smpl.global_orient, people.smpl.global_orient, atol=1e-5)
            body = 23 if variant == "smpl-72" else 21
            np.testing.assert_allclose(
                now.people.smpl.body_pose[:, :body], people.smpl.body_pose[:, :body], atol=1e-5
            )
            tracks = [a.track_id for a in store.assignments(result.frame_index)]
            assert tracks == [1, 2]
            pelvis = [
                builtin_body().rest_joints(one.smpl.betas)[:, 0] + one.cam_t for one in (people, now.people)
            ]
            np.testing.assert_allclose(pelvis[1], pelvis[0], atol=0.02)  # one shape a track, the median
            inside = people.detections.boxes[0] - now.people.detections.boxes[0]
            assert np.abs(inside).max() < 60


def test_masks_that_were_only_boxes_come_back_as_none(source, desk, exported):
    (path,) = exported("phalp", "out.pkl")
    desk.import_(path)
    with desk.opened() as (_place, store):
        assert store.result(0).people.detections.masks
        assert not store.result(1).people.detections.masks


def test_the_same_file_again_gets_new_numbers_and_older_versions_stay(source, desk, exported):
    (path,) = exported("jsonl", "out.jsonl")
    desk.import_(path)
    done = desk.import_(path)
    assert dict(done.renumbered) == {1: 3, 2: 4}
    with desk.opened() as (_place, store):
        assert [version.counts for version in store.versions(0)] == [False, True]
        assert [track.track_id for track in store.tracks()] == [3, 4]
        History(store).undo()
        assert [track.track_id for track in store.tracks()] == [1, 2]


def test_what_a_reviewer_said_holds(source, desk, exported):
    (path,) = exported("jsonl", "out.jsonl")
    desk.import_(path)
    with desk.opened() as (_place, store):
        History(store).do(AssignPerson(5, 0, 7))
        run = store.start_run("other", RunOptions(), "Run")
        record(store, result_at(6, [(0.0, 0.0, 2.0), (9.0, 0.0, 9.0)]), run)
        History(store).do(AssignPerson(6, 0, 9))
    done = desk.import_(path)
    assert done.kept == (6,)
    with desk.opened() as (_place, store):
        first = store.assignments(5)[0]
        assert (first.track_id, first.by) == (7, "reviewer")
        assert store.assignments(6)[0].track_id == 9
        assert store.result(6).engine_id == "made-up-1"


def test_a_cancelled_import_leaves_nothing(source, desk, exported):
    (path,) = exported("jsonl", "out.jsonl")
    content, found = desk.matched(path)
    job = no_job()
    job.cancel()
    with desk.opened() as (_place, store):
        with pytest.raises(Cancelled):
            import_all(store, content, found, job)
        assert not len(store.frames_with_results())
        assert History(store).steps() == ()


LOOKS = st.builds(
    Looks,
    st.sampled_from(["", "Alice", "Björn"]),
    st.none() | st.tuples(*[st.integers(0, 255)] * 3),
    st.booleans(),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    looks=st.dictionaries(st.integers(1, 3), LOOKS),
    put=st.integers(0, 3),
    made=st.booleans(),
    own=st.booleans(),
)
def test_a_session_is_as_before_when_an_import_is_undone_or_cancelled(tmp_path, looks, put, made, own):
    """With names, colours and layers; also over a session that has tracks of its own."""
    where = tmp_path / f"{len(list(tmp_path.iterdir()))}.retake"
    frames = {
        k: ReadFrame(k, result_at(k, [(-1.0, 0, 4), (1.0, 0, 4)]), tracks=(1, 2), made={0: "filled"} if made else {})
        for k in range(4)
    }  # fmt: skip
    content = Content("jsonl", "x.jsonl", "00", tuple(frames.values()), sourced=True, looks=looks)
    found = Match(frames, "frame", len(frames), (), ())
    if own:
        fill(where, {0: [(-1.0, 0.0, 4.0)], 2: [(3.0, 0.0, 9.0)]})
    with Store(where) as store:
        if own:
            History(store).do(RenameTrack(1, "Own"))
        before, steps = store.dump(), store.steps()
        cancelled = Entering(store, content, found)
        if put:
            with store.transaction():
                cancelled.put(put)
        cancelled.take_back()
        assert store.dump() == before
        assert store.steps() == steps
        done = import_all(store, content, found)
        after, history = store.dump(), History(store)
        for track, look in looks.items():
            if track < 3:
                number = done.renumbered.get(track, track)
                own_color = None if look.color == track_color(track) else look.color
                assert store.looks(number) == (look.name, own_color, look.visible)
        for _ in range(2):
            history.undo()
            assert store.dump() == before
            history.redo()
            assert store.dump() == after
        history.undo()
        again = Entering(store, content, found)
        with store.transaction():
            assert not again.put(len(frames))
        again.take_back()
        assert store.dump() == before


def test_what_could_not_be_written_is_no_step_to_take_back(tmp_path):
    frames = {0: ReadFrame(0, result_at(0, [(0.0, 0, 4)]), tracks=(1,))}
    content = Content("jsonl", "x.jsonl", "00", tuple(frames.values()), looks={1: Looks("Alice")})
    with Store(tmp_path / "s.retake") as store:
        before = store.dump()
        entering = Entering(store, content, Match(frames, "frame", 1, (), ()))
        with suppress(ZeroDivisionError), store.transaction():
            entering.put(1)
            raise ZeroDivisionError
        entering.take_back()
        assert store.dump() == before
        assert store.steps() == []


def test_features_come_as_half(desk, exported):
    (path,) = exported("phalp", "out.pkl")
    content = joblib.load(path)
    for frame in content.values():
        frame["appe"] = [np.full(4096, tid, np.float32) for tid in frame["tid"]]
    joblib.dump(content, path, compress=3)
    desk.import_(path)
    with desk.opened() as (_place, store):
        features = store.result(0).people.features
    assert features.dtype == np.float16
    assert features.shape == (2, 4096)
    np.testing.assert_array_equal(features[:, 0], [1, 2])


def test_a_failure_comes_and_goes_with_the_import(desk):
    failure = FrameFailure(2, "detect", "failed", "No.")
    content = Content("jsonl", "x.jsonl", "00", (ReadFrame(2, None, failure, 0.08),), count=20, sourced=True)
    with desk.opened() as (place, store):
        done = import_all(store, content, match(content, place, Wish()))
        assert done.failures == 1
        assert store.failures() == {2: failure}
        History(store).undo()
        assert store.failures() == {}


def test_reading_tells_how_far_it_is_and_can_be_cancelled(desk, exported):
    (path,) = exported("phalp", "out.pkl")
    with desk.opened() as (place, _store):
        told: list[float] = []
        job = no_job()
        job.listen(lambda: told.append(job.take_report()))
        read_files([path], place, {}, job)
        assert told == sorted(told)
        assert 0 <= told[0] < told[-1] <= 1
        assert len(told) > 10
        job.listen(job.cancel)
        with pytest.raises(Cancelled):
            read_files([path], place, {}, job)


@pytest.mark.parametrize("rate", ["source", "5"])
def test_npz_of_ours_can_be_matched_by_time_and_moved(desk, exported, rate):
    """It says the rate of the video it was made of, so nobody has to."""
    paths = exported("npz", "out.npz", rate=rate)
    content, by_number = desk.matched(*paths)
    assert by_number.how == "frame"
    assert content.rate == pytest.approx(25)
    _, by_time = desk.matched(*paths, wish=Wish(how="time"))
    assert by_time.how == "time"
    assert list(by_time.frames) == list(by_number.frames)
    _, moved = desk.matched(*paths, wish=Wish(how="time", offset=2, partial=True))
    assert list(moved.frames) == [frame + 2 for frame in by_number.frames if frame + 2 < 20]


def test_a_file_given_twice_makes_no_two_people_in_one_place(desk, exported):
    one, other = exported("npz", "out.npz")
    copy = one.with_name("copy.npz")
    copy.write_bytes(one.read_bytes())
    with pytest.raises(ResultsError, match=f"{one.name} is given twice"):
        desk.matched(one, other, one)
    with pytest.raises(ResultsError, match=r"out-person-1\.npz and copy\.npz hold the same"):
        desk.matched(one, copy)
