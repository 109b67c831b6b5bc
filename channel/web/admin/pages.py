"""The instance's name, and what about, terms and contact say."""

from typing import Final

from sqlalchemy import select, update
from starlette.requests import Request
from starlette.responses import Response

from channel.accounts.model import clean_line
from channel.errors import ChannelError, Invalid
from channel.routing import ADMIN, route, services_of
from channel.storage.tables import instance
from channel.web.forms import Form, read_form
from channel.web.refusals import ask_again
from channel.web.responses import page, see_other

MAX_NAME_CHARS = 60
MAX_PAGE_CHARS = 20_000
PAPERS: Final = ("about", "terms", "contact")


async def edit(request: Request) -> Response:
    """The texts as they stand."""
    async with services_of(request).db.read() as tx:
        row = await tx.one(select(instance.c.name, *(instance.c[name] for name in PAPERS)))
    values = {} if row is None else {name: getattr(row, name) for name in ("name", *PAPERS)}
    return page(request, "admin/pages.html", {"form": Form(values), "said": "said" in request.query_params})


async def save(request: Request) -> Response:
    """Put them in place for everybody."""
    form = await read_form(request)
    try:
        values = _parsed(form)
    except ChannelError as error:
        return ask_again(request, "admin/pages.html", form, error, {"said": False})
    async with services_of(request).db.write() as tx:
        await tx.run(update(instance).values(**values))
    request.app.state.instance_name = values["name"]
    return see_other("/admin/pages?said=saved")


def _parsed(form: Form) -> dict[str, str]:
    problems: dict[str, str] = {}
    name = clean_line(form.line("name"), "name")
    if not 1 <= len(name) <= MAX_NAME_CHARS:
        problems["name"] = "A name has 1 to 60 characters. Write one that fits."
    for paper in PAPERS:
        if len(form.text(paper)) > MAX_PAGE_CHARS or "\x00" in form.text(paper):
            problems[paper] = "At most 20,000 characters fit here. Write less."
    if problems:
        raise Invalid(problems)
    return {"name": name} | {paper: form.text(paper).strip() for paper in PAPERS}


ROUTES = [
    route("/admin/pages", edit, ADMIN),
    route("/admin/pages", save, ADMIN, methods=("POST",)),
]
