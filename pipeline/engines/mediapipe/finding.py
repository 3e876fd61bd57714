"""Finding the people of a picture.

A region is proposed by a detector, by where a person was in the frame before, or by hand. The landmark
network looks at it, says whether a person is there, and where the region should have been; it looks there
again. Regions that lead to the same person add to the evidence for them.

A person's score is the evidence of the detectors, times the network's own probability, times how well the
network agrees with itself on the mirrored region, less if hardly a landmark is visible and less for people who
lie or stand on their heads. Each alone is sure of trolleys, benches and trees now and then; on the clips we
measured all of them together were not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from pipeline.engines.mediapipe.graphs import LandmarkNetwork
from pipeline.engines.mediapipe.landmarks import LIMBS, PERSON_IN_REGION, Pose, confirm, read_pose
from pipeline.engines.mediapipe.proposals import Proposal, Proposer, alike, either
from pipeline.engines.mediapipe.regions import Region, containment, overlap
from pipeline.structures import Image

# Below this the network is sure that nobody is there.
PRESENT = 0.5
_HOPELESS = 0.02
_MOST_LOOKS, _TRIES = 24, 3
# A search that sees nothing where a person is followed halves the evidence for them.
_MEMORY = 0.5
_ENOUGH_VISIBLE = 0.5
# Walkers of 120 px disagree with their mirror image by 0.04 to 0.13 of their height, trolleys by 0.09 to 0.35.
_DOUBTFUL = 0.18
_TORSO = (11, 12, 23, 24)

Tell = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Found:
    """A person found.

    Attributes:
        pose: The landmarks.
        evidence: Probability by all that proposed the person, in [0, 1].
        identity: Number of the person while a range is run in order; 0 if new.
    """

    pose: Pose
    evidence: float
    identity: int = 0

    @property
    def score(self) -> float:
        """In [0, 1]."""
        return self.evidence * _sureness(self.pose)


class Finder:
    """Finds people with the detectors and the landmark network."""

    def __init__(self, proposer: Proposer, network: LandmarkNetwork) -> None:
        self._proposer = proposer
        self._network = network

    def search(self, image: Image, known: Iterable[Found], tell: Tell) -> list[Found]:
        """Look everywhere.

        Args:
            image: (H, W, 3).
            known: People already found in this picture; they stay, with more evidence where it agrees.
            tell: Hears the fraction done.
        """
        before = list(known)
        proposals = self._proposer.everywhere(image, lambda done: tell(0.6 * done))
        anew = [replace(one, evidence=0.0) for one in before]
        found = self._look(image, proposals, anew, lambda done: tell(0.6 + 0.4 * done))
        return without_doubles([_averaged(one, before) for one in found])

    def glance(self, image: Image, known: Iterable[Found]) -> list[Found]:
        """Look for large newcomers only: one detector pass over the whole picture."""
        return without_doubles(self._look(image, self._proposer.whole(image), list(known), lambda _: None))

    def follow(self, image: Image, before: Iterable[Found]) -> list[Found]:
        """Find the people of the frame before again, where they were; without those who are lost."""
        again = [replace(one, pose=self._confirmed(image, one.pose.next_region, one.pose)) for one in before]
        return without_doubles([one for one in again if _is_there(one.pose)])

    def in_box(self, image: Image, region: Region) -> Found:
        """Read the person in a region drawn by hand; somebody else's is not followed."""
        first = self._read(image, region)
        second = self._read(image, first.next_region)
        stays = alike(region, second.next_region) and second.score >= first.score
        return Found(confirm(self._network, image, second if stays else first), 1.0)

    def _read(self, image: Image, region: Region) -> Pose:
        return read_pose(self._network, image, region)

    def _look(self, image: Image, proposals: list[Proposal], found: list[Found], tell: Tell) -> list[Found]:
        groups = grouped(proposals)[:_MOST_LOOKS]
        for index, (regions, evidence) in enumerate(groups):
            tell(index / len(groups))
            explained = next(
                (k for k, one in enumerate(found) if alike(one.pose.next_region, regions[0])), None
            )
            if explained is not None:
                found[explained] = _supported(found[explained], evidence)
            elif (pose := self._first_there(image, regions)) is not None:
                found = _added(found, Found(pose, evidence))
        return found

    def _first_there(self, image: Image, regions: list[Region]) -> Pose | None:
        """The person in the first of some regions that shows one."""
        poses = (self._settle(image, region) for region in regions[:_TRIES])
        return next((pose for pose in poses if _is_there(pose)), None)

    def _settle(self, image: Image, region: Region) -> Pose:
        """Read a region, then, if it promises something, the region it should have been."""
        first = self._read(image, region)
        if first.score < _HOPELESS:
            return first
        return self._confirmed(image, first.next_region)

    def _confirmed(self, image: Image, region: Region, before: Pose | None = None) -> Pose:
        pose = self._read(image, region)
        return confirm(self._network, image, pose, before) if _is_there(pose) else pose


