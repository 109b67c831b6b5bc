"""What a door is tried on."""

from dataclasses import dataclass

from tests.security.table import Door


@dataclass(frozen=True)
class Case:
    """What a door is tried on: whose things, and whether those that the free tier may not read."""

    handle: str = "anna"
    paid: bool = False
    # The community in the path, when it is not the one that the things belong to.
    under: str = ""

    @property
    def place(self) -> str:
        return self.under or self.handle


def cases(door: Door) -> list[Case]:
    """What a door has to be tried on."""
    if not door.parameters or door.path.startswith(
        (
            "/static",
            "/m/",
            "/covers",
            "/account",
            "/admin",
            "/sign-in",
            "/pay/",
            "/sandbox/",
            "/feeds/",
            "/notices/quiet/",
            "/notices/picture/",
            "/follow/by/",
            "/follow/on/",
            "/api/v1/follow/",
            "/follow/yes/",
            "/follow/pass/",
            "/gift/card",
            "/api/hooks",
            "/api/v1/incoming",
            "/api/v1/me/",
            "/api/v1/media/uploads",
        )
    ):
        return [Case()]
    found = [Case(), Case("zoe")]
    reads = (
        "/media/{id}",
        "/linked/{id}",
        "/rooms/{id}",
        "/posts/{id}",
        "/topics/{id}",
        "/questions/{id}",
        "/streams/",
        "/@{handle}/{slug}",
    )
    if any(part in door.path for part in reads):
        found.append(Case(paid=True))
    return found


def any_word(door: Door) -> bool:
    """Its last parameter is a word that has a page whether or not anything is there: it must not tell which."""
    return door.parameters[-1:] == ("tag",)


def crossed(door: Door) -> bool:
    """Has a child below a community, so that the child of another one can be named there."""
    return (
        door.path.startswith(("/studio/{handle}/", "/api/v1/communities/{handle}/"))
        and len(door.parameters) > 1
        and not any_word(door)
    )
