"""Downloads over a network that breaks in every way, from a server on the loopback."""

import errno
import gzip
import hashlib
import io
import json
import os
import ssl
from urllib.error import URLError

import pytest
from fakes_server import file_server

from pipeline.engines.download import Damaged, download
from pipeline.engines.transfer import Reach
from pipeline.errors import EngineError
from pipeline.job import Cancelled

CONTENT = os.urandom(3_000_000)
CALM = Reach(pause=lambda seconds: None)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def server():
    with file_server() as made:
        yield made


@pytest.fixture
def target(tmp_path):
    return tmp_path / "deep" / "file.bin"


class Told:
    """Remembers what a stage was told; raises Cancelled once so many bytes have come."""

    def __init__(self, cancel_at: int | None = None) -> None:
        self.changes: list[dict] = []
        self._cancel_at = cancel_at

    def __call__(self, **changes) -> None:
        self.changes.append(changes)
        if self._cancel_at is not None and changes.get("bytes_done", 0) >= self._cancel_at:
            raise Cancelled

    def last(self, key: str):
        return [change[key] for change in self.changes if change.get(key) is not None][-1]


def names(target) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


def test_a_file_comes_whole_and_is_counted(server, target):
    told = Told()
    url = server.put("/file.bin", CONTENT)
    assert download(url, target, told, sha256=hashlib.sha256(CONTENT).hexdigest()) == target
    assert target.read_bytes() == CONTENT
    assert names(target) == ["file.bin"]
    assert told.last("bytes_done") == told.last("bytes_total") == len(CONTENT)
    assert told.last("fraction") == 1.0


def test_a_body_cut_in_the_middle_is_gone_on_with(server, target):
    url = server.put("/file.bin", CONTENT, cuts=[1_000_000, 500_000])
    told = Told()
    download(url, target, told, reach=CALM)
    assert target.read_bytes() == CONTENT
    assert [asked[1] for asked in server.asked] == ["", "bytes=1000000-", "bytes=1500000-"]
    assert told.last("bytes_done") == len(CONTENT), "no byte came twice"


def test_a_cancelled_download_keeps_its_part_and_later_only_the_rest_is_fetched(server, target):
    url = server.put("/file.bin", CONTENT, cuts=[1_200_000])
    with pytest.raises(Cancelled):
        download(url, target, Told(cancel_at=1), reach=CALM)
    part = target.with_name("file.bin.part").stat().st_size
    assert 0 < part <= 1_200_000
    assert not target.exists()
    server.files["/file.bin"].cuts.clear()
    told = Told()
    download(url, target, told, reach=CALM)
    assert target.read_bytes() == CONTENT
    assert server.asked[-1][1] == f"bytes={part}-"
    assert told.last("bytes_done") == told.last("bytes_total") == len(CONTENT) - part, "the rate is right"
    assert any("were here" in change.get("detail", "") for change in told.changes)
    assert names(target) == ["file.bin"]


def test_a_file_that_changed_on_the_server_is_fetched_from_its_beginning(server, target):
    url = server.put("/file.bin", CONTENT, cuts=[1_000_000])
    with pytest.raises(Cancelled):
        download(url, target, Told(cancel_at=1), reach=CALM)
    other = os.urandom(2_500_000)
    server.put("/file.bin", other, etag='"two"')
    download(url, target, Told(), reach=CALM)
    assert target.read_bytes() == other


def test_a_server_that_cannot_send_parts_sends_all_again(server, target):
    url = server.put("/file.bin", CONTENT, cuts=[1_000_000], ranges=False)
    download(url, target, Told(), reach=CALM)
    assert target.read_bytes() == CONTENT


def test_a_wrong_length_never_becomes_a_file(server, target):
    url = server.put("/file.bin", CONTENT, claims=len(CONTENT) + 10, ranges=False)
    with pytest.raises(EngineError, match=r"it ended after 3000000 of 3000010 bytes") as caught:
        download(url, target, Told(), reach=CALM)
    assert url in caught.value.hint
    assert str(target) in caught.value.hint
    assert not target.exists()


def test_a_file_that_is_not_there_is_said_at_once_with_how_to_bring_it(server, target):
    url = server.url("/file.bin")
    with pytest.raises(EngineError, match=r"does not have file.bin any more \(404\)") as caught:
        download(url, target, Told(), reach=CALM)
    assert url in caught.value.hint
    assert str(target) in caught.value.hint
    assert len(server.asked) == 1


def test_a_server_that_is_busy_is_asked_again(server, target):
    url = server.put("/file.bin", CONTENT, statuses=[503, 429])
    download(url, target, Told(), reach=CALM)
    assert target.read_bytes() == CONTENT


def test_waiting_grows_and_can_be_cancelled(server, target):
    waited = []
    url = server.put("/file.bin", CONTENT, statuses=[503] * 9)
    with pytest.raises(EngineError, match="refuses to send"):
        download(url, target, Told(), reach=Reach(pause=waited.append))
    assert sum(waited) == pytest.approx(3.0), (
        "1 s, then 2 s: a network that was never there is not waited for"
    )

    def cancel(**changes):
        if "again" in changes.get("detail", ""):
            raise Cancelled

    with pytest.raises(Cancelled):
        download(url, target, cancel, reach=CALM)


