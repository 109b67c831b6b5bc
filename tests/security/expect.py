"""What a viewer must be answered, worked out from the policy of the door and the matrix of roles: never read off the app.

First the general rule, then MORE: the doors that decide by more than their policy says, each with its reason.
"""

from collections.abc import Callable

from channel.members import Action, Role
from channel.members.model import State
from channel.routing import Who
from tests.security.sights import GOLD, TALKERS, Sight
from tests.security.table import Door
from tests.security.targets import Case

DONE = frozenset({200, 201, 202, 204, 303})
# What strangers are shown of these is kept for the next one (web/shelf.py).
STRANGERS_PAGES = (
    "/", "/@{handle}", "/@{handle}/reach", "/@{handle}/{slug}", "/@{handle}/{slug}/{seq}", "/@{handle}/{slug}/t/{number}",
)  # fmt: skip
Statuses = frozenset[int]
Rule = Callable[[Sight, Case], int | Statuses | None]  # None: as the policy says


def expected(door: Door, sight: Sight, case: Case) -> Statuses:
    """The statuses that are right for this viewer."""
    refused = _by_credentials(door, sight)
    if refused is not None:
        return frozenset({refused})
    rule = MORE.get(door.name)
    more = rule(sight, case) if rule else None
    if more is not None:
        return frozenset({more}) if isinstance(more, int) else more
    found = _by_policy(door, sight, case)
    return DONE if found is None else frozenset({found})


def _by_credentials(door: Door, sight: Sight) -> int | None:
    """What is said before anything is looked up."""
    needs_account = door.policy.who in (Who.SIGNED_IN, Who.ROLE, Who.ADMIN)
    if door.path.startswith("/api/v1") and sight.broken:
        return 401
    if needs_account and not sight.signed:
        return 303 if door.method == "GET" and not door.api else 401
    if (
        door.policy.who is not Who.ANYONE
        and sight.scopes is not None
        and door.policy.scope not in sight.scopes
    ):
        return 403
    if door.policy.who is Who.ADMIN and not sight.admin:
        return 404
    return None


def _by_policy(door: Door, sight: Sight, case: Case) -> int | None:
    """None: let through."""
    standing = sight.at(case.handle)
    if not _about_a_community(door):
        return None
    if not standing.visible:
        known = standing.banned and door.path.startswith(("/@", "/share/@", "/follow/@"))
        return (
            403 if known else 404
        )  # a banned person is told so at the door, and finds nothing anywhere else
    if _enters_room(door) and not standing.reads(GOLD if case.paid and "{seq}" not in door.path else None):
        return 403
    if door.policy.who is Who.ROLE:
        assert door.policy.action is not None
        return None if standing.may(door.policy.action) else 403
    return None


def _about_a_community(door: Door) -> bool:
    places = ("{handle}", "/rooms/{id}", "/posts/{id}", "/topics/{id}", "/questions/{id}", "/streams/")
    return any(place in door.path for place in places)


def _enters_room(door: Door) -> bool:
    """Rooms above one's rank are listed; these doors go inside."""
    inside = ("/rooms/{id}", "/topics/{id}", "/streams/", "/@{handle}/{slug}")
    return any(place in door.path for place in inside)


def _open_reach(sight: Sight, case: Case) -> int | None:
    return 404 if case.handle == "zoe" and sight.at("zoe").visible else None


def _change_post(sight: Sight, case: Case) -> int | None:
    """Posts of the owner: who writes here without being an admin changes only their own."""
    return _inside(sight, case, sight.at(case.handle).may(Action.EDIT_ANY_POST))


def _inside(sight: Sight, case: Case, allowed: bool) -> int | None:
    """Who knows of the community is refused unless allowed; all others are answered as the policy says."""
    return 403 if sight.at(case.handle).visible and not allowed else None


def _publish(sight: Sight, case: Case) -> int | None:
    """Into a channel: members write in groups, and this is none."""
    return _inside(sight, case, sight.at(case.handle).may(Action.POST))


