"""What a post shows of the page that it links to. Part of the open view alone: a locked one has no field for it."""

from dataclasses import dataclass

from channel.previews import Preview


@dataclass(frozen=True, slots=True)
class PreviewView:
    """`host` is who is asked when somebody opens it, and not before; `video`: there is a film."""

    href: str
    title: str
    description: str
    site: str
    host: str
    video: bool


def preview_view(preview: Preview) -> PreviewView:
    """The same for everybody who may read the post."""
    return PreviewView(
        preview.link, preview.title, preview.description, preview.site, preview.host, preview.is_video
    )
