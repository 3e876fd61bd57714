"""`retake frame`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from PIL import Image as Picture

from app.commands.arguments import add_body, add_video, session_of
from pipeline.atomic import replacing, spare
from pipeline.depict import Painter
from pipeline.errors import UserError
from pipeline.render import Layers, blend
from pipeline.session.open import session_path
from pipeline.session.store import Store
from pipeline.structures import Image
from pipeline.video import Video, open_video
from pipeline.video.pictures import pictures_at

HELP = "Write one frame as a picture: exactly what the window shows."
EPILOG = """examples:
  retake frame clip.mp4 25 -o frame.png
  retake frame clip.mp4 25 -o frame.png --overlay
  retake frame clip.mp4 25 -o frame.png --overlay --layers skeleton,boxes,labels
"""

_LAYERS = (
    "meshes",
    "wireframe",
    "silhouettes",
    "skeleton",
    "keypoints",
    "boxes",
    "labels",
    "trails",
    "rejected",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Video, frame, output, and what is drawn."""
    add_video(parser)
    parser.add_argument("frame", type=int, metavar="N", help="the frame, counted from 0")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="picture to write (.png, .jpg)"
    )
    parser.add_argument("--overlay", action="store_true", help="draw what the session holds for the frame")
    parser.add_argument(
        "--layers",
        type=_layers,
        default=Layers(),
        metavar="A,B",
        help=f"with --overlay, of: {', '.join(_LAYERS)}",
    )
    add_body(parser)


def run(arguments: argparse.Namespace) -> int:
    """Decode, draw, write."""
    _spare_video(arguments.video, arguments.output)
    video = open_video(arguments.video)
    try:
        image = _picture(video, arguments)
    finally:
        video.close()
    suffix = arguments.output.suffix.lower()
    if suffix not in (".png", ".jpg", ".jpeg"):
        raise UserError(
            f"A picture cannot be written as {suffix or 'a file without an ending'}.", "Use .png or .jpg."
        )
    with replacing(arguments.output) as temporary:
        Picture.fromarray(image).save(temporary, quality=95)
    return 0


def _spare_video(video: Path, output: Path) -> None:
    """Refuse to write over the video, or to put one more frame into a folder of pictures."""
    spare(output, (video, session_path(video), *(pictures_at(video) or ())))
    if video.is_dir() and output.parent.resolve() == video.resolve():
        raise UserError(
            f"The folder “{video}” is the video: a picture in it would become a frame.",
            "Choose another folder.",
        )


def _layers(text: str) -> Layers:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := [name for name in names if name not in _LAYERS]:
        raise argparse.ArgumentTypeError(
            f"no layer is called {', '.join(unknown)}; there are {', '.join(_LAYERS)}"
        )
    return Layers(**{name: name in names for name in _LAYERS})


def _picture(video: Video, arguments: argparse.Namespace) -> Image:
    video.build_index()
    if not 0 <= arguments.frame < video.frame_count:
        raise UserError(
            f"There is no frame {arguments.frame}.", f"The video has frames 0 to {video.frame_count - 1}."
        )
    image = video.frame(arguments.frame).image
    if not arguments.overlay:
        return image
    with (
        Store(session_of(arguments.video), read_only=True) as store,
        Painter([arguments.body] if arguments.body else []) as painter,
    ):
        if painter.notice:
            print(painter.notice, file=sys.stderr)
        overlay = painter.overlay(store, arguments.frame, arguments.layers)
    if overlay is None:
        raise UserError(
            f"Frame {arguments.frame} has no result to draw.",
            f"Run it first: retake run {arguments.video} --frames {arguments.frame}",
        )
    return blend(image, overlay)
