"""The content of a request: exactly one of the fields that can hold it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from app.schemas.fields import refuse


@dataclass(frozen=True, slots=True)
class FileRequest:
    """A request to write a file, as it was asked: missing options leave the choice to the service."""

    data: bytes
    #: What was given besides the content, by field name, already of the library's types.
    given: dict[str, Any]


def require_one(original: Any, *names: str) -> None:
    """Exactly one of the fields must have been sent."""
    given = [name for name in names if isinstance(original, dict) and name in original]
    if not given:
        raise refuse_field(names[0], "field.required", alternatives=list(names))
    if len(given) > 1:
        raise refuse_field(given[1], "field.exclusive", given=given)


def take_content(given: dict[str, Any], names: tuple[str, ...]) -> bytes:
    """The content, taken out of the fields that were given."""
    content: bytes = next(given.pop(name) for name in names if name in given)
    return content


def refuse_field(name: str, code: str, **params: Any) -> ValidationError:
    """The error of one field as raised by a whole schema."""
    return at_field(name, refuse(code, **params))


def at_field(name: str, error: ValidationError) -> ValidationError:
    """Place an error that a whole schema found at one of its fields."""
    return ValidationError({name: error.messages})
