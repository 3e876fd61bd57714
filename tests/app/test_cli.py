"""The console command, as a person types it; the engine is the stand-in."""

import json
import os
import signal
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
from fakes_clip import write_clip
from fakes_session import make_session
from PIL import Image

from app.cli import COMMANDS, main
from app.commands.doctor_qt import qt_beside_opencv
from pipeline.depict import Painter
from pipeline.engines import environment
from pipeline.headless import Headless
from pipeline.render import Layers, blend
from pipeline.session.open import session_path
from pipeline.session.store import Store
from pipeline.video import open_video

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def clip(tmp_path):
    return write_clip(tmp_path / "clip.mp4")


@pytest.fixture
def stand_in(monkeypatch):
    """The MediaPipe engine is, for these tests, a command that starts the stand-in."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(TESTS.parent), str(TESTS))))
    environment.use(
        "mediapipe", command=f"'{sys.executable}' -m pipeline.engines.worker fakes_engine:StandIn"
    )


def said(capsys) -> str:
    captured = capsys.readouterr()
    return " ".join((captured.out + captured.err).split())


@pytest.mark.parametrize("arguments", [[], *([name] for name in COMMANDS)])
def test_help_shows_an_example(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "example" in text
    assert f"  retake {' '.join(arguments)}".rstrip() in text


def test_frame_writes_exactly_the_decoded_picture(clip, tmp_path):
    assert main(["frame", str(clip), "7", "-o", str(tmp_path / "f.png")]) == 0
    video = open_video(clip)
    assert (np.array(Image.open(tmp_path / "f.png")) == video.frame(7).image).all()
    video.close()


def test_frame_with_overlay_is_what_the_window_blends(clip, tmp_path):
    source = make_session(clip)
    assert main(["frame", str(clip), "4", "-o", str(tmp_path / "f.png"), "--overlay"]) == 0
    video, store = open_video(clip), Store(source.store_path, read_only=True)
    with Painter() as painter:
        expected = blend(video.frame(4).image, painter.overlay(store, 4, Layers()))
    store.close()
    video.close()
    written = np.array(Image.open(tmp_path / "f.png"))
    assert (written == expected).all()
    assert (written != Image.open(tmp_path / "f.png").getpixel((0, 0))).any(), "a body is drawn"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["frame", "CLIP", "99", "-o", "f.png"], "no frame 99. The video has frames 0 to 19"),
        (["frame", "CLIP", "4", "-o", "f.png", "--overlay"], "retake run"),
        (["frame", "CLIP", "4", "-o", "f.tiff"], "Use .png or .jpg"),
        (["export", "CLIP", "npz", "-o", "x.npz"], "has no session yet"),
        (["frame", "nowhere.mp4", "4", "-o", "f.png"], "nowhere.mp4"),
    ],
)
def test_mistakes_are_told_with_what_to_do(arguments, message, clip, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([str(clip) if part == "CLIP" else part for part in arguments]) == 1
    assert message in said(capsys)
    assert not list(tmp_path.glob("f.*"))


def test_run_then_go_on_where_it_stopped(clip, stand_in, capsys):
    assert main(["run", str(clip), "--frames", "0-4"]) == 0
    assert main(["run", str(clip), "--frames", "0-6"]) == 0
    assert "2 of 2 frames done" in said(capsys)
    assert main(["run", str(clip), "--frames", "3", "--again"]) == 0
    with Store(session_path(clip), read_only=True) as store:
        assert store.frames_with_results().tolist() == [0, 1, 2, 3, 4, 5, 6]
        assert [len(store.versions(frame)) for frame in (2, 3)] == [1, 2]
        assert {a.track_id for frame in range(7) for a in store.assignments(frame)} == {1, 2}
    assert main(["run", str(clip), "--frames", "0-6"]) == 0
    assert "Nothing to do" in said(capsys)


def test_a_range_without_a_last_frame_goes_on_to_the_end(clip, stand_in):
    assert main(["run", str(clip), "--frames", "0-1"]) == 0
    assert main(["run", str(clip), "--frames", "17-"]) == 0
    with Store(session_path(clip), read_only=True) as store:
        assert store.frames_with_results().tolist() == [0, 1, 17, 18, 19]


def test_a_range_beyond_the_end_leaves_no_session(clip, stand_in, capsys):
    before = sorted(clip.parent.iterdir())
    assert main(["run", str(clip), "--frames", "500-600"]) == 1
    assert "There is no frame 500" in said(capsys)
    assert sorted(clip.parent.iterdir()) == before
    assert main(["run", str(clip), "--frames", "0"]) == 0
    assert main(["run", str(clip), "--frames", "500-600"]) == 1
    assert session_path(clip).exists()


def test_run_says_so_when_another_program_has_the_session(clip, stand_in, capsys):
    from pipeline.session.open import open_session

    holder = open_session(clip).store
    assert main(["run", str(clip)]) == 1
    assert "open in another window, or a command is writing to it" in said(capsys)
    holder.close()


def test_export_by_name_with_options(clip, tmp_path, capsys):
    make_session(clip)
    out = tmp_path / "out"
    arguments = ["export", str(clip), "phalp", "-o", str(out / "people"), "--frames", "0-3", "--tracks", "2"]
    assert main(arguments) == 0
    content = joblib.load(out / "people.pkl")
    assert [frame["tid"] for frame in content.values()] == [[2]] * 4
    assert main(["export", str(clip), "npz", "-o", str(out / "a.npz"), "--option", "axes=sideways"]) == 1
    assert "z-up, y-up, camera" in said(capsys)


def test_a_format_that_is_a_folder_is_written_again_into_its_own(clip, tmp_path):
    make_session(clip)
    folder = tmp_path / "frames.d"
    for last in (3, 1):
        assert main(["export", str(clip), "png", "-o", str(folder), "--frames", f"0-{last}"]) == 0
    assert sorted(path.name for path in folder.glob("*.png")) == ["000000.png", "000001.png"]


def test_a_file_named_by_a_folder_is_put_into_it(clip, tmp_path, capsys):
    make_session(clip)
    (tmp_path / "results").mkdir()
    assert main(["export", str(clip), "csv", "-o", str(tmp_path / "results")]) == 0
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["clip-csv.csv"]


def test_doctor_names_the_engine_that_is_missing_and_how_to_get_it(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("RETAKE_ENGINES", str(tmp_path / "none"))
    assert main(["doctor"]) == 1
    text = said(capsys)
    assert "Drawing with" in text
    assert "retake engines install mediapipe" in text


def _doctor_says(capsys, *flags: str) -> list[dict]:
    main(["doctor", "--json", *flags])
    return json.loads(capsys.readouterr().out)


def _no_engine_of_our_own(monkeypatch, tmp_path):
    monkeypatch.setenv("RETAKE_ENGINES", str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def test_doctor_speaks_json_and_a_missing_engine_is_a_remark_beside_one_that_works(
    stand_in, capsys, monkeypatch, tmp_path
):
    _no_engine_of_our_own(monkeypatch, tmp_path)
    findings = _doctor_says(capsys)
    assert {"section", "good", "text", "hint"} == set(findings[0])
    engines = {
        finding["text"].split()[1].strip(":"): finding
        for finding in findings
        if finding["section"] == "engines"
    }
    assert engines["mediapipe"]["good"] is True
    assert engines["humans4d"]["good"] is None
    assert engines["humans4d"]["hint"] == "retake engines install humans4d"


def test_doctor_looks_into_an_engines_own_python(stand_in, capsys, monkeypatch, tmp_path):
    _no_engine_of_our_own(monkeypatch, tmp_path)
    environment.use("humans4d", python=sys.executable)
    findings = _doctor_says(capsys)
    sections = {finding["section"] for finding in findings}
    assert {"humans4d packages", "humans4d weights", "humans4d SMPL"} <= sections
    assert any("detectron2 is missing" in finding["text"] for finding in findings)
    assert all(finding["hint"] for finding in findings if finding["good"] is False)


def test_doctor_says_how_to_examine_an_engine_behind_a_command(stand_in, capsys, monkeypatch, tmp_path):
    _no_engine_of_our_own(monkeypatch, tmp_path)
    command = f"'{sys.executable}' -m pipeline.engines.worker fakes_engine:StandIn"
    environment.use("humans4d", command=command)
    (remark,) = (finding for finding in _doctor_says(capsys) if finding["section"] == "humans4d")
    assert remark["good"] is None
    assert "-m pipeline.engines.humans4d.doctor" in remark["hint"]


def test_doctor_finds_a_qt_that_opencv_has_led_astray(tmp_path, monkeypatch):
    monkeypatch.delenv("QT_QPA_PLATFORM_PLUGIN_PATH", raising=False)  # OpenCV has set it in this process
    plugins = str(tmp_path / "site-packages" / "cv2" / "qt" / "plugins")
    (finding,) = qt_beside_opencv({**os.environ, "QT_QPA_PLATFORM_PLUGIN_PATH": plugins})
    assert finding.good is False
    assert "QT_QPA_PLATFORM_PLUGIN_PATH" in finding.hint
    (tmp_path / "cv2.py").write_text("import os\nos.environ['QT_QPA_PLATFORM'] = 'no-such-platform'\n")
    (finding,) = qt_beside_opencv({**os.environ, "PYTHONPATH": str(tmp_path)})
    assert finding.good is False
    assert "once OpenCV is imported" in finding.text
    assert "pip" in finding.hint
    import cv2

    monkeypatch.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", str(Path(cv2.__file__).parent / "qt" / "plugins"))
    (finding,) = qt_beside_opencv()
    assert finding.good is True, "what OpenCV set here is not the user's"


def test_engines_list_shows_where_the_engine_comes_from(stand_in, capsys):
    assert main(["engines", "list"]) == 0
    assert "mediapipe" in said(capsys)


def test_a_frame_is_not_written_over_its_own_video_or_into_it(tmp_path, capsys):
    picture = tmp_path / "few" / "a.png"
    picture.parent.mkdir()
    Image.new("RGB", (32, 24), "red").save(picture)
    before = picture.read_bytes()
    assert main(["frame", str(picture), "0", "-o", str(picture)]) == 1
    assert main(["frame", str(picture.parent), "0", "-o", str(picture)]) == 1
    assert said(capsys).count("would be lost") == 2
    assert main(["frame", str(picture.parent), "0", "-o", str(picture.with_name("b.png"))]) == 1
    assert "would become a frame" in said(capsys)
    assert [path.name for path in picture.parent.iterdir()] == ["a.png"]
    assert picture.read_bytes() == before


@pytest.mark.parametrize("name", [b"[b]old[red].mp4", b"bad\xff.mp4"], ids=["markup", "no text"])
def test_any_name_the_system_allows_runs_and_is_named(name, stand_in, tmp_path, capfd):
    clip = tmp_path / os.fsdecode(name)
    clip.write_bytes(write_clip(tmp_path / "clip.mp4").read_bytes())
    assert main(["run", str(clip), "--frames", "0-1"]) == 0
    assert clip.name.partition(chr(0xDCFF))[0] in said(capfd)
    assert session_path(clip).parent == tmp_path
    assert main(["frame", str(clip), "0", "-o", str(tmp_path / "f.png")]) == 0


@pytest.mark.parametrize(
    "arguments", [["--score", "7"], ["--score", "nan"], ["--min-size", "-1"], ["--focal-length", "-5"]]
)
def test_numbers_out_of_range_are_wrong_arguments(arguments, clip, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["run", str(clip), *arguments])
    assert ended.value.code == 2
    assert "retake run: error: argument" in said(capsys)


def test_a_data_folder_that_cannot_be_made_is_said(clip, stand_in, monkeypatch, capsys, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("RETAKE_HOME", str(tmp_path / "file" / "home"))
    assert main(["run", str(clip)]) == 1
    assert "RETAKE_HOME" in said(capsys)


def test_what_nobody_foresaw_is_told_in_words_with_a_report(clip, monkeypatch, capsys):
    monkeypatch.setattr("app.commands.frame.open_video", lambda path: 1 / 0)
    assert main(["frame", str(clip), "0", "-o", "f.png"]) == 1
    text = capsys.readouterr().err
    assert "unexpected error: ZeroDivisionError" in text
    assert "Traceback" not in text
    assert "Traceback" in Path(text.split("Report: ")[1].strip()).read_text()


@pytest.mark.usefixtures("heeded")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_being_told_to_end_keeps_what_is_done_and_leaves_nothing_open(
    number, clip, stand_in, monkeypatch, capsys
):
    finished = Headless.run

    def told_to_end(self, frames, options, tell):
        finished(self, frames[:3], options, tell)
        os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    monkeypatch.setattr(Headless, "run", told_to_end)
    assert main(["run", str(clip)]) == 130
    assert "what was done is kept" in said(capsys)
    assert signal.getsignal(number) is before
    assert sorted(path.name for path in clip.parent.iterdir()) == [
        ".clip.mp4.retake-index", "clip.mp4", "clip.mp4.retake",
    ]  # fmt: skip
    with Store(session_path(clip), read_only=True) as store:
        assert store.frames_with_results().tolist() == [0, 1, 2]
