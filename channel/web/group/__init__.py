"""A group: its topics, the conversation in each of them, and everything that is done there by plain forms."""

from channel.routing import SIGNED_IN, VIEWER, route
from channel.web.group import acting, choosing, messages, talking
from channel.web.group.listing import laid, topics_page
from channel.web.group.talking import topic_page

_TOPIC = "/@{handle}/{slug}/t/{number}"
_MESSAGE = "/@{handle}/{slug}/m/{id}"
ROUTES = [
    route("/@{handle}/{slug}/t", acting.start, SIGNED_IN, methods=("POST",)),
    route(_TOPIC, topic_page, VIEWER),
    route(_TOPIC, talking.write, SIGNED_IN, methods=("POST",)),
    route(f"{_TOPIC}/change", acting.change, SIGNED_IN, methods=("POST",)),
    route(f"{_TOPIC}/mark", acting.mark, SIGNED_IN, methods=("POST",)),
    route(f"{_TOPIC}/choose", choosing.choose_form, SIGNED_IN),
    route(f"{_TOPIC}/choose", choosing.choose, SIGNED_IN, methods=("POST",)),
    route(_MESSAGE, messages.edit_form, SIGNED_IN),
    route(_MESSAGE, messages.save, SIGNED_IN, methods=("POST",)),
    route(f"{_MESSAGE}/delete", messages.delete, SIGNED_IN, methods=("POST",)),
]

__all__ = ["ROUTES", "laid", "topics_page"]