def _sureness(pose: Pose) -> float:
    """How sure the network is of a pose, in [0, 1]."""
    visible = min(float(pose.visibility.mean()) / _ENOUGH_VISIBLE, 1.0)
    agreement = 1 / (1 + (pose.doubt / _DOUBTFUL) ** 4)
    return pose.score * visible * agreement * _usual_way_up(pose.next_region.angle)


def _usual_way_up(angle: float) -> float:
    """1 for people within 45 degrees of upright, down to 0.55 from 90 on: rare, so they need more evidence."""
    lying = float(np.clip(abs(angle) / (np.pi / 4) - 1, 0, 1))
    return 1 - 0.45 * lying


def grouped(proposals: list[Proposal]) -> list[tuple[list[Region], float]]:
    """Regions that are alike and the evidence for them, best first; each source counts once."""
    groups: list[list[Proposal]] = []
    for one in sorted(proposals, key=lambda proposal: -proposal.score):
        home = next((group for group in groups if alike(group[0].region, one.region)), None)
        if home is None:
            groups.append([one])
        elif one.source not in {other.source for other in home}:
            home.append(one)
    pairs = [
        ([one.region for one in group], 1 - float(np.prod([1 - one.score for one in group])))
        for group in groups
    ]
    return sorted(pairs, key=lambda pair: -pair[1])


def _is_there(pose: Pose) -> bool:
    return pose.score >= PRESENT and bool((pose.box[2:] - pose.box[:2] >= 4).all())


def _averaged(one: Found, before: list[Found]) -> Found:
    """With the evidence of this search and of those before: a steady belief, not one that piles up."""
    past = next(
        (other.evidence for other in before if one.identity and other.identity == one.identity), one.evidence
    )
    return replace(one, evidence=_MEMORY * past + (1 - _MEMORY) * one.evidence)


def _supported(one: Found, evidence: float) -> Found:
    return replace(one, evidence=either(one.evidence, evidence))


def _added(found: list[Found], new: Found) -> list[Found]:
    """With a new person, or with more evidence for who was found already; the surer pose stays."""
    for index, one in enumerate(found):
        if same_person(one.pose, new.pose):
            surer = new.pose if not one.identity and _sureness(new.pose) > _sureness(one.pose) else one.pose
            merged = replace(one, pose=surer, evidence=either(one.evidence, new.evidence))
            return [*found[:index], merged, *found[index + 1 :]]
    return [*found, new]


def without_doubles(found: list[Found]) -> list[Found]:
    """Of two that are the same person, or part of one, the one with the higher score stays."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda person: -person.score * person.pose.height**0.5):
        if not any(same_person(one.pose, other.pose) or _is_part(one.pose, other.pose) for other in kept):
            kept.append(one)
    return kept


def same_person(one: Pose, other: Pose) -> bool:
    """Whether two poses show the same person: the landmarks lie on each other, or torso and box do."""
    points = [*_TORSO, *LIMBS]
    size = max(one.next_region.size, other.next_region.size) / PERSON_IN_REGION
    apart = np.linalg.norm(one.points - other.points, axis=1) / max(size, 1.0)
    if float(np.median(apart[points])) < 0.08:
        return True
    # The same person seen turned round has left and right exchanged, but torso and box in place.
    middle = np.linalg.norm(one.points[list(_TORSO)].mean(0) - other.points[list(_TORSO)].mean(0)) / max(
        size, 1.0
    )
    return overlap(one.box, other.box) > 0.6 and float(middle) < 0.08


def _is_part(part: Pose, whole: Pose) -> bool:
    """Whether a small pose was read into a limb of a larger person: its box and its pixels are theirs."""
    if part.height > 0.7 * whole.height or containment(part.box, whole.box) < 0.8:
        return False
    return whole.covers(part.points) > 0.6
