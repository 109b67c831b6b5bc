"""From views to what feeds print. A view that is locked has nothing of what is locked, hence neither has its entry."""

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from channel.i18n import translation
from channel.markdown import plain
from channel.render import titles, views
from channel.render.feeds.model import Elsewhere, Enclosure, Entry, In
from channel.render.feeds.outward import outward
from channel.render.html import environment
from channel.render.media import MediaView
from channel.render.views import GoneView, LockedView, PostView

TITLE_CHARS = 80
SUMMARY_CHARS = 280
# Together; those behind them come in short. A post may be laid out in 250 kB, and a reader asks for all of them again.
MOST_HTML_CHARS = 1_000_000


def collect(shown: Iterable[views.AnyView], rooms: Mapping[str, str], at: Elsewhere) -> tuple[Entry, ...]:
    """The entries of these views, in their order; traces are none. `rooms`: what those in which they stand are called, by
    their ids. Takes time where posts are long: not for the loop."""
    made: list[Entry] = []
    left = MOST_HTML_CHARS
    for view in shown:
        if isinstance(view, GoneView):
            continue
        room = In(view.room_slug, rooms[view.room_id])
        if isinstance(view, PostView):
            made.append(_open(view, room, at, short=left <= len(view.html)))
        else:
            made.append(_locked(view, room, at))
        left -= len(made[-1].html)
    return tuple(made)


def _open(view: PostView, room: In, at: Elsewhere, *, short: bool) -> Entry:
    say = translation(at.language).gettext
    summary = titles.said(view, SUMMARY_CHARS)
    text = Markup("<p>{}</p>").format(summary) if short else Markup(outward(view.html, at.base))
    html = _template(at, "feed/open.html", view=view, text=text, short=short)
    pictures = [one for one in view.media if one.kind == "picture" and not one.sensitive and one.plain]
    return Entry(
        key=at.key(view.id),
        href=at.page(view.href),
        title=titles.title(view, TITLE_CHARS) or titles.unsaid(view, at.language) or say("A post"),
        summary=summary,
        html=html,
        author=_author(view, at),
        room=room,
        created_at=view.created_at,
        updated_at=max(view.created_at, view.edited_at or 0),
        ai=view.ai,
        locked=False,
        explicit=any(one.sensitive for one in view.media),
        picture=at.medium(pictures[0].href) if pictures else "",
        enclosures=_enclosures(view.media, at),
    )


def _locked(view: LockedView, room: In, at: Elsewhere) -> Entry:
    say = translation(at.language).gettext
    teaser = plain(view.teaser, TITLE_CHARS)
    tier = say("For %(tier)s") % {"tier": view.tier.name} if view.tier else say("Locked")
    picture = view.picture.picture.href if view.picture and not view.picture.blurred else ""
    return Entry(
        key=at.key(view.id),
        href=at.page(view.href),
        title=f"{tier}: {teaser}" if teaser else tier,
        summary=view.teaser or tier,
        html=_template(at, "feed/locked.html", view=view, picture=picture),
        author=_author(view, at),
        room=room,
        created_at=view.created_at,
        updated_at=view.created_at,
        ai=None,
        locked=True,
        explicit=False,
        picture=at.medium(picture) if picture else "",
        enclosures=(),
    )


def _template(at: Elsewhere, name: str, **context: object) -> str:
    return environment(at.language).get_template(name).render(at=at, **context).strip()


def _author(view: PostView | LockedView, at: Elsewhere) -> str:
    return view.author.name or translation(at.language).gettext("Former member")


def _enclosures(carried: Sequence[MediaView], at: Elsewhere) -> tuple[Enclosure, ...]:
    """What is played, each as the file that plays everywhere."""
    made = []
    for one in carried:
        if one.kind not in ("sound", "video") or one.state != "ready" or not one.href:
            continue
        href, kind, size = one.href, one.type, one.size
        if one.played:
            last = one.played[-1]
            href, kind, size = last.href, last.type, last.size
        chapters = at.medium(one.chapters.json) if one.chapters.json else ""
        title, marks = one.alt or one.name, tuple(one.chapters.listed)
        made.append(Enclosure(at.medium(href), kind, size, title, one.duration_ms, chapters, marks))
    return tuple(made)
