"""Content credentials as they are shown to whoever may see the medium. All words of theirs are a stranger's: plain text."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from channel.media.credentials.model import SHOWN, Credentials, State, Step, Use
from channel.media.model import Media
from channel.render.instants import iso

SIDECAR: Final = "credentials.c2pa"  # its part of the address


@dataclass(frozen=True, slots=True)
class CredentialsView:
    """`href`: the page about them, "" where nothing was found. `kept`: they themselves, "" where they are not handed out."""

    state: State
    ai: Use = "none"
    signer: str = ""
    organization: str = ""
    signed_at: int | None = None
    made_with: str = ""
    steps: Sequence[Step] = field(default=())
    ingredients: int = 0
    href: str = ""
    kept: str = ""

    @property
    def signed_by(self) -> str:
        """The organization, and the person or program where that is another name."""
        return " · ".join(dict.fromkeys(name for name in (self.organization, self.signer) if name))


NOTHING: Final = CredentialsView("not_checked")


def credentials_view(one: Media) -> CredentialsView:
    """As who may see the medium sees them."""
    if one.proof is None or one.credentials_state not in SHOWN:
        return CredentialsView(one.credentials_state)
    said: Credentials = one.proof.said
    return CredentialsView(
        said.state, said.ai, said.signer, said.organization, said.signed_at, said.made_with, said.steps,
        said.ingredients,
        href=f"/media/{one.id}/credentials",
        kept=f"/media/{one.id}/{SIDECAR}" if one.keep_credentials and one.credentials_fit and one.proof.sha256 else "",
    )  # fmt: skip


def credentials_json(view: CredentialsView) -> dict[str, Any]:
    """As the contract prints it."""
    return {
        "state": view.state,
        "ai": view.ai,
        "signer": view.signer,
        "organization": view.organization,
        "signed_at": None if view.signed_at is None else iso(view.signed_at),
        "made_with": view.made_with,
        "steps": [
            {
                "action": step.action,
                "agent": step.agent,
                "source": step.source,
                "at": None if step.at is None else iso(step.at),
            }
            for step in view.steps
        ],
        "ingredients": view.ingredients,
        "page_url": view.href or None,
        "file_url": view.kept or None,
    }
