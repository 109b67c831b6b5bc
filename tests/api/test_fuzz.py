"""T29: schemathesis makes calls from the published document, fitting and unfitting ones; none may end in a 5xx."""

import asyncio
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from channel import accounts
from channel.accounts import tokens
from channel.api import tus
from channel.routing import Services
from channel.settings import Settings
from tests.api.conftest import EVERY_SCOPE
from tests.api.serving import Served, served
from tests.conftest import _fresh_postgres

CHECKS: list[Any] = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip
TIMES = int(os.environ.get("CHANNEL_FUZZ", "1"))
EXAMPLES = {"sqlite": 3 * TIMES, "postgres": TIMES}  # for each of ~200 calls, in each of three ways


@pytest.fixture(params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Served, int]]:
    database = ""
    if request.param == "postgres":
        database = asyncio.run(_fresh_postgres(request.getfixturevalue("postgres_url")))

    def settings(url: str) -> Settings:
        return Settings(data=tmp_path, url=url, database=database, limit_scale=1000)

    with served(settings) as running:
        yield running, EXAMPLES[request.param]


async def make_account(services: Services) -> str:
    async with services.db.write() as tx:
        account = await accounts.create(tx, name="Anna", handle="anna")
        _, token = await tokens.create_token(tx, account.id, name="fuzz", scopes=EVERY_SCOPE, days=None)
    return token


def furnish(url: str, token: str) -> dict[str, dict[str, str]]:
    """A community with one of everything; the path parameters that lead to it, by the path's beginning."""
    with httpx2.Client(base_url=f"{url}/api/v1", headers={"authorization": f"Bearer {token}"}) as http:

        def made(path: str, body: dict[str, Any]) -> dict[str, Any]:
            answer = http.post(path, json=body)
            assert answer.status_code == 201, answer.text
            found: dict[str, Any] = answer.json()
            return found

        community = made("/communities", {"handle": "fuzzed", "name": "F"})
        tier = made("/communities/fuzzed/tiers", {"name": "T", "rank": 10})
        invite = made("/communities/fuzzed/invites", {})
        room = http.get("/communities/fuzzed/rooms/news").json()
        post = made(f"/rooms/{room['id']}/posts", {"text": "x"})
        guest = httpx2.post(
            f"{url}/api/v1/invites/{invite['code']}/accept", json={"display_name": "Bob"}
        ).json()
        http.put("/communities/fuzzed/message-box", json={"on": True})
        own = {"authorization": f"Bearer {guest['token']}"}
        httpx2.post(f"{url}/api/v1/communities/fuzzed/messages", json={"text": "x"}, headers=own)
        (talk,) = http.get("/communities/fuzzed/conversations").json()["items"]
        (item,) = http.get("/communities/fuzzed/inbox").json()["items"]
        saved = made("/communities/fuzzed/saved-answers", {"name": "N", "text": "x"})
    here = {
        "handle": community["handle"],
        "slug": "news",
        "account_id": guest["account"]["id"],
        "code": invite["code"],
        "item": item["id"],
    }
    return {
        "/api/v1/communities/{handle}/tiers": here | {"id": tier["id"]},
        "/api/v1/communities/{handle}/invites": here | {"id": invite["id"]},
        "/api/v1/communities/{handle}/saved-answers": here | {"id": saved["id"]},
        "/api/v1/conversations/": here | {"id": talk["id"]},
        "/api/v1/rooms/": here | {"id": room["id"]},
        "/api/v1/posts/": here | {"id": post["id"]},
        "/api/v1/streams/": here | {"stream": f"room:{room['id']}"},
        "/api/v1/": here,
    }


def fixed(known: dict[str, dict[str, str]], path: str) -> dict[str, str]:
    words = next(words for start, words in known.items() if path.startswith(start))
    return {name: value for name, value in words.items() if f"{{{name}}}" in path}


def test_no_call_made_from_the_document_ends_in_a_5xx_or_in_what_the_document_does_not_say(
    server: tuple[Served, int],
) -> None:
    running, examples = server
    token = running.run(make_account)
    known = furnish(running.url, token)
    document = httpx2.get(f"{running.url}/api/openapi.json").json()
    load_all_checks()
    schemathesis.serializer.alias(tus.PIECE, "application/octet-stream")
    schema = schemathesis.openapi.from_dict(document)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 35
    # What deletes comes last, and the community after all that lies in it.
    operations.sort(key=lambda one: (one.method == "delete", -len(one.path) if one.method == "delete" else 0))
    statuses: dict[int, int] = {}
    ways = [
        (GenerationMode.NEGATIVE, False),
        (GenerationMode.NEGATIVE, True),
        (GenerationMode.POSITIVE, True),
    ]
    for operation in operations:
        for mode, real in ways:
            words = fixed(known, operation.path) if real else None
            _try(
                operation.as_strategy(mode, path_parameters=words or None),
                # What is right is tried more often: one wish (revoke, close) may leave the others nothing to do.
                2 * examples if mode is GenerationMode.POSITIVE else examples,
                running.url,
                token,
                statuses,
            )
    assert sum(statuses.values()) >= 80 * examples
    assert sum(count for status, count in statuses.items() if status < 300) >= 20 * examples, statuses
    assert all(status < 500 for status in statuses)


def _try(strategy: Any, examples: int, url: str, token: str, statuses: dict[int, int]) -> None:
    quiet = [
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ]

    @hypothesis.settings(
        max_examples=examples, database=None, deadline=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=quiet,
    )  # fmt: skip
    @given(case=strategy)
    def attempt(case: Case) -> None:
        answer = case.call_and_validate(
            base_url=url, headers={"authorization": f"Bearer {token}"}, checks=CHECKS, timeout=10
        )
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1

    with contextlib.suppress(Unsatisfiable):  # a call without anything to get wrong
        attempt()
