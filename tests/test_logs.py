"""What machines read of a line, and that the lines of requests say what can be looked up and nothing that cannot be shown."""

import json
import logging

import pytest

from channel.logs import JsonLines, TextLines, facts
from tests.web.conftest import Site, site

__all__ = ["site"]  # a fixture


def record(**more: object) -> logging.LogRecord:
    line = logging.LogRecord("channel.x", logging.WARNING, "", 0, "cut %d", (3,), None)
    line.__dict__.update(more)
    return line


def test_facts_stand_beside_the_text() -> None:
    told = json.loads(JsonLines().format(record(**facts("live.cut", code=4008, count=3))))
    assert told.pop("at").endswith("+00:00")
    assert told == {
        "level": "warning", "name": "channel.x", "text": "cut 3", "event": "live.cut", "code": 4008, "count": 3,
    }  # fmt: skip


def test_people_read_the_text_and_where_it_was() -> None:
    assert TextLines().format(record()).endswith("WARNING channel.x: cut 3")
    told = record(**facts("live.cut", code=4008, stream="room:7"))
    assert TextLines().format(told).endswith("WARNING channel.x: cut 3 (room:7)")


async def test_each_answer_is_one_line_with_the_id_that_its_sender_has(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "channel.access")
    page = await site.stranger().get("/join/secretcode?token=alsosecret")
    [line] = [json.loads(JsonLines().format(one)) for one in caplog.records if one.name == "channel.access"]
    assert line["request_id"] == page.answer.headers["x-request-id"]
    assert (line["event"], line["method"], line["path"], line["status"]) == (
        "answer",
        "GET",
        "/join/…",
        page.status,
    )
    assert line["took_ms"] >= 0
    assert "secret" not in json.dumps(line)
