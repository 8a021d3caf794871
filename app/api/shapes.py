"""Schemas for the API document, made from the library's own value types, so that they cannot say anything else."""

from __future__ import annotations

from dataclasses import fields as fields_of
from dataclasses import is_dataclass
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from marshmallow import Schema, fields

_PLAIN: dict[type, type[fields.Field[Any]]] = {
    str: fields.String,
    int: fields.Integer,
    float: fields.Float,
    bool: fields.Boolean,
}


@cache
def shape_of(kind: type) -> type[Schema]:
    """The schema of a frozen dataclass as `dataclasses.asdict` and JSON show it; every member is always there."""
    hints = get_type_hints(kind)
    return Schema.from_dict({field.name: _member(hints[field.name]) for field in fields_of(kind)}, name=kind.__name__)


def nested(kind: type, **more: Any) -> fields.Nested:
    """A member of that type, described by the first line of its docstring."""
    return fields.Nested(shape_of(kind), required=True, metadata=_said(kind), **more)


def listed(kind: type) -> fields.List[Any]:
    """A list of that type."""
    return fields.List(fields.Nested(shape_of(kind)), required=True, metadata=_said(kind))


def _member(hint: Any, *, nullable: bool = False) -> fields.Field[Any]:
    """The field for one annotation: plain, enumerated, optional, repeated, or a dataclass again."""
    common: dict[str, Any] = {"required": True, "allow_none": nullable}
    if isinstance(hint, UnionType):
        (inner,) = (part for part in get_args(hint) if part is not type(None))
        return _member(inner, nullable=True)
    if get_origin(hint) is tuple:
        return fields.List(_member(get_args(hint)[0]), **common)
    if get_origin(hint) is dict:
        return fields.Dict(**common)
    if issubclass(hint, StrEnum):
        return fields.String(**common, metadata={"enum": _words(hint, nullable)})
    if isinstance(hint, type) and is_dataclass(hint):
        return fields.Nested(shape_of(hint), **common, metadata=_said(hint))
    return _PLAIN[hint](**common)


def _words(kind: type[StrEnum], nullable: bool) -> list[str | None]:
    """The values; OpenAPI 3.0 wants null among them where it is allowed."""
    return [*(member.value for member in kind), *([None] if nullable else [])]


def _said(kind: type) -> dict[str, str]:
    return {"description": (kind.__doc__ or "").partition("\n")[0]}
