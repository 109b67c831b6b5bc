"""What a post is called where its words are not shown whole: subjects, cards, feeds, frames of other sites."""

from channel import markdown
from channel.render.views import AnyView, GoneView, LockedView, line


def title(view: AnyView, most_chars: int) -> str:
    """Its heading, else its first words, or those of its teaser; empty for a trace."""
    if isinstance(view, GoneView):
        return ""
    words = view.teaser if isinstance(view, LockedView) else view.text
    return markdown.title(words, most_chars) or line(view, most_chars)
