"""What a post is called where its words are not shown whole: subjects, cards, feeds, frames of other sites."""

from channel import markdown
from channel.i18n import translation
from channel.render.views import AnyView, GoneView, LockedView, PostView, line


def title(view: AnyView, most_chars: int) -> str:
    """Its heading, else its first words, or those of its teaser; empty for a trace."""
    if isinstance(view, GoneView):
        return ""
    words = view.teaser if isinstance(view, LockedView) else view.text
    return markdown.title(words, most_chars) or line(view, most_chars)


def ai_words(view: AnyView, language: str) -> str:
    """How AI was used, as every outlet says it beside the words; "" for none, and for a locked post, of which it is not told."""
    _ = translation(language).gettext
    words = {"assisted": _("AI-assisted"), "generated": _("Made by AI")}
    return words.get(view.ai, "") if isinstance(view, PostView) else ""
