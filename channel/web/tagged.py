"""What a member is told of one #tag: chosen on the page of it, in one step."""

from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from channel import notices, push
from channel.communities import Community
from channel.errors import NotFound
from channel.members import Entitlement
from channel.notices.actions import parse_how
from channel.notices.model import holding, key_of, parse_tag
from channel.push.model import held, parse_push_how
from channel.routing import SIGNED_IN, account_of, route, services_of
from channel.storage import Tx
from channel.web.forms import Form, read_form
from channel.web.places import community_of
from channel.web.responses import see_other


@dataclass(frozen=True, slots=True)
class TagChoice:
    """What holds for the tag alone ("": as for the rest); `devices`: whether any is switched on."""

    how: str
    push: str
    devices: bool


async def choice(tx: Tx, by: Entitlement, tag: str) -> TagChoice | None:
    """None for who is not in the community."""
    if by.account_id is None or not by.belongs:
        return None
    letters = holding(await notices.rules(tx, by.account_id, by.community_id), by.joined_at)
    pushed = held(
        rule for rule in await push.rules(tx, by.account_id) if rule.community_id == by.community_id
    )
    devices = await push.devices(tx, by.account_id)
    return TagChoice(letters.get(key_of(tag), ""), pushed.get(key_of(tag), ""), bool(devices))


async def save(request: Request) -> Response:
    """POST /@{handle}/tag/{tag} {how?, push?}: what comes of it ("": as of the rest); a field that is not there stays."""
    account, form = account_of(request), await read_form(request)
    tag = parse_tag(request.path_params["tag"])
    async with services_of(request).db.write() as tx:
        place = await community_of(tx, request)
        if not place.by.belongs or place.by.account_id != account.id:
            raise NotFound("There is no such community.")
        await _save(tx, place.by, place.community, form, tag)
    return see_other(f"/@{place.community.handle}/tag/{quote(tag, safe='')}?said=saved")


async def _save(tx: Tx, by: Entitlement, community: Community, form: Form, tag: str) -> None:
    if "how" in form.values:
        how = parse_how(form.line("how")) if form.line("how") else None
        await notices.choose(tx, by, community, None, tags={tag: how})
    if "push" in form.values:
        pushed = parse_push_how(form.line("push"), "push") if form.line("push") else None
        await push.choose(tx, by, community, None, tags={tag: pushed})


ROUTES = [route("/@{handle}/tag/{tag}", save, SIGNED_IN, methods=("POST",))]
