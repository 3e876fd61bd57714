"""What all readers of one video file share."""

from __future__ import annotations

from dataclasses import dataclass, field

import av

from pipeline.video.damage import Damage
from pipeline.video.decoder import Decoder
from pipeline.video.orientation import Orientation
from pipeline.video.scan import Scan
from pipeline.video.video import VideoInfo


def frame_bytes(frame: av.VideoFrame) -> int:
    """Memory a decoded frame holds, padding included."""
    # libavcodec rounds the height up to whole blocks and adds a little for reads beyond the edge.
    return sum(plane.line_size * (-(-plane.height // 32) * 32 + 2) for plane in frame.planes)


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """What all readers of one file share.

    Attributes:
        info: As the container describes it.
        stream: Index of the stream in the file.
        orientation: How pictures are turned.
        scan: The index in the making.
        estimate: Frames the container seems to hold.
        frame_bytes: Memory the first decoded frame holds.
        damage: What was found damaged.
    """

    info: VideoInfo
    stream: int
    orientation: Orientation
    scan: Scan
    estimate: int
    frame_bytes: int
    damage: Damage = field(default_factory=Damage)

    def decoder(self, *, counted: bool, threads: bool = True) -> Decoder:
        """A decoder of its own."""
        return Decoder(self.info.path, self.stream, counted=counted, threads=threads)
