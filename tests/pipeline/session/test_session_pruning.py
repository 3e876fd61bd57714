"""Removing versions that do not count frees what it says, keeps all that counts, and ends the history."""

from __future__ import annotations

import pytest
from fakes_walkers import Walker, seen

from pipeline.errors import SessionError
from pipeline.session.edits import RenameTrack, UseVersion
from pipeline.session.history import History
from pipeline.session.layer_edits import RemoveLayer
from pipeline.session.layered import all_shown
from pipeline.session.pruning import Prunable, prunable, prune
from pipeline.session.record import record
from pipeline.session.store import Store
from pipeline.structures import RunOptions

WALKERS = [Walker(-1.5, 5, vx=0.02, looks=(1.0,) * 400), Walker(1.5, 5, looks=(0.5,) * 400)]


def run(store: Store, frames, step: str = "Run") -> None:
    number = store.start_run("made-up-1", RunOptions(), "Run", step=step)
    for frame in frames:
        record(store, seen(frame, WALKERS, seed=number), number)


@pytest.fixture
def store(tmp_path):
    """Forty frames run twice, the second time undone; then run a third time; frame 3 counts as it was first."""
    with Store(tmp_path / "clip.retake") as store:
        run(store, range(40))
        run(store, range(40))
        history = History(store)
        history.undo()
        run(store, range(40))
        history.do(UseVersion(3, 4))
        history.do(RenameTrack(1, "Ada"))
        yield store


def what_counts(store: Store):
    frames = [(s.result.frame_index, s.result.people.cam_t.tolist(), s.assignments) for s in all_shown(store)]
    return frames, store.tracks(), store.failures()


def test_what_counts_stays_and_the_file_shrinks_by_what_was_said(store):
    before, found = what_counts(store), prunable(store)
    assert found[:4] == Prunable(80, 40, 0, 4, 0)[:4]
    store.compact()
    size = store.path.stat().st_size
    assert prune(store) == found
    assert what_counts(store) == before
    assert size - store.path.stat().st_size > 0.8 * found.size > 10_000
    assert History(store).steps() == ()
    assert History(store).undo_label is None
    assert [v.counts for v in store.versions(5)] == [True]
    assert prunable(store)[:2] == (0, 0)
    assert store._rows("PRAGMA foreign_key_check") == []


def test_the_session_goes_on_as_before(store):
    prune(store)
    dump = store.dump()
    run(store, [5])
    assert len(store.versions(5)) == 2
    assert store.new_track_id() == 3
    History(store).undo()
    assert store.dump() == dump
    with Store(store.path, read_only=True) as again:
        assert again.dump() == dump


def test_removed_layers_go_and_those_that_are_there_stay(store):
    from pipeline.motion.layers import make_layer

    history = History(store)
    how = {"method": "gaussian", "strength": "light"}
    for _ in range(2):
        history.do(make_layer(store, "smooth", 1, 0, 39, how, "Smooth", lambda frame: frame / 25))
    history.do(RemoveLayer(1))
    before = what_counts(store)
    assert prunable(store).layers == 1
    prune(store)
    assert [layer.id for layer in store.pose_layers()] == [2]
    assert what_counts(store) == before


def test_a_session_open_for_reading_is_not_pruned(store):
    with Store(store.path, read_only=True) as reading:
        assert prunable(reading).versions == 80
        with pytest.raises(SessionError):
            prune(reading)
