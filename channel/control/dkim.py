"""Makes the key that mail is signed with, and says what the DNS has to know of it."""

from pathlib import Path
from typing import Literal, cast

from channel.notify.signing import in_zone_file, load_key, make_key, record
from channel.settings import Settings
from channel.values import host_of_sender


def prepare(settings: Settings, file: Path, kind: str) -> list[str]:
    """What to do next, a line each; `kind` is of a key that is not there yet. Never the key itself. Raises Unavailable."""
    made = not file.exists()
    if made:
        make_key(file, cast(Literal["rsa", "ed25519"], kind))
    text = record(load_key(file))
    given = settings.dkim
    domain = given.domain if given else host_of_sender(settings.mail_from) or "EXAMPLE.ORG"
    selector = given.selector if given else "channel"
    return [
        f"{file}: a new key, for this user alone" if made else f"{file}: the key that was there",
        "",
        "Put this into the DNS:",
        f"{selector}._domainkey.{domain}. TXT {in_zone_file(text)}",
        "",
        f"Once it is there, set CHANNEL_DKIM_KEY={file.resolve()} and restart.",
    ]
