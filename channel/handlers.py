"""Who works off what facts ask of consumers (hearers.ROUTES): each noun's own handler, given what it needs here."""

from collections.abc import Mapping
from pathlib import Path

from channel import incoming, notices
from channel.chores import janitor, scheduler
from channel.events import Event, MediaArrived
from channel.hearers import HUB
from channel.media.desk import CROPPER, MAKERS
from channel.media.minting import Mint
from channel.media.pictures import Cut
from channel.media.preparing import Preparer
from channel.media.scanning import Scanner
from channel.notify import Sender, mail_handler
from channel.notify.following import following_handler
from channel.notify.pushed import plans
from channel.notify.websub import hub_handler
from channel.outside import Outside
from channel.payments import payments_handler
from channel.posts import carrying
from channel.previews.fetching import previews_handler
from channel.previews.model import Draw, Part
from channel.routing import Services
from channel.worker import Handler

LINKED: Mapping[Part, Cut] = {"picture": Cut(((276, 276),)), "icon": Cut(((64, 64),), whole=True)}


def _preparing(services: Services, scratch: Path) -> Handler:
    """Makes of what was sent what is shown and played."""
    given = services.settings
    scanner = Scanner(given.clamd) if given.clamd else None
    preparer = Preparer(
        services.db, services.media.blobs, scratch, carrying.tell, scanner=scanner, trust=given.c2pa_trust
    )

    async def handle(event: Event) -> None:
        if isinstance(event, MediaArrived):
            await preparer.handle(event)

    return handle


def handlers(services: Services, sender: Sender, outside: Outside, scratch: Path) -> dict[str, Handler]:
    """Who works off what facts ask for, by consumer."""
    db, given = services.db, services.settings
    made: dict[str, Handler] = {
        "mail": mail_handler(db, sender, given, services.counter.seal),
        "janitor": janitor(db),
        "schedule": scheduler(db),
        "incoming": _incoming(services),
        "notices": notices.planner(db, mail=bool(given.smtp)),
        "push": plans.planner(db),
        "following": following_handler(db, sender, given, services.secret),
        "payments": payments_handler(db, services.counter),
        **dict.fromkeys((*MAKERS.values(), CROPPER), _preparing(services, scratch)),
        "previews": previews_handler(
            db, outside, drawing(services.media.mint), own=given.host, on=given.link_previews
        ),
    }
    if given.websub_hub:
        made[HUB] = hub_handler(db, outside, given.websub_hub, given.url)
    return made


def mail_ground(services: Services) -> incoming.Ground:
    """What mail that comes in is worked off with."""
    given = services.settings
    return incoming.Ground(
        services.db, services.media, given.data / "scratch", given.incoming_largest, given.url
    )


def _incoming(services: Services) -> Handler:
    """Works off mail that came in."""
    return incoming.incoming_handler(
        mail_ground(services),
        incoming.addresses_of(services.settings.incoming_address, services.secret),
        allow=lambda account_id: services.limiter.hit("mail_reply", account_id),
        told=lambda room_id, post_id: services.bus.note(
            "counts", {"room_id": room_id, "post_ids": [post_id]}
        ),
    )


def drawing(mint: Mint) -> Draw:
    """Makes the pictures of link previews, in one size each."""

    async def draw(content: bytes, part: Part) -> tuple[str, int]:
        made = await mint.whole(content, LINKED[part])
        return (made.sha256, made.size) if made else ("", 0)

    return draw