@pytest.mark.parametrize(
    ("error", "message", "tries"),
    [
        (URLError(OSError(errno.ENETUNREACH, "Network is unreachable")), "Network is unreachable", 3),
        (URLError(TimeoutError("timed out")), "it does not answer", 3),
        (OSError("Tunnel connection failed: 407 Proxy Authentication Required"), "The proxy wants a name", 1),
        (URLError(ssl.SSLCertVerificationError("self-signed")), "is not trusted here", 1),
    ],
)
def test_a_network_that_is_not_there_is_said_with_what_to_do(error, message, tries, target):
    asked = []

    def ask(request, timeout):
        asked.append(request)
        raise error

    with pytest.raises(EngineError, match=message) as caught:
        download("http://far.away/file.bin", target, Told(), reach=Reach(ask=ask, pause=lambda seconds: None))
    assert "http://far.away/file.bin" in caught.value.hint
    assert str(target) in caught.value.hint
    assert len(asked) == tries


class FullDisk(io.BytesIO):
    """A file on a disk that has room for one more megabyte."""

    def write(self, block):
        if self.tell() + len(block) > 2**20:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(block)


def test_a_full_disk_is_said_and_what_has_come_stays(server, target):
    url = server.put("/file.bin", CONTENT, cuts=[500_000])
    with pytest.raises(Cancelled):
        download(url, target, Told(cancel_at=1), reach=CALM)
    part = target.with_name("file.bin.part")
    before = part.stat().st_size
    with pytest.raises(EngineError, match=r"disk .* is full") as caught:
        download(url, target, Told(), reach=Reach(open=lambda path: FullDisk()))
    assert "Free some space" in caught.value.hint
    assert part.stat().st_size == before


def test_a_file_larger_than_the_free_disk_is_not_begun(server, target):
    url = server.put("/file.bin", b"x", claims=2**60)
    with pytest.raises(EngineError, match=r"needs 1073741824.0 GB more"):
        download(url, target, Told(), reach=CALM)


def test_what_does_not_pass_its_check_is_no_file(server, target):
    url = server.put("/file.bin", b"<html>Log in, please</html>")

    def check(path):
        raise Damaged("is no archive, but a web page")

    with pytest.raises(EngineError, match=r"sent for file.bin is no archive, but a web page"):
        download(url, target, Told(), check=check)
    assert names(target) == []


def test_a_wrong_checksum_is_no_file(server, target):
    url = server.put("/file.bin", CONTENT)
    with pytest.raises(EngineError, match="SHA-256"):
        download(url, target, Told(), sha256="0" * 64)
    assert not target.exists()


def _whole_gzip(path):
    try:
        gzip.decompress(path.read_bytes())
    except (EOFError, gzip.BadGzipFile) as error:
        raise Damaged("is cut off") from error


def test_the_beginning_that_another_program_left_is_gone_on_with(server, target):
    packed = gzip.compress(CONTENT)
    url = server.put("/file.gz", packed)
    target.parent.mkdir()
    target.write_bytes(packed[:2_000_000])
    download(url, target, Told(), check=_whole_gzip, adopt=True)
    assert target.read_bytes() == packed
    assert [asked[1] for asked in server.asked] == ["bytes=2000000-"]


@pytest.mark.parametrize("length", [2_000_000, 3_200_000], ids=["shorter", "longer"])
def test_a_beginning_that_is_of_another_file_is_found_out(length, server, target):
    packed = gzip.compress(CONTENT)
    url = server.put("/file.gz", packed)
    target.parent.mkdir()
    target.write_bytes(os.urandom(length))
    download(url, target, Told(), check=_whole_gzip, adopt=True, reach=CALM)
    assert target.read_bytes() == packed


def test_without_a_length_the_check_decides(server, target):
    packed = gzip.compress(CONTENT)
    url = server.put("/file.gz", packed, chunked=True, etag="")
    told = Told()
    download(url, target, told, check=_whole_gzip)
    assert target.read_bytes() == packed
    assert told.last("bytes_done") == len(packed)


def test_a_part_of_another_address_or_a_broken_note_is_not_used(server, target):
    url = server.put("/file.bin", CONTENT)
    target.parent.mkdir()
    target.with_name("file.bin.part").write_bytes(b"x" * 100)
    note = target.with_name("file.bin.part.json")
    for text in ("{", json.dumps({"url": server.url("/other"), "validator": '"one"', "length": 200})):
        note.write_text(text)
        download(url, target, Told())
        assert target.read_bytes() == CONTENT
        assert server.asked[-1][1] == ""


def test_a_whole_part_is_not_asked_for_again(server, target):
    url = server.put("/file.bin", CONTENT)

    def interrupted(path):
        raise Cancelled

    with pytest.raises(Cancelled):
        download(url, target, Told(), check=interrupted)
    download(url, target, Told())
    assert target.read_bytes() == CONTENT
    assert len(server.asked) == 1


def test_a_folder_that_cannot_be_written_is_said(server, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EngineError, match="cannot be written") as caught:
        download(server.put("/a", b"x"), tmp_path / "file" / "a", Told())
    assert "RETAKE_WEIGHTS" in caught.value.hint
