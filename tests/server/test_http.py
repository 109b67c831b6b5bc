"""HTTP clients that are slow, endless or hostile."""

import asyncio
import json
import time
from dataclasses import replace

import pytest

from channel.api.codes import CODES
from channel.server import listen, serve
from tests.server.site import (
    QUICK,
    Site,
    application,
    cut_while_sending,
    eventually,
    get,
    read_to_end,
    rss_kb,
    status,
)


def test_a_request_is_answered_with_a_date_and_without_a_server_name(site: Site) -> None:
    answer = site.ask(get())
    assert status(answer) == 200
    head = answer.split(b"\r\n\r\n")[0].lower()
    assert b"\r\ndate:" in head
    assert b"\r\nserver:" not in head


def test_a_body_arrives_whole(site: Site) -> None:
    body = b"b" * 300_000
    answer = site.ask(
        b"POST /size HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 300000\r\n\r\n" + body
    )
    assert answer.endswith(b"300000")


def test_a_connection_serves_one_request_after_another(site: Site) -> None:
    with site.connect() as client:
        for _ in range(3):
            client.sendall(b"GET /headers HTTP/1.1\r\nHost: a\r\n\r\n")
            assert status(client.recv(65_536)) == 200
        time.sleep(3 * QUICK.header_s)  # idle between requests owes us nothing
        client.sendall(get())
        assert status(read_to_end(client)) == 200


def test_a_forwarded_address_is_not_believed_unless_the_proxy_is_trusted(site: Site) -> None:
    answer = site.ask(get(extra=b"X-Forwarded-For: 6.6.6.6\r\n"))
    assert json.loads(answer.split(b"\r\n\r\n")[1])["client"] == "127.0.0.1"


def test_header_lines_are_accepted_at_the_limit_and_refused_above(site: Site) -> None:
    def with_lines(count: int) -> bytes:
        return get(extra=b"".join(b"X-%d: 1\r\n" % n for n in range(count - 2)))

    assert status(site.ask(with_lines(QUICK.header_lines))) == 200
    assert status(site.ask(with_lines(QUICK.header_lines + 1))) == 431


def test_header_bytes_are_accepted_at_the_limit_and_refused_above(site: Site) -> None:
    def with_bytes(count: int) -> bytes:
        return get(extra=b"X-Long: %s\r\n" % (b"x" * (count - len(get()) - len("X-Long: \r\n"))))

    assert len(with_bytes(QUICK.header_bytes)) == QUICK.header_bytes
    assert status(site.ask(with_bytes(QUICK.header_bytes))) == 200
    assert status(site.ask(with_bytes(QUICK.header_bytes + 1))) == 431


@pytest.mark.parametrize("endless", [b"X-Long: ", b"X-"], ids=["value", "name"])
def test_endless_headers_are_refused_in_bounded_memory(site: Site, endless: bytes) -> None:
    before_kb = rss_kb()
    with site.connect() as client:
        client.sendall(b"GET /headers HTTP/1.1\r\nHost: a\r\n" + endless)
        assert cut_while_sending(client, b"x" * 1_048_576, 64)
    assert rss_kb() - before_kb < 16_384


