"""What a document is, in words for the index. Pure."""


def kind(name: str) -> str:
    return f"kind{name}"


def author(account_id: str) -> str:
    return "by" + account_id.replace("-", "")


def topic(topic_id: str) -> str:
    return "in" + topic_id.replace("-", "")


def below(post_id: str) -> str:
    """A comment, under this post."""
    return "below" + post_id.replace("-", "")


def has(what: str) -> str:
    return f"has{what}"


def audience(number: int) -> str:
    return f"for{number}"
