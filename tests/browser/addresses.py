"""The addresses of a running demo that nobody can know beforehand: ids, codes, numbers of posts."""

import re
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import httpx2

from tests.browser.demo import Demo
from tests.browser.pages import ENGLISH, GERMAN, PAGES, STUDIO, Place
from tests.media import recordings
from tests.media.sending import photo
from tests.media.signing import signed
from tests.push.browsers import Browser

ID = r"[0-9a-f-]{36}"
TAKEN_BACK = "Sommerfest"
PREPARED_WITHIN_S = 60


def places(demo: Demo) -> dict[str, Place]:
    """Every page with the address that it has in this demo, by name."""
    holes = {
        **_of_posts(demo),
        **_of_invites(demo),
        **_of_the_studio(demo),
        **_of_the_library(demo),
        **_of_the_empty_server(demo),
        **_of_questions(demo),
        **_of_messages(demo),
        **_of_money(demo),
        **_of_gifts(demo),
        **_of_feeds(demo),
        **_of_hooks(demo),
    }
    _switch_devices_on(demo)
    return {page.name: replace(page, path=page.path.format(**holes)) for page in PAGES}


def _switch_devices_on(demo: Demo) -> None:
    """A phone and a program that are told of posts."""
    agent = "Mozilla/5.0 (Linux; Android 16) Chrome/150.0 Mobile"
    with demo.client("paying") as paying:
        sent = paying.post("/account/push", data=Browser("phone").given, headers={"user-agent": agent})
        assert sent.status_code == 303, sent.text[:500]


def _of_posts(demo: Demo) -> dict[str, str]:
    with demo.client("paying") as paying, demo.client("free") as free:
        room = f"/@{GERMAN}/werkstatt"
        return {
            "room": _first(
                rf'href="/@{ENGLISH}/((?!search|feeds|reach)[a-z-]+)"', _read(free, f"/@{ENGLISH}")
            ),
            "permalink": room + "/" + _first(r'id="p(\d+)"', _read(paying, room)),
            "locked": _edited_or_locked(free, r'id="p(\d+)"[^>]*data-locked', "{room}/{found}"),
            "history": _edited_or_locked(paying, r'href="([^"]+/history)"', "{found}"),
        }


def _edited_or_locked(client: httpx2.Client, pattern: str, address: str) -> str:
    """The first post of the German community whose article matches, in any of its open rooms."""
    for slug in ("werkstatt", "ofen", "markt"):
        room, path = f"/@{GERMAN}/{slug}", f"/@{GERMAN}/{slug}?after=0"
        while path:
            text = _read(client, path)
            found = re.search(pattern, text)
            if found:
                return address.format(room=room, found=found[1])
            further = re.search(r'rel="next" href="([^"]+)"', text)
            path = further[1] if further else ""
    raise AssertionError(f"no post in the demo matches {pattern}")


def _of_the_library(demo: Demo) -> dict[str, str]:
    """A file and a picture that no post has; a program signed that one, and said that AI made it."""
    with demo.client("creator") as creator:
        address = f"/api/v1/media?community={GERMAN}&name=Brennkurve.txt"
        sent = creator.post(address, content=b"1240 Grad", headers={"content-type": "text/plain"})
        return {"medium": sent.json()["id"], "signed": _signed(creator), "spoken": _spoken(creator)}


def _spoken(creator: httpx2.Client) -> str:
    """A recording with chapters."""
    with tempfile.TemporaryDirectory() as folder:
        content = recordings.tone(Path(folder) / "voice.webm", 4, "-c:a", "libopus").read_bytes()
    address = f"/api/v1/media?community={GERMAN}&name=Rundgang.webm&alt=Ein+Rundgang"
    sent = creator.post(address, content=content, headers={"content-type": "audio/webm"}).json()
    until = time.monotonic() + PREPARED_WITHIN_S
    while sent["state"] == "processing" and time.monotonic() < until:
        time.sleep(0.2)
        sent = creator.get(f"/api/v1/media/{sent['id']}").json()
    parts = [
        {"at_ms": 0, "title": "Willkommen"},
        {"at_ms": 1_000, "title": "Am Ofen"},
        {"at_ms": 2_500, "title": "Glasur"},
    ]
    told = creator.patch(f"/api/v1/media/{sent['id']}", json={"chapters": parts})
    assert len(told.json()["chapters"]) == len(parts), told.text
    return str(sent["id"])


def _signed(creator: httpx2.Client) -> str:
    address = f"/api/v1/media?community={GERMAN}&name=Krug.jpg&alt=Ein+Krug"
    content, _ = signed(photo(format="JPEG"))
    sent = creator.post(address, content=content, headers={"content-type": "image/jpeg"}).json()
    until = time.monotonic() + PREPARED_WITHIN_S
    while sent["state"] == "processing" and time.monotonic() < until:
        time.sleep(0.2)
        sent = creator.get(f"/api/v1/media/{sent['id']}").json()
    assert sent["credentials"]["state"] == "untrusted", sent
    kept = creator.patch(f"/api/v1/media/{sent['id']}", json={"keep_credentials": True})
    assert kept.json()["credentials"]["file_url"], kept.text
    return str(sent["id"])


