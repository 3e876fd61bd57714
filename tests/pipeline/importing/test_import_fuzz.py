"""Files in which anything is anything else: read, or refused in words; never a traceback."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import joblib
import numpy as np
import pytest
from fakes_imports import no_job
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_import_others import phalp_file, wham_file

from pipeline.errors import ResultsError
from pipeline.importing import Wish, import_all, match, read_boxes, read_files
from pipeline.importing.content import Place
from pipeline.session.store import Store

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=4),
    st.binary(max_size=4),
    st.lists(st.integers(-3, 3), max_size=5),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.sampled_from(
        [np.zeros(0), np.zeros((2, 2)), np.full(3, np.nan), np.array("x"), np.zeros((1, 3, 3), bool)]
    ),
)
PLACE = Place("walk.mp4", (320, 240), np.arange(20) / 25, 25.0, focal=300.0)
LENIENT = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
)


@pytest.fixture
def written(exported) -> dict[str, Path]:
    """Our own files, by name."""
    keys = {"a.pkl": "phalp", "a.npz": "npz", "a.jsonl": "jsonl"}
    return {name: exported(key, name)[0] for name, key in keys.items()}


def spoil(value, draw, depth: int = 0):
    """Something in a nest is replaced, removed or added."""
    if isinstance(value, dict) and value and (depth < 1 or draw(st.integers(0, 3))):
        key = draw(st.sampled_from(sorted(value, key=repr)))
        how = draw(st.integers(0, 9))
        if how == 0:
            del value[key]
        elif how == 1:
            value[draw(st.one_of(st.text(max_size=3), st.integers()))] = value.pop(key)
        else:
            value[key] = spoil(value[key], draw, depth + 1)
        return value
    if isinstance(value, list) and value and draw(st.integers(0, 3)):
        at = draw(st.integers(0, len(value) - 1))
        value[at] = spoil(value[at], draw, depth + 1)
        return value
    return draw(ODD)


def try_it(path) -> None:
    content = found = None
    with suppress(ResultsError):
        content = read_files([path], PLACE, {}, no_job())
        found = match(content, PLACE, Wish("frame", partial=True))
    if content is None or found is None:
        return
    with Store(":memory:") as store:
        import_all(store, content, found)
        for frame in store.frames_with_results().tolist():
            people = store.result(frame).people
            assert np.isfinite(people.cam_t).all()
            assert np.isfinite(people.detections.boxes).all()


@given(data=st.data())
@LENIENT
def test_phalp(tmp_path, data):
    path = tmp_path / "a.pkl"
    content = joblib.load(phalp_file(path, range(8, 12)))
    joblib.dump(spoil(content, data.draw), path)
    try_it(path)


@given(data=st.data())
@LENIENT
def test_wham(tmp_path, data):
    path = tmp_path / "a.pkl"
    content = dict(joblib.load(wham_file(path, range(3))))
    joblib.dump(spoil(content, data.draw), path)
    try_it(path)


@given(data=st.data())
@LENIENT
def test_json_lines(written, tmp_path, data):
    path = tmp_path / "b.jsonl"
    lines = [json.loads(line) for line in written["a.jsonl"].read_text().splitlines()[:5]]
    lines = spoil(lines, data.draw)
    if isinstance(lines, list):
        path.write_text("".join(json.dumps(line, default=repr) + "\n" for line in lines))
        try_it(path)


@given(data=st.data())
@LENIENT
def test_boxes(tmp_path, data):
    path = tmp_path / "a.pkl"
    entry = {"gt_bbox": [[10, 20, 30, 40]], "extra_data": {"gt_class": [0], "gt_track_id": [5]}}
    joblib.dump(spoil({"000002.jpg": entry}, data.draw), path)
    with suppress(ResultsError):
        assert read_boxes(path).frames


@given(data=st.binary(max_size=200), suffix=st.sampled_from([".pkl", ".npz", ".pt", ".jsonl", ".txt"]))
@LENIENT
def test_noise(tmp_path, data, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data)
    try_it(path)


@given(
    name=st.sampled_from(["a.jsonl", "a.npz", "a.pkl"]),
    edits=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4),
)
@LENIENT
def test_bytes_that_are_off(written, tmp_path, name, edits):
    whole = bytearray(written[name].read_bytes())
    for place, value in edits:
        whole[int(place * len(whole))] = value
    path = tmp_path / f"off-{name}"
    path.write_bytes(whole)
    try_it(path)
