"""`/follow/pass/{secret}`: from follower to member. The address, what was chosen and the place in each room come along."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from channel import accounts, communities, members, rooms
from channel.accounts import Account, emails
from channel.accounts.model import parse_name
from channel.communities import Community
from channel.errors import ChannelError, Conflict, Gone, Invalid, NotFound
from channel.events import room_stream
from channel.following import Follower, actions, queries
from channel.incoming import bounces
from channel.members import State, joining
from channel.members.queries import readable_rooms
from channel.outbox import head
from channel.rooms import Room
from channel.routing import VIEWER, route, services_of, viewer_of
from channel.storage import Tx
from channel.web import cookies
from channel.web.door import Arrived, welcome
from channel.web.forms import Form, read_form
from channel.web.refusals import ask_again
from channel.web.responses import page

TEMPLATE = "follow/pass.html"
_TAKEN = "Another account uses this address. Sign in with it instead."


@dataclass(frozen=True, slots=True)
class _Coming:
    follower: Follower
    community: Community


async def _coming(tx: Tx, request: Request) -> _Coming:
    follower = await actions.pass_waiting(tx, request.path_params["secret"])
    return _Coming(follower, await communities.one(tx, follower.community_id))


async def look(request: Request) -> Response:
    """GET: what one would get, and the question for a name."""
    async with services_of(request).db.read() as tx:
        coming = await _coming(tx, request)
    return page(request, TEMPLATE, {"coming": coming, "community": coming.community, "form": None})


async def take(request: Request) -> Response:
    """POST {display_name?}: the account that is signed in, or a new one with this address, is a member now."""
    services, viewer = services_of(request), viewer_of(request)
    form = await read_form(request)
    try:
        services.limiter.hit("join", viewer.account_id or viewer.network)
        async with services.db.write() as tx:
            arrived, onward = await _take(tx, request, form)
    except (NotFound, Gone):
        raise
    except ChannelError as error:
        async with services.db.read() as tx:
            coming = await _coming(tx, request)
        context = {"coming": coming, "community": coming.community}
        return ask_again(request, TEMPLATE, form, error, context)
    return welcome(request, arrived, onward)


async def _take(tx: Tx, request: Request, form: Form) -> tuple[Arrived, str]:
    follower = await actions.redeem_pass(tx, request.path_params["secret"])
    community = await communities.one(tx, follower.community_id)
    account, cookie = await _who(tx, request, follower, form)
    membership = await joining.join(tx, account, community)
    arrived = Arrived(account, membership, cookie)
    if membership.state is State.REQUESTED:  # they go on following until somebody takes them in
        return arrived, f"/@{community.handle}"
    by = await members.entitlement(tx, community, account.id)
    here = await readable_rooms(tx, by)
    if membership.joined:
        await _place(tx, account, here, await queries.unseen(tx, follower.id))
    await actions.hand_over(tx, follower, by, community, here)
    target = f"/{here[0].slug}?welcome=1#newest" if here else ""
    return arrived, f"/@{community.handle}{target}"


async def _who(tx: Tx, request: Request, follower: Follower, form: Form) -> tuple[Account, str | None]:
    account = viewer_of(request).account
    if account is not None:
        if not account.email:  # the letter proved it, as the one for an address of an account does
            proof = await emails.email_proof(tx, account.id, follower.email)
            await bounces.confirmed(tx, await emails.prove_email(tx, proof))
        return account, None
    name = parse_name(form.text("display_name"), field="display_name")
    if await queries.has_account(tx, follower.email):
        raise Conflict(_TAKEN, code="email_taken")
    try:
        made = await accounts.create(tx, name=name, language=follower.language, email=follower.email)
    except Invalid as error:
        if "email" in error.fields:
            raise Conflict(_TAKEN, code="email_taken") from error
        raise
    return made, await cookies.open_session(tx, request, made, "invite")


async def _place(tx: Tx, account: Account, here: list[Room], unseen: Mapping[str, int]) -> None:
    """What came by letter, or before they followed, is read; what was still on its way is new."""
    for room in here:
        upto = await head(tx, room_stream(room.id))
        first = unseen.get(room.id)
        await rooms.mark_read(tx, room.id, {account.id: upto if first is None else min(upto, first - 1)})


ROUTES = [
    route("/follow/pass/{secret}", look, VIEWER),
    route("/follow/pass/{secret}", take, VIEWER, methods=("POST",)),
]
