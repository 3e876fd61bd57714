"""The schemas of requests and answers, for the OpenAPI description (JSON Schema 2020-12)."""

from __future__ import annotations

from typing import Any

from pipeline.service.asking import INCLUDE, LAST_FRAME, MOST_BOXES, MOST_SECONDS, REACH, VIDEO_ID
from pipeline.service.limits import ServiceLimits
from pipeline.structures import RunOptions

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {
    "description": "A float32 or float64 without loss; a text where it is not finite.",
    "anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}],
}
WHOLE: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}


def array(item: Schema, count: int | None = None) -> Schema:
    """A list of `count` items, or of any number."""
    bounds = {} if count is None else {"minItems": count, "maxItems": count}
    return {"type": "array", "items": item, **bounds}


def nested(*shape: int | None) -> Schema:
    """Numbers in lists of that shape; None is any length."""
    schema = {"$ref": "#/components/schemas/Number"}
    for count in reversed(shape):
        schema = array(schema, count)
    return schema


def maybe(schema: Schema) -> Schema:
    """That, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def record(required: dict[str, Schema], optional: dict[str, Schema] | None = None, **more: Any) -> Schema:
    """An object with these fields and no others."""
    properties = {**required, **(optional or {})}
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
        **more,
    }


def mapping(value: Schema) -> Schema:
    """An object with any names."""
    return {"type": "object", "additionalProperties": value}


def asked(limits: ServiceLimits) -> Schema:
    """The body of a request."""
    usual = RunOptions()
    box = array({"type": "number", "minimum": -REACH, "maximum": REACH}, 4)
    options: dict[str, Schema] = {
        "score_threshold": {"type": "number", "minimum": 0, "maximum": 1, "default": usual.score_threshold},
        "min_size": {"type": "integer", "minimum": 0, "maximum": 100_000, "default": usual.min_size},
        "max_people": {"type": "integer", "minimum": 0, "maximum": 1000, "default": 0, "description": "0: no limit"},
        "masks": {"type": "boolean", "default": usual.masks, "description": "whether the engine makes masks"},
        "focal_length": {
            "type": "number", "minimum": 0, "maximum": 1e6, "default": 0, "description": "px; 0: by the engine",
        },
        "boxes": {
            "type": "array", "items": box, "maxItems": MOST_BOXES,
            "description": "x1, y1, x2, y2 in px with x1 < x2, y1 < y2: reconstruct these people, detect none",
        },
    }  # fmt: skip
    required: dict[str, Schema] = {
        "frame_number": {"type": "integer", "minimum": 0, "maximum": LAST_FRAME},
        "image_base64": {
            "type": "string",
            "format": "picture-base64",
            "contentEncoding": "base64",
            "minLength": 1,
            "description": f"a JPEG, PNG or WebP file of at most {limits.pixels} pixels, in base64",
        },
    }
    optional: dict[str, Schema] = {
        "video_id": {
            "type": "string", "pattern": f"^{VIDEO_ID}$",
            "description": "frames with the same are tracked; give each run through a video one of its own",
        },
        "time": {
            "type": "number", "minimum": 0, "maximum": MOST_SECONDS, "description": "s; default frame_number / 30",
        },
        "options": record({}, options),
        "include": array({"enum": list(INCLUDE)}),
    }  # fmt: skip
    return record(required, optional)


def answered() -> dict[str, Schema]:
    """The parts of an answer, by name."""
    return {
        "Number": NUMBER,
        "Person": _person(),
        "PoseAnswer": _pose(),
        "Health": _health(),
        "Memory": _memory(),
        "Error": record(
            {
                "error": record(
                    {"kind": TEXT, "message": TEXT, "hint": TEXT},
                    {"numbers": mapping({"type": "number"}), "fields": mapping(TEXT)},
                )
            }
        ),
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _person() -> Schema:
    smpl = record(
        {
            "global_orient": nested(3, 3),
            "body_pose": nested(23, 3, 3),
            "betas": nested(10),
            "global_orient_axis_angle": maybe(nested(3)),
            "body_pose_axis_angle": maybe(nested(23, 3)),
        },
        description="rotation matrices, and the same as rotation vectors in rad; the root's is in the camera",
    )
    camera = record(
        {
            "cam_t": nested(3),
            "focal_length": _ref("Number"),
            "principal_point": nested(2),
            "image_size": array(WHOLE, 2),
        },
        description="x right, y down, z forward; cam_t in m, all else in px",
    )
    required = {
        "track_id": maybe(WHOLE),
        "box": nested(4),
        "score": _ref("Number"),
        "smpl": smpl,
        "camera": camera,
        "joints_3d": maybe(nested(24, 3)),
        "joints_2d": maybe(nested(24, 2)),
    }
    optional = {
        "engine_track": WHOLE,
        "vertices": maybe(nested(None, 3)),
        "keypoints": record({"image": nested(None, 2), "scores": nested(None), "body": nested(None, 3)}),
        "features": nested(None),
        "mask": maybe(record({"size": array(WHOLE, 2), "counts": TEXT})),
    }
    return record(required, optional)


def _pose() -> Schema:
    plan = record(
        {
            "device": TEXT,
            "precision": TEXT,
            "batch_size": WHOLE,
            "detector_size": WHOLE,
            "masks": FLAG,
            "resident": FLAG,
            "notes": array(TEXT),
        }
    )
    required = {
        "frame_number": WHOLE,
        "video_id": maybe(TEXT),
        "time": {"type": "number"},
        "image_size": array(WHOLE, 2),
        "people": array(_ref("Person")),
        "joint_names": array(TEXT, 24),
        "focal_length": _ref("Number"),
        "body_model": TEXT,
        "engine_id": TEXT,
        "plan": plan,
        "timings": mapping(_ref("Number")),
        "peak_memory": WHOLE,
        "warning": TEXT,
        "engine_tracks": FLAG,
        "feature_size": WHOLE,
        "keypoint_layout": maybe(record({"name": TEXT, "count": WHOLE})),
        "service_timings": record({"wait": {"type": "number"}, "run": {"type": "number"}}),
        "memory": maybe(_ref("Memory")),
        "stored": FLAG,
        "notes": array(TEXT),
    }
    rejected = record({"box": nested(4), "score": _ref("Number"), "reason": TEXT})
    optional = {"faces": maybe(array(array(WHOLE, 3))), "overlay": maybe(TEXT), "rejected": array(rejected)}
    return record(required, optional)


def _memory() -> Schema:
    amounts = dict.fromkeys(("used", "total", "worker", "reserved", "peak"), WHOLE)
    return record({"kind": {"enum": ["gpu", "system"]}, "device": TEXT, **amounts}, description="bytes")


def _health() -> Schema:
    names = ("name", "version", "engine_id", "body_model", "gender", "detail")
    stage = record(
        {
            "title": TEXT,
            "state": {"enum": ["waiting", "running", "done", "failed"]},
            "fraction": maybe({"type": "number"}),
            "seconds": {"type": "number"},
            "detail": TEXT,
            "error": TEXT,
            "hint": TEXT,
        }
    )
    return record(
        {
            "service": {"const": "retake"},
            "status": {"enum": ["loading", "ready", "error"]},
            "ready": FLAG,
            "models": mapping({"enum": ["loading", "ready", "error", "absent"]}),
            "device": TEXT,
            "engine": maybe(record({**dict.fromkeys(names, TEXT), "seconds_per_frame": {"type": "number"}})),
            "stages": array(stage),
            "error": maybe(record({"message": TEXT, "hint": TEXT})),
            "queue": WHOLE,
            "restarts": WHOLE,
            "memory": maybe(_ref("Memory")),
        }
    )