def _medium(sight: Sight, case: Case) -> int | None:
    """Whoever may read the post that carries it; to all others there is nothing, whatever the reason."""
    standing = sight.at(case.handle)
    return None if standing.visible and standing.reads(GOLD if case.paid else None) else 404


def _own_medium(sight: Sight, case: Case) -> int | None:
    """Whoever sent it, who is the owner here, and the admins."""
    return None if sight.at(case.handle).may(Action.EDIT_ANY_POST) else 404


def _send(sight: Sight, case: Case) -> int | None:
    """Every member who is not muted: a group of the community takes files of all."""
    standing = sight.at("anna")
    if not standing.visible:
        return 404
    return None if standing.role is not None and standing.state is State.ACTIVE else 403


def _attach(sight: Sight, case: Case) -> int | Statuses | None:
    """Who posts here is told that this is no form with files."""
    standing = sight.at(case.handle)
    return 422 if standing.visible and standing.may(Action.POST) else None


def _dress(sight: Sight, case: Case) -> int | None:
    """Who may is told that this is no picture."""
    return 422 if sight.at(case.handle).may(Action.EDIT_COMMUNITY) else None


def _change_medium(sight: Sight, case: Case) -> int | Statuses | None:
    """Editors find the owner's media, which stand in posts, and change them not."""
    standing = sight.at(case.handle)
    if not (standing.visible and standing.may(Action.POST)):
        return None
    return None if standing.may(Action.EDIT_ANY_POST) else 404


def _no_original(sight: Sight, case: Case) -> int | Statuses | None:
    """Who may change it is told that nothing was made of it, so that what was sent stays."""
    standing = sight.at(case.handle)
    found = _change_medium(sight, case)
    return 409 if found is None and standing.visible and standing.may(Action.EDIT_ANY_POST) else found


def _no_picture(sight: Sight, case: Case) -> int | Statuses | None:
    """Who may change it is told that a file has no frame and no chapters."""
    standing = sight.at(case.handle)
    found = _change_medium(sight, case)
    return 422 if found is None and standing.visible and standing.may(Action.EDIT_ANY_POST) else found


def _swap(sight: Sight, case: Case) -> int | Statuses | None:
    """Who may change it is told that nothing was sent to take its place."""
    return _own_medium(sight, case) or 422


def _attach_there(sight: Sight, case: Case) -> int | Statuses | None:
    """The same on the page of a post, for who may edit it."""
    standing = sight.at(case.handle)
    if not (standing.visible and standing.may(Action.POST)):
        return None
    return 422 if standing.may(Action.EDIT_ANY_POST) else 403


def _talk(sight: Sight, case: Case) -> int | None:
    """In a group every member writes who is not muted."""
    standing = sight.at(case.handle)
    return _inside(sight, case, standing.role is not None and standing.state is State.ACTIVE)


def _moderate(sight: Sight, case: Case) -> int | None:
    """Topics and messages of the owner, changed by those who moderate."""
    return _inside(sight, case, sight.at(case.handle).may(Action.MODERATE))


def _move(sight: Sight, case: Case) -> int | Statuses | None:
    """The same; the message that is named is not in the paid topic, which is said to who may know."""
    found = _moderate(sight, case)
    return (
        frozenset({422})
        if found is None and case.paid and sight.at(case.handle).may(Action.MODERATE)
        else found
    )


def _merge(sight: Sight, case: Case) -> int | Statuses | None:
    """The same; of the paid group the open one's topic is no topic."""
    found = _moderate(sight, case)
    return (
        frozenset({404})
        if found is None and case.paid and sight.at(case.handle).may(Action.MODERATE)
        else found
    )


def _rewrite(sight: Sight, case: Case) -> int | None:
    """Messages of the owner: admins change them, too."""
    return _inside(sight, case, sight.at(case.handle).may(Action.EDIT_ANY_POST))


