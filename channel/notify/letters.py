"""The words of our mails: plain and HTML, in the reader's language, with links to the configured address only."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from channel.i18n import translation
from channel.notify.sender import Mail
from channel.settings import Settings

TEMPLATES = Path(__file__).parents[1] / "templates" / "email"


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
    room = _environment(language)
    text = room.get_template(f"{name}.txt").render(words)
    return Mail(to=to, subject=subject, text=text, html=room.get_template(f"{name}.html").render(words))


@cache
def _environment(language: str) -> Environment:
    room = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    room.install_gettext_translations(translation(language), newstyle=True)  # type: ignore[attr-defined]
    return room
