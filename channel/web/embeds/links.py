"""Where the frames lie, and the HTML by which another site shows one."""

from typing import Final
from urllib.parse import quote

from markupsafe import Markup

from channel.communities import Community
from channel.viewing import FRAMED_PATH

# Without allow-same-origin: what is in the frame has no origin, hence neither cookies nor storage, not even its own.
SANDBOX: Final = "allow-scripts allow-popups allow-popups-to-escape-sandbox"
CARD: Final = (550, 420)  # pixels, wide and high, until the frame has said how high it is
LIST: Final = (550, 600)


def discovery(base: str, community: Community, below: str = "") -> str:
    """The address of the oEmbed answer about a page of the community, for its head; empty where there is none."""
    if not community.shown_elsewhere:
        return ""
    return f"{base}/oembed?url={quote(f'{base}/@{community.handle}{below}', safe='')}"


def framed(base: str, page: str, more: str = "") -> str:
    """The address of the frame about a page of ours, which is `/@handle` or something below it."""
    return f"{base}{FRAMED_PATH}{page.removeprefix('/')}{more}"


def snippet(address: str, title: str, *, width: int, height: int) -> Markup:
    """The HTML for another site. It is a frame and nothing else: no script of ours runs in their page."""
    return Markup(
        '<iframe src="{}" title="{}" width="{}" height="{}" loading="lazy" sandbox="{}" '
        'style="border:0;max-width:100%"></iframe>'
    ).format(address, title, width, height, SANDBOX)
