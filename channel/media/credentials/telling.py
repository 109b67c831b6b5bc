"""What the library says of credentials, as JSON, in our few words. In a child only: all of it is a stranger's."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from .model import MAX_STEPS, Credentials, State, Step, Use, plain

DEEPEST = 20  # versions of a file before this one
STATES: Final[dict[str, State]] = {"Trusted": "valid", "Valid": "untrusted"}
GENERATED: Final = frozenset({"trainedAlgorithmicMedia"})
ASSISTED: Final = frozenset(
    {"compositeWithTrainedAlgorithmicMedia", "algorithmicallyEnhanced", "compositeSynthetic"}
)
ORDER: Final[tuple[Use, ...]] = ("none", "assisted", "generated")


def told(store: object) -> Credentials:
    """Of the last version of the file, and in `steps` of those before."""
    known = _map(store)
    manifests = _map(known.get("manifests"))
    line = list(_line(manifests, known.get("active_manifest")))
    if not line:
        return Credentials("invalid")
    active, signed = line[0], _map(line[0].get("signature_info"))
    steps = [step for one in reversed(line) for step in _steps(one)]
    return Credentials(
        STATES.get(str(known.get("validation_state")), "invalid"),
        _use(manifests, line),
        plain(signed.get("common_name")),
        plain(signed.get("issuer")),
        _moment(signed.get("time")),
        _made_with(active),
        steps[-MAX_STEPS:],
        sum(1 for one in _list(active.get("ingredients")) if _map(one).get("relationship") != "parentOf"),
    )


def _line(manifests: Mapping[str, Any], label: object) -> Iterator[Mapping[str, Any]]:
    """This version, the one that it was made of, and so on."""
    seen: set[str] = set()
    while isinstance(label, str) and label in manifests and label not in seen and len(seen) < DEEPEST:
        seen.add(label)
        one = _map(manifests[label])
        yield one
        parents = (each for each in map(_map, _list(one.get("ingredients"))) if _is_parent(each))
        label = next(parents, {}).get("active_manifest")


def _is_parent(ingredient: Mapping[str, Any]) -> bool:
    return ingredient.get("relationship") == "parentOf"


def _steps(manifest: Mapping[str, Any]) -> Iterator[Step]:
    for assertion in map(_map, _list(manifest.get("assertions"))):
        if plain(assertion.get("label")).split("__")[0] in ("c2pa.actions", "c2pa.actions.v2"):
            for one in map(_map, _list(_map(assertion.get("data")).get("actions"))):
                agent = one.get("softwareAgent")
                yield Step(
                    plain(one.get("action")),
                    plain(_map(agent).get("name")) if isinstance(agent, dict) else plain(agent),
                    _source(one.get("digitalSourceType")),
                    _moment(one.get("when")),
                )


def _source(address: object) -> str:
    """The last word of http://cv.iptc.org/newscodes/digitalsourcetype/…"""
    return plain(address).rpartition("/")[2]


def _use(manifests: Mapping[str, Any], line: list[Mapping[str, Any]]) -> Use:
    """What was made by AI and then edited was made by AI; with a picture of AI in it, it was assisted."""
    own = [_use_of(step.source) for one in line for step in _steps(one)]
    others = [one for one in map(_map, manifests.values()) if not any(one is each for each in line)]
    within = [_use_of(step.source) for one in others for step in _steps(one)]
    mixed: Use = "none" if all(use == "none" for use in within) else "assisted"
    return max([*own, mixed], key=ORDER.index)


def _use_of(source: str) -> Use:
    return "generated" if source in GENERATED else "assisted" if source in ASSISTED else "none"


def _made_with(manifest: Mapping[str, Any]) -> str:
    first = next(map(_map, _list(manifest.get("claim_generator_info"))), {})
    name, version = plain(first.get("name")), plain(first.get("version"))
    return f"{name} {version}".strip() or plain(manifest.get("claim_generator")).partition(" ")[0]


def _moment(text: object) -> int | None:
    try:
        at = datetime.fromisoformat(plain(text))
        return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
