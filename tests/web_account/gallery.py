"""Letters as they would leave at this moment, and the pictures in them."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from sqlalchemy import update

from channel import following
from channel.accounts import Account
from channel.accounts.tables import accounts
from channel.following import Follower, Wish, actions
from channel.ids import new_id
from channel.media import Media
from channel.notices import How, choose, pictures
from channel.notices.queue import Claimed, Notice
from channel.notify import Desk, Mail
from channel.notify.posted.judging import told
from channel.notify.posted.readers import Members, Readers
from channel.notify.posted.strangers import Followers
from channel.posts.model import Post
from channel.tiers import Tier
from tests.media.sending import photo, prepared, send
from tests.posts import writing
from tests.web.conftest import HOST, Page, Site


@dataclass(frozen=True)
class Img:
    """A picture in a letter: where it lies, and what its tag says."""

    src: str
    alt: str
    width: int
    height: int


class _Images(HTMLParser):
    """Finds pictures, and refuses whatever else would be loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Img] = []
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._style = tag == "style"
        assert tag not in ("link", "script", "object", "iframe", "video", "audio", "base"), tag
        assert not given.keys() & {"srcset", "background", "poster"} and "url(" not in given.get("style", "")
        if tag == "img":
            self.found.append(Img(given["src"], given["alt"], int(given["width"]), int(given["height"])))
        else:
            assert "src" not in given, tag

    def handle_data(self, data: str) -> None:
        assert not self._style or not re.search(r"url\(|@import|@font-face|src", data)


def images(mail: Mail) -> list[Img]:
    """The pictures of its HTML, which are all that it may load."""
    reader = _Images()
    reader.feed(mail.html)
    reader.close()
    return reader.found


async def letter(site: Site, reader: Account | Follower, *posts: Post) -> Mail:
    """About these posts, to an account or to who follows without one."""
    readers: Readers = Members() if isinstance(reader, Account) else Followers()
    now = site.clock()
    notices = tuple(Notice(new_id(now), post.id, post.seq, "daily") for post in posts)
    claimed = Claimed(reader.id, site.anna.community.id, "claim", 0, now, notices)
    async with site.db.read() as tx:
        verdict = await readers.judge(tx, claimed)
        going = await told(tx, verdict)
    assert len(going) == len(posts), verdict.over
    return readers.write(Desk(site.settings, site.app.state.services.secret), claimed, verdict, going, "tag")


async def reader(
    site: Site, name: str = "Bob", *, tier: Tier | None = None, wanted: bool = True, how: How = "instant",
    language: str = "en",
) -> Account:  # fmt: skip
    """A member with a proven address who chose letters, with pictures unless told otherwise."""
    account = await site.anna.member(name, tier=tier)
    async with site.db.write() as tx:
        mine = update(accounts).where(accounts.c.id == account.id)
        await tx.run(mine.values(email=f"{name.lower()}@example.net", language=language))
        await choose(tx, await site.anna.by(tx, account), site.anna.community, how)
        if wanted:
            await pictures.show(tx, account.id, wanted=True)
    return account


async def follower(site: Site, name: str = "zoe", *, wanted: bool = True, language: str = "en") -> Follower:
    """Somebody without an account who follows by mail."""
    async with site.db.write() as tx:
        wish = Wish(site.anna.community.id, f"{name}@example.net", "instant", language)
        made = await actions.confirm(tx, await actions.confirmation(tx, wish))
        await actions.show_pictures(tx, made.id, wanted=wanted)
        return await following.one(tx, made.id)


async def picture(site: Site, content: bytes = b"", *, alt: str = "", sensitive: bool = False) -> Media:
    """A picture that Anna has sent, made ready."""
    desk = site.app.state.services.media
    sent = await send(desk, site.anna, content or photo(1600, 900), alt=alt)
    await prepared(site.db, desk, site.settings.data, sent)
    return sent


async def post(site: Site, text: str = "Look", *media: Media, **more: object) -> Post:
    """A post with these pictures."""
    site.clock.forward(60_000)
    return await writing.post(site.anna, text, media=[one.id for one in media], **more)


async def loaded(site: Site, image: Img | str) -> Page:
    """What a mail program gets: it has no cookie, and no address but this one."""
    src = image if isinstance(image, str) else image.src
    assert src.startswith(HOST), src
    return await site.stranger().get(src.removeprefix(HOST))
