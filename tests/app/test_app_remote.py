"""The window with the engine of another machine: listed, told where to ask, loaded, and run."""

from __future__ import annotations

import pytest
from fakes_service import a_service, limits, served
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton

from pipeline.engines import environment
from pipeline.engines.command import command_for
from pipeline.loading import StageState

PIXELS = 5_000_000


@pytest.fixture
def drive(start):
    return start(command_for, check=environment.check)


def choice(drive) -> QComboBox:
    return next(
        box for box in drive.window.models.findChildren(QComboBox) if box.accessibleName() == "Engine"
    )


def choose(drive, name: str) -> None:
    box = choice(drive)
    box.setCurrentIndex(box.findData(name))
    box.activated.emit(box.currentIndex())


def test_a_service_is_loaded_run_and_seen(drive, clip):
    bounds = limits(pixels=PIXELS, body=2**25)
    with a_service(bounds) as service, served(service, token="secret") as here:
        environment.use_service("remote", here.url, "secret")
        drive.open(clip)
        drive.program.engine.look()
        drive.until(lambda: choice(drive).findData("remote") >= 0)
        choose(drive, "remote")
        drive.load()
        statuses = drive.program.engine.client.statuses
        assert [status.title for status in statuses][1:] == ["Reach the service", "Service ready"]
        assert all(status.state is StageState.DONE for status in statuses)
        texts = [label.text() for label in drive.window.models.findChildren(QLabel)]
        assert any(here.url in text for text in texts)
        drive.program.view.set_frame(3)
        drive.at(3)
        drive.activate()
        drive.press("R")
        drive.until(lambda: drive.results() == [3])
        drive.until(lambda: drive.overlay_is_on(3))
        stored = drive.program.session.store.result(3)
        assert stored.engine_id == "stand-in-1-cafe"
        assert len(stored.people) == 2
        drive.program.inference.run_frames("Five", range(5))
        drive.until(lambda: drive.results() == [0, 1, 2, 3, 4])


def test_without_an_address_it_is_said_how_to_give_one(drive):
    drive.program.engine.look()
    drive.until(
        lambda: any("(no address)" in choice(drive).itemText(i) for i in range(choice(drive).count()))
    )
    choose(drive, "remote")
    texts = [label.text() for label in drive.window.models.findChildren(QLabel)]
    assert any("engines use remote --url" in text for text in texts)
    main = next(b for b in drive.window.models.findChildren(QPushButton) if b.text() == "Load")
    main.click()
    drive.until(lambda: drive.said("No service has been named"))
    assert drive.program.engine.state == "stopped"


def test_a_service_that_does_not_answer_is_told(drive):
    environment.use_service("remote", "http://127.0.0.1:9")
    drive.program.engine.look()
    drive.until(lambda: any("cannot be reached" in row.problem for row in drive.program.engine.rows))
    row = next(row for row in drive.program.engine.rows if row.name == "remote")
    assert row.installed  # nothing that installing would mend
    assert not row.installable
