"""Sending somebody to a payment page, here or at a provider."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from channel.routing import services_of
from channel.web.responses import page, see_other


def go_to(request: Request, url: str) -> Response:
    """On to `url`, which a provider gave us.

    A page of ours that leads elsewhere by itself, not a redirect: browsers hold where a form leads, over all redirects,
    against `form-action 'self'`, and that policy is worth more than a moment.
    """
    if path := own_path(request, url):
        return see_other(path)
    return page(request, "going.html", {"url": url, "host": urlsplit(url).hostname or ""})


def own_path(request: Request, url: str) -> str:
    """The path of an address of ours; "" for any other."""
    base, parts = urlsplit(services_of(request).settings.url), urlsplit(url)
    if (parts.scheme, parts.netloc) != (base.scheme, base.netloc):
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")
