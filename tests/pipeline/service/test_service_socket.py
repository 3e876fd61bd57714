"""The service as it is met on a socket: slow, large, broken and hostile clients."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from fakes_service import a_service, asked, limits, served
from fakes_waiting import wait_until

RECEIVE = 1  # s
HEAD = b"POST /pose/hybrid HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RETAKE_HOME", str(tmp_path_factory.mktemp("home")))
        with a_service(limits(receive=RECEIVE, connections=20)) as service, served(service) as here:
            yield here


def connect(here) -> socket.socket:
    return socket.create_connection(here.address, timeout=20)


def speak(here, data: bytes) -> tuple[int, dict]:
    """Send bytes and read the whole answer; the service closes afterwards, or is told to."""
    with connect(here) as sock:
        sock.sendall(data)
        response = http.client.HTTPResponse(sock)
        response.begin()
        return response.status, json.loads(response.read())


def works(here) -> bool:
    return said_to_a_frame(here) == 200


def said_to_a_frame(here) -> int:
    return status_of(here, "POST", "/pose/hybrid", json.dumps(asked()))


def health_of(here) -> int:
    return status_of(here, "GET", "/health")


def status_of(here, method: str, path: str, body: str | None = None) -> int:
    connection = http.client.HTTPConnection(*here.address, timeout=20)
    connection.request(method, path, body, {"Content-Type": "application/json"})
    status = connection.getresponse().status
    connection.close()
    return status


def until_closed(sock: socket.socket) -> float:
    """Seconds until the other side closes."""
    began = time.monotonic()
    while sock.recv(4096):
        pass
    return time.monotonic() - began


def sent_until_closed(sock: socket.socket, piece: bytes, most: int) -> int:
    """Bytes that could be sent, piece by piece, before the other side closed."""
    sent = 0
    with contextlib.suppress(OSError):
        while sent < most:
            sock.sendall(piece)
            sent += len(piece)
    return sent


@pytest.mark.parametrize(
    "said", [b"", b"G", b"POST /pose/hybrid HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{"]
)
def test_who_falls_silent_is_dropped_and_others_are_served_meanwhile(here, said):
    with connect(here) as slow:
        slow.sendall(said)
        assert works(here)
        assert until_closed(slow) < 5 * RECEIVE
    assert works(here)


def test_who_sends_byte_by_byte_is_dropped_too(here):
    began = time.monotonic()
    with connect(here) as slow:
        slow.settimeout(RECEIVE / 5)
        slow.sendall(b"POST /pose/hybrid HTTP/1.1\r\nX: ")
        closed = False
        while not closed and time.monotonic() - began < 10 * RECEIVE:
            try:
                closed = not slow.recv(1)  # waits for as long as the pause between two bytes is
            except TimeoutError:
                slow.sendall(b"x")
            except ConnectionError:
                closed = True
    assert closed
    assert time.monotonic() - began < 5 * RECEIVE
    assert works(here)


def test_more_connections_than_allowed_wait_and_are_served(here):
    idle = [connect(here) for _ in range(25)]
    try:
        assert works(here)  # once those that say nothing are dropped
    finally:
        for sock in idle:
            sock.close()


def test_a_body_that_is_announced_too_large_is_not_read(here):
    status, told = speak(here, HEAD + b"Content-Length: %d\r\n\r\n" % (2**40))
    assert (status, told["error"]["kind"]) == (413, "body_too_large")
    assert works(here)


def test_a_body_in_chunks_is_read_and_bounded(here):
    head = HEAD + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    body = json.dumps(asked()).encode()
    status, _ = speak(here, head + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n")
    assert status == 200
    with connect(here) as sock:
        sock.sendall(head)
        assert sent_until_closed(sock, b"10000\r\n" + b" " * 65536 + b"\r\n", 50 * 2**20) < 20 * 2**20
    assert works(here)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"POST /pose/hybrid HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /pose/hybrid HTTP/1.1\r\nContent-Length: 5, 6\r\n\r\n",
        b"POST /pose/hybrid HTTP/1.1\r\nTransfer-Encoding: magic\r\n\r\n",
        b"GET / HTTP/1.1\r\nBad Header: 1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_in_the_form_of_all_errors(here, data):
    status, told = speak(here, data)
    assert 400 <= status < 600
    assert told["error"]["kind"]
    assert told["error"]["message"]
    assert works(here)


def test_health_is_told_while_all_wait_to_be_read(tmp_path):
    with a_service(limits(queue=1, seconds=1)) as service, served(service) as here:
        for _ in range(2):
            service._reading.acquire()  # as if two pictures took for ever
        with ThreadPoolExecutor(10) as pool:
            waiting = [pool.submit(said_to_a_frame, here) for _ in range(10)]
            assert health_of(here) == 200
            statuses = [one.result() for one in waiting]
        assert set(statuses) == {429, 504}
        assert statuses.count(504) >= service.limits.requests
        for _ in range(2):
            service._reading.release()
        assert said_to_a_frame(here) == 200


def test_who_takes_no_answers_is_dropped_though_requests_of_theirs_wait(tmp_path):
    with a_service(limits(receive=RECEIVE)) as service, served(service) as here:
        service.metrics.text = lambda: "x" * 2**24  # more than the system holds for a connection
        with socket.create_connection(here.address, timeout=20) as sock:
            sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 10)
            channels = here.server._server.active_channels
            wait_until(lambda: any(channel.requests for channel in list(channels.values())))
            wait_until(lambda: not channels, 10 * RECEIVE)
        assert health_of(here) == 200


def test_a_client_that_goes_in_the_middle_harms_nobody(here):
    for part in (
        b"POST /pose/hybrid HTTP/1.1\r\nContent-Le",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ):
        with connect(here) as sock:
            sock.sendall(part)
    assert works(here)


def test_one_connection_may_ask_many_times(here):
    connection = http.client.HTTPConnection(*here.address, timeout=20)
    for _ in range(5):
        connection.request("GET", "/health")
        response = connection.getresponse()
        assert response.status == 200
        assert response.read()
        assert not response.will_close
    connection.close()
