"""Pictures in letters: which of a post stand there, and whether one may be loaded at the moment when it is asked for."""

from dataclasses import dataclass
from typing import Final

from channel import accounts, communities, following, media, members, notices, rooms, tags
from channel.errors import NotFound
from channel.following import Follower
from channel.members import Entitlement
from channel.notices import pictures
from channel.notices.model import effective
from channel.notices.pictures import GONE, Picture, Reader
from channel.posts import carrying
from channel.posts import queries as posts
from channel.posts.model import Post
from channel.render.media import MediaView, media_view
from channel.render.views import AnyView, LockedView, PostView
from channel.storage import Tx
from channel.tags import Tagged
from channel.topics.telling import marks_in


@dataclass(frozen=True, slots=True)
class Size:
    """How many pictures of a post a letter shows, `shown` pixels wide, and how wide a file is loaded for each at most: a
    phone has two or three points for a pixel."""

    shown: int
    loaded: int
    most: int


LARGE: Final = Size(shown=560, loaded=1_200, most=10)
SMALL: Final = Size(shown=96, loaded=320, most=1)


@dataclass(frozen=True, slots=True)
class Hung:
    """A picture in a letter. `width`, `height`: as it is shown."""

    href: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Frame:
    """What shows pictures to one reader. `base`: of our addresses; `secret`: of the installation."""

    base: str
    secret: bytes
    reader: Reader

    def hang(self, view: AnyView, size: Size) -> list[Hung]:
        """The pictures of a post, each by an address for this reader alone."""
        found = ((one, one.within(size.loaded)) for one in showable(view)[: size.most])
        made = []
        for one, source in found:
            if source is not None:
                width = min(source.width, size.shown)
                height = max(1, round(source.height * width / source.width))
                made.append(Hung(self._address(view.id, one.id, size.loaded), one.alt, width, height))
        return made

    def _address(self, post_id: str, media_id: str, width: int) -> str:
        token = pictures.sealed(self.secret, Picture(self.reader, post_id, media_id, width))
        return f"{self.base}/notices/picture/{token}"


def showable(view: AnyView) -> list[MediaView]:
    """What a letter may show of it: of a locked post nothing but the picture that its writer put on the card."""
    if isinstance(view, PostView):
        found = [one for one in view.media if one.kind == "picture"]
    elif isinstance(view, LockedView) and view.picture and not view.picture.blurred:
        found = [view.picture.picture]
    else:
        found = []
    return [one for one in found if one.state == "ready" and not one.sensitive]


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be loaded: a file of a medium, by its name, with the eyes of an account (None: a stranger's)."""

    media_id: str
    name: str
    account_id: str | None


async def allowed(tx: Tx, secret: bytes, told: Picture) -> Allowed:
    """Whether the reader may see it now, wants letters from there still, and pictures in them.

    Raises NotFound, whatever the reason: a deleted post, a tier that ended, a community left, a choice taken back.
    """
    post = await posts.one(tx, told.post_id)
    by = await _sight(tx, secret, told.reader, post)
    one = await media.one(tx, told.media_id)
    if post.deleted_at is not None or not await carrying.shows(tx, by, post.id, one):
        raise NotFound(GONE)
    source = media_view(one).within(told.width) if one.kind == "picture" and not one.sensitive else None
    if source is None:
        raise NotFound(GONE)
    return Allowed(one.id, source.href.rpartition("/")[2], by.account_id)


async def _sight(tx: Tx, secret: bytes, reader: Reader, post: Post) -> Entitlement:
    """With whose eyes it is looked at. Raises NotFound where no letter that shows pictures would go to them any more."""
    community = await communities.one(tx, post.community_id)
    account_id = reader.id if reader.kind == "member" else None
    by = await members.entitlement(tx, community, account_id)
    if account_id is None:
        follower = await following.one(tx, reader.id)
        since, email, wanted = follower.pictures_since, follower.email, await _follows(tx, follower, post, by)
    else:
        account = await accounts.one(tx, account_id)
        since, email = await pictures.since(tx, account_id), account.email or ""
        wanted = account.state == "active" and by.belongs and await _wants(tx, account_id, post, by)
    same = pictures.mailbox(secret, email) == reader.mailbox
    if since is None or since > reader.at or not same or not wanted or community.deleted:
        raise NotFound(GONE)
    return by


async def _wants(tx: Tx, account_id: str, post: Post, by: Entitlement) -> bool:
    """Whether any letter tells them of posts like this one, or of messages in its topic."""
    if post.topic_id is not None:
        mark = (await marks_in(tx, post.topic_id, [account_id]))[account_id]
        return mark.way("mail", by.joined_at) != "none"
    rules = await notices.rules(tx, account_id, post.community_id)
    room = await rooms.one(tx, post.room_id)
    known = (await _tagged(tx, post)).known(reads=by.reads(room.min_rank, post.min_rank))
    return effective(rules, room.id, by.joined_at, known, important=post.important) != "none"


async def _follows(tx: Tx, follower: Follower, post: Post, by: Entitlement) -> bool:
    """As for letters: what members say to each other is for none of them, and neither is a teaser."""
    room = await rooms.one(tx, post.room_id)
    here = follower.community_id == post.community_id and not room.is_group
    wanted = follower.wants(post, (await _tagged(tx, post)).all) != "none"
    return here and by.reads(room.min_rank, post.min_rank) and wanted


async def _tagged(tx: Tx, post: Post) -> Tagged:
    return (await tags.of_posts(tx, [post.id])).get(post.id, Tagged())