def test_an_endless_address_is_refused(site: Site) -> None:
    assert status(site.ask(b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n")) == 431


@pytest.mark.parametrize(
    ("request_", "expected", "code"),
    [
        (b"GET /api/v1/search?q=%s HTTP/1.1\r\nHost: a\r\n\r\n" % (b"a" * 20_000), 431, "headers_too_long"),
        (b"GET /api/v1/me HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431, "headers_too_long"),
        (b"GET /api/v1/me HTTP/1.1\r\nHost: a\r\nBroken\r\n\r\n", 400, "malformed"),
        (b"GET /api/v1/me HTTP/1.1\r\nHost: a\r\n", 408, "too_slow"),
    ],
    ids=["address", "lines", "broken", "slow"],
)
def test_a_program_is_refused_in_its_own_language(
    site: Site, request_: bytes, expected: int, code: str
) -> None:
    """RFC 9457, as whatever else the API refuses, though the app never hears of these requests."""
    head, _, body = site.ask(request_).partition(b"\r\n\r\n")
    problem = json.loads(body)
    assert b"content-type: application/problem+json" in head.lower()
    assert (status(head), problem["status"], problem["code"]) == (expected, expected, code)
    assert problem["detail"].endswith(".") and code in CODES


def test_trailers_count_as_headers(site: Site) -> None:
    request = b"POST /size HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    assert status(site.ask(request + b"X: y\r\n" * 200 + b"\r\n")) in (400, 431)


@pytest.mark.parametrize("start", [b"", b"GET /headers HT", b"GET / HTTP/1.1\r\nHost: a\r\nX"])
def test_slow_headers_are_answered_408(site: Site, start: bytes) -> None:
    with site.connect() as client:
        if start:
            client.sendall(start)
        assert status(read_to_end(client)) == 408


def test_headers_that_drip_are_cut_all_the_same(site: Site) -> None:
    with site.connect() as client:
        client.sendall(b"GET /headers HTTP/1.1\r\nX: ")
        assert cut_while_sending(client, b"x", 200, every_s=0.05)


def test_blank_lines_after_an_answer_do_not_keep_a_connection(site: Site) -> None:
    with site.connect() as client:
        client.sendall(b"GET /headers HTTP/1.1\r\nHost: a\r\n\r\n")
        client.recv(65_536)
        client.sendall(b"\r\n")
        assert status(read_to_end(client)) == 408


def test_a_burst_of_pipelined_requests_is_cut(site: Site) -> None:
    answer = site.ask(b"GET /headers HTTP/1.1\r\nHost: a\r\n\r\n" * 10_000)
    assert answer.count(b" 200 OK") < 10_000


def test_a_body_that_stops_is_answered_408(site: Site) -> None:
    with site.connect() as client:
        client.sendall(b"POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\nabc")
        assert status(read_to_end(client)) == 408


def test_a_body_that_drips_is_answered_408(site: Site) -> None:
    with site.connect() as client:
        client.sendall(b"POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n")
        assert cut_while_sending(client, b"x", 200, every_s=0.05)


def test_a_long_body_at_a_fair_pace_is_accepted() -> None:
    with Site(replace(QUICK, body_bytes_per_s=1000)) as site, site.connect() as client:
        client.sendall(
            b"POST /size HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 40000\r\n\r\n"
        )
        for _ in range(40):  # two seconds, four windows
            client.sendall(b"x" * 1000)
            time.sleep(0.05)
        assert read_to_end(client).endswith(b"40000")


def test_a_body_that_nobody_wants_is_not_read_for_ever(site: Site) -> None:
    with site.connect() as client:
        client.sendall(b"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n")
        assert status(client.recv(65_536)) == 403
        assert cut_while_sending(client, b"x" * 20_000, 400, every_s=0.02)


def test_an_http_reader_that_stops_is_freed(site: Site) -> None:
    with site.connect(receive_buffer_bytes=4096) as client:
        client.sendall(get("/endless"))
        assert eventually(lambda: site.open_sockets() == 1)
        assert eventually(lambda: site.open_sockets() == 0)


def test_a_reader_that_stops_with_requests_in_line_leaves_no_traceback(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    with site.connect(receive_buffer_bytes=4096) as client:
        client.sendall(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n" * 3)
        assert eventually(lambda: site.open_sockets() == 1)
        assert eventually(lambda: site.open_sockets() == 0)
    time.sleep(0.2)
    assert not [record for record in caplog.records if record.exc_info]


def test_a_refusal_does_not_end_up_in_an_answer_that_is_half_written(site: Site) -> None:
    with site.connect() as client:
        client.sendall(
            b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n" + b"GET /headers HTTP/1.1\r\nHost: a\r\n\r\n"
        )
        assert status(client.recv(65_536)) == 200
        client.sendall(b"GET /headers HTTP/1.1\r\nX-Long: " + b"x" * 20_000 + b"\r\n\r\n")
        assert b"HTTP/1.1 4" not in read_to_end(client)


def test_proxies_cannot_be_trusted_wholesale() -> None:
    with listen("127.0.0.1", 0) as sock, pytest.raises(ValueError, match="never"):
        asyncio.run(serve(application(), sock, trusted_proxies=("*",)))
