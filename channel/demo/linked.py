"""What the pages that posts of the demo link to would say: they do not exist, and the demo asks nobody."""

from channel.events import PreviewDue
from channel.posts.model import Post, Rendered
from channel.previews.actions import fill
from channel.previews.model import Found
from channel.storage import Tx

PAGES = {
    "https://hafenmarkt.example/lageplan": Found(
        "Töpfermarkt am Hafen: 84 Werkstätten aus neun Ländern",
        "Samstag und Sonntag von 10 bis 18 Uhr am Alten Hafen. Lageplan, Anfahrt und alle Stände von A bis Z.",
        "Hafenmarkt",
    ),
    "https://nightferry.example/slack-water": Found(
        "Slack Water: the fourth record by Night Ferry",
        "Ten songs, 38 minutes, recorded on a boat that did not move. Lyrics, sleeve and who played what.",
        "Night Ferry",
    ),
}


async def fill_in(tx: Tx, post: Post, rendered: Rendered) -> None:
    """The preview that our server would have fetched."""
    for link in rendered.links:
        if link in PAGES:
            due = PreviewDue(post_id=post.id, room_id=post.room_id)
            await fill(tx, due, rendered.links, link, link, PAGES[link])
