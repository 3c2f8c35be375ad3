"""An OpenAPI description as the rows of a page."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that goes in: its name, where (path, query, body), what it may be, whether it must be there."""

    name: str
    place: str
    kind: str
    required: bool
    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of the API; `example`: a body that it takes."""

    tag: str
    method: str
    path: str
    text: str
    parameters: tuple[Parameter, ...]
    example: str | None


def operations(described: Schema) -> list[Operation]:
    """Every operation, in the order of the description."""
    schemas = described.get("components", {}).get("schemas", {})
    return [
        _operation(path, method, found, schemas)
        for path, methods in described["paths"].items()
        for method, found in methods.items()
    ]


def _operation(path: str, method: str, found: Schema, schemas: Schema) -> Operation:
    parameters = [
        Parameter(
            p["name"],
            p["in"],
            kind(p.get("schema", {}), schemas),
            p.get("required", False),
            p.get("description", "") or p.get("schema", {}).get("description", ""),
        )
        for p in found.get("parameters", ())
    ]
    body = _body(found, schemas)
    required = body.get("required", ())
    properties = body.get("properties", {})
    parameters += [
        Parameter(n, "body", kind(p, schemas), n in required, p.get("description", ""))
        for n, p in properties.items()
    ]
    example = {n: p["examples"][0] for n, p in properties.items() if p.get("examples")}
    return Operation(
        tag=next(iter(found.get("tags", ())), "other"),
        method=method.upper(),
        path=path,
        text=found.get("description") or found.get("summary", ""),
        parameters=tuple(parameters),
        example=json.dumps(example, ensure_ascii=False) if example else None,
    )


def _body(found: Schema, schemas: Schema) -> Schema:
    content = found.get("requestBody", {}).get("content", {})
    return _resolve(content.get("application/json", {}).get("schema", {}), schemas)


def _resolve(schema: Schema, schemas: Schema) -> Schema:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: Schema = schemas.get(reference.rpartition("/")[2], {})
    return found


def kind(schema: Schema, schemas: Schema) -> str:
    """What a value may be, in a word or two."""
    schema = _resolve(schema, schemas)
    if "anyOf" in schema:
        known = [kind(s, schemas) for s in schema["anyOf"] if s.get("type") != "null"]
        return " or ".join(known)
    if "enum" in schema:
        return ", ".join(str(v) for v in schema["enum"])
    if schema.get("format") == "date-time":
        return "instant"
    if schema.get("type") == "array":
        return f"list of {kind(schema.get('items', {}), schemas)}"
    return str(schema.get("type", "anything"))
