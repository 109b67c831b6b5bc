"""The site as an app: what a phone needs to install it, what is shared to it, and what it may go on showing offline."""

from channel.web import keeping
from channel.web.app import icons, manifest, papers, sharing

ROUTES = [*manifest.ROUTES, *icons.ROUTES, *keeping.ROUTES, *papers.ROUTES, *sharing.ROUTES]

__all__ = ["ROUTES"]
