"""What an address answers comes whole, or as a sentence with the way out; a server here plays the service."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from payoff.errors import InvalidValue, Unreachable
from payoff.providers import fetch, is_address

ANSWERS = {
    "/table.csv": "Model,Organisation\nÉcole,ENS\n".encode("utf-8-sig"),
    "/long.csv": b"x" * 5000,
    "/latin.csv": "École".encode("latin-1"),
}


class Service(BaseHTTPRequestHandler):
    """A few pages, one that is gone, one that breaks off, one that says nothing, one that lies elsewhere."""

    def do_GET(self) -> None:
        if self.path in ANSWERS:
            self.answered(ANSWERS[self.path], len(ANSWERS[self.path]))
        elif self.path == "/broken.csv":
            self.answered(b"Model,Org", 1000)
        elif self.path == "/silent.csv":
            time.sleep(2)
        elif self.path == "/moved.csv":
            self.send_response(302)
            self.send_header("Location", "/table.csv")
            self.end_headers()
        elif self.path == "/to-a-file":
            self.send_response(302)
            self.send_header("Location", "file:///etc/hostname")
            self.end_headers()
        elif self.path == "/drops.csv":
            for _ in range(20):
                self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" if _ == 0 else b"a,b\n")
                time.sleep(0.1)
        else:
            self.send_error(404)

    def answered(self, content: bytes, announced: int) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(announced))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of the service."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("page", ["/table.csv", "/moved.csv"])
def test_a_page_comes_as_text_without_its_byte_order_mark(service: str, page: str) -> None:
    assert fetch(service + page) == "Model,Organisation\nÉcole,ENS\n"


def test_a_page_that_is_gone_is_told_by_its_code(service: str) -> None:
    with pytest.raises(Unreachable, match=r"/gone\.csv answers 404 Not Found; mend the address, or download the file"):
        fetch(f"{service}/gone.csv")


def test_an_answer_that_breaks_off_is_no_answer(service: str) -> None:
    with pytest.raises(Unreachable, match=r"broken\.csv (broke off after 9 of 1000 bytes|does not answer)"):
        fetch(f"{service}/broken.csv")


def test_silence_ends(service: str) -> None:
    began = time.monotonic()
    with pytest.raises(Unreachable, match=r"silent\.csv is silent for 0\.2 s; try again"):
        fetch(f"{service}/silent.csv", timeout_s=0.2)
    assert time.monotonic() - began < 1.5


def test_an_answer_in_drops_ends_too(service: str) -> None:
    with pytest.raises(Unreachable, match=r"drops\.csv took longer than 0\.3 s"):
        fetch(f"{service}/drops.csv", longest_s=0.3)


def test_an_answer_that_is_too_long_is_not_read_to_its_end(service: str) -> None:
    with pytest.raises(InvalidValue, match=r"long\.csv is longer than 0\.001 MB"):
        fetch(f"{service}/long.csv", most_bytes=1000)


def test_what_is_no_text_is_refused(service: str) -> None:
    with pytest.raises(InvalidValue, match=r"latin\.csv is no text in UTF-8"):
        fetch(f"{service}/latin.csv")


def test_a_redirection_cannot_lead_to_a_file(service: str) -> None:
    with pytest.raises(Unreachable):
        fetch(f"{service}/to-a-file")


def test_nobody_there_is_told_at_once() -> None:
    with pytest.raises(Unreachable, match=r"does not answer .*; mend the address, or download the file yourself"):
        fetch("http://127.0.0.1:9/table.csv")


@pytest.mark.parametrize("address", ["table.csv", "file:///etc/hostname", "ftp://example.org/table.csv", ""])
def test_only_http_is_an_address(address: str) -> None:
    assert not is_address(address)
    with pytest.raises(InvalidValue, match="an address begins with https:// or http://"):
        fetch(address)


@pytest.mark.parametrize("address", ["http://", "http://[::1", "https:// /x"])
def test_a_broken_address_is_told(address: str) -> None:
    with pytest.raises(Unreachable, match="mend the address"):
        fetch(address)
