from __future__ import annotations

import pytest

from pipeline.errors import UserError
from pipeline.service.faults import Refusal
from pipeline.service.gate import Gate, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.0.0.2"])
def test_loopback_needs_no_token(host):
    assert is_loopback(host)
    Gate(host, "").check("/", "localhost:8000", None)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_any_other_address_needs_one(host):
    with pytest.raises(UserError, match="token") as caught:
        Gate(host, "")
    assert "RETAKE_TOKEN" in caught.value.hint
    Gate(host, "secret").check("/", "anything.example", "Bearer secret")


@pytest.mark.parametrize(
    "name", ["localhost", "localhost:1", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST", None]
)
def test_this_machines_names_are_let_in(name):
    Gate("127.0.0.1", "").check("/", name, None)


@pytest.mark.parametrize(
    "name",
    [
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "localhost:",
        "",
        "127.0.0.1@evil",
        "[::2]",
    ],
)
def test_other_names_are_refused(name):
    with pytest.raises(Refusal) as caught:
        Gate("127.0.0.1", "").check("/health", name, None)
    assert caught.value.status == 403


@pytest.mark.parametrize(
    "given", [None, "", "secret", "Basic secret", "Bearer", "Bearer wrong", "Bearer secre\xe9"]
)
def test_a_wrong_token_is_refused(given):
    gate = Gate("127.0.0.1", "secret")
    with pytest.raises(Refusal) as caught:
        gate.check("/pose/hybrid", "localhost", given)
    assert caught.value.status == 401
    assert caught.value.headers()["WWW-Authenticate"] == "Bearer"
    gate.check("/health", "localhost", given)
    gate.check("/pose/hybrid", "localhost", "bearer secret")


@pytest.mark.parametrize("token", ["two words", "ümlaut", "line\n"])
def test_a_token_that_cannot_be_sent_is_refused(token):
    with pytest.raises(UserError, match="token"):
        Gate("127.0.0.1", token)
