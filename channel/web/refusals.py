"""When a form cannot be taken: the page again, with what was typed and what is wrong beside it."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channel.errors import ChannelError, Invalid, TooMany, Unavailable
from channel.web.forms import Form
from channel.web.responses import page, problem_text, translated


def ask_again(
    request: Request, template: str, form: Form, error: ChannelError, context: Mapping[str, Any] | None = None
) -> Response:
    """The page of `form` with the problems of `error`: beside its fields, or above them when it is about no field."""
    if isinstance(error, Invalid):
        form.wrong(translated(request, error))
    else:
        form.problems = {"": problem_text(request, error)}
    response = page(request, template, {**(context or {}), "form": form}, status=error.status)
    response.headers.update(wait_headers(error))
    return response


def tell_script(request: Request, error: ChannelError) -> Response:
    """The same for our own scripts, which show it where they stand."""
    problems = dict(translated(request, error).fields) if isinstance(error, Invalid) else {}
    body = {"detail": problem_text(request, error), "code": error.code, "problems": problems}
    return JSONResponse(body, error.status, headers={"cache-control": "no-store", **wait_headers(error)})


def wait_headers(error: ChannelError) -> dict[str, str]:
    """When it is worth trying again, for failures that pass."""
    return {"retry-after": str(error.retry_after_s)} if isinstance(error, TooMany | Unavailable) else {}