def _open_prompt(sight: Sight, case: Case) -> int | None:
    """What is asked under a locked post is as closed as the post."""
    standing = sight.at(case.handle)
    return 403 if standing.visible and case.paid and not standing.reads(GOLD) else None


def _ask(sight: Sight, case: Case) -> int | None:
    """Members ask where they read, unless they are muted."""
    standing = sight.at(case.handle)
    if not standing.visible:
        return None
    mute = standing.role is None or standing.state is State.MUTED
    return 403 if mute else _open_prompt(sight, case)


def _about_question(then: Rule) -> Rule:
    """Whoever does not read what it was asked under is not told that it is there."""

    def rule(sight: Sight, case: Case) -> int | Statuses | None:
        standing = sight.at(case.handle)
        if not standing.visible or (case.paid and not standing.reads(GOLD)):
            return 404
        return then(sight, case)

    return rule


def _write_to_team(sight: Sight, case: Case) -> int | None:
    """Members write who are not muted; those who run the community have an inbox. A banned person is told so."""
    standing = sight.at(case.handle)
    if not standing.visible:
        return 403 if standing.banned else 404
    if standing.role is None or standing.state is State.MUTED:
        return 403
    return None if standing.role is Role.MEMBER else 409


def _write_to_team_by_api(sight: Sight, case: Case) -> int | None:
    """The same; the API tells a banned person nothing."""
    return _write_to_team(sight, case) if sight.at(case.handle).visible else None


def _talks(sight: Sight, case: Case) -> bool:
    """The follower whose conversation it is."""
    return sight.name == TALKERS[case.handle]


def _own_talk(sight: Sight, case: Case) -> int | None:
    """There is one for who has written; a banned person is told that they are."""
    if _talks(sight, case):
        return None
    return 403 if sight.at(case.handle).banned else 404


def _own_talk_by_api(sight: Sight, case: Case) -> int | None:
    return None if _talks(sight, case) else 404


def _talk_page(sight: Sight, case: Case) -> int | None:
    """Whoever has no such page is led elsewhere; a banned person is told so."""
    return 403 if sight.at(case.handle).banned else None


def _of_team(sight: Sight, case: Case) -> int | None:
    """A conversation is known to its two sides, and nobody who looks is its follower."""
    return None if sight.at(case.handle).may(Action.ANSWER) else 404


def _letter(sight: Sight, case: Case) -> int | None:
    """The team knows of it, and only who wrote it deletes it."""
    if _talks(sight, case):
        return None
    return 403 if sight.at(case.handle).may(Action.ANSWER) else 404


def _answer(sight: Sight, case: Case) -> int | None:
    return None if sight.at(case.handle).may(Action.POST) else 403


def _past(sight: Sight, case: Case) -> int | None:
    """Of a locked post even the history is closed."""
    standing = sight.at(case.handle)
    return 403 if standing.visible and case.paid and not standing.reads(GOLD) else None


def _react(sight: Sight, case: Case) -> int | None:
    """Members react to what they read, unless they are muted; nobody hears from the room through a form's answer."""
    standing = sight.at(case.handle)
    if not standing.visible:
        return 404
    heard = standing.role is not None and standing.state is not State.MUTED
    return None if heard and (not case.paid or standing.reads(GOLD)) else 403


def _reactors(sight: Sight, case: Case) -> int | None:
    """Of a locked post nobody is told who reacted to it; a banned person is told at the door that they are."""
    standing = sight.at(case.handle)
    return 403 if standing.visible and case.paid and not standing.reads(GOLD) else None


def _unreact(sight: Sight, case: Case) -> int | None:
    """What is one's own may go, whatever has become of the post and of the right to speak."""
    standing = sight.at(case.handle)
    return 403 if standing.visible and standing.role is None else None


def _vote(sight: Sight, case: Case) -> int | None:
    """Members who may write, below what they may read; Zoe's poll is over."""
    standing = sight.at(case.handle)
    if not standing.visible:
        return None
    if (case.paid and not standing.reads(GOLD)) or standing.role is None or standing.state is State.MUTED:
        return 403
    return 409 if case.handle == "zoe" else None