def _of_feeds(demo: Demo) -> dict[str, str]:
    """Two feeds of a follower, on one page."""
    with demo.client("free") as free:
        for of in (GERMAN, f"{GERMAN}/werkstatt"):
            assert free.post("/account/feeds", data={"of": of}).status_code == 303
    return {"feeds": "/account/feeds?said=made"}


def _of_invites(demo: Demo) -> dict[str, str]:
    with demo.client("creator") as creator:
        found = dict(_invites(creator))
        return {
            "invite": found["Profil-Link"][0],
            "code": found["Profil-Link"][1],
            "asking": found["Offene Werkstatt"][1],
            "gone": _taken_back(creator),
        }


def _invites(creator: httpx2.Client) -> list[tuple[str, tuple[str, str]]]:
    """(label, (id, code)) of every link that is open."""
    listing = _read(creator, f"{STUDIO}/invites")
    found = []
    for invite_id in sorted(set(re.findall(rf"{STUDIO}/invites/({ID})", listing))):
        text = _read(creator, f"{STUDIO}/invites/{invite_id}")
        code = re.search(r'data-copy="[^"]*/join/(\w+)"', text)
        if code:
            found.append((_first(r'<h2 class="cut">([^<]*)</h2>', text), (invite_id, code[1])))
    return found


def _taken_back(creator: httpx2.Client) -> str:
    """The code of a link that was made, and revoked."""
    made = creator.post(f"{STUDIO}/invites", data={"label": TAKEN_BACK}, follow_redirects=True)
    code, path = _first(r'data-copy="[^"]*/join/(\w+)"', made.text), made.url.path
    assert creator.post(f"{path}/state", data={"state": "revoked"}).status_code == 303
    return code


def _of_hooks(demo: Demo) -> dict[str, str]:
    """A webhook, a mirror and a program that posts. None of them is on: nobody is asked anything here."""
    with demo.client("creator") as creator:
        place = f"{STUDIO}/hooks"
        shop = {"kind": "webhook", "name": "Laden", "url": "https://laden.friend.org/in", "kinds": "member.*"}
        page = creator.post(place, data=shop, follow_redirects=True).url.path
        telegram = {
            "kind": "telegram",
            "name": "Telegram",
            "token": "123456:" + "a" * 35,
            "chat": "@werkstatt",
        }
        mirror = creator.post(place, data=telegram, follow_redirects=True).url.path
        for one in (page, mirror):
            assert creator.post(one, data={"do": "pause"}).status_code == 303
        room = _first(rf'<option value="({ID})"', _read(creator, f"{place}?new=incoming"))
        made = creator.post(f"{STUDIO}/incoming", data={"name": "Wetter", "room_id": room})
        assert made.status_code == 303
        return {"hook": page.rpartition("/")[2]}


def _of_gifts(demo: Demo) -> dict[str, str]:
    """Two codes made by hand, one of them taken back; a gift that is bought by transfer and waits for its payment."""
    with demo.client("creator") as creator, demo.client("paying") as paying:
        gifts = f"{STUDIO}/money/gifts"
        tier = _first(rf'<option value="({ID})"', _read(creator, gifts))
        fields = {"tier_id": tier, "count": "2", "days": "93", "label": "Sommerfest"}
        made = creator.post(gifts, data=fields, follow_redirects=True).text
        codes = re.findall(r'data-copy="[^"]*/gift/(\w+)"', made)
        ids = re.findall(rf"{gifts}/({ID})/revoke", made)
        assert creator.post(f"{gifts}/{ids[1]}/revoke").status_code == 303
        page = _read(paying, f"/@{GERMAN}/gift")
        bought = {
            "what": _first(r'name="what" value="([^"]+)"', page),
            "to_name": "Jonas",
            "message": "Für dich.",
        }
        ways = re.findall(rf'name="way" value="({ID})"', page)
        sent = [paying.post(f"/@{GERMAN}/gift", data=bought | {"way": way}) for way in ways]
        transfer = next(one.headers["location"] for one in sent if "/transfer" in one.headers["location"])
        return {
            "gift": codes[0],
            "gift_gone": codes[1],
            "gift_card": f"{gifts}/cards?id={ids[0]}",
            "transfer": transfer,
        }


def _reported(creator: httpx2.Client) -> str:
    """A post that has a report, which messages in groups have not; not the newest: that may be of another test, which
    takes it back."""
    listed = re.findall(rf"{STUDIO}/posts/({ID})", _read(creator, f"{STUDIO}/posts"))
    return next(
        one for one in reversed(listed) if creator.get(f"{STUDIO}/posts/{one}/reach").status_code == 200
    )


