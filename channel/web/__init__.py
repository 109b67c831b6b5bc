"""The pages. Each module answers for one place and lists its ROUTES.

The order matters where an address could be read in two ways: `/@{handle}/join` comes before `/@{handle}/{slug}`.
"""

from starlette.routing import BaseRoute, Route

from channel.routing import ANYONE, route
from channel.web import (
    account,
    admin,
    app,
    cardart,
    catchup,
    covers,
    door,
    emotes,
    feeds,
    following,
    framing,
    front,
    gifts,
    group,
    health,
    hello,
    incoming,
    join,
    legal,
    letter_pictures,
    linked,
    looks,
    media,
    messages,
    paying,
    polls,
    preferences,
    questions,
    quiet,
    reach,
    reacting,
    room,
    search,
    session,
    setup,
    share,
    studio,
    tag,
    tagged,
    thread,
    transfer,
    unwanted,
    worker,
)
from channel.web.embeds import frames, oembed
from channel.web.static import Assets

PAGES = (
    framing,  # its address could be read as that of a file
    health,
    setup,
    session,
    preferences,
    account,
    admin,
    app,
    studio,
    covers,
    cardart,
    looks,
    emotes,
    linked,
    media,
    frames,
    oembed,
    legal,
    front,
    catchup,
    join,
    paying,
    gifts,
    transfer,
    door,
    hello,
    feeds,
    following,
    share,
    reach,
    tag,
    tagged,
    reacting,
    polls,
    search,
    group,
    questions,
    messages,
    room,
    thread,
    unwanted,
    letter_pictures,
    quiet,
    incoming,
    worker,
)


def routes(assets: Assets) -> list[BaseRoute]:
    """Every page and file, each with its policy."""
    files: list[Route] = [route("/static/{path:path}", assets.serve, ANYONE)]
    return [*files, *(page for module in PAGES for page in module.ROUTES)]
