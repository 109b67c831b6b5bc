"""Word that the questions of a prompt changed: how many there are is told beside the log, and may be missed."""

from channel.bus import Bus
from channel.questions.model import Prompt


def tell(bus: Bus, prompt: Prompt | None) -> None:
    """To be called after the commit. Of the box nothing is told: nobody listens to it."""
    if prompt is not None:
        bus.note("counts", {"room_id": prompt.room_id, "post_ids": [prompt.post_id]})
