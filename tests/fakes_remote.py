"""The remote engine with a service of its own: both in one worker, the service's engine in another."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from fakes_service import a_service, limits, served

from pipeline.engines.engine import EngineSettings
from pipeline.engines.remote.engine import RemoteEngine
from pipeline.loading import Stage


class SelfServed(RemoteEngine):
    """Asks a service that it starts itself, with the stand-in and the settings as its cues."""

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()

    def stages(self, settings: EngineSettings) -> Sequence[Stage]:
        bounds = limits(pixels=10_000_000, body=64_000_000)
        service = self._open.enter_context(a_service(bounds, ready=False, **settings.extra))
        here = self._open.enter_context(served(service))
        return super().stages(EngineSettings(extra={**settings.extra, "url": here.url}))

    def close(self) -> None:
        super().close()
        self._open.close()