def _tally(sight: Sight, case: Case) -> int | None:
    """Anna's polls run, so nobody is told their codes; of Zoe's everybody who may read them."""
    standing = sight.at(case.handle)
    if not standing.visible or (case.paid and not standing.reads(GOLD)):
        return _past(sight, case)
    return 409 if case.handle == "anna" else None


def _under(sight: Sight, case: Case) -> int | None:
    """Of a locked post nothing is said, and to those who may not know of it not even that."""
    return _past(sight, case)


def _comments(sight: Sight, case: Case) -> int | None:
    """Members write who are not muted; nobody writes under what they may not read."""
    standing = sight.at(case.handle)
    if not standing.visible:
        return None
    writes = standing.role is not None and standing.state is not State.MUTED
    return _past(sight, case) or (None if writes else 403)


def _reports(sight: Sight, case: Case) -> int | None:
    """Whoever belongs may, muted or not."""
    standing = sight.at(case.handle)
    if not standing.visible:
        return None
    return _past(sight, case) or (403 if standing.role is None else None)


def _with(action: Action) -> Rule:
    """Signed in is not enough: the verb asks for a role."""

    def rule(sight: Sight, case: Case) -> int | None:
        standing = sight.at(case.handle)
        return None if not standing.visible or standing.may(action) else 403

    return rule


def _own(sight: Sight, case: Case) -> int:
    """It belongs to the owner: nobody else finds it, and neither do programs, whose account it is."""
    return 303 if sight.name == "owner" else 404


def _leave(sight: Sight, case: Case) -> int | None:
    """Members and who asks may; the owner has to hand over first; all others are not in."""
    standing = sight.at(case.handle)
    if standing.role is Role.OWNER:
        return 409
    return None if standing.role or standing.state is State.REQUESTED else 404


def _join(sight: Sight, case: Case) -> int | None:
    """Nobody comes into a private community by its front door, not even twice."""
    return 404 if case.handle == "zoe" else None


def _search(sight: Sight, case: Case) -> int | None:
    """It is asked for one community (see targets.ASKED), which stands in no path."""
    return None if sight.at(case.handle).visible else 404


def _invited(sight: Sight, case: Case) -> int | Statuses:
    """Whoever holds the link may look and join, unless they are banned."""
    return 403 if sight.at(case.handle).banned else DONE


def _own_page(sight: Sight, case: Case) -> int:
    """The same for what is only looked at."""
    return 200 if sight.name == "owner" else 404


def _gift(sight: Sight, case: Case) -> int | Statuses:
    """Whoever holds the code may look, and the first one has it; a banned person stays out."""
    return 403 if sight.at(case.handle).banned else frozenset({200, 303, 410})


def _give(sight: Sight, case: Case) -> int | None:
    """Nothing here has a price, so nothing can be chosen."""
    return 422 if sight.at(case.handle).visible else None


def _erase(sight: Sight, case: Case) -> int:
    """Owners hand over first, and the last admin stays."""
    owns = any(standing.role is Role.OWNER for standing in sight.standings.values())
    return 409 if owns or sight.admin else 303


def _undo(sight: Sight, case: Case) -> int | None:
    """There is nothing to undo."""
    return 409 if sight.at(case.handle).may(Action.CLOSE_COMMUNITY) else None


def _checkout(sight: Sight, case: Case) -> int | None:
    """Nothing is sold in this world, which is said to everybody who may know of the community."""
    return 409 if sight.at(case.handle).visible else None


def _no_such(action: Action) -> Rule:
    """Whoever may is told that there is no such thing: what is named does not exist."""
    return lambda sight, case: 404 if sight.at(case.handle).may(action) else None


def _no_price(sight: Sight, case: Case) -> int | None:
    """Nothing here has a price, so no price can be changed."""
    return 422 if sight.at(case.handle).may(Action.EDIT_TIERS) else None


