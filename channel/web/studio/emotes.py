"""The community's own emoji: added with a picture, renamed, removed."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import emotes
from channel.emotes.model import MAX_EMOTES, MAX_NAME_CHARS
from channel.errors import ChannelError
from channel.members import Action
from channel.routing import services_of
from channel.web.emotes import sent
from channel.web.forms import Form
from channel.web.refusals import ask_again
from channel.web.responses import page
from channel.web.studio.place import enter, frame, go, posted

TEMPLATE = "studio/emoji.html"


async def listing(request: Request) -> Response:
    """GET /studio/{handle}/emoji"""
    return page(request, TEMPLATE, await _list(request))


async def _list(request: Request) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.EDIT_COMMUNITY)
        return await frame(request, tx, place, "settings") | {
            "own": [
                (one, emotes.address(one.key)) for one in await emotes.of_community(tx, place.community.id)
            ],
            "most": MAX_EMOTES,
            "most_chars": MAX_NAME_CHARS,
            "wrong": "",
        }


async def add(request: Request) -> Response:
    """POST /studio/{handle}/emoji {file, name}"""
    async with services_of(request).db.read() as tx:  # before the first byte is taken
        await enter(request, tx, Action.EDIT_COMMUNITY)
    form = Form()
    try:
        made = await sent(request, form)
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.EDIT_COMMUNITY)
            await emotes.add(tx, place.by, place.community, form.line("name"), made)
    except ChannelError as error:
        return ask_again(request, TEMPLATE, form, error, await _list(request))
    return go(request, "/emoji", "added")


async def change(request: Request) -> Response:
    """POST /studio/{handle}/emoji/{name} {do: rename | remove, new_name?}"""
    form, name = await posted(request), request.path_params["name"]
    try:
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.EDIT_COMMUNITY)
            if form.line("do") == "remove":
                await emotes.remove(tx, place.by, place.community, name)
            else:
                await emotes.rename(
                    tx, place.by, place.community, name, form.line("new_name"), field="new_name"
                )
    except ChannelError as error:
        return ask_again(request, TEMPLATE, form, error, await _list(request) | {"wrong": name})
    return go(request, "/emoji", "removed" if form.line("do") == "remove" else "saved")
