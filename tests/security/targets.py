"""Real addresses for the doors of the route table, and bodies that are refused for nothing but rights.

A door whose parameter has no object here, or whose write needs fields that are not here, fails the access test: whoever
adds a route adds its line.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.push.browsers import Browser
from tests.security.sights import FOLLOWER, Sight, Things, World
from tests.security.table import Door
from tests.security.wire import Headers

NEVER = "0198d000-0000-7000-8000-000000000000"  # an id of nothing
BROWSER = Browser("walk")  # in which everybody signs in, one after another
MALFORMED = ("x", "%00", "..%2f..", "0198D000-0000-7000-8000-00000000000A", "%ed%a0%80", "a" * 300)


@dataclass(frozen=True)
class Case:
    """What a door is tried on: whose things, and whether those that the free tier may not read."""

    handle: str = "anna"
    paid: bool = False
    # The community in the path, when it is not the one that the things belong to.
    under: str = ""

    @property
    def place(self) -> str:
        return self.under or self.handle


class NoObject(AssertionError):
    """A path parameter that the world has nothing for."""


# What a reading door is asked that shows nothing by itself: all posts with a canary.
ASKED = {
    "GET /search": "?q=cnry",
    "GET /@{handle}/search": "?q=cnry",
    "GET /api/v1/search": "?q=cnry&limit=100&community=anna",
    "POST /api/v1/media": "?community=anna&name=note.txt",
    "GET /oembed": "?url=http%3A%2F%2Fchannel.test%2F%40anna",
}


def target(door: Door, case: Case, world: World) -> str:
    """The address of the door for a case."""
    things = world.things[case.handle]
    path = door.path
    for name in door.parameters:
        if name == "handle":
            value = case.place
        else:
            before = path.partition("{" + name)[0].rstrip("/").rpartition("/")[2]
            value = _object(name, before, door, case, things, world)
        start, _, rest = path.partition("{" + name)
        path = start + value + rest.partition("}")[2]
    return path + ASKED.get(door.name, "")


def _object(name: str, before: str, door: Door, case: Case, things: Things, world: World) -> str:
    room = things.paid_room if case.paid and _enters(door) else things.room
    post = things.paid_post if case.paid else things.post
    said = things.paid_comment if case.paid else things.comment
    if door.path.endswith(("/posts/{id}/approve", "/posts/{id}/remove")):
        return said
    topic, message = things.topic, things.message
    if _of_groups(door):
        room = things.paid_group if case.paid else things.group
        topic, message = (things.paid_topic, things.paid_message) if case.paid else (topic, message)
    found: dict[tuple[str, str], Callable[[], str]] = {
        ("id", "comments"): lambda: said,
        ("id", "media"): lambda: things.paid_medium if case.paid else things.medium,
        ("id", "library"): lambda: things.paid_medium if case.paid else things.medium,
        ("id", "uploads"): lambda: world.own["upload"],
        ("id", "rooms"): lambda: room.id,
        ("id", "posts"): lambda: post.id,
        ("id", "topics"): lambda: topic.id,
        ("id", "m"): lambda: message.id,
        ("token", "m"): lambda: (
            "nobody-was-sent-here"
        ),  # what those who were sent get: tests/web/test_media_places.py
        ("number", "t"): lambda: str(topic.number),
        ("id", "questions"): lambda: things.paid_question if case.paid else things.question,
        ("id", "messages"): lambda: things.talk if door.path.startswith("/studio/") else things.letter,
        ("id", "conversations"): lambda: things.talk,
        ("id", "saved-answers"): lambda: things.saved,
        ("item", "inbox"): lambda: things.item,
        ("secret", "feeds"): lambda: world.own["feed_secret"],
        ("id", "feeds"): lambda: things.feed if door.path.startswith("/studio/") else world.own["feed"],
        ("id", "hooks"): lambda: things.hook,
        ("id", "incoming"): lambda: things.incoming,
        ("secret", "incoming"): lambda: world.own["incoming_secret"],
        ("id", "tiers"): lambda: things.spare_tier.id,
        ("tier_id", "tiers"): lambda: things.spare_tier.id,
        ("id", "memberships"): lambda: world.own["holding"],
        ("id", "purchases"): lambda: world.own["holding"],
        ("change_id", "price-changes"): lambda: NEVER,
        ("id", "invites"): lambda: things.invite.id,
        ("id", "members"): lambda: things.victim.id,
        ("price_id", "prices"): lambda: NEVER,
        ("account_id", "members"): lambda: things.victim.id,
        ("id", "drafts"): lambda: things.draft,
        ("id", "accounts"): lambda: things.victim.id,
        ("id", "jobs"): lambda: world.own["job"],
        ("id", "sessions"): lambda: world.own["session"],
        ("id", "tokens"): lambda: world.own["token"],
        ("id", "passkeys"): lambda: "AAAA",
        ("code", "join"): lambda: things.invite.code or "",
        ("code", "invites"): lambda: things.invite.code or "",
        ("secret", "link"): lambda: world.own["link"],
        ("secret", "email"): lambda: world.own["proof"],
        ("token", "off"): lambda: world.own["off"],
        ("token", "by"): lambda: world.own["follow"],
        ("token", "on"): lambda: world.own["follow_device"],
        ("token", "quiet"): lambda: world.own["quiet"],
        ("token", "follow"): lambda: world.own["follow"],
        ("secret", "yes"): lambda: world.own["follow_yes"],
        ("secret", "pass"): lambda: world.own["follow_pass"],
        ("id", "push"): lambda: world.own["push_device"],
        ("id", "devices"): lambda: world.own["push_device"],
        ("stream", "streams"): lambda: f"room:{room.id}",
        ("path", "static"): lambda: "app.css",
        ("emoji", "reactions"): lambda: "%E2%9D%A4",
        ("code", "gift"): lambda: things.gift_code,
        ("id", "gifts"): lambda: things.gift,
        ("id", "card"): lambda: world.own["gift"],
        ("order_id", "pay"): lambda: world.own["order"],
        ("name", "covers"): lambda: "0-210",
        ("hue", "podcast-"): lambda: "210",
        ("hue", "card-"): lambda: "210",
        ("look", "looks"): lambda: things.look,
        ("name", "icons"): lambda: "210-AB-192",
        ("kind", "app-"): lambda: "192",
        ("name", "emoji"): lambda: things.emoji_name,
        ("key", "emoji"): lambda: things.emoji,
        ("id", "linked"): lambda: post.id,
        ("id", "coupons"): lambda: NEVER,
        ("tag", "tag"): lambda: "tour",
        ("tag", "tags"): lambda: "tour",
        ("provider", "hooks"): lambda: "sandbox",
        ("id", "sandbox"): lambda: world.own["book"] if door.path.startswith("/sandbox/") else NEVER,
    }
    if name == "slug":
        return room.slug
    if name == "variant":
        return "file"
    if name == "key" and door.path.startswith("/linked/"):
        return things.linked_paid if case.paid else things.linked
    if name == "size":
        return "640"
    if name == "seq":
        return str(post.seq)
    if (name, before) not in found:
        raise NoObject(f"{door.name}: say in targets.py what {{{name}}} after /{before}/ is")
    return found[name, before]()


def _of_groups(door: Door) -> bool:
    """About a group, its topics and messages; what a channel is asked for is another thing."""
    return any(part in door.path for part in ("/{slug}/t", "/{slug}/m/", "/topics"))


def _enters(door: Door) -> bool:
    """Reads a room as a whole; a single post is tried in an open room."""
    return "{seq}" not in door.path


def cases(door: Door) -> list[Case]:
    """What a door has to be tried on."""
    if not door.parameters or door.path.startswith(
        (
            "/static",
            "/m/",
            "/covers",
            "/account",
            "/admin",
            "/sign-in",
            "/pay/",
            "/sandbox/",
            "/feeds/",
            "/notices/quiet/",
            "/follow/by/",
            "/follow/on/",
            "/api/v1/follow/",
            "/follow/yes/",
            "/follow/pass/",
            "/gift/card",
            "/api/hooks",
            "/api/v1/incoming",
            "/api/v1/me/",
            "/api/v1/media/uploads",
        )
    ):
        return [Case()]
    found = [Case(), Case("zoe")]
    reads = (
        "/media/{id}",
        "/linked/{id}",
        "/rooms/{id}",
        "/posts/{id}",
        "/topics/{id}",
        "/questions/{id}",
        "/streams/",
        "/@{handle}/{slug}",
    )
    if any(part in door.path for part in reads):
        found.append(Case(paid=True))
    return found


def any_word(door: Door) -> bool:
    """Its last parameter is a word that has a page whether or not anything is there: it must not tell which."""
    return door.parameters[-1:] == ("tag",)


def crossed(door: Door) -> bool:
    """Has a child below a community, so that the child of another one can be named there."""
    return (
        door.path.startswith(("/studio/{handle}/", "/api/v1/communities/{handle}/"))
        and len(door.parameters) > 1
        and not any_word(door)
    )


Fields = dict[str, Any]
Filled = Callable[[Sight, Things], Fields]


def _fixed(**fields: Any) -> Filled:
    return lambda sight, things: fields


def _named(sight: Sight, things: Things) -> Fields:
    """A name for somebody new; who has an account leaves it out."""
    return {} if sight.signed else {"display_name": "New"}


def _fresh() -> str:
    return secrets.token_hex(8)


def _room(sight: Sight, things: Things) -> Fields:
    return {"slug": f"r{_fresh()[:8]}", "name": "Room"}


def _moved(sight: Sight, things: Things) -> Fields:
    """Into a new topic. Nothing is named that is not in it: what a paid one holds is another message."""
    return {"post_ids": [things.message.id], "name": f"Topic {_fresh()[:8]}"}


def _merged(sight: Sight, things: Things) -> Fields:
    return {"into": things.general}


def _chosen(sight: Sight, things: Things) -> Fields:
    return {"do": "move", "posts": things.message.id, "name": f"Topic {_fresh()[:8]}"}


# What each writing door is sent. Forms for pages, JSON for the API. Those without fields stand here too: the table is whole.
BODIES: dict[str, Filled] = {
    "PUT /api/v1/rooms/{id}/read": _fixed(seq=1),
    "POST /api/v1/live/ticket": _fixed(),
    "PATCH /api/v1/me": _fixed(presence=False),
    "PUT /api/v1/me/notices": _fixed(zone="Europe/Berlin", hour=18, rules=[]),
    "POST /account/notices": _fixed(zone="Europe/Berlin", hour="18"),
    "POST /account/notices/{handle}": lambda sight, things: {f"how-{things.room.community_id}": "daily"},
    "POST /notices/off/{token}": _fixed(what="all"),
    "POST /api/v1/communities/{handle}/follow": _fixed(email="another@example.org", how="daily"),
    "PATCH /api/v1/follow/{token}": _fixed(how="daily", hour=7),
    "DELETE /api/v1/follow/{token}": _fixed(),
    "POST /follow/@{handle}": _fixed(email="somebody@example.org", how="daily"),
    "POST /notices/quiet/{token}": _fixed(days="1"),
    "POST /follow/@{handle}/device": _fixed(**BROWSER.given, zone="Europe/Berlin"),
    "POST /follow/on/{token}": _fixed(how="important", zone="Europe/Berlin"),
    "POST /follow/on/{token}/pass": lambda sight, things: _named(sight, things) | FOLLOWER.given,
    "POST /follow/by/{token}": _fixed(how="daily", zone="Europe/Berlin", hour="7"),
    "POST /follow/by/{token}/off": _fixed(what="all"),
    "POST /follow/yes/{secret}": _fixed(),
    "POST /follow/pass/{secret}": _named,
    "POST /account/push": _fixed(**BROWSER.given),
    "POST /@{handle}/hello": _fixed(do="told", **BROWSER.given),
    "POST /account/push/{id}/remove": _fixed(),
    "POST /account/push/{id}/text": _fixed(shows_text="1"),
    "POST /account/push/{id}/test": _fixed(),
    "POST /account/notices/{handle}/limit": lambda sight, things: {f"per_week-{things.room.community_id}": "3"},
    "POST /api/v1/me/push/told": lambda sight, things: {"id": NEVER},
    "POST /account/notices/{handle}/push": lambda sight, things: {f"push-{things.room.community_id}": "none"},
    "PUT /api/v1/me/push": _fixed(rules=[]),
    "POST /api/v1/me/push/devices": _fixed(
        endpoint=BROWSER.endpoint, keys={name: BROWSER.given[name] for name in ("p256dh", "auth")}
    ),
    "PATCH /api/v1/me/push/devices/{id}": _fixed(shows_text=True),
    "DELETE /api/v1/me/push/devices/{id}": _fixed(),
    "POST /api/v1/me/read-all": _fixed(),
    "POST /catch-up/read": _fixed(),
    "POST /api/v1/communities": lambda sight, things: {"handle": f"c{_fresh()[:8]}", "name": "New"},
    "PATCH /api/v1/communities/{handle}": _fixed(name="Changed"),
    "DELETE /api/v1/communities/{handle}": _fixed(),
    "POST /api/v1/communities/{handle}/rooms": _room,
    "PATCH /api/v1/communities/{handle}/rooms/{slug}": _fixed(name="Changed"),
    "DELETE /api/v1/communities/{handle}/rooms/{slug}": _fixed(),
    "POST /api/v1/communities/{handle}/tiers": _fixed(name="Silver", rank=5),
    "PATCH /api/v1/communities/{handle}/tiers/{id}": _fixed(name="Changed"),
    "DELETE /api/v1/communities/{handle}/tiers/{id}": _fixed(),
    "POST /api/v1/communities/{handle}/tiers/{id}/price-changes": _fixed(
        from_price_id=NEVER, to_price_id=NEVER, from_at="2030-12-31T00:00:00Z"
    ),
    "DELETE /api/v1/communities/{handle}/tiers/{id}/price-changes/{change_id}": _fixed(),
    "POST /api/v1/communities/{handle}/tiers/{id}/orders": _fixed(price_id=NEVER),
    "POST /api/v1/me/purchases/{id}/cancel": _fixed(reason="So long."),
    "POST /api/v1/me/purchases/{id}/resume": _fixed(),
    "POST /api/v1/me/purchases/{id}/price-change": _fixed(agreed=True),
    "POST /api/v1/communities/{handle}/invites": _fixed(),
    "PATCH /api/v1/communities/{handle}/invites/{id}": _fixed(state="paused"),
    "DELETE /api/v1/communities/{handle}/invites/{id}": _fixed(),
    "POST /api/v1/invites/{code}/accept": _named,
    "PATCH /api/v1/communities/{handle}/members/{account_id}": _fixed(state="muted"),
    "DELETE /api/v1/communities/{handle}/membership": _fixed(),
    "POST /api/v1/rooms/{id}/posts": _fixed(text="Hello"),
    "PATCH /api/v1/posts/{id}": _fixed(text="Changed"),
    "DELETE /api/v1/posts/{id}": _fixed(),
    "POST /api/v1/rooms/{id}/topics": lambda sight, things: {"name": f"Topic {_fresh()[:8]}"},
    "PATCH /api/v1/topics/{id}": _fixed(name="Changed"),
    "POST /api/v1/topics/{id}/move": _moved,
    "POST /api/v1/topics/{id}/merge": _merged,
    "PUT /api/v1/topics/{id}/read": _fixed(seq=1),
    "PUT /api/v1/topics/{id}/follow": _fixed(level="mute", starred=True),
    "POST /@{handle}/{slug}/t": lambda sight, things: {
        "name": f"Topic {_fresh()[:8]}", "text": "Hello", "key": _fresh()
    },
    "POST /@{handle}/{slug}/t/{number}": lambda sight, things: {"text": "Hello", "key": _fresh()},
    "POST /@{handle}/{slug}/t/{number}/change": _fixed(do="name", name="Changed"),
    "POST /@{handle}/{slug}/t/{number}/mark": _fixed(level="follow"),
    "POST /@{handle}/{slug}/t/{number}/choose": _chosen,
    "POST /@{handle}/{slug}/m/{id}": _fixed(text="Changed", rev="1"),
    "POST /@{handle}/{slug}/m/{id}/delete": _fixed(),
    "PATCH /api/v1/posts/{id}/preview": _fixed(title="Changed"),
    "DELETE /api/v1/posts/{id}/preview": _fixed(),
    "PUT /api/v1/posts/{id}/pin": _fixed(position=1),
    "DELETE /api/v1/posts/{id}/pin": _fixed(),
    "PUT /api/v1/posts/{id}/reactions/{emoji}": _fixed(),
    "DELETE /api/v1/posts/{id}/reactions/{emoji}": _fixed(),
    "POST /@{handle}/{slug}/{seq}/react": _fixed(emoji="❤️", on="1"),
    "PUT /api/v1/posts/{id}/vote": _fixed(options=[1]),
    "DELETE /api/v1/posts/{id}/vote": _fixed(),
    "POST /api/v1/posts/{id}/poll/close": _fixed(),
    "POST /api/v1/posts/{id}/comments": _fixed(text="Hello"),
    "PUT /api/v1/posts/{id}/comments": _fixed(open=True),
    "POST /api/v1/posts/{id}/approve": _fixed(),
    "POST /api/v1/posts/{id}/remove": _fixed(reason="Off the point"),
    "POST /api/v1/posts/{id}/report": _fixed(reason="spam"),
    "POST /@{handle}/{slug}/{seq}/comments": lambda sight, things: {"text": "Hello", "key": _fresh()},
    "POST /@{handle}/{slug}/{seq}/comments/{id}": _fixed(do="delete"),
    "POST /@{handle}/{slug}/{seq}/thread": _fixed(on="1"),
    "POST /@{handle}/{slug}/{seq}/report": _fixed(reason="spam"),
    "POST /studio/{handle}/comments": _fixed(do="holds", words="", link_days="0"),
    "PUT /api/v1/posts/{id}/prompt": _fixed(),
    "DELETE /api/v1/posts/{id}/prompt": _fixed(),
    "PUT /api/v1/communities/{handle}/question-box": _fixed(on=True),
    "POST /api/v1/posts/{id}/questions": _fixed(text="Why?"),
    "POST /api/v1/communities/{handle}/questions": _fixed(text="Why?"),
    "PATCH /api/v1/questions/{id}": _fixed(text="Changed"),
    "PUT /api/v1/questions/{id}/vote": _fixed(),
    "DELETE /api/v1/questions/{id}/vote": _fixed(),
    "POST /api/v1/questions/{id}/answer": lambda sight, things: {"room_id": things.room.id, "text": "Because."},
    "POST /posts/{id}/questions": _fixed(text="Why?", hide_name="1"),
    "POST /@{handle}/questions": _fixed(text="Why?", hide_name="1"),
    "POST /questions/{id}/vote": _fixed(do="vote"),
    "POST /questions/{id}": _fixed(do="reword", text="Changed"),
    "POST /studio/{handle}/posts/{id}/prompt": _fixed(do="ask", prompt_votes="1"),
    "POST /studio/{handle}/questions": lambda sight, things: {"do": "spam", "ids": things.question},
    "POST /studio/{handle}/questions/box": _fixed(on="1"),
    "POST /studio/{handle}/questions/{id}/answer": lambda sight, things: {
        "room": things.room.id, "text": "Because.", "key": _fresh()
    },
    "POST /api/v1/communities/{handle}/messages": _fixed(text="Hello"),
    "PUT /api/v1/communities/{handle}/messages/read": _fixed(seq=1),
    "DELETE /api/v1/messages/{id}": _fixed(),
    "PUT /api/v1/communities/{handle}/message-box": _fixed(on=True),
    "POST /api/v1/conversations/{id}/messages": _fixed(text="Hello"),
    "POST /api/v1/communities/{handle}/saved-answers": lambda sight, things: {"name": f"N{_fresh()}", "text": "x"},
    "PATCH /api/v1/communities/{handle}/saved-answers/{id}": _fixed(text="Changed"),
    "DELETE /api/v1/communities/{handle}/saved-answers/{id}": _fixed(),
    "POST /api/v1/communities/{handle}/inbox/{item}/done": _fixed(),
    "POST /api/v1/communities/{handle}/inbox/{item}/later": _fixed(until="2026-06-01T00:00:00Z"),
    "POST /api/v1/communities/{handle}/inbox/{item}/reopen": _fixed(),
    "POST /api/v1/communities/{handle}/inbox/{item}/assign": _fixed(account_id=None),
    "POST /messages/{handle}": lambda sight, things: {"text": "Hello", "key": _fresh()},
    "POST /messages/{handle}/read": _fixed(seq="1"),
    "POST /messages/{handle}/delete": lambda sight, things: {"id": things.letter},
    "POST /studio/{handle}/inbox": lambda sight, things: {"do": "done", "item": things.item},
    "POST /studio/{handle}/messages": _fixed(who="0"),
    "POST /studio/{handle}/messages/{id}": lambda sight, things: {"text": "Hello", "key": _fresh()},
    "POST /studio/{handle}/answers": lambda sight, things: {"do": "keep", "name": f"N{_fresh()}", "text": "x"},
    "POST /setup": _fixed(token="none", name="Intruder", handle="intruder"),
    "POST /new": lambda sight, things: {"handle": f"c{_fresh()[:8]}", "name": "New"},
    "POST /sign-in/mail": _fixed(email="somebody@example.org"),
    "POST /sign-in/link/{secret}": _fixed(),
    "POST /sign-in/recovery": _fixed(name="anna_", code="00000-00000-00000-00000"),
    "POST /sign-in/passkey/options": _fixed(),
    "POST /sign-in/passkey": _fixed(state="none", credential={}),
    "POST /sign-out": _fixed(),
    "POST /language": _fixed(language="de", next="/"),
    "POST /theme": _fixed(theme="dark", next="/"),
    "POST /account/feeds": _fixed(of="anna"),
    "POST /account/feeds/{id}/renew": _fixed(),
    "POST /account/feeds/{id}/revoke": _fixed(),
    "POST /api/v1/me/feeds": _fixed(community="anna"),
    "POST /api/v1/me/feeds/{id}/renew": _fixed(),
    "DELETE /api/v1/me/feeds/{id}": _fixed(),
    "POST /studio/{handle}/feeds/{id}": _fixed(do="revoke"),
    "POST /account/presence": _fixed(),
    "POST /account/profile": _fixed(name="Renamed", hue="10"),
    "POST /account/passkeys/options": _fixed(),
    "POST /account/passkeys": _fixed(state="none", credential={}),
    "POST /account/passkeys/{id}/remove": _fixed(),
    "POST /account/email": _fixed(email="another@example.org"),
    "POST /account/email/remove": _fixed(),
    "POST /account/email/{secret}": _fixed(),
    "POST /account/recovery": _fixed(),
    "POST /account/phone": _fixed(),
    "POST /account/sessions/others": _fixed(),
    "POST /account/sessions/{id}/end": _fixed(),
    "POST /account/tokens": _fixed(token_name="bot", scopes="read"),
    "POST /account/tokens/{id}/revoke": _fixed(),
    "POST /account/delete": lambda sight, things: {"typed_name": sight.account.name if sight.account else ""},
    "POST /admin/mail-test": _fixed(email="somebody@example.org"),
    "POST /admin/accounts/{id}": _fixed(do="suspend"),
    "POST /admin/jobs/{id}": _fixed(do="drop"),
    "POST /admin/pages": _fixed(name="Renamed", about="", terms="", contact=""),
    "POST /studio/{handle}/posts": lambda sight, things: {"room": things.room.id, "text": "Hello", "key": _fresh()},
    "POST /studio/{handle}/media": _fixed(files="a.jpg", teaser_file="b.jpg"),
    "POST /studio/{handle}/posts/{id}/media": _fixed(files="a.jpg", teaser_file="b.jpg"),
    "POST /studio/{handle}/library": _fixed(files="a.jpg"),
    "POST /studio/{handle}/library/{id}": _fixed(alt="Changed", x="10", y="90"),
    "POST /studio/{handle}/library/{id}/replace": _fixed(file="a.jpg"),
    "POST /studio/{handle}/library/{id}/delete": _fixed(),
    "POST /studio/{handle}/library/{id}/original": _fixed(),
    "POST /studio/{handle}/library/{id}/credentials": _fixed(keep="1"),
    "POST /studio/{handle}/library/{id}/crop": _fixed(shape="1:1", turn="90"),
    "POST /studio/{handle}/library/{id}/chapters": _fixed(chapters="0:00 Changed"),
    "PUT /api/v1/media/{id}/replacement": _fixed(media_id=NEVER),
    "POST /api/v1/media": _fixed(note="Hello"),
    "PATCH /api/v1/media/{id}": _fixed(alt="Changed"),
    "DELETE /api/v1/media/{id}": _fixed(),
    "PATCH /api/v1/media/uploads/{id}": _fixed(),
    "DELETE /api/v1/media/uploads/{id}": _fixed(),
    "POST /studio/{handle}/preview": lambda sight, things: {"room": things.room.id, "text": "Hello"},
    "POST /studio/{handle}/posts/{id}": _fixed(text="Changed"),
    "POST /studio/{handle}/posts/{id}/delete": _fixed(),
    "POST /studio/{handle}/posts/{id}/pin": _fixed(position="1"),
    "POST /studio/{handle}/posts/{id}/poll/close": _fixed(),
    "POST /@{handle}/{slug}/{seq}/vote": _fixed(options="1"),
    "POST /mail/incoming": _fixed(),
    "POST /studio/{handle}/drafts/by-mail": lambda sight, things: {"room": things.room.id, "do": "renew"},
    "POST /studio/{handle}/drafts": lambda sight, things: {"room": things.room.id, "text": "Half said"},
    "POST /studio/{handle}/drafts/{id}/delete": _fixed(),
    "POST /studio/{handle}/members/bulk": lambda sight, things: {"do": "approve", "ids": things.victim.id},
    "POST /studio/{handle}/members/{id}": _fixed(do="mute"),
    "POST /studio/{handle}/tiers": _fixed(name="Silver", rank="5", shared_colour="1"),
    "POST /studio/{handle}/tiers/{id}": _fixed(name="Changed", rank="21", shared_colour="1"),
    "POST /studio/{handle}/tiers/{id}/prices": _fixed(amount="5", currency="EUR", interval="month"),
    "POST /studio/{handle}/tiers/{id}/prices/retire": _fixed(price_id=NEVER),
    "POST /studio/{handle}/tiers/{id}/prices/{price_id}/change": _fixed(to_price_id=NEVER, day="2030-12-31"),
    "POST /studio/{handle}/tiers/{id}/prices/{price_id}/change/off": _fixed(change_id=NEVER),
    "POST /studio/{handle}/tiers/{id}/delete": _fixed(),
    "POST /studio/{handle}/members/{id}/money": _fixed(do="cancel", holding_id=NEVER),
    "POST /studio/{handle}/money/connect": _fixed(do="connect", provider="sandbox"),
    "POST /studio/{handle}/money/coupons": lambda sight, things: {
        "code": f"c{_fresh()[:8]}", "kind": "percent", "percent": "10"
    },
    "POST /studio/{handle}/money/coupons/{id}": _fixed(do="off"),
    "POST /studio/{handle}/invites": _fixed(label="By hand"),
    "POST /studio/{handle}/invites/{id}/state": _fixed(state="paused"),
    "POST /studio/{handle}/money/owed": _fixed(do="find", statement="Nothing"),
    "POST /studio/{handle}/money/gifts": lambda sight, things: {
        "tier_id": things.spare_tier.id, "count": "1", "days": "30"
    },
    "POST /studio/{handle}/money/gifts/{id}/revoke": _fixed(),
    "POST /studio/{handle}/rooms": _room,
    "POST /studio/{handle}/rooms/{slug}": lambda sight, things: {"slug": things.room.slug, "name": "Changed"},
    "POST /studio/{handle}/rooms/{slug}/move": _fixed(position="1"),
    "POST /studio/{handle}/rooms/{slug}/delete": lambda sight, things: {"typed_slug": things.room.slug},
    "POST /studio/{handle}/settings": _fixed(
        name="Changed", about="", visibility="public", hue="10", cover="pattern:1", avatar="", language="en",
        embeddable="1", reach_shown="1",
    ),
    "POST /studio/{handle}/icon": _fixed(zoom="100"),
    "POST /studio/{handle}/cover": _fixed(zoom="100"),
    "POST /studio/{handle}/emoji": _fixed(name="fresh"),
    "POST /studio/{handle}/emoji/{name}": _fixed(do="rename", new_name="renamed"),
    "POST /studio/{handle}/hooks": _fixed(
        kind="webhook", name="Shop", url="https://shop.friend.org/in", kinds="post.*"
    ),
    "POST /studio/{handle}/hooks/{id}": _fixed(do="test"),
    "POST /studio/{handle}/incoming": lambda sight, things: {"name": "Bot", "room_id": things.room.id},
    "POST /studio/{handle}/incoming/{id}": _fixed(),
    "POST /api/v1/communities/{handle}/hooks": _fixed(name="Shop", url="https://shop.friend.org/in"),
    "PATCH /api/v1/communities/{handle}/hooks/{id}": _fixed(name="Changed"),
    "DELETE /api/v1/communities/{handle}/hooks/{id}": _fixed(),
    "POST /api/v1/communities/{handle}/hooks/{id}/secret": _fixed(),
    "POST /api/v1/communities/{handle}/hooks/{id}/test": _fixed(),
    "POST /api/v1/communities/{handle}/hooks/{id}/replay": _fixed(),
    "POST /api/v1/communities/{handle}/incoming": lambda sight, things: {"name": "Bot", "room_id": things.room.id},
    "DELETE /api/v1/communities/{handle}/incoming/{id}": _fixed(),
    "POST /api/v1/incoming/{secret}": _fixed(text="Hello"),
    "PUT /api/v1/communities/{handle}/emoji/{name}": _fixed(note="Hello"),
    "PATCH /api/v1/communities/{handle}/emoji/{name}": _fixed(name="renamed"),
    "DELETE /api/v1/communities/{handle}/emoji/{name}": _fixed(),
    "POST /account/face": _fixed(zoom="100"),
    "PUT /api/v1/me/avatar": _fixed(note="Hello"),
    "PUT /api/v1/communities/{handle}/avatar": _fixed(note="Hello"),
    "PUT /api/v1/communities/{handle}/cover": _fixed(note="Hello"),
    "DELETE /api/v1/me/avatar": _fixed(),
    "DELETE /api/v1/communities/{handle}/avatar": _fixed(),
    "DELETE /api/v1/communities/{handle}/cover": _fixed(),
    "POST /studio/{handle}/settings/close": _fixed(),
    "POST /studio/{handle}/settings/reopen": _fixed(),
    "POST /studio/{handle}/settings/delete": lambda sight, things: {"typed_handle": things.handle},
    "POST /studio/{handle}/settings/undo-delete": _fixed(),
    "POST /studio/{handle}/settings/transfer": lambda sight, things: {
        "typed_handle": things.handle, "to": things.victim.id
    },
    "POST /api/hooks/{provider}/{id}": _fixed(id="evt_forged"),
    "POST /@{handle}/tip": _fixed(amount="a lot", currency="EUR", key=NEVER),
    "POST /@{handle}/{slug}/{seq}/unlock": _fixed(key=NEVER),
    "POST /join/{code}": _named,
    "POST /gift": _fixed(code="0" * 26),
    "POST /gift/{code}": _named,
    "POST /@{handle}/gift": lambda sight, things: {"what": "nothing"} | _named(sight, things),
    "POST /@{handle}/join": _named,
    "POST /@{handle}/leave": _fixed(),
    "POST /share/@{handle}": _fixed(label="By hand"),
    "POST /app/share": _fixed(text="From a phone"),
    "POST /rooms/{id}/read": _fixed(seq="1"),
    "POST /@{handle}/tiers/{tier_id}": _named,
    "POST /@{handle}/tiers/{tier_id}/wait": _fixed(stop="1"),
    "POST /pay/{order_id}/give-up": _fixed(),
    "POST /sandbox/{id}": _fixed(do="pay"),
    "POST /account/memberships/{id}/switch": _fixed(price=NEVER),
    "POST /account/memberships/{id}/cancel": _fixed(reason="", words="So long."),
    "POST /account/memberships/{id}/stay": _fixed(),
    "POST /account/memberships/{id}/resume": _fixed(),
    "POST /account/memberships/{id}/pause": _fixed(),
    "POST /account/memberships/{id}/price": _fixed(change_id=NEVER, agreed="yes"),
    "POST /account/memberships/{id}/portal": _fixed(),
}  # fmt: skip
SCRIPTED = frozenset(
    {"POST /sign-in/passkey", "POST /account/passkeys"}
)  # pages' own scripts send these JSON


def body(door: Door, sight: Sight, things: Things) -> tuple[bytes, Headers]:
    """What the door is sent, and the header that says what it is."""
    if door.safe:
        return b"", ()
    if door.name not in BODIES:
        raise NoObject(f"{door.name}: say in targets.py what it is sent")
    fields = BODIES[door.name](sight, things)
    if door.api or door.name in SCRIPTED:
        return json.dumps(fields).encode(), (("content-type", "application/json"),)
    return urlencode(fields, doseq=True).encode(), (("content-type", "application/x-www-form-urlencoded"),)