def _alone(sight: Sight, case: Case) -> int | None:
    """No post here is sold alone; whoever reads it is led to it."""
    standing = sight.at(case.handle)
    return 404 if case.paid and standing.visible and not standing.reads(GOLD) else None


def _names(sight: Sight, case: Case) -> int | None:
    """Whom one could name is told to members; a guest who may read the room is not told who is here."""
    standing = sight.at(case.handle)
    return 403 if standing.visible and not standing.role else None


def _tip(sight: Sight, case: Case) -> int | None:
    """Nothing is sold at Zoe's, and staff do not tip themselves; "a lot" is no amount."""
    standing = sight.at(case.handle)
    if not standing.visible:
        return None
    return 409 if case.handle == "zoe" or standing.role not in (None, Role.MEMBER) else 422


def _public_feed(sight: Sight, case: Case) -> Statuses:
    """Everybody's, whoever asks: of a private community nobody has one, its own people neither."""
    return frozenset({404}) if case.handle == "zoe" else DONE


def _follow(sight: Sight, case: Case) -> Statuses | None:
    """What strangers see nothing of cannot be followed without an account, by its own people neither."""
    return _public_feed(sight, case) if sight.at(case.handle).visible else None


def _public_feed_of_room(sight: Sight, case: Case) -> Statuses:
    """The same, and none of a room that a guest may not enter."""
    return frozenset({404}) if case.paid else _public_feed(sight, case)


def _own_feed(sight: Sight, case: Case) -> int | None:
    """The owner's, for the owner and for a program of theirs that may write."""
    return None if sight.name in ("owner", "writer") else 404


def _make_feed(sight: Sight, case: Case) -> int | None:
    """Of Anna's community, for who is in; to somebody who was banned it is not there."""
    standing = sight.at("anna")
    if not standing.visible:
        return 422
    return None if standing.role is not None else 403


def _always(*statuses: int) -> Rule:
    return lambda sight, case: frozenset(statuses)


def _chooses_letters(sight: Sight, case: Case) -> int | None:
    """Whoever is in; who is not has nothing to choose."""
    return None if sight.at(case.handle).visible and sight.at(case.handle).role is not None else 404


def _own_money(sight: Sight, case: Case) -> Statuses:
    """What somebody pays for is theirs alone; what the pretend provider cannot do, or nobody offers, is refused."""
    return DONE | {409} if sight.name == "owner" else frozenset({404})


def _own_purchase(sight: Sight, case: Case) -> int:
    """The owner's purchase, for the owner and for a program of theirs that may read."""
    return 200 if sight.name in ("owner", "reader") else 404


