"""Every kind of letter that the program sends, as a mail server took it: the same doors, the same words, both languages."""

import re
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from sqlalchemy import update

from channel.accounts.tables import accounts
from channel.communities.tables import communities
from channel.errors import Invalid
from channel.following import Wish, actions
from channel.hooks.model import Hook
from channel.notify import Desk, Postman, letters
from channel.notify.email import SmtpSender
from channel.notify.following import following_handler
from channel.notify.money.desk import GIFT, WRITERS
from channel.notify.sender import Mail
from channel.rooms.tables import rooms
from channel.storage import Database
from channel.tasks import FollowAsked, PassAsked
from tests.cast import creator
from tests.comments import saying
from tests.conftest import Clock
from tests.notices.mailroom import SECRET, Mailroom, open_mailroom
from tests.notify.office import SITE, Arrived, open_office
from tests.notify.relay import Inbox, listening
from tests.notify.test_money_words import everything
from tests.polls.asking import ask
from tests.posts.writing import post
from tests.topics import talking

HOUR_MS = 3_600_000
# Of which templates there are letters in each family below.
TEMPLATES: Final = {
    "money": {f"money/{name}" for name in (*WRITERS, GIFT)},
    "posts": {"notices/post", "notices/locked", "notices/digest", "notices/message"},
    "following": {"follow/confirm", "follow/again", "follow/account", "follow/pass"},
    "others": {"sign_in", "email_proof", "trial", "hooks/stopped", "answers/refused"},
}
WORDS = {
    "en": ("Firing day", "The kiln is *hot*, and it stays so: 5 < 6 & 7 > 6, “really”.", "What we use", "Read on"),
    "de": ("Brenntag", "Der Ofen ist *heiß*, und er bleibt es: 5 < 6 & 7 > 6, „wirklich“.", "Was wir nehmen", "Mehr dazu"),
}  # fmt: skip
# As hard to lay out as a post can be.
RICH = """## {0}

{1}

### {2}

1. Feldspar, quartz
2. Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft
   - whiting

> A quotation
> of two lines

[{3}](https://clay.example.org/glazes?a=1&b=2), [here](https://channel.example.org/@anna/news), #news,
https://clay.example.org/{long}

```
kiln.fire(temperature_celsius=1240, hold_minutes=20, atmosphere="reducing", cone="6 down, 7 soft")
```

| Glaze | Feldspar | Quartz | Whiting | Kaolin | Copper | Iron | Remarks |
|---|--:|--:|--:|--:|--:|--:|---|
| Celadon | 42 | 27 | 18 | 9 | 0 | 1 | Thin where it runs |

Before ||what it costs|| after.
"""


@dataclass(frozen=True, slots=True)
class Bag:
    """Letters of one family, and the bytes that went over the line."""

    letters: list[Arrived]
    raw: list[bytes]


def bag(found: list[Arrived], inbox: Inbox) -> Bag:
    return Bag(found, [cast("bytes", one.content) for one in inbox.envelopes])


async def money(db: Database, clock: Clock, language: str) -> Bag:
    """A year in which every letter about money is sent to somebody."""
    async with open_office(db, clock) as office:
        found = await everything(office, language)
        return bag([Arrived(f"money/{one.name}", one.mail) for one in found], office.inbox)


async def posts(db: Database, clock: Clock, language: str) -> Bag:
    """One post whole, locked ones, and digests."""
    async with open_mailroom(db, clock) as room:
        async with db.write() as tx:
            await tx.run(update(communities).values(language=language))
            await tx.run(update(rooms).values(mail_replies=True))
        await room.scene.tier("Gold", 10)
        title, words, more, link = WORDS[language]
        rich = RICH.format(title, words, more, link, long="x" * 300)
        desk = Desk(replace(SITE, incoming_address="mail+*@example.org"), SECRET)
        postman = Postman(db, room.sender().line, desk, rate=1000)
        bob = await room.reader("Bob", language=language)
        first = await post(room.scene, "Before")
        found = await kinds(room, postman)
        for text, more_of_it in (
            (rich, {"quote_id": first.id}),
            (words, {}),
            ("x" * 1_500, {}),
            (words, {"min_rank": 10, "teaser": more}),
            (words, {"min_rank": 10}),
        ):
            await post(room.scene, text, **more_of_it)
            found += await kinds(room, postman)
        await ask(room.scene, text=title)
        found += await kinds(room, postman)
        await room.choose(bob, "none")
        for name, how, many in (("Dora", "daily", 3), ("Wim", "weekly", 23)):
            reader = await room.reader(name, how, language=language)  # type: ignore[arg-type]
            for number in range(many):
                await post(room.scene, f"{number}: {words} " * 6, min_rank=10 if number == 1 else None)
            room.clock.forward(7 * 24 * HOUR_MS)
            found += await kinds(room, postman)
            await room.choose(reader, "none")
        for texts, kind in (((rich,), "message"), ((words, more), "digest")):
            await _say(room, texts, language)
            found += [Arrived(f"notices/{kind}", one.mail) for one in await room.brought(postman)]
        return bag(found, room.relay)


