"""What other sites and search engines may know of a page: never more than an outsider sees on it."""

from typing import Any

from starlette.requests import Request

from channel import looks
from channel.accounts import Account
from channel.communities import Community
from channel.i18n import translation
from channel.looks.model import SIZES
from channel.markdown import plain
from channel.members.model import OUTSIDER_RANK
from channel.render import titles, views
from channel.rooms import Room
from channel.routing import services_of, viewer_of
from channel.web import alternates, cardart
from channel.web.embeds import links
from channel.web.places import Place

DESCRIPTION_CHARS = 200
ICON = "icons/app-512.png"


def picture(request: Request, community: Community) -> tuple[str, tuple[int, int] | None]:
    """One that every site can show, and its size where we know it: the cover, or one drawn for who has none.

    The drawn covers of pages are SVG, which no messenger shows.
    """
    wide, high = SIZES["cover"][-1]
    own = looks.address(community.cover, wide)
    if own:
        return f"{_base(request)}{own}", (wide, high)
    if community.cover.startswith("art:"):
        name = community.cover.removeprefix("art:")
        return f"{_base(request)}{request.app.state.assets.address(f'art/{name}.webp')}", None
    return f"{_base(request)}{cardart.address(community.hue)}", (cardart.WIDTH, cardart.HEIGHT)


def _pictured(request: Request, community: Community) -> dict[str, Any]:
    if community.visibility == "private":
        return {"og_image": ""}
    address, size = picture(request, community)
    return {"og_image": address, "og_size": size, "og_alt": community.name}


def of_community(request: Request, community: Community) -> dict[str, Any]:
    """The front door. Only a public one may be found by search engines."""
    address = f"{_base(request)}/@{community.handle}"
    return {
        "og_type": "profile",
        "og_title": community.name,
        "og_description": plain(community.about, DESCRIPTION_CHARS),
        **_pictured(request, community),
        "og_url": address,
        "canonical_url": address,
        "indexable": community.visibility == "public" and not community.deleted,
        "feeds": alternates.public(_base(request), community),
        "oembed": links.discovery(_base(request), community),
    }


def of_room(request: Request, place: Place, room: Room) -> dict[str, Any]:
    """A room; without a card when an outsider may not enter it."""
    community = place.community
    address = f"{_base(request)}/@{community.handle}/{room.slug}"
    if community.visibility == "private" or room.min_rank is not None:
        return {"canonical_url": address}
    return {
        "og_title": _titled(request, room.name, community.name),
        "og_description": plain(room.about or community.about, DESCRIPTION_CHARS),
        **_pictured(request, community),
        "og_url": address,
        "canonical_url": address,
        "indexable": community.visibility == "public" and not community.deleted,
        "feeds": alternates.public(_base(request), community, room),
        "oembed": "" if room.is_group else links.discovery(_base(request), community, f"/{room.slug}"),
    }


def of_post(request: Request, place: Place, facts: views.PostFacts) -> dict[str, Any]:
    """A post: its first words when everybody may read it, its teaser when it is locked."""
    community, room = place.community, facts.room
    outside = views.show(facts, OUTSIDER_RANK)
    address = f"{_base(request)}{outside.href}"
    if community.visibility == "private" or room.min_rank is not None or outside.shape == "gone":
        return {"canonical_url": address}
    return {
        "og_type": "article",
        "og_title": _titled(request, room.name, community.name),
        "og_description": titles.said(outside, DESCRIPTION_CHARS),
        **_pictured(request, community),
        "og_url": address,
        "canonical_url": address,
        "indexable": community.visibility == "public" and outside.shape == "open",
        "oembed": links.discovery(_base(request), community, f"/{room.slug}/{outside.seq}"),
    }


def of_invite(request: Request, community: Community, host: Account) -> dict[str, Any]:
    """An invite. Whoever has the link may know the name; what a private community says of itself stays inside."""
    say = translation(viewer_of(request).language).gettext
    hidden = community.visibility == "private"
    invited = say("%(host)s invites you.") % {"host": host.name} if host.name else say("You are invited.")
    about = "" if hidden else plain(community.about, DESCRIPTION_CHARS)
    return {
        "og_title": say("Your pass to %(community)s") % {"community": community.name},
        "og_description": about or invited,
        **(
            {"og_image": f"{_base(request)}{request.app.state.assets.address(ICON)}"}
            if hidden
            else _pictured(request, community)
        ),
    }


def _titled(request: Request, room: str, community: str) -> str:
    say = translation(viewer_of(request).language).gettext
    return say("%(room)s · %(community)s") % {"room": room, "community": community}


def _base(request: Request) -> str:
    return services_of(request).settings.url
