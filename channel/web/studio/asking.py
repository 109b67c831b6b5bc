"""Asking for questions, as forms say it: whether, until when, who may, and what others see."""

from channel.errors import Invalid
from channel.questions import Prompt, Terms
from channel.web.forms import Form
from channel.web.studio.moments import moment


def terms(form: Form, now: int) -> Terms:
    """Raises Invalid (prompt_until, prompt_rank, shown)."""
    until = moment(form, "prompt_until", now)
    try:
        return Terms.parse(
            now,
            open_until=until,
            min_rank=form.number("prompt_rank"),
            votes=form.on("prompt_votes"),
            shown=form.line("shown") or "all",
        )
    except Invalid as problem:
        fields = {
            ("prompt_until_date" if name == "open_until" else name): text
            for name, text in problem.fields.items()
        }
        raise Invalid(fields) from problem


def wanted(form: Form, now: int) -> Terms | None:
    """What the composer says; None for a post that asks nothing. Raises Invalid."""
    return terms(form, now) if form.on("prompt") else None


def fields(prompt: Prompt | None) -> dict[str, object]:
    """The fields of a form that say this; what is offered first for a post that asks nothing yet."""
    if prompt is None:
        return {"prompt_rank": 0, "prompt_votes": True, "shown": "all"}
    return {"prompt_rank": prompt.min_rank, "prompt_votes": prompt.votes, "shown": prompt.shown}