def _of_the_studio(demo: Demo) -> dict[str, str]:
    with demo.client("creator") as creator:
        return {
            "post": _reported(creator),
            "draft": _first(rf"\?draft=({ID})", _read(creator, f"{STUDIO}/drafts")),
            "member": _first(rf"{STUDIO}/members/({ID})", _read(creator, f"{STUDIO}/members?q=Pia")),
            "tier": _first(rf"{STUDIO}/tiers/({ID})", _read(creator, f"{STUDIO}/tiers")),
        }


def _of_questions(demo: Demo) -> dict[str, str]:
    """A post that asks for questions, the box, and what two followers ask in them."""
    with demo.client("creator") as creator, demo.client("free") as free, demo.client("paying") as paying:
        room = _first(rf'<option value="({ID})"', _read(creator, STUDIO))
        words = {"room": room, "text": "Fragt mich alles über den Brand.", "key": "prompt"}
        terms = {"prompt": "1", "prompt_until": "week", "prompt_votes": "1", "shown": "all"}
        assert creator.post(f"{STUDIO}/posts", data=words | terms).status_code == 303
        assert creator.post(f"{STUDIO}/questions/box", data={"on": "1"}).status_code == 303
        desk = _read(creator, f"{STUDIO}/questions")
        href, post_id = (
            _first(rf'href="(/@{GERMAN}/[a-z-]+/\d+)"', desk),
            _first(rf'data-live-prompt="({ID})"', desk),
        )
        for client, text in (
            (free, "Warum wird die Glasur manchmal grün und manchmal nicht?"),
            (paying, "Wann wird die Glasur grün?"),
            (paying, "Wie lange trocknet ein Teller vor dem ersten Brand?"),
        ):
            assert client.post(f"/posts/{post_id}/questions", data={"text": text}).status_code == 303
        box = {"text": "Habt ihr am Sonntag offen?", "hide_name": "1"}
        assert free.post(f"/@{GERMAN}/questions", data=box).status_code == 303
        return {"prompt": href}


def _of_messages(demo: Demo) -> dict[str, str]:
    """A follower has written to the team, was answered, and has written again; one answer is kept."""
    with demo.client("creator") as creator, demo.client("free") as free:
        assert creator.post(f"{STUDIO}/messages", data={"who": "0"}).status_code == 303
        kept = {"do": "keep", "name": "Versand", "text": "Wir schicken immer *montags*."}
        assert creator.post(f"{STUDIO}/answers", data=kept).status_code == 303
        talk = f"/messages/{GERMAN}"
        assert (
            free.post(talk, data={"text": "Mein Teller kam mit einem **Sprung** an.", "key": "a"}).status_code
            == 303
        )
        there = _first(rf'href="({STUDIO}/messages/{ID})', _read(creator, f"{STUDIO}/messages"))
        assert (
            creator.post(there, data={"text": "Oh nein! Du bekommst einen neuen.", "key": "b"}).status_code
            == 303
        )
        assert free.post(talk, data={"text": "Danke, das ist lieb.", "key": "c"}).status_code == 303
        return {"talk": there.rpartition("/")[2]}


def _of_money(demo: Demo) -> dict[str, str]:
    """The free follower pays for a pass of the English community, and has begun to pay for one of the German one."""
    with demo.client("free") as free:
        bought = _begin(free, ENGLISH)
        assert free.post(bought["sandbox"], data={"do": "pay"}).headers["location"] == bought["pay"]
        _read(free, bought["pay"])
        membership = _first(rf'href="(/account/memberships/{ID})"', _read(free, "/account/memberships"))
        switch = _first(
            rf'href="(/account/memberships/{ID}/switch\?price={ID})"', _read(free, f"{membership}/switch")
        )
        begun = _begin(free, GERMAN)
        return {
            "checkout": begun["checkout"], "sandbox": begun["sandbox"], "pay_waiting": begun["pay"],
            "card": bought["sandbox"], "pay": bought["pay"], "membership": membership, "switch": switch,
        }  # fmt: skip


def _begin(client: httpx2.Client, handle: str) -> dict[str, str]:
    """Order the first pass that a community sells."""
    checkout, price = re.search(  # type: ignore[union-attr]
        rf'href="(/@{handle}/tiers/{ID})\?price=({ID})"', _read(client, f"/@{handle}")
    ).groups()
    sent = client.post(checkout, data={"price": price})
    assert sent.status_code == 303, sent.text
    begun = _first(rf'href="(/pay/{ID})/on"', _read(client, checkout))
    return {"checkout": f"{checkout}?price={price}", "sandbox": sent.headers["location"], "pay": begun}


def _of_the_empty_server(demo: Demo) -> dict[str, str]:
    return {"setup": demo.setup_url, "waiting": f"{demo.empty_url}/", "link": demo.sign_in_url}


def _read(client: httpx2.Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, f"{path} answered {answer.status_code}"
    return answer.text


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, f"nothing on the page looks like {pattern}"
    return found[1]
