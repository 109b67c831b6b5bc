"""The OpenAPI document as a page shows it: groups of calls, each with tables of what goes in and comes out."""

from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A line of a table."""

    name: str
    kind: str
    required: bool
    about: str
    detail: str = ""  # the schema it is made of; of a parameter, where it stands


@dataclass(frozen=True, slots=True)
class Outcome:
    """A status and what comes with it."""

    status: str
    about: str
    schema: str
    fields: tuple[Field, ...]
    headers: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One call."""

    id: str
    method: str
    path: str
    summary: str
    about: str
    who: str
    action: str
    scope: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    outcomes: tuple[Outcome, ...]
    refusals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """What belongs together."""

    name: str
    about: str
    operations: tuple[Operation, ...]


def groups(document: dict[str, Any]) -> tuple[Group, ...]:
    """The document's tags with their operations, in its own order."""
    made: dict[str, list[Operation]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            made[operation["tags"][0]].append(_operation(document, path, method, operation))
    return tuple(Group(tag["name"], tag["description"], tuple(made[tag["name"]])) for tag in document["tags"])


def _operation(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Operation:
    policy = operation["x-policy"]
    answers = {s: r for s, r in operation["responses"].items() if "$ref" not in r}
    return Operation(
        id=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"],
        about=operation["description"],
        who=policy["who"],
        action=policy.get("action", ""),
        scope=policy["scope"],
        parameters=tuple(_parameter(document, parameter) for parameter in operation["parameters"]),
        body=_body(document, operation.get("requestBody", {})),
        outcomes=tuple(_outcome(document, status, response) for status, response in answers.items()),
        refusals=tuple(status for status in operation["responses"] if status not in answers),
    )


def _body(document: dict[str, Any], body: dict[str, Any]) -> tuple[Field, ...]:
    """The fields of JSON; of bytes, one line."""
    content = body.get("content", {})
    if "application/json" in content:
        return fields(document, content["application/json"]["schema"])
    return tuple(Field(type_, "bytes", body["required"], body["description"]) for type_ in content)


def _parameter(document: dict[str, Any], parameter: Schema) -> Field:
    found = resolved(document, parameter)
    about = found.get("description") or _about(found["schema"])
    return Field(found["name"], kind_of(found["schema"]), found["required"], about, detail=found["in"])


def _outcome(document: dict[str, Any], status: str, response: dict[str, Any]) -> Outcome:
    schema = response.get("content", {}).get("application/json", {}).get("schema")
    headers = tuple(
        Field(name, kind_of(told["schema"]), True, told["description"])
        for name, told in response.get("headers", {}).items()
    )
    if schema is None:
        return Outcome(status, response["description"], "", (), headers)
    return Outcome(status, response["description"], _name(schema), fields(document, schema), headers)


def fields(document: dict[str, Any], schema: Schema) -> tuple[Field, ...]:
    """The properties of an object; of the first choice when there are several."""
    found = resolved(document, schema)
    if "oneOf" in found:
        found = resolved(document, found["oneOf"][0])
    required = found.get("required", ())
    return tuple(
        Field(name, kind_of(part), name in required, _about(part), _name(part))
        for name, part in found.get("properties", {}).items()
    )


def _about(schema: Schema) -> str:
    described = (part["description"] for part in (schema, *schema.get("anyOf", ())) if "description" in part)
    return str(next(described, ""))


def resolved(document: dict[str, Any], schema: Schema) -> Schema:
    """What a $ref leads to, or the schema itself."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def kind_of(schema: Schema) -> str:
    """A schema in a few words: `string, 1–80 characters`, `array of Room`, `integer 0–359 or null`."""
    if "$ref" in schema:
        return _name(schema)
    if "anyOf" in schema:
        return " or ".join(kind_of(choice) for choice in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        choices = schema.get("enum", [schema.get("const")])
        return " · ".join("null" if choice is None else str(choice) for choice in choices)
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        return f"array of {kind_of(schema.get('items', {}))}"
    return f"{kind}{_bounds(schema)}"


def _bounds(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if schema.get("type") == "integer" and high is not None and high < 2**53:
        return f" {low if low is not None else 0}–{high}"
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    if most is not None:
        return f", {least}–{most} characters"
    return f", {schema['format']}" if "format" in schema else ""


def _name(schema: Schema) -> str:
    """The component a schema is, or is a list of."""
    for part in (schema, schema.get("items", {}), *schema.get("anyOf", ())):
        if "$ref" in part:
            return str(part["$ref"].rpartition("/")[2])
    return ""
