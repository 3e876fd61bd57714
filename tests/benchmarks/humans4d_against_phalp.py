"""PHALP's matching beside upstream's own code, on the same weights and made-up people."""

from __future__ import annotations

import argparse
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from humans4d_against import device_of, named, placed, side_by_side, upstream
from humans4d_measuring import Numbers, check_weights

from pipeline.engines.humans4d import pose_prediction, texture
from pipeline.engines.humans4d.costs import Metric
from pipeline.engines.humans4d.device import Device
from pipeline.engines.humans4d.tracker import LOOKS
from pipeline.engines.humans4d.weights import smpl_file
from pipeline.smpl import read_body

_AGE, _PEOPLE = 7, 10  # frames that PHALP looks back; tracks, and people to match


def phalp_beside(chosen: argparse.Namespace) -> Numbers:
    """PHALP's costs of ten tracks by ten people, and its guess of ten poses, beside ours."""
    whole, matching = upstream("phalp.trackers.PHALP"), upstream("phalp.external.deep_sort_.nn_matching")
    weights, device = check_weights("phalp_hmar", "phalp_bmap", "phalp_fmap"), device_of(chosen)
    body = read_body(smpl_file("neutral", "", weights))
    atlas = texture.read_atlas(weights.path("phalp_bmap"), weights.path("phalp_fmap"), body.faces)
    appearance = texture.build(atlas)
    texture.load(appearance, weights.path("phalp_hmar"))
    placed(appearance, None, device)
    known, seen, ids = _sightings(1), _sightings(2), np.arange(_PEOPLE)
    metric = Metric(appearance.encode, device.name)
    settings = SimpleNamespace(
        phalp=SimpleNamespace(predict="TPL", distance_type="EQ_019", pose_distance="smpl", shot=0)
    )
    theirs = matching.NearestNeighborDistanceMetric(settings, 100.0, 1)
    stand = SimpleNamespace(cfg=settings, HMAR=SimpleNamespace(autoencoder_hmar=appearance.encoding_head))
    for name in ("get_uv_distance", "get_pose_distance"):
        setattr(stand, name, partial(getattr(whole.PHALP, name), stand))
    for one in (metric, theirs):
        one.partial_fit(*known, ids, list(ids))
    ours = partial(metric.distance, list(seen), list(ids))
    other = partial(theirs.distance, list(seen), list(ids), phalp_tracker=stand)
    pace, mine, costs = side_by_side(ours, other, chosen.rounds)
    apart = float((np.abs(mine - costs) / np.maximum(costs, 1)).max())
    return named("cost", pace | {"apart": apart}) | _poses_beside(chosen, device)


def _sightings(seed: int) -> tuple[Any, Any, Any, Any]:
    """Looks, places, poses and maps of ten people who are all somewhere in front of the camera."""
    random = np.random.default_rng(seed)
    places = random.uniform(0.2, 0.8, (_PEOPLE, 99)).astype(np.float32)
    places[:, 92::3] = random.uniform(20, 40, (_PEOPLE, 3))
    maps = random.normal(0, 0.3, (_PEOPLE, 4, 256, 256)).astype(np.float32)
    maps[:, 3] = np.where(random.random((_PEOPLE, 256, 256)) < 0.6, 1, -1)
    poses = random.normal(0, 0.05, (_PEOPLE, pose_prediction.POSE)).astype(np.float32)
    return np.zeros((_PEOPLE, LOOKS), np.float32), places, poses, maps


def _poses_beside(chosen: argparse.Namespace, device: Device) -> Numbers:
    keys = ("phalp_pose_config", "phalp_mean_std", "phalp_mean_params", "phalp_pose_predictor")
    weights = check_weights(*keys)
    paths = [weights.path(key) for key in keys]
    mine = pose_prediction.build(*paths[:3])
    pose_prediction.load(mine, paths[3])
    placed(mine, None, device)
    settings = SimpleNamespace(
        pose_predictor=SimpleNamespace(config_path=str(paths[0]), mean_std=str(paths[1])),
        SMPL=SimpleNamespace(NUM_BODY_JOINTS=23),
        MODEL=SimpleNamespace(SMPL_HEAD=SimpleNamespace(SMPL_MEAN_PARAMS=str(paths[2]))),
    )
    without_body = SimpleNamespace(HMAR=SimpleNamespace(smpl=None))
    theirs = upstream("phalp.models.predictor").Pose_transformer_v2(settings, without_body)
    # Its own reader leaves four tensors random.
    theirs.encoder.load_state_dict(mine.encoder.state_dict(), strict=False)
    theirs.to(device.name).eval()
    poses = np.random.default_rng(3).normal(0, 0.3, (_PEOPLE, _AGE, pose_prediction.POSE)).astype(np.float32)
    times, missed = np.tile(np.arange(_AGE), (_PEOPLE, 1)), np.zeros(_PEOPLE, np.int64)

    def predict() -> Any:
        when = torch.from_numpy(times)
        with torch.no_grad():
            return theirs.predict_next(torch.from_numpy(poses), None, when, missed)

    ours = partial(mine.predict, poses, times, missed)
    pace, guess, other = side_by_side(ours, predict, chosen.rounds)
    return named("predict", pace | {"apart": float(np.abs(guess - other.cpu().numpy()).max())})
