"""What every mail is worked off with."""

from dataclasses import dataclass
from pathlib import Path

from channel.media import Desk
from channel.storage import Database


@dataclass(frozen=True, slots=True)
class Ground:
    """Where pictures go, a folder to work in, how many bytes a mail has, and the public address of the installation."""

    db: Database
    desk: Desk
    scratch: Path
    most: int
    url: str
