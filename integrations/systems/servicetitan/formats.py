"""Formats of ServiceTitan's JSON, both ways: rows as read become one shape, bodies get the types the API demands.

Money is a JSON number in inventory and a string in accounting; some dates are dates at midnight; members that the
OpenAPI documents call required come back null in real tenants; unknown enum values are data, not errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, TypeVar

from integrations.errors import Misconfigured, Transient

T = TypeVar("T")

LARGEST_EXPONENT = 60
"""Written out, a number of a few characters ("1e999999999") would fill the memory: it stays as it is."""

Kind = Literal["text", "int64", "decimal", "flag", "moment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How the members of a row are normalised; members that are not named stay as they are.

    `texts`: null becomes "". `decimals`: plain decimal strings without trailing zeros. `days`: the date as written,
    never moved through a time zone. `lists` and `nested`: null becomes an empty list or an object of empty members.
    """

    texts: tuple[str, ...] = ()
    decimals: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    lists: Mapping[str, Shape | None] = field(default_factory=dict)
    nested: Mapping[str, Shape] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Many:
    """A list of parts in a body."""

    of: Kind | Body


@dataclass(frozen=True, slots=True)
class Body:
    """A request body, as the schema of that name in the OpenAPI document describes it.

    `nulls` may be sent as null (it clears them there); any other null member is left out.
    """

    schema: str
    required: Mapping[str, Part] = field(default_factory=dict)
    optional: Mapping[str, Part] = field(default_factory=dict)
    nulls: frozenset[str] = frozenset()


Part = Kind | Body | Many


def normalise(row: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """A row in its one shape; a new dict. Fractions of members that are not named become decimal strings as well."""
    result = {name: _plain_within(value) for name, value in row.items() if name not in shape.lists}
    for name in shape.texts:
        result[name] = "" if row.get(name) is None else row[name]
    for name in shape.decimals:
        result[name] = plain(row.get(name))
    for name in shape.days:
        result[name] = day(row.get(name))
    for name, inner in shape.lists.items():
        entries = _of(list, row.get(name) or [], name)
        result[name] = [normalise(_of(dict, entry, name), inner) for entry in entries] if inner else list(entries)
    for name, inner in shape.nested.items():
        result[name] = normalise(_of(dict, row.get(name) or {}, name), inner)
    return result


def _of(kind: type[T], value: Any, name: str) -> T:
    """The value. Raises Transient: what cannot be read never looks like something that is empty."""
    if not isinstance(value, kind):
        raise Transient(f"ServiceTitan sent a row whose {name} cannot be read.", code="malformed-value")
    return value


def plain(value: Any) -> Any:
    """A number or a numeric text as a plain decimal string; null and unreadable texts stay as they are."""
    if value is None or value == "":
        return None
    try:
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return value
    if not number.is_finite() or abs(number.adjusted()) > LARGEST_EXPONENT:
        return str(value)
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def _plain_within(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, dict):
        return {name: _plain_within(inner) for name, inner in value.items()}
    return [_plain_within(inner) for inner in value] if isinstance(value, list) else value


def day(value: Any) -> str | None:
    """ "2025-10-13T00:00:00" and "2025-10-13T00:00:00Z" are both the 13th, wherever the reader sits."""
    return str(value)[:10] if value else None


def wire(values: Mapping[str, Any], body: Body, *, path: str = "") -> dict[str, Any]:
    """The body to send: declared members only, with the types the API demands.

    Raises Misconfigured for a member that the API does not know (it would be ignored silently), for a missing
    required one, and for a value that cannot be given the member's type.
    """
    parts = {**body.required, **body.optional}
    strange = sorted(set(values) - set(parts))
    if strange:
        raise Misconfigured(f"{body.schema} has no member {path}{strange[0]}.", code="undeclared-member")
    sent = {
        name: None if value is None else _part(value, parts[name], f"{path}{name}")
        for name, value in values.items()
        if value is not None or name in body.nulls
    }
    missing = sorted(set(body.required) - set(sent))
    if missing:
        raise Misconfigured(f"{body.schema} needs {path}{missing[0]}.", code="missing-member")
    return sent


def _part(value: Any, part: Part, path: str) -> Any:
    if isinstance(part, Body):
        return wire(value, part, path=f"{path}.")
    if isinstance(part, Many):
        return [_part(entry, part.of, f"{path}[{index}]") for index, entry in enumerate(value)]
    return _scalar(value, part, path)


def _scalar(value: Any, kind: Kind, path: str) -> Any:
    if kind == "flag" and isinstance(value, bool):
        return value
    if kind == "decimal":
        return _decimal(value, path)
    if kind == "int64":
        return _int64(value, path)
    if kind == "moment":
        text = str(value)
        return f"{text}T00:00:00Z" if len(text) == 10 else text
    if kind == "text":
        return str(value)
    raise Misconfigured(f"ServiceTitan takes true or false as {path}, not {value!r}.", code="wrong-type")


def _decimal(value: Any, path: str) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Misconfigured(f"ServiceTitan takes an amount as {path}, not {value!r}.", code="wrong-type")
    return number


def _int64(value: Any, path: str) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not text.lstrip("-").isdecimal() or not text.isascii():
        raise Misconfigured(f"ServiceTitan takes a number as {path}, not {value!r}.", code="wrong-type")
    return int(text)
