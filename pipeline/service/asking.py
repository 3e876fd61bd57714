"""A request for the people of a frame, read and checked."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from pipeline.service.faults import Refusal, bad_fields
from pipeline.service.fields import Fields
from pipeline.service.pictures import bytes_of
from pipeline.structures import RunOptions

INCLUDE = ("vertices", "overlay", "masks", "keypoints", "features", "rejected")
"""What is answered only when asked for."""

LAST_FRAME = 10**9
MOST_SECONDS = 1e9
USUAL_RATE = 30.0  # frames a second, where no time is given
MOST_BOXES = 100
REACH = 1e5  # px
VIDEO_ID = r"[ -~]{0,200}"  # printable ASCII: it goes into logs and file names


@dataclass(frozen=True, slots=True)
class PoseRequest:
    """What a client wants to know.

    Attributes:
        frame: Number of the frame.
        picture: The picture's file.
        video_id: The video whose frames are tracked; empty for a frame on its own.
        time: Presentation time in s.
        options: Of the run; `sequence` is the video.
        include: Some of INCLUDE.
        key: The same for requests that ask the engine for the same; empty for a frame on its own.
    """

    frame: int
    picture: bytes
    video_id: str
    time: float
    options: RunOptions
    include: frozenset[str]
    key: str = ""


def read_request(body: bytes) -> PoseRequest:
    """Read the body of a request.

    Raises:
        Refusal: It is no JSON, or fields are missing or wrong; all of them are listed.
    """
    problems: dict[str, str] = {}
    fields = Fields(_object(body), problems)
    frame = fields.whole("frame_number", 0, LAST_FRAME)
    picture = fields.text("image_base64", "a picture's file as base64")
    video_id = fields.text("video_id", "at most 200 printable ASCII characters", VIDEO_ID, "")
    time = fields.real("time", 0.0, MOST_SECONDS, frame / USUAL_RATE)
    include = fields.choices("include", INCLUDE)
    options = _options(fields.inner("options"), video_id)
    fields.nothing_else()
    if problems:
        raise bad_fields(problems)
    data = bytes_of(picture)
    return PoseRequest(frame, data, video_id, time, options, include, _key(frame, data, time, options))


def _key(frame: int, picture: bytes, time: float, options: RunOptions) -> str:
    if not options.sequence:
        return ""
    return hashlib.sha256(f"{frame} {time!r} {options!r}\n".encode() + picture).hexdigest()


def _options(fields: Fields, video_id: str) -> RunOptions:
    usual = RunOptions()
    options = RunOptions(
        score_threshold=fields.real("score_threshold", 0.0, 1.0, usual.score_threshold),
        min_size=fields.whole("min_size", 0, 100_000, usual.min_size),
        max_people=fields.whole("max_people", 0, 1000, usual.max_people),
        masks=fields.flag("masks", usual.masks),
        focal_length=fields.real("focal_length", 0.0, 1e6, usual.focal_length),
        boxes=fields.boxes("boxes", MOST_BOXES, REACH),
        sequence=video_id,
    )
    fields.nothing_else()
    return options


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        said = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        raise Refusal(
            400, "bad_json", f"The body is no JSON: {said}.", "Send a JSON object in UTF-8."
        ) from None
    if not isinstance(value, dict):
        raise Refusal(400, "bad_json", "The body is no JSON object.", 'Send {"frame_number": …, …}.')
    return value


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number in JSON")
