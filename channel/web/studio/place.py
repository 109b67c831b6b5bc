"""Where one is in the studio: whose it is, what one may there, and the frame that every page of it has."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse

from channel.comments import queries as comments
from channel.comments import reports
from channel.communities import Community
from channel.errors import Forbidden
from channel.i18n import noop as N_
from channel.inbox import queries as inbox
from channel.members import Action, Entitlement, queries, reach
from channel.members.model import MATRIX
from channel.payments import attention
from channel.payments.attention import NOTHING
from channel.questions import queries as questions
from channel.routing import account_of, services_of
from channel.storage import Tx
from channel.web.forms import Form, read_form
from channel.web.responses import see_other

# What a page may say after a form. Addresses carry the key only, so nobody can make the page say anything else.
SAID: Final[dict[str, str]] = {
    "sent": N_("Sent."),
    "saved": N_("Saved."),
    "deleted": N_("Deleted."),
    "drafted": N_("Saved as a draft."),
    "mail_address": N_("Made. What comes to the address is kept as a draft."),
    "mail_no_address": N_("Removed. What is sent there now goes nowhere."),
    "pinned": N_("Pinned."),
    "unpinned": N_("No longer pinned."),
    "moved": N_("Moved."),
    "poll_ended": N_("The poll has ended. Its results stand below it."),
    "added": N_("Added."),
    "original_gone": N_("What was sent is deleted. What is shown stays."),
    "cropped": N_("It is being made anew, and shown in a moment."),
    "replaced": N_("It has taken its place everywhere."),
    "unlinked": N_("The post shows no link preview any more."),
    "called_off": N_("It stays as it is: nothing opens by itself any more."),
    "shown": N_("Everybody sees it now."),
    "removed": N_("Removed."),
    "settled": N_("Looked at."),
    "approved": N_("They are in."),
    "refused": N_("Turned down."),
    "tier": N_("They have the tier now."),
    "guest": N_("They have a guest pass now."),
    "paid_back": N_("Paid back. It takes a few days until it is on their account."),
    "ended_later": N_("It ends when what is paid is over; nothing more is charged."),
    "ended_now": N_("Ended. Nothing more is charged."),
    "role": N_("They have the role now."),
    "muted": N_("Muted: they read on, but do not write."),
    "unmuted": N_("No longer muted."),
    "banned": N_("Banned."),
    "unbanned": N_("No longer banned. They may join again."),
    "made": N_("Made."),
    "offered": N_("On offer now."),
    "retired": N_("No longer on offer. Whoever pays it goes on paying it."),
    "price_asked": N_("They are being asked. What they answer is counted here."),
    "price_off": N_("Called off. Everybody goes on paying what they paid, and who was asked is told."),
    "paused": N_("Paused. Nobody can join by this link until you open it again."),
    "opened": N_("Open again."),
    "revoked": N_("Revoked. Nobody can join by this link any more."),
    "feed_revoked": N_("Revoked. Its address opens nothing any more."),
    "feed_renewed": N_("It has a new address, which only its owner is shown."),
    "hook_on": N_("Switched on. It is yours now: it tells what you may see."),
    "hook_paused": N_("Paused. What happens meanwhile is not told."),
    "hook_renewed": N_("It has a new secret. For a day the old one signs, too."),
    "hook_tried": N_("On its way. What was answered stands below in a moment."),
    "hook_again": N_("On its way again."),
    "hook_shut": N_("Revoked. Nothing is posted by this address any more."),
    "confirmed": N_("Confirmed. What was paid for is open."),
    "dropped": N_("Given up. What it held is free again."),
    "taken_back": N_("Taken back. The code opens nothing any more."),
    "code_on": N_("Good again."),
    "code_off": N_("Nobody can use it any more; who has used it keeps what it gave."),
    "connected": N_("Connected."),
    "disconnected": N_("Disconnected. Its keys are forgotten."),
    "switched_on": N_("Switched on: people can pay by it."),
    "switched_off": N_("Switched off: nothing new is sold by it; what runs goes on."),
    "answered": N_("Answered. Everybody who asked is told."),
    "merged": N_("Put together. Their votes count as one list."),
    "set_aside": N_("Put aside. Nobody sees it any more."),
    "taken_in": N_("Back among the open ones."),
    "asking": N_("The post takes questions now."),
    "ended": N_("No more questions are taken there. What was asked stays."),
    "box_on": N_("Members can ask at any time now."),
    "box_off": N_("The question box is closed."),
    "put_done": N_("Done. It comes back when they write again."),
    "put_later": N_("Put off. It comes back at its time, or when they write again."),
    "put_back": N_("Back in the inbox."),
    "given": N_("Given."),
    "stays": N_("Something new came in meanwhile, so it stays."),
    "left_inbox": N_("It has left the inbox already: somebody answered it, or it is gone."),
    "replied": N_("Answered."),
    "closed": N_("Closed: nobody joins and nobody posts; reading goes on."),
    "undone": N_("Everything is back."),
    "transferred": N_("The community has a new owner."),
}
SECTIONS: Final[dict[str, Action]] = {
    "desk": Action.SEE_STUDIO,
    "inbox": Action.SEE_STUDIO,
    "posts": Action.SEE_STUDIO,
    "drafts": Action.POST,
    "library": Action.POST,
    "questions": Action.SEE_STUDIO,
    "comments": Action.MODERATE,
    "members": Action.SEE_MEMBERS,
    "invites": Action.SEE_MEMBERS,
    "tiers": Action.EDIT_TIERS,
    "money": Action.HANDLE_MONEY,
    "rooms": Action.EDIT_ROOMS,
    "settings": Action.EDIT_COMMUNITY,
}


@dataclass(frozen=True, slots=True)
class Place:
    """A community, what the viewer is in it, and the moment (epoch ms) at which that held."""

    community: Community
    by: Entitlement
    now: int

    @property
    def root(self) -> str:
        return f"/studio/{self.community.handle}"

    @property
    def may(self) -> frozenset[str]:
        """What the role allows now, by name, for templates."""
        return frozenset(action.value for action in Action if self.by.may(action))

    def has(self, action: Action) -> bool:
        """Whether the role goes with it, in a closed community too: there one looks, and the verbs refuse."""
        return self.by.role is not None and self.by.role in MATRIX[action]


async def enter(request: Request, tx: Tx, action: Action) -> Place:
    """The community of `{handle}`. Raises NotFound when the viewer may not know of it, Forbidden by their role."""
    community, by = await queries.visible(tx, request.path_params["handle"], account_of(request).id)
    place = Place(community, by, tx.now)
    if not place.has(action):
        raise Forbidden("Your role here does not allow this. Ask the owner of the community.")
    return place


async def frame(request: Request, tx: Tx, place: Place, section: str) -> dict[str, Any]:
    """What the shell of every studio page prints."""
    asking = await reach.asking(tx, place.by, place.community) if place.has(Action.SEE_MEMBERS) else 0
    money = NOTHING
    if place.has(Action.HANDLE_MONEY):
        money = await attention.waiting(tx, place.community.id)
    return {
        "community": place.community,
        "root": place.root,
        "may": place.may,
        "role": place.by.role,
        "sections": frozenset(name for name, action in SECTIONS.items() if place.has(action)),
        "current": section,
        "counts": {
            "inbox": sum((await inbox.counts(tx, place.by, whose=None)).values()),
            "members": asking,
            "money": money.all,
            "questions": await questions.count_open(tx, place.community.id),
            "comments": await _to_look_at(tx, place),
        },
        "money_waiting": money,
        "said": SAID.get(request.query_params.get("said", "")),
        "form": None,
    }


async def _to_look_at(tx: Tx, place: Place) -> int:
    """Comments that wait, and what was reported."""
    if not place.has(Action.MODERATE):
        return 0
    waiting = await comments.count_held(tx, place.community.id)
    return waiting + await reports.count_waiting(tx, place.community.id)


async def posted(request: Request) -> Form:
    """The form that was sent, counted as a write. Raises TooMany, Invalid."""
    services_of(request).limiter.hit("write", account_of(request).id)
    return await read_form(request)


def go(request: Request, path: str, said: str) -> RedirectResponse:
    """On to a page of this studio, which will say what was done."""
    return see_other(f"/studio/{request.path_params['handle']}{path}?said={said}")


def by_script(request: Request) -> bool:
    """Asked by a script, which wants to be told of a problem rather than shown a page."""
    return request.headers.get("sec-fetch-mode", "navigate") != "navigate"


def values(**given: object) -> Form:
    """A form as it stands before anybody typed: what is stored, as fields hold it."""
    return Form(values={name: _typed(value) for name, value in given.items()})


def _typed(value: object) -> str:
    if value is None or value is False:
        return ""
    return "1" if value is True else str(value)