async def _say(room: Mailroom, texts: Sequence[str], language: str) -> None:
    """Messages in a topic that somebody follows by letter, and may answer by mail."""
    name = f"talk{len(texts)}"
    group = await talking.group(room.scene, name)
    await saying.rule(room.scene, group, mail_replies=True)
    topic = await talking.start(room.scene, group, WORDS[language][0])
    reader = await room.reader(name, None, language=language)
    await talking.follow(room.scene, topic, reader, push="none", mail="instant")
    for text in texts:
        await talking.say(room.scene, group, text, topic=topic)


async def kinds(room: Mailroom, postman: Postman) -> list[Arrived]:
    return [Arrived(_kind(one), one.mail) for one in await room.brought(postman)]


def _kind(letter: Arrived) -> str:
    """By how its HTML is made."""
    if 'class="entry"' in letter.html:
        return "notices/digest"
    return "notices/post" if 'class="post"' in letter.html else "notices/locked"


async def following(db: Database, clock: Clock, language: str) -> Bag:
    """To addresses without an account."""
    inbox = Inbox()
    async with listening(inbox) as port:
        scene, sender = (
            await creator(db),
            SmtpSender(f"smtp+plain://127.0.0.1:{port}", "a@example.org", SITE.host),
        )
        handle = following_handler(db, sender, SITE, SECRET)
        asked = {"community_id": scene.community.id, "how": "instant", "language": language, "zone": "UTC"}
        member = await scene.member("bob")
        async with db.write() as tx:
            mine = update(accounts).where(accounts.c.id == member.id)
            await tx.run(mine.values(email="bob@example.net"))
            wish = Wish(scene.community.id, "zoe@example.net", "instant", language)
            zoe = await actions.confirm(tx, await actions.confirmation(tx, wish))
        names = []
        for name, event in (
            ("confirm", FollowAsked(email="new@example.net", **asked)),
            ("again", FollowAsked(email="zoe@example.net", **asked)),
            ("account", FollowAsked(email="bob@example.net", **asked)),
            ("pass", PassAsked(follower_id=zoe.id)),
        ):
            await handle(event)
            names.append(f"follow/{name}")
        return bag([Arrived(name, mail) for name, mail in zip(names, inbox.mails, strict=True)], inbox)


async def others(db: Database, clock: Clock, language: str) -> Bag:
    """To who signs in, who runs a community, and who answers by mail."""
    scene, inbox, secret = await creator(db), Inbox(), "s" * 43
    hook = Hook(
        "i" * 36, scene.community.id, scene.owner.id, "webhook", "Laden", "laden.example.org", (), None, "full", None,
        "stopped", "", None, None, None, clock(),
    )  # fmt: skip
    words = {"hook": hook, "community": scene.community, "problem": "404 Not Found"}
    to: dict[str, Any] = {"to": "bob@example.net", "language": language}
    reason, text = (
        Invalid(text="Write something first.").fields["text"],
        "First line & <second>\n\n" + "long " * 400,
    )
    back = {"reason": reason, "text": text, "link": f"{SITE.url}/@anna/news/1"}
    written: list[tuple[str, Mail]] = [
        ("sign_in", letters.sign_in(SITE, secret=secret, minutes=10, **to)),
        ("email_proof", letters.email_proof(SITE, secret=secret, minutes=10, **to)),
        ("trial", letters.trial(SITE, **to)),
        ("hooks/stopped", letters.about_hooks(SITE, "stopped", words, tag="t", **to)),
        *(("answers/refused", letters.refused(SITE, what, **to, **back)) for what in ("answer", "message", "draft", "pictures")),
    ]  # fmt: skip
    async with listening(inbox) as port:
        sender = SmtpSender(f"smtp+plain://127.0.0.1:{port}", "a@example.org", SITE.host)
        for _, mail in written:
            await sender.send(mail)
    found = [Arrived(name, mail) for (name, _), mail in zip(written, inbox.mails, strict=True)]
    return bag(found, inbox)


FAMILIES: Final[dict[str, Callable[[Database, Clock, str], Coroutine[Any, Any, Bag]]]] = {
    "money": money, "posts": posts, "following": following, "others": others,
}  # fmt: skip


def templates() -> set[str]:
    """All that letters are made of, but for their parts."""
    parts = {"layout", "pieces", "money/words", "notices/frame", "notices/answer"}
    files = [one.relative_to(letters.TEMPLATES) for one in letters.TEMPLATES.rglob("*") if one.is_file()]
    return {re.sub(r"\.\w+$", "", one.as_posix()) for one in files} - parts
