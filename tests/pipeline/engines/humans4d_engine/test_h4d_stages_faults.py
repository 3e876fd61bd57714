"""What goes wrong while loading: each error with a hint, and Retry repeats only what is not done."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes_humans4d_files import REGNETY, SMPL, VITDET, write_body, write_hmr2
from fakes_panel import TITLES, Panel
from fakes_server import file_server
from fakes_weights import CHECKPOINT, archive

from pipeline.engines.engine import EngineSettings
from pipeline.engines.humans4d.stages import choices_of
from pipeline.engines.humans4d.weight_files import ARCHIVE, FILES
from pipeline.engines.humans4d.weights import Weights
from pipeline.engines.transfer import Reach
from pipeline.errors import EngineError
from pipeline.loading import StageState


def put(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def test_a_missing_body_is_asked_for_and_retry_repeats_only_what_is_not_done(packages, folder):
    (folder / SMPL.format("NEUTRAL")).unlink()
    panel = Panel(folder)
    failed = panel.fail()
    assert failed.title == "SMPL model and faces loaded"
    assert failed.need == "smpl:neutral"
    assert "smpl.is.tue.mpg.de" in failed.hint
    assert panel.begun == TITLES[:10]
    write_body(folder, "neutral")
    panel.load()
    assert panel.begun == TITLES[9:]
    assert panel.statuses["SMPL model and faces loaded"].need == ""
    assert panel.loaded.body.gender == "neutral"


def test_a_body_that_is_none_is_asked_for_again(packages, folder):
    put(folder / SMPL.format("NEUTRAL"), b"not a body")
    failed = Panel(folder).fail()
    assert failed.need == "smpl:neutral"
    assert "was refused" in failed.error


def test_texture_maps_of_another_body_are_told(packages, folder):
    path = folder / "phalp/3D/fmap_256.npy"
    path.unlink()
    np.save(path, np.full((256, 256), 20000))
    failed = Panel(folder).fail()
    assert failed.title == "SMPL model and faces loaded"
    assert "another body" in failed.error


def _other_network(folder):
    path = folder / "4DHumans" / CHECKPOINT
    path.unlink()
    write_hmr2(folder, without=("backbone.pos_embed",))


def _other_settings(folder):
    put(
        folder / "4DHumans/logs/train/multiruns/hmr2/0/model_config.yaml",
        b"MODEL: {IMAGE_SIZE: 224, BACKBONE: {TYPE: vit}}\nSMPL: {}\n",
    )


def _swap_detectors(folder):
    put(folder / VITDET, (folder / REGNETY).read_bytes())


def _other_predictor(folder):
    put(folder / "phalp/weights/pose_predictor.yaml", b"configs: {in_feat: 8}\n")


def _other_encoder(folder):
    shutil.copy(folder / "phalp/weights/pose_predictor.pth", folder / "other.pth")
    put(folder / "phalp/weights/hmar_v2_weights.pth", (folder / "other.pth").read_bytes())


@pytest.mark.parametrize(
    ("spoil", "title", "said", "hint"),
    [
        (_other_network, "HMR2 checkpoint loaded", "lacks backbone.pos_embed", "another version"),
        (_other_settings, "HMR2 checkpoint loaded", "describes another network", ""),
        (_swap_detectors, "ViTDet loaded", "does not fit its network", "another version"),
        (_other_predictor, "PHALP loaded", "cannot be read", "Delete"),
        (_other_encoder, "SMPL model and faces loaded", "does not fit its network", "another version"),
    ],
)
def test_a_file_of_something_else_stops_its_stage_and_retry_goes_on_there(
    packages, weights, folder, spoil, title, said, hint
):
    before = {path: path.stat().st_ino for path in folder.rglob("*") if path.is_file()}
    spoil(folder)
    panel = Panel(folder)
    failed = panel.fail()
    assert failed.title == title
    assert said in failed.error
    assert hint in failed.hint
    for path, inode in before.items():
        if not path.exists() or path.stat().st_ino != inode:
            path.unlink(missing_ok=True)
            os.link(weights / path.relative_to(folder), path)
    panel.load()
    assert panel.begun == TITLES[TITLES.index(title) :]


@pytest.fixture
def served(weights):
    """A server that has everything, and where a folder's files then come from."""
    with file_server() as server:
        for file in FILES.values():
            if not file.archived:
                server.put(f"/{file.place}", (weights / file.place).read_bytes())
        root = weights / "4DHumans"
        inside = (path for path in root.rglob("*") if path.is_file() and path.parent.name != "smpl")
        members = {
            path.relative_to(root).as_posix(): path.read_bytes() for path in inside if path.suffix != ".json"
        }
        server.put(f"/{ARCHIVE}", archive(members))
        files = {key: replace(file, url=server.url(f"/{file.place}")) for key, file in FILES.items()}

        def weights_in(folder):
            reach = Reach(pause=lambda seconds: None)
            return Weights(str(folder), files=files, archive_url=server.url(f"/{ARCHIVE}"), reach=reach)

        server.weights_in = weights_in
        yield server


def test_what_is_missing_is_downloaded_by_the_stage_that_needs_it(packages, served, tmp_path):
    empty = tmp_path / "empty"
    write_body(empty, "neutral")
    panel = Panel(empty, served.weights_in(empty))
    panel.load()
    assert "downloaded to" in panel.statuses["HMR2 data present or downloaded"].detail
    for stage in (5, 7, 8):
        moved = [shown[stage].bytes_done for shown in panel.shown if shown[stage].state is StageState.RUNNING]
        assert max(moved) > 0
    asked = len(served.asked)
    Panel(empty, served.weights_in(empty)).load()
    assert len(served.asked) == asked


def test_without_a_network_it_is_said_where_a_file_is_from_and_goes_to(packages, served, folder):
    (folder / VITDET).unlink()
    served.files[f"/{VITDET}"].statuses[:] = [404] * 9
    panel = Panel(folder, served.weights_in(folder))
    failed = panel.fail()
    assert failed.title == "ViTDet loaded"
    assert served.url(f"/{VITDET}") in failed.hint
    assert str(folder / VITDET) in failed.hint
    served.files[f"/{VITDET}"].statuses.clear()
    panel.load()
    assert panel.begun == TITLES[7:]


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"detector": "yolo"}, "no detector “yolo”"),
        ({"gender": "other"}, "no gender “other”"),
        ({"precision": "int8"}, "no precision “int8”"),
        ({"budget_gb": "much"}, "much is no number of GB"),
    ],
)
def test_settings_that_are_no_choices_are_told(extra, said):
    with pytest.raises(EngineError, match=said) as caught:
        choices_of(EngineSettings(extra=extra))
    assert caught.value.hint


def test_a_device_that_is_not_there_is_told(packages, weights):
    failed = Panel(weights, device="cuda:0").fail()
    assert failed.title == "CUDA device detected"
    assert "finds no CUDA device" in failed.error
    assert "retake doctor" in failed.hint