OWN_MONEY = (
    "GET /pay/{order_id}", "GET /pay/{order_id}/on", "POST /pay/{order_id}/give-up", "GET /sandbox/{id}",
    "POST /sandbox/{id}", "GET /account/memberships/{id}", "GET /account/memberships/{id}/switch",
    "GET /account/memberships/{id}/cancel",
    *(f"POST /account/memberships/{{id}}/{act}" for act in ("switch", "cancel", "stay", "resume", "pause", "price", "portal")),
    *(f"POST /api/v1/me/purchases/{{id}}/{act}" for act in ("cancel", "resume", "price-change")),
)  # fmt: skip
PRICES = tuple(
    f"{method} /studio/{{handle}}/tiers/{{id}}/prices/{{price_id}}/change{more}"
    for method, more in (("GET", ""), ("POST", ""), ("POST", "/off"))
)  # nothing here has a price
FEEDS = ("feed.atom", "feed.rss", "feed.json", "podcast.rss")
EMBEDS = ("/embed/@{handle}", "/embed/@{handle}/{slug}", "/embed/@{handle}/{slug}/{seq}")
MORE: dict[str, Rule] = {
    # A stranger's eyes judge for everybody: nothing of a private community, to whoever is in it either.
    **{f"GET {path}": _open_reach for path in ("/@{handle}/reach", "/api/v1/communities/{handle}/reach")},
    f"GET {EMBEDS[0]}": _public_feed,
    f"GET {EMBEDS[1]}": _public_feed_of_room,
    f"GET {EMBEDS[2]}": _public_feed,
    "GET /oembed": lambda sight, case: DONE,
    # The look of this world is a cover, and an icon is made of an icon: tests/web/test_app.py.
    "GET /looks/{look}/app-{kind}.png": lambda sight, case: 404,
    **{f"GET /@{{handle}}/{name}": _public_feed for name in FEEDS},
    **{f"GET /@{{handle}}/{{slug}}/{name}": _public_feed_of_room for name in FEEDS},
    **{f"GET /feeds/{{secret}}/{name}": lambda sight, case: DONE for name in FEEDS},  # by the secret alone
    "GET /feeds/{secret}/media/{id}/{variant}": lambda sight, case: DONE,
    "POST /account/feeds": _make_feed,
    "POST /account/feeds/{id}/renew": _own_feed,
    "POST /account/feeds/{id}/revoke": _own_feed,
    "POST /api/v1/me/feeds": _make_feed,
    "POST /api/v1/me/feeds/{id}/renew": _own_feed,
    "DELETE /api/v1/me/feeds/{id}": _own_feed,
    "POST /account/notices/{handle}": _chooses_letters,
    "POST /follow/@{handle}": _follow,
    "POST /follow/@{handle}/device": _follow,
    "POST /api/v1/communities/{handle}/follow": _follow,
    "POST /follow/pass/{secret}": _invited,
    "POST /follow/on/{token}/pass": _invited,
    "POST /account/notices/{handle}/push": _chooses_letters,
    "POST /account/notices/{handle}/limit": _chooses_letters,
    "POST /api/v1/me/push/told": lambda sight, case: 404,  # nobody was told of anything here
    **{f"POST /account/push/{{id}}/{verb}": _own_feed for verb in ("remove", "text", "test")},
    "PATCH /api/v1/me/push/devices/{id}": _own_feed,
    "DELETE /api/v1/me/push/devices/{id}": _own_feed,
    "GET /media/{id}/{variant}": _medium,
    "GET /linked/{id}/{key}.webp": _medium,
    "GET /m/{token}": lambda sight, case: 404,
    "GET /api/v1/media/{id}": _medium,
    "PATCH /api/v1/media/{id}": _own_medium,
    "DELETE /api/v1/media/{id}": _own_medium,
    "POST /api/v1/media": _send,
    "PATCH /api/v1/media/uploads/{id}": lambda sight, case: 412,  # without the protocol's header
    "DELETE /api/v1/media/uploads/{id}": lambda sight, case: 412,
    "POST /studio/{handle}/media": _attach,
    "POST /account/face": _always(422),  # no form with a file
    "PUT /api/v1/me/avatar": _always(422),  # no picture
    "POST /studio/{handle}/icon": _dress,
    "POST /studio/{handle}/cover": _dress,
    "PUT /api/v1/communities/{handle}/avatar": _dress,
    "PUT /api/v1/communities/{handle}/cover": _dress,
    "POST /studio/{handle}/emoji": _dress,
    "PUT /api/v1/communities/{handle}/emoji/{name}": _dress,
    "POST /studio/{handle}/posts/{id}/media": _attach_there,
    "POST /studio/{handle}/library": _attach,
    "POST /studio/{handle}/library/{id}/replace": _attach,
    "POST /studio/{handle}/library/{id}": _change_medium,
    "POST /studio/{handle}/library/{id}/delete": _change_medium,
    "GET /media/{id}/credentials": _medium,
    "GET /studio/{handle}/library/{id}/original": _change_medium,
    "POST /studio/{handle}/library/{id}/original": _no_original,
    "POST /studio/{handle}/library/{id}/credentials": _change_medium,
    "POST /studio/{handle}/library/{id}/crop": _no_picture,
    "POST /studio/{handle}/library/{id}/chapters": _no_picture,
    "GET /media/{id}/whole": lambda sight, case: (
        404
    ),  # no picture; those of pictures: tests/web/test_cropping.py
    "PUT /api/v1/media/{id}/replacement": _swap,
    "GET /api/v1/search": _search,
    "POST /api/v1/rooms/{id}/posts": _publish,
    "POST /api/v1/rooms/{id}/topics": _talk,
    "PATCH /api/v1/topics/{id}": _moderate,
    "POST /api/v1/topics/{id}/move": _move,
    "POST /api/v1/topics/{id}/merge": _merge,
    "POST /@{handle}/{slug}/t": _talk,
    "POST /@{handle}/{slug}/t/{number}": _talk,
    "POST /@{handle}/{slug}/t/{number}/change": _moderate,
    "GET /@{handle}/{slug}/t/{number}/choose": _moderate,
    "POST /@{handle}/{slug}/t/{number}/choose": _move,
    "GET /@{handle}/{slug}/m/{id}": _rewrite,
    "POST /@{handle}/{slug}/m/{id}": _rewrite,
    "POST /@{handle}/{slug}/m/{id}/delete": _moderate,
    "PUT /api/v1/posts/{id}/prompt": _change_post,
    "DELETE /api/v1/posts/{id}/prompt": _change_post,
    "POST /studio/{handle}/posts/{id}/prompt": _change_post,
    "GET /api/v1/posts/{id}/questions": _open_prompt,
    "POST /api/v1/posts/{id}/questions": _ask,
    "POST /posts/{id}/questions": _ask,
    "POST /api/v1/communities/{handle}/questions": _ask,
    "POST /@{handle}/questions": _ask,
    "PATCH /api/v1/questions/{id}": _about_question(
        lambda sight, case: 403
    ),  # who asked is none of those who look
    "POST /questions/{id}": _about_question(lambda sight, case: 403),
    "PUT /api/v1/questions/{id}/vote": _about_question(_ask),
    "DELETE /api/v1/questions/{id}/vote": _about_question(_ask),
    "POST /questions/{id}/vote": _about_question(_ask),
    "POST /api/v1/questions/{id}/answer": _about_question(_answer),
    "POST /messages/{handle}": _write_to_team,
    "POST /api/v1/communities/{handle}/messages": _write_to_team_by_api,
    "GET /messages/{handle}": _talk_page,
    "GET /messages/{handle}/export": _own_talk,
    "POST /messages/{handle}/read": _own_talk,
    "POST /messages/{handle}/delete": _own_talk,
    "PUT /api/v1/communities/{handle}/messages/read": _own_talk_by_api,
    "GET /api/v1/conversations/{id}/messages": _of_team,
    "POST /api/v1/conversations/{id}/messages": _of_team,
    "DELETE /api/v1/messages/{id}": _letter,
    "PATCH /api/v1/posts/{id}": _change_post,
    "DELETE /api/v1/posts/{id}": _change_post,
    "GET /studio/{handle}/posts/{id}": _change_post,
    "POST /studio/{handle}/posts/{id}": _change_post,
    "POST /studio/{handle}/posts/{id}/delete": _change_post,
    "PUT /api/v1/posts/{id}/vote": _vote,
    "DELETE /api/v1/posts/{id}/vote": _vote,
    "POST /@{handle}/{slug}/{seq}/vote": _vote,
    "PATCH /api/v1/posts/{id}/preview": _change_post,
    "DELETE /api/v1/posts/{id}/preview": _change_post,
    "POST /api/v1/posts/{id}/poll/close": _change_post,
    "POST /studio/{handle}/posts/{id}/poll/close": _change_post,
    "GET /api/v1/posts/{id}/poll/receipts": _tally,
    "GET /@{handle}/{slug}/{seq}/poll": _past,
    "GET /api/v1/posts/{id}/comments": _under,
    "POST /api/v1/posts/{id}/comments": _comments,
    "PUT /api/v1/posts/{id}/comments": _with(Action.EDIT_ANY_POST),
    "POST /api/v1/posts/{id}/report": _reports,
    "POST /@{handle}/{slug}/{seq}/comments": _comments,
    "GET /@{handle}/{slug}/{seq}/comments/{id}": _under,
    "POST /@{handle}/{slug}/{seq}/comments/{id}": _with(Action.MODERATE),
    "POST /@{handle}/{slug}/{seq}/thread": _with(Action.EDIT_ANY_POST),
    "GET /@{handle}/{slug}/{seq}/report": _under,
    "POST /@{handle}/{slug}/{seq}/report": _reports,
    "GET /api/v1/posts/{id}/revisions": _past,
    "GET /api/v1/posts/{id}/reactions": _past,
    "PUT /api/v1/posts/{id}/reactions/{emoji}": _react,
    "DELETE /api/v1/posts/{id}/reactions/{emoji}": _unreact,
    "POST /@{handle}/{slug}/{seq}/react": _react,
    "GET /@{handle}/{slug}/{seq}/reactions": _reactors,
    "GET /@{handle}/{slug}/{seq}/react": _past,
    "GET /@{handle}/{slug}/{seq}/history": _past,
    "POST /account/sessions/{id}/end": _own,
    "POST /account/tokens/{id}/revoke": _own,
    "POST /account/passkeys/{id}/remove": _always(404),  # nobody here has one
    "POST /account/passkeys": _always(410, 422),  # a made-up proof, whoever sends it
    "POST /sign-in/passkey": _always(410, 422),
    "POST /sign-in/recovery": _always(422),  # a made-up code
    "GET /setup": _always(410, 303),  # over, since there is an admin; who is signed in is sent home
    "POST /setup": _always(410),
    "POST /account/delete": _erase,
    "POST /@{handle}/leave": _leave,
    "POST /@{handle}/hello": _chooses_letters,
    "DELETE /api/v1/communities/{handle}/membership": _leave,
    "POST /@{handle}/join": _join,
    "GET /join/{code}": _invited,
    "POST /join/{code}": _invited,
    "POST /api/v1/invites/{code}/accept": _invited,
    "POST /mail/incoming": _always(403),  # nobody here knows the secret
    "POST /api/hooks/{provider}/{id}": _always(404),  # there is no such connection
    "GET /api/v1/rooms/{id}/mentionable": _names,
    "GET /@{handle}/{slug}/{seq}/unlock": _alone,
    "POST /@{handle}/{slug}/{seq}/unlock": _alone,
    "POST /@{handle}/tip": _tip,
    "GET /gift/{code}": _gift,
    "POST /gift/{code}": _gift,
    "POST /gift": _always(422),  # a made-up code
    "POST /@{handle}/gift": _give,
    "GET /gift/card/{id}": _own_page,
    "GET /gift/card/{id}.svg": _own_page,
    "GET /pay/{order_id}/transfer": _own_page,
    "GET /pay/{order_id}/transfer.svg": _own_page,
    "POST /studio/{handle}/settings/undo-delete": _undo,
    "POST /@{handle}/tiers/{tier_id}": _checkout,
    "POST /api/v1/communities/{handle}/tiers/{id}/orders": _checkout,
    "POST /api/v1/communities/{handle}/tiers/{id}/price-changes": _no_price,
    "DELETE /api/v1/communities/{handle}/tiers/{id}/price-changes/{change_id}": _no_such(Action.EDIT_TIERS),
    **dict.fromkeys(OWN_MONEY, _own_money),
    "GET /api/v1/me/purchases/{id}": _own_purchase,
    "POST /studio/{handle}/tiers/{id}/prices/retire": _no_such(Action.EDIT_TIERS),
    **dict.fromkeys(PRICES, _no_such(Action.EDIT_TIERS)),
    "POST /studio/{handle}/members/{id}/money": _no_such(Action.HANDLE_MONEY),
    "POST /studio/{handle}/money/coupons/{id}": _no_such(Action.HANDLE_MONEY),
    "GET /live/sse": _always(422),  # without a stream; what it tells is in test_live_leaks
}
