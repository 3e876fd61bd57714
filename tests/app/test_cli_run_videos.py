"""`retake run` on several videos; the engine is the stand-in."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from fakes_clip import write_clip

from app.cli import main
from app.commands.videos import named_videos
from pipeline.engines import environment
from pipeline.engines.engine import EngineSettings
from pipeline.headless import Headless
from pipeline.session.open import session_path
from pipeline.session.store import Store
from pipeline.smpl import builtin_body

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def clips(tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    made = write_clip(folder / "clip2.mp4", frames=6)
    return [made, Path(shutil.copy(made, folder / "clip10.mp4"))]


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(TESTS.parent), str(TESTS))))
    environment.use(
        "mediapipe", command=f"'{sys.executable}' -m pipeline.engines.worker fakes_engine:StandIn"
    )
    cue(monkeypatch)


def cue(monkeypatch, **cues: str) -> None:
    """Tell the stand-in what to do."""
    settings = EngineSettings(extra={"body_model": builtin_body().id, **cues})
    monkeypatch.setattr("app.commands.run.settings_of", lambda arguments: settings)


def frames_of(clip: Path) -> list[int]:
    with Store(session_path(clip), read_only=True) as store:
        return store.frames_with_results().tolist()


def test_names_folders_and_patterns_stand_for_videos(clips, tmp_path, monkeypatch):
    folder = clips[0].parent
    (folder / "notes.txt").write_text("no video")
    (folder / "clip2.mp4.retake").write_text("no video either")
    assert named_videos([str(folder)]) == clips
    assert named_videos([str(folder / "*.mp4")]) == clips
    assert named_videos([str(folder / "clip2*"), str(clips[0])]) == clips[:1]
    assert named_videos(["nowhere.mp4", str(folder / "*.mov")]) == [Path("nowhere.mp4"), folder / "*.mov"]
    monkeypatch.chdir(tmp_path)
    assert named_videos(["**/clip10.mp4"]) == [Path("clips/clip10.mp4")]
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "a.png").write_bytes(b"")
    assert named_videos([str(pictures)]) == [pictures]


def test_all_are_run_with_one_engine_and_what_fails_is_told_at_the_end(clips, capsys):
    bad = clips[0].with_name("bad.mp4")
    bad.write_bytes(b"no video")
    assert main(["run", str(bad), *map(str, clips), "nowhere.mp4"]) == 1
    assert [frames_of(clip) for clip in clips] == [[*range(6)]] * 2
    text = capsys.readouterr().err
    assert text.count("Loading the engine") == 1
    end = text[text.index("2 of 4 videos are not all done") :]
    assert "bad.mp4: “bad.mp4” cannot be read as a video." in end
    assert "nowhere.mp4" in end
    assert "clip2" not in end
    assert "\x1b" not in text


def test_what_failed_before_an_interruption_is_told_too(clips, capsys, monkeypatch):
    def told_to_end(self, frames, options, tell):
        raise KeyboardInterrupt

    bad = clips[0].with_name("bad.mp4")
    bad.write_bytes(b"no video")
    monkeypatch.setattr(Headless, "run", told_to_end)
    assert main(["run", str(bad), str(clips[0])]) == 130
    text = capsys.readouterr().err
    assert "bad.mp4: “bad.mp4” cannot be read" in text
    assert "what was done is kept" in text


def test_again_there_is_nothing_to_do_and_the_engine_is_not_loaded(clips, capsys):
    assert main(["run", *map(str, clips)]) == 0
    capsys.readouterr()
    assert main(["run", *map(str, clips)]) == 0
    text = capsys.readouterr().err
    assert text.count("Nothing to do") == 2
    assert "Loading" not in text


def test_sessions_kept_elsewhere_are_opened_by_the_link_beside_them(clips, tmp_path, capsys):
    bad = clips[0].with_name("bad.mp4")
    bad.write_bytes(b"no video")
    out = tmp_path / "out"
    assert main(["run", str(clips[0].parent), "--out", str(out), "--export", "jsonl"]) == 1
    assert sorted(path.name for path in clips[0].parent.iterdir()) == ["bad.mp4", "clip10.mp4", "clip2.mp4"]
    assert sorted(path.name for path in out.iterdir() if not path.name.startswith(".")) == [
        f"{name}{end}" for name in ("clip10", "clip2") for end in ("-jsonl.jsonl", ".mp4", ".mp4.retake")
    ]
    assert frames_of(out / "clip2.mp4") == [*range(6)]
    capsys.readouterr()
    assert main(["info", str(out / "clip2.mp4"), "--json"]) == 0
    (facts,) = json.loads(capsys.readouterr().out)
    assert facts["session"]["frames_done"] == 6
    assert main(["run", str(clips[0]), "--out", str(out)]) == 0, "it goes on with what is there"


def test_another_video_of_that_name_elsewhere_is_not_taken_for_it(clips, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    write_clip(out / "clip2.mp4", frames=3)
    assert main(["run", str(clips[0]), "--out", str(out)]) == 1
    assert "is there already, and is not" in capsys.readouterr().err
    assert not (out / "clip2.mp4.retake").exists()


def test_exports_follow_each_video_and_one_that_fails_stops_nothing(clips, tmp_path, capsys):
    there = tmp_path / "exports"
    (there / "clip2-npz.npz").mkdir(parents=True)
    (there / "clip2-npz-person-1.npz").mkdir()
    arguments = ["--export", f"npz={there}", "--export", f"phalp={there}/", "--json"]
    assert main(["run", *map(str, clips), *arguments]) == 1
    captured = capsys.readouterr()
    assert sorted(path.name for path in there.glob("*.pkl")) == ["clip10-phalp.pkl", "clip2-phalp.pkl"]
    said = json.loads(captured.out)["videos"]
    assert [video["done"] for video in said] == [6, 6]
    assert [len(video["problems"]) for video in said] == [1, 0]
    assert said[0]["problems"][0].startswith("export npz: Cannot write")
    assert len(said[1]["exports"]) == 3
    assert "1 of 2 videos are not all done" in captured.err


def test_a_file_for_one_video(clips, tmp_path):
    assert main(["run", str(clips[0]), "--export", f"jsonl={tmp_path / 'mine'}"]) == 0
    assert (tmp_path / "mine.jsonl").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--export", "phalp=one.pkl"], "cannot be written to one file"),
        (["--export", "avi"], "'avi' is no format"),
        (["SAME", "--out", "somewhere"], "have the same name"),
    ],
)
def test_what_does_not_go_together_is_a_wrong_argument(arguments, message, clips, tmp_path, capsys):
    same = tmp_path / "clip2.mp4"
    shutil.copy(clips[0], same)
    with pytest.raises(SystemExit) as ended:
        main(["run", *map(str, clips), *(str(same) if part == "SAME" else part for part in arguments)])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
    assert not session_path(clips[0]).exists()


def test_a_log_is_told_now_and_then_how_far_it_is_in_plain_text(clips, capsys, monkeypatch):
    monkeypatch.setattr("app.commands.run_videos.LOG_EVERY", 0.0)
    assert main(["run", str(clips[0])]) == 0
    text = capsys.readouterr().err
    assert [f"clip2.mp4: {done} of 6 frames\n" in text for done in range(1, 7)] == [True] * 6
    assert text.isascii()


def test_quiet_says_only_what_went_wrong(clips, capsys):
    assert main(["run", str(clips[0]), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["run", str(clips[0]), "--frames", "50-60", "--quiet"]) == 1
    assert "There is no frame 50" in capsys.readouterr().err


def test_a_frame_that_fails_is_listed(clips, capsys, monkeypatch):
    cue(monkeypatch, oom_on="2")
    assert main(["run", str(clips[0])]) == 1
    assert "clip2.mp4: Frame 2:" in capsys.readouterr().err
    assert frames_of(clips[0]) == [0, 1, 3, 4, 5]


def test_several_formats_are_exported_at_once(clips, tmp_path, capsys):
    assert main(["run", str(clips[0])]) == 0
    out = tmp_path / "out"
    arguments = ["export", str(clips[0]), "phalp", "npz", "jsonl", "-o", str(out), "--option", "rate=30"]
    assert main(arguments) == 0
    assert {path.suffix for path in out.iterdir()} == {".pkl", ".npz", ".jsonl"}
    with pytest.raises(SystemExit) as ended:
        main([*arguments[:-1], "speed=30"])
    assert ended.value.code == 2
    assert "none of these formats has the option 'speed'" in capsys.readouterr().err


def test_formats_are_listed_without_a_video(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["export", "--list"])
    assert ended.value.code == 0
    assert "phalp" in capsys.readouterr().out


def test_a_link_that_was_there_before_stays_when_the_video_cannot_be_read(tmp_path):
    broken, results = tmp_path / "broken.mp4", tmp_path / "results"
    broken.write_text("no video")
    results.mkdir()
    (results / "broken.mp4").symlink_to(broken)
    assert main(["run", str(results / "broken.mp4"), "--out", str(results)]) == 1
    assert (results / "broken.mp4").is_symlink()
    assert main(["run", str(broken), "--out", str(tmp_path / "new")]) == 1
    assert list((tmp_path / "new").iterdir()) == []


def test_frames_that_were_not_reached_count_among_those_wanted(clips, capsys, monkeypatch):
    """A disk that is full from frame 2 on."""
    add = Store.add_result

    def add_with_less_room(self, result, run):
        if result.frame_index == 2:
            self._execute("PRAGMA max_page_count = 1")  # SQLite leaves as many as there are
        return add(self, result, run)

    monkeypatch.setattr(Store, "add_result", add_with_less_room)
    assert main(["run", str(clips[0])]) == 1
    text = capsys.readouterr().err
    assert "disk is full" in text
    assert f"{len(frames_of(clips[0]))} of 6 frames done" in text
    assert len(frames_of(clips[0])) < 6
