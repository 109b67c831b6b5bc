"""People as others see them."""

from dataclasses import dataclass

from channel.accounts.model import Account


@dataclass(frozen=True, slots=True)
class AuthorView:
    """`gone`: the account was deleted; print "former member" in place of the name."""

    id: str
    name: str
    handle: str | None
    avatar: str
    hue: int
    gone: bool
    bot: bool = False  # a program


def author_view(account: Account) -> AuthorView:
    """Who wrote it. Of a deleted account nothing but the id is left."""
    if account.state == "deleted":
        return AuthorView(account.id, "", None, "", account.hue, gone=True)
    return AuthorView(
        account.id, account.name, account.handle, account.avatar, account.hue, gone=False, bot=account.bot
    )
