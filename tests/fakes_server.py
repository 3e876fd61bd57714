"""A web server on the loopback that serves files and misbehaves on cue."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Served:
    """A file, and how the next answers about it go wrong; each cue is used up by one request.

    Attributes:
        content: The bytes.
        etag: Sent with it; empty for none.
        cuts: The connection is closed after so many bytes of the body.
        statuses: The answer is this status and nothing else.
        ranges: Whether it can send a part.
        claims: Sent as the length in place of the real one.
        chunked: No length is sent; the body ends when the connection does.
    """

    content: bytes
    etag: str = '"one"'
    cuts: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    ranges: bool = True
    claims: int | None = None
    chunked: bool = False


class FileServer:
    """Serves `files` by path; `asked` holds each request's path and its Range."""

    def __init__(self) -> None:
        self.files: dict[str, Served] = {}
        self.asked: list[tuple[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def url(self, path: str) -> str:
        """The address of a path such as "/a.bin"."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{path}"

    def put(self, path: str, content: bytes, **cues: object) -> str:
        """Serve a file; returns its address."""
        self.files[path] = Served(content, **cues)  # type: ignore[arg-type]
        return self.url(path)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append((self.path, self.headers.get("Range", "")))
                served = server.files.get(self.path)
                if served is None:
                    self.send_error(404)
                elif served.statuses:
                    self.send_error(served.statuses.pop(0))
                else:
                    with contextlib.suppress(ConnectionError):
                        self._send(served)

            def _send(self, served: Served) -> None:
                size, start = len(served.content), 0
                wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
                condition = self.headers.get("If-Range")
                if served.ranges and wanted and condition in (None, served.etag):
                    start = int(wanted[1])
                    if start >= size:
                        self.send_response(416)
                        self.send_header("Content-Range", f"bytes */{size}")
                        self.send_header("Content-Length", "0")
                        self.end_headers()
                        return
                    self.send_response(206)
                    self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
                else:
                    self.send_response(200)
                if served.etag:
                    self.send_header("ETag", served.etag)
                if not served.chunked:
                    length = size - start if served.claims is None else served.claims
                    self.send_header("Content-Length", str(length))
                self.end_headers()
                body = served.content[start:]
                self.wfile.write(body[: served.cuts.pop(0)] if served.cuts else body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@contextlib.contextmanager
def file_server() -> Iterator[FileServer]:
    """A server that runs until the block ends."""
    server = FileServer()
    server.start()
    try:
        yield server
    finally:
        server.close()
