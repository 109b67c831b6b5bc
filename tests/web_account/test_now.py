"""The operator's page of the moment: what it says, in both languages, whole and as the piece that a script puts in place."""

import asyncio
import re

import pytest

from channel.live.follower import Follower
from channel.live.wire import SSE, WEBSOCKET
from channel.metrics.lag import LoopLag
from channel.web.admin.now import BEGAN, ENDED, NOT_WEBSOCKET, REFUSED
from tests.web.conftest import Page, Site
from tests.web_account.conftest import admin_of, person, says
from tests.web_account.test_admin import dead_job


@pytest.fixture(autouse=True)
def _nothing_holds_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """How busy the machine of the tests is, is not looked at."""

    async def rest(lag: LoopLag) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(LoopLag, "run", rest)


def readings(page: Page) -> dict[str, str]:
    """Every name on the page with its number."""
    return dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page.text))


def headlines(page: Page) -> list[tuple[str, str]]:
    return re.findall(r'<p class="headline"><b>([^<]+)</b> <span>([^<]+)</span>', page.text)


def listening(site: Site, *wires: object) -> list[Follower]:
    hub = site.app.state.live.hub
    made = [Follower(hub, None, language="en", network="n", wire=wire) for wire in wires]  # type: ignore[arg-type]
    for follower in made:
        hub.enter(follower)
    return made


async def test_an_empty_server_is_calm(site: Site) -> None:
    page = await (await admin_of(site)).get("/admin/now")
    says(page, 200, "<h1>Now</h1>", "All is calm.", "Nothing since the start.", 'href="/admin/now"')
    found = readings(page)
    assert found["By WebSocket"] == found["Jobs waiting"] == "0"
    assert found["Until a whole group is told, 99 of 100"] == "–"
    assert re.fullmatch(r"\d[\d.]* MB", found["Memory"])
    assert headlines(page)[0] == ("0", "connected now")


async def test_it_says_who_listens_and_what_became_of_others(site: Site) -> None:
    boss = await admin_of(site)
    listening(site, WEBSOCKET, WEBSOCKET, SSE)
    tallies = site.app.state.live.hub.tallies
    tallies.resumes.update(memory=1234, reset=1)
    tallies.refused["queue"] = 7
    tallies.cuts["stalled"] = 2
    tallies.closes.update({"1012": 3, "1007": 1, "1009": 1})
    page = await boss.get("/admin/now")
    found = readings(page)
    assert headlines(page)[0] == ("3", "connected now")
    assert (found["By WebSocket"], found["By event stream"]) == ("2", "1")
    assert found["Came back, caught up from memory"] == "1,234"
    assert found["The line was too long"] == "7"
    assert found["Cut: took nothing for too long"] == "2"
    assert (found["Restart"], found["Not understood"]) == ("3", "2")
    assert page.text.index("caught up from memory") < page.text.index("start afresh")  # most often first


async def test_it_speaks_german_with_german_numbers(site: Site) -> None:
    boss = await site.browser(await person(site, "Root", admin=True), "de")
    site.app.state.live.hub.tallies.resumes["memory"] = 12_345
    page = await boss.get("/admin/now")
    says(page, 200, "<h1>Gerade</h1>", "Alles ist ruhig.", "Anhalten")
    assert readings(page)["Zurückgekommen, aus dem Speicher nachgeholt"] == "12.345"
    assert headlines(page)[0] == ("0", "gerade verbunden")


def test_every_word_of_the_counts_has_a_name() -> None:
    """What live/ counts under a word of its own is not shown as something else."""
    from channel.live import entrance, protocol, tallies

    assert REFUSED.keys() == {*entrance.WORDS, *tallies.CUT, "rate", "account", "network"}
    codes = {
        str(code)
        for name, code in vars(protocol).items()
        if name.isupper() and isinstance(code, int) and code > 1000
    }
    assert ENDED.keys() == (codes - {str(protocol.MAX_MESSAGE_BYTES)}) | {tallies.LEFT, tallies.LOST}
    assert BEGAN.keys() == {"new", "current", "memory", "log", "gap", "reset"}
    assert NOT_WEBSOCKET not in ENDED.values()


async def test_a_script_is_given_the_figures_alone(site: Site) -> None:
    boss = await admin_of(site)
    piece = await boss.get("/admin/now", **{"channel-fragment": "1"})
    says(piece, 200, "All is calm.", "connected now")
    assert "<html" not in piece and "<h1" not in piece and "<nav" not in piece
    assert piece.answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("draining", "This server is stopping."),
        ("dead", "Some jobs failed for good"),
        ("full", "Nearly all places for listeners are taken."),
        ("bus", "The other servers are not heard."),
        ("writes", "Many writes wait for the disk."),
        ("late", "Something held this server up"),
    ],
)
async def test_what_an_operator_should_look_at_stands_on_top(site: Site, state: str, words: str) -> None:
    boss, watch = await admin_of(site), site.app.state.watch
    if state == "draining":
        site.app.state.draining = True
    elif state == "dead":
        await dead_job(site)
        watch.jobs = {}  # not asked yet
    elif state == "full":
        watch.live.entrance.most_open = 2
        listening(site, WEBSOCKET, WEBSOCKET)
    elif state == "bus":
        watch.bus.connected = False
    elif state == "writes":
        watch.live.db.engine.commits.waiting = 100
    else:
        from time import monotonic

        watch.lag.peak.note(1.5, monotonic())
    page = await boss.get("/admin/now")
    says(page, 200, words)
    assert "All is calm." not in page


async def test_rates_and_lines_follow_what_happens(site: Site) -> None:
    boss, watch = await admin_of(site), site.app.state.watch
    for number in range(6):
        await site.post(f"Post {number}")
    page = await boss.get("/admin/now")
    writes = {unit: value for value, unit in headlines(page)}["writes a second"]
    assert float(writes) > 0
    assert readings(page)["Until it is safe on disk, 99 of 100"].startswith("≤ ")
    for _ in range(100):
        watch.sample()
    assert len(watch.samples) == watch.samples.maxlen
    listening(site, WEBSOCKET)
    page = await boss.get("/admin/now")
    [points] = re.findall(r'polyline class="stroke" points="([^"]+)"', page.text)[:1]
    assert points.endswith("300,1.0") and points.startswith("0,39.0 ")
