"""Pictures that accounts and communities wear instead of the generated ones: avatars, icons, covers.

One is served as long as it is worn. Its id is secret like that of an invite: whoever is shown the name is shown the
address, and nobody else can guess it.
"""

from .actions import dress, sweep, undress, unwear, wear
from .model import address, parse_cut
from .queries import wanted

__all__ = ["address", "dress", "parse_cut", "sweep", "undress", "unwear", "wanted", "wear"]
