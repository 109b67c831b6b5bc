"""The route table: every way into the app, with the policy it declares. All other files here are generated from it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from channel.members.model import MATRIX, Role
from channel.routing import Policy, Who

TABLE = Path(__file__).with_name("policies.txt")
DOCS = Path(__file__).parents[2] / "docs" / "security.md"
SAFE = ("GET", "HEAD", "OPTIONS")
_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


@dataclass(frozen=True)
class Door:
    """One method on one path, or one WebSocket."""

    method: str
    path: str
    policy: Policy

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in the path, in order."""
        return tuple(_PARAMETER.findall(self.path))

    @property
    def api(self) -> bool:
        """For programs: answers in JSON and takes bearer tokens."""
        return self.path.startswith(("/api/v1", "/live", "/metrics"))

    @property
    def file(self) -> bool:
        """Something that the API tells the address of: it takes bearer tokens, too."""
        return self.path.startswith(("/media/", "/linked/"))

    @property
    def safe(self) -> bool:
        return self.method in (*SAFE, "WS")

    def line(self) -> str:
        """The door as the checked-in table has it."""
        action = f" {self.policy.action}" if self.policy.action else ""
        return f"{self.method:6} {self.path:50} {self.policy.who}{action} ({self.policy.scope})"


def every_route(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """All routes, those inside mounts too."""
    for route in routes:
        if isinstance(route, Mount):
            yield from every_route(route.routes or ())
        yield route


def doors(app: Starlette) -> list[Door]:
    """Every door of the app. Raises AssertionError for one without a policy."""
    found = []
    for route in every_route(app.routes):
        policy = getattr(route, "policy", None)
        assert isinstance(policy, Policy), (
            f"{route!r} declares no policy: build it with channel.routing.route"
        )
        if isinstance(route, WebSocketRoute):
            found.append(Door("WS", route.path, policy))
        else:
            assert isinstance(route, Route), f"{route!r} is neither a Route nor a WebSocketRoute"
            methods = sorted((route.methods or set()) - {"HEAD"})
            found += [Door(method, route.path, policy) for method in methods]
    return found


def who_may(policy: Policy) -> str:
    """The policy in words."""
    if policy.who is Who.ROLE and policy.action is not None:
        return ", ".join(sorted((role.value for role in MATRIX[policy.action]), key=len))
    words = {
        Who.ANYONE: "anyone, the same for all",
        Who.VIEWER: "anyone, by entitlement",
        Who.SIGNED_IN: "a signed-in account",
        Who.ADMIN: "the instance's admin",
    }
    return words[policy.who]


def roles_table() -> str:
    """The matrix of roles and actions, as the docs have it."""
    roles = [role for role in Role if role is not Role.MEMBER]
    lines = [f"| | {' | '.join(roles)} |", "|---|" + "---|" * len(roles)]
    for action, may in MATRIX.items():
        marks = " | ".join("yes" if role in may else "" for role in roles)
        lines.append(f"| {action.replace('_', ' ')} | {marks} |")
    return "\n".join(lines)


def with_roles(text: str) -> str:
    """The page with its table as it is now."""
    return re.sub(r"(<!-- roles -->\n).*?(<!-- /roles -->)", rf"\1{roles_table()}\n\2", text, flags=re.DOTALL)
