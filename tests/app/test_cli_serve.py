"""`retake serve` and `retake engines use remote`, as on a command line."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest
from fakes_engine import stand_in_command
from fakes_service import a_service, asked, limits, served
from fakes_waiting import wait_until

from app.cli import main

# Heeds Ctrl+C as in a terminal: what starts in the background of a shell ignores it.
START = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from app.cli import main; sys.exit(main())"
)
ROOT = Path(__file__).resolve().parents[2]


def use_stand_in() -> None:
    """Have the mediapipe engine be the stand-in, by a command that ends in its target."""
    import shlex

    from pipeline.engines import environment

    paths = os.pathsep.join((str(ROOT), str(ROOT / "tests")))
    command = f"env PYTHONPATH={shlex.quote(paths)} {shlex.join(stand_in_command().argv)}"
    environment.use("mediapipe", command=command)


@pytest.fixture
def process(tmp_path):
    """Starts `retake serve` on a free port; what it logs goes to a file in a folder of its own."""
    use_stand_in()
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> tuple[subprocess.Popen[str], str]:
        command = [
            sys.executable,
            "-c",
            START,
            "serve",
            "--port",
            "0",
            "--log",
            str(tmp_path / "serve.log"),
        ]
        started = subprocess.Popen([*command, *arguments], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        running.append(started)
        wait_until(lambda: "Listening" in log_of(tmp_path) or started.poll() is not None)
        found = re.search(r"Listening on (http://\S+)", log_of(tmp_path))
        return started, found[1] if found else ""

    yield start
    for one in running:
        one.kill()
        one.communicate()


def log_of(folder: Path) -> str:
    path = folder / "serve.log"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def get(url: str, token: str = "", body: dict | None = None) -> tuple[int, dict]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    data = None if body is None else json.dumps(body).encode()
    if data is not None:
        headers["Content-Type"] = "application/json"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_says_what_it_does_and_ends_with_its_worker(process, tmp_path, number):
    started, url = process("--token", "secret")
    wait_until(lambda: get(f"{url}/health")[0] == 200)
    status, told = get(f"{url}/pose/hybrid", "secret", asked())
    assert (status, len(told["people"])) == (200, 2)
    assert get(f"{url}/pose/hybrid", "", asked())[0] == 401
    children = psutil.Process(started.pid).children()
    assert children
    started.send_signal(number)
    _, said = started.communicate(timeout=20)
    assert started.returncode == 0
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
    lines = [line.split(" ", 2)[2] for line in log_of(tmp_path).splitlines()]
    assert lines[0] == "[STARTUP] Starting HTTP server..."
    assert f"[STARTUP] ✓ Listening on {url}" in lines
    assert "[INIT] Loading Weights read..." in lines
    assert any(re.fullmatch(r"\[INIT\] ✓ Weights read \(\d+\.\d s\)", line) for line in lines)
    assert "[INIT] ✓ Models initialized" in lines
    assert any(
        re.fullmatch(r"\[REQUEST\] POST /pose/hybrid 200 .* frame 0 of None, 2 people", line)
        for line in lines
    )
    assert any(line.startswith("[REQUEST] POST /pose/hybrid 401") for line in lines)
    assert lines[-1] == "[SHUTDOWN] ✓ Ended"
    assert "secret" not in said
    assert [line.split(" ", 2)[2] for line in said.splitlines()] == lines


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--host", "0.0.0.0"), "token"),
        (("--host", "256.1.1.1", "--token", "x"), "cannot be listened on"),
        (("--port", "70000"), "out of range"),
        (("--max-pixels", "1000"), "million pixels"),
        (("--time-limit", "0"), "out of range"),
        (("--engine", "none"), "no engine called"),
        (("--log", "/dev/null/serve.log"), "cannot be written"),
    ],
)
def test_what_cannot_be_is_told_before_anything_starts(arguments, says, capsys, monkeypatch):
    monkeypatch.delenv("RETAKE_TOKEN", raising=False)
    use_stand_in()
    assert main(["serve", "--port", "0", *arguments]) == 1
    assert says in capsys.readouterr().err


def test_without_its_packages_it_is_said_how_to_get_them(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "flask", None)
    monkeypatch.delitem(sys.modules, "pipeline.service.app", raising=False)
    assert main(["serve"]) == 1
    assert "pip install 'retake[serve]'" in capsys.readouterr().err


def test_an_address_in_use_is_told(capsys):
    use_stand_in()
    with a_service(ready=False) as service, served(service) as here:
        assert main(["serve", "--port", str(here.address[1])]) == 1
    assert "cannot be listened on" in capsys.readouterr().err


def test_a_service_is_used_listed_and_forgotten(capsys):
    with a_service() as service, served(service, token="secret") as here:
        assert main(["engines", "use", "remote", "--url", here.url, "--token", "secret"]) == 0
        assert "stand-in 1 on cpu" in capsys.readouterr().out
        assert main(["engines", "list"]) == 0
        listed = " ".join(capsys.readouterr().out.split())
        assert "remote" in listed
        assert "secret" not in listed
        assert main(["engines", "use", "remote", "--url", here.url, "--token", "wrong"]) == 1
        assert "refuses the token" in capsys.readouterr().out
    assert main(["engines", "use", "remote", "--url", here.url]) == 1
    assert "cannot be reached" in capsys.readouterr().out
    assert main(["engines", "remove", "remote"]) == 0
    assert main(["engines", "use", "mediapipe", "--url", here.url]) == 1
    assert main(["engines", "install", "remote"]) == 1
    assert "--url" in capsys.readouterr().err


def test_an_address_that_can_be_read_on_the_way_is_warned_of(capsys, monkeypatch):
    monkeypatch.setattr("pipeline.engines.environment.look", lambda address: (True, "there"))
    assert main(["engines", "use", "remote", "--url", "http://gpu.example:8000"]) == 0
    assert "unencrypted" in capsys.readouterr().out
    assert main(["engines", "use", "remote", "--url", "https://gpu.example"]) == 0
    assert "unencrypted" not in capsys.readouterr().out


def test_run_uses_the_service_and_a_frame_that_fails_is_run_the_next_time(clip, capsys, tmp_path):
    bounds = limits(pixels=5_000_000, body=2**25)
    with a_service(bounds, oom_on="2") as service, served(service) as here:
        assert main(["engines", "use", "remote", "--url", here.url]) == 0
        run = ["run", str(clip), "--engine", "remote", "--frames", "0-4", "--min-size", "0"]
        assert main(run) == 1
        said = capsys.readouterr().err
        assert "Frame 2: The GPU is full." in said
        assert "4 of 5 frames done" in said
    with a_service(bounds) as service, served(service) as here:
        assert main(["engines", "use", "remote", "--url", here.url]) == 0
        assert main(run) == 0
    assert "1 of 1 frames done" in capsys.readouterr().err
