"""What the service does not let anybody exceed."""

from __future__ import annotations

from dataclasses import dataclass

MOST_PIXELS = 80_000_000
"""Larger pictures Pillow itself warns of before their size can be judged here."""


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """Bounds of everything a client decides.

    Attributes:
        body: Bytes of a request's body.
        pixels: Of a picture; at most MOST_PIXELS.
        queue: Frames that wait for the engine while it works on another.
        seconds: A request may take, waiting included.
        videos: How many videos' tracks are remembered; of more, the one not used for longest is forgotten.
        answers: How many results are remembered, over all videos, for requests that are repeated.
        connections: Open at once; more wait until one is closed.
        receive: Seconds a request may take to arrive, and a connection may be silent.
        reload: Seconds until loading that failed is tried again.
    """

    body: int = 64_000_000
    pixels: int = 50_000_000
    queue: int = 8
    seconds: float = 120.0
    videos: int = 64
    answers: int = 512
    connections: int = 100
    receive: float = 20.0
    reload: float = 60.0

    @property
    def requests(self) -> int:
        """Requests for people that are in work at once, in whatever state: the frames, and two being read."""
        return self.queue + 1 + 2

    @property
    def threads(self) -> int:
        """Threads that answer: one for each request in work, and some that always have time for /health."""
        return self.requests + 2
