"""The words of our mails: plain and HTML, in the reader's language, with links to the configured address only."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from channel.i18n import translate_error, translation
from channel.notify.laying import direction
from channel.notify.sender import ENDS_A_HEADER, Mail
from channel.render.formats import formats
from channel.settings import Settings

TEMPLATES = Path(__file__).parents[1] / "templates" / "email"
MAX_SUBJECT_CHARS: Final = 150

Shape = Literal["text", "html"]
Refused = Literal["answer", "message", "draft", "pictures"]  # what of a mail was not taken
# What a letter about money is made of, which is written once for both shapes.
LAYOUTS: Final = {"text": "layout.txt", "html": "layout.html"}
PIECES: Final = {"text": "pieces.txt", "html": "pieces.html"}


def sign_in(settings: Settings, *, to: str, language: str, secret: str, minutes: int) -> Mail:
    """The link that signs in."""
    _ = translation(language).gettext
    subject = _("Your sign-in link for %(host)s") % {"host": settings.host}
    link = f"{settings.url}/sign-in/link/{secret}"
    return _letter("sign_in", settings, to=to, language=language, subject=subject, link=link, minutes=minutes)


def email_proof(settings: Settings, *, to: str, language: str, secret: str, minutes: int) -> Mail:
    """The link that proves an address. Names nobody: whoever asked may not be whoever reads."""
    _ = translation(language).gettext
    subject = _("Confirm your address for %(host)s") % {"host": settings.host}
    link = f"{settings.url}/account/email/{secret}"
    return _letter(
        "email_proof", settings, to=to, language=language, subject=subject, link=link, minutes=minutes
    )


def trial(settings: Settings, *, to: str, language: str) -> Mail:
    """What the operator sends to see that mail works."""
    _ = translation(language).gettext
    subject = _("Mail from %(host)s works") % {"host": settings.host}
    return _letter("trial", settings, to=to, language=language, subject=subject, link=settings.url, minutes=0)


def _letter(
    name: str, settings: Settings, *, to: str, language: str, subject: str, link: str, minutes: int
) -> Mail:
    words = {
        "subject": subject,
        "link": link,
        "minutes": minutes,
        "host": settings.host,
        "language": language,
    }
    text = _environment(language, "text").get_template(f"{name}.txt").render(words)
    html = _environment(language, "html").get_template(f"{name}.html").render(words)
    return Mail(to=to, subject=subject, text=text, html=html)


def about_money(
    settings: Settings, name: str, words: Mapping[str, object], *, to: str, language: str, tag: str
) -> Mail:
    """The letter of templates/email/money/`name`, which is one source for both shapes: they say the same.

    What people wrote is in `words` and nowhere else, so nothing of theirs is ever read as a template.
    """
    return _from_source(settings, f"money/{name}", words, to=to, language=language, tag=tag)


def about_posts(
    settings: Settings,
    name: str,
    words: Mapping[str, object],
    *,
    to: str,
    language: str,
    tag: str,
    sender: str,
    headers: tuple[tuple[str, str], ...],
) -> Mail:
    """The letter of templates/email/notices/`name`, in the same way. `sender`: the name that it comes under."""
    mail = _from_source(settings, f"notices/{name}", words, to=to, language=language, tag=tag)
    lines = tuple((name, one_line(value)) for name, value in headers)
    # A name that reads as an address would be taken for where the letter comes from.
    return replace(mail, name="" if "@" in sender else one_line(sender), headers=lines)


def about_following(
    settings: Settings, name: str, words: Mapping[str, object], *, to: str, language: str
) -> Mail:
    """The letter of templates/email/follow/`name`, to an address without an account, in the same way."""
    return _from_source(settings, f"follow/{name}", words, to=to, language=language, tag="")


def about_hooks(
    settings: Settings, name: str, words: Mapping[str, object], *, to: str, language: str, tag: str
) -> Mail:
    """The letter of templates/email/hooks/`name`, in the same way."""
    return _from_source(settings, f"hooks/{name}", words, to=to, language=language, tag=tag)


def refused(
    settings: Settings,
    what: Refused,
    *,
    to: str,
    language: str,
    reason: str,
    text: str,
    link: str,
) -> Mail:
    """A mail that came in was not taken, or some pictures of it: why, with its words. `reason`: sentences, a line each."""
    reasons = [translate_error(language, line) for line in reason.splitlines()]
    words = {"reasons": reasons, "text": text, "link": link, "what": what}
    mail = _from_source(settings, "answers/refused", words, to=to, language=language, tag="")
    return replace(mail, headers=(("X-Auto-Response-Suppress", "All"), ("Precedence", "bulk")))


def _from_source(
    settings: Settings, path: str, words: Mapping[str, object], *, to: str, language: str, tag: str
) -> Mail:
    told = {**words, "url": settings.url, "host": settings.host, "language": language}
    text = _environment(language, "text").get_template(f"{path}.letter")
    subject = one_line("".join(text.blocks["subject"](text.new_context(told))))
    told["subject"] = subject
    html = _environment(language, "html").get_template(f"{path}.letter")
    return Mail(to=to, subject=subject, text=text.render(told), html=html.render(told), tag=tag)


def one_line(text: str) -> str:
    """Names are cleaned when they are written, and once more where a line break would end a header."""
    line = " ".join(piece for piece in ENDS_A_HEADER.sub(" ", text).split(" ") if piece)
    return line if len(line) <= MAX_SUBJECT_CHARS else f"{line[: MAX_SUBJECT_CHARS - 1]}…"


@cache
def _environment(language: str, shape: Shape = "html") -> Environment:
    """In plain text nothing is escaped, in HTML everything."""
    room = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=shape == "html",
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    words = translation(language)
    room.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    room.filters.update(formats(language, words) | {"way": direction})
    room.globals.update(layout=LAYOUTS[shape], pieces=PIECES[shape])
    return room
