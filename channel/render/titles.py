"""What a post is called where its words are not shown whole: subjects, cards, feeds, frames of other sites."""

from typing import assert_never

from channel import markdown
from channel.i18n import translation
from channel.render.views import AnyView, GoneView, LockedView, PostView


def title(view: AnyView, most_chars: int) -> str:
    """Its heading, else its first words, or those of its teaser; empty for a trace, and for what nobody put a word to."""
    if isinstance(view, GoneView):
        return ""
    words = view.teaser if isinstance(view, LockedView) else view.text
    return markdown.title(words, most_chars) or said(view, most_chars)


def said(view: AnyView, most_chars: int) -> str:
    """Its words in one line, else what somebody wrote to what it carries: a description, or the name of a sound or a file.

    What a camera calls a picture or a film is no word of anybody; what is covered until somebody wants to see it is not
    described here either.
    """
    match view:
        case PostView():
            words = (one.alt or _name(one.kind, one.name) for one in view.media if not one.sensitive)
            return markdown.plain(view.text, most_chars) or next(filter(None, words), "")[:most_chars]
        case LockedView():
            return markdown.plain(view.teaser, most_chars)
        case GoneView():
            return ""
        case other:
            assert_never(other)


def _name(kind: str, name: str) -> str:
    if kind in ("picture", "video"):
        return ""
    return name.rpartition(".")[0] or name if kind == "sound" else name


def unsaid(view: AnyView, language: str) -> str:
    """What stands where words would, of a post that has none; "" of one that carries nothing."""
    _ = translation(language).gettext
    names = {
        "picture": _("A picture"),
        "sound": _("A recording"),
        "video": _("A video"),
        "file": _("A file"),
    }
    return next((names[one.kind] for one in view.media), "") if isinstance(view, PostView) else ""


def ai_words(view: AnyView, language: str) -> str:
    """How AI was used, as every outlet says it beside the words; "" for none, and for a locked post, of which it is not told."""
    _ = translation(language).gettext
    words = {"assisted": _("AI-assisted"), "generated": _("Made by AI")}
    return words.get(view.ai, "") if isinstance(view, PostView) else ""
