"""What rows are made of: nested objects laid flat, and the fields of objects of other libraries."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from leadroute.model.columns import header_key

_DEEPEST: Final = 4


def flattened(row: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return a row without nesting: what stands within ``Owner`` as ``Name`` becomes ``Owner.Name``."""
    whole = {header_key(name) for name in names}
    if not any(isinstance(value, Mapping) for value in row.values()):
        return {str(header): value for header, value in row.items()}
    return dict(_leaves(row, "", whole, _DEEPEST))


def _leaves(
    row: Mapping[str, Any], outer: str, whole: Collection[str], depth: int
) -> Iterator[tuple[str, Any]]:
    for header, value in row.items():
        nested = isinstance(value, Mapping) and depth and set(value) != {"$instant"}
        if nested and header == "attributes" and _is_record(value):
            if "referenceId" in value and not outer:
                yield "referenceId", value["referenceId"]
        elif nested and header_key(f"{outer}{header}") not in whole:
            yield from _leaves(value, f"{outer}{header}.", whole, depth - 1)
        else:
            yield f"{outer}{header}", value


def _is_record(given: Mapping[str, Any]) -> bool:
    """Whether this is what Salesforce says of a record, and no attributes of the caller's own."""
    address = given.get("url")
    known = "referenceId" in given or (isinstance(address, str) and "/sobjects/" in address)
    return known and set(given) <= {"type", "url", "referenceId"}


def mapping_of(given: object) -> dict[str, Any]:
    """Return the fields of an object by name, none of them computed."""
    names = next((found for look in _LOOKS if (found := look(given)) is not None), None)
    if names is None:
        names = [name for name in _stored(given) if not name.startswith("_")]
    return {name: _get(given, name) for name in names}


def _get(given: Any, name: str) -> Any:
    return getattr(given, name) if hasattr(given, name) else given[name]


def _django(given: Any) -> list[str] | None:
    meta = getattr(type(given), "_meta", None)
    found = getattr(meta, "concrete_fields", None)
    return None if found is None else [each.attname for each in found]


def _mapped(given: Any) -> list[str] | None:
    mapper = getattr(type(given), "__mapper__", None)
    return None if mapper is None else [each.key for each in mapper.column_attrs]


def _declared(given: Any) -> list[str] | None:
    kind = type(given)
    for name in ("__dataclass_fields__", "model_fields", "__pydantic_fields__"):
        if isinstance(found := getattr(kind, name, None), Mapping):
            return list(found)
    found = getattr(kind, "__attrs_attrs__", None) or ()
    return [each.name for each in found] or None


def _listed(given: Any) -> list[str] | None:
    names = getattr(given, "_fields", None)
    if isinstance(names, tuple):
        return list(names)
    keys = getattr(given, "keys", None)
    return list(keys()) if callable(keys) else None


def _stored(given: Any) -> list[str]:
    slots = [name for kind in type(given).__mro__ for name in getattr(kind, "__slots__", ())]
    return [*vars(given)] if hasattr(given, "__dict__") else [n for n in slots if hasattr(given, n)]


_LOOKS: Final = (_django, _mapped, _declared, _listed)
