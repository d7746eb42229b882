"""Check queries and bodies against the contract: wrong types and missing members are refused, unknown ones ignored."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from simulators.servicetitan.contract import CONTRACT
from simulators.servicetitan.contract.notation import Member, Operation
from simulators.wire import parse_moment

_GUID = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")


@dataclass(slots=True)
class Findings:
    """What is wrong (sentences by member) and what was ignored silently."""

    errors: dict[str, list[str]] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)

    def add(self, member: str, sentence: str) -> None:
        """One more sentence about a member."""
        self.errors.setdefault(member, []).append(sentence)


class _Wrong(Exception):
    """The value is not of the declared type."""


def _whole(value: Any) -> int:
    if type(value) is not int or abs(value) >= 2**63:
        raise _Wrong
    return value


def _decimal(value: Any) -> Decimal:
    number = Decimal(value) if type(value) is int else value
    # Amounts stay small enough for two of them to be multiplied without losing a cent.
    if not isinstance(number, Decimal) or not number.is_finite() or abs(number) >= 10**12:
        raise _Wrong
    return number


def _boolean(value: Any) -> bool:
    if value is not True and value is not False:
        raise _Wrong
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Wrong
    return value


def _guid(value: Any) -> str:
    if not isinstance(value, str) or not _GUID.match(value):
        raise _Wrong
    return value.lower()


def _moment(value: Any) -> datetime:
    try:
        return parse_moment(_text(value))
    except ValueError:
        raise _Wrong from None


def _map(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Wrong
    return value


_SCALARS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("string", "text", "html", "phone", "email"), _text),
    **dict.fromkeys(("int32", "int64"), _whole),
    **dict.fromkeys(("decimal", "double"), _decimal),
    **dict.fromkeys(("datetime", "date"), _moment),
    "boolean": _boolean,
    "guid": _guid,
    "map": _map,
}


def check_body(module: str, schema: str, body: Any, findings: Findings, at: str = "") -> dict[str, Any]:
    """The known members of a body, converted (Decimal, aware datetime). What is wrong goes into ``findings``."""
    if not isinstance(body, dict):
        findings.add(at or "body", f"A JSON object of type {schema} is needed.")
        return {}
    members = CONTRACT.schemas[module, schema]
    clean: dict[str, Any] = {}
    for name, value in body.items():
        member = members.get(name)
        if member is None:
            findings.ignored.append(f"{schema}.{name}")
        else:
            _check_member(module, member, value, clean, findings, f"{at}.{name}" if at else name)
    for name, member in members.items():
        if member.required and name not in body:
            where = f"{at}.{name}" if at else name
            findings.add(where, f"The {name} field is required.")
    return clean


def _check_member(module: str, member: Member, value: Any, clean: dict[str, Any], findings: Findings, at: str) -> None:
    try:
        if value is None:
            if not member.nullable:
                raise _Wrong
            clean[member.name] = None
        elif member.many:
            if not isinstance(value, list):
                raise _Wrong
            clean[member.name] = [_value(module, member, it, findings, f"{at}[{k}]") for k, it in enumerate(value)]
        else:
            clean[member.name] = _value(module, member, value, findings, at)
    except _Wrong:
        kind = f"list of {member.type}" if member.many else member.type
        findings.add(at, f"The value of {member.name} could not be converted to {kind}.")


def _value(module: str, member: Member, value: Any, findings: Findings, at: str) -> Any:
    scalar = _SCALARS.get(member.type)
    if scalar is not None:
        return scalar(value)
    values = CONTRACT.enums.get((module, member.type))
    if values is None:
        return check_body(module, member.type, value, findings, at)
    if value not in values:
        raise _Wrong
    return value


def check_query(operation: Operation, pairs: list[tuple[str, str]], findings: Findings) -> dict[str, Any]:
    """The known query parameters, converted. Names are compared exactly; empty values count as absent."""
    given: dict[str, Any] = {}
    for name, value in pairs:
        plain, bracket, inner = name.partition("[")
        member = operation.query.get(plain)
        if member is None or (bracket and member.type != "map"):
            findings.ignored.append(f"{operation.name}?{name}")
        elif member.type == "map":
            given.setdefault(plain, {})[inner.rstrip("]")] = value
        elif value:
            _check_parameter(operation, member, value, given, findings)
    for name, member in operation.query.items():
        if member.required and name not in given:
            findings.add(_pascal(name), f"The {_pascal(name)} field is required.")
    return given


def _check_parameter(
    operation: Operation, member: Member, text: str, given: dict[str, Any], findings: Findings
) -> None:
    try:
        value = _parse(operation.module, member.type, text)
    except (_Wrong, ValueError, InvalidOperation):
        findings.add(_pascal(member.name), f"The value '{text}' is not valid.")
        return
    if member.many:
        given.setdefault(member.name, []).append(value)
    else:
        given.setdefault(member.name, value)


def _parse(module: str, kind: str, text: str) -> Any:
    if kind in ("int32", "int64"):
        return _whole(int(text))
    if kind in ("decimal", "double"):
        return _decimal(Decimal(text))
    if kind == "boolean":
        return {"true": True, "false": False}[text.lower()] if text.lower() in ("true", "false") else _boolean(text)
    if kind in _SCALARS:
        return _SCALARS[kind](text)
    if text not in CONTRACT.enums[module, kind]:
        raise _Wrong
    return text


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]


def whole_numbers(text: str, member: str, most: int = 0) -> list[int]:
    """A comma list of ids. Raises ValueError naming what is wrong; ``most`` bounds their number (0: no bound)."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if most and len(parts) > most:
        raise ValueError(f"The field {_pascal(member)} must hold at most {most} values.")
    return [int(part) for part in parts]


def shown(body: Mapping[str, Any]) -> dict[str, Any]:
    """Converted members as they are stored: moments become text again."""
    return {name: stamp(value) if isinstance(value, datetime) else value for name, value in body.items()}


def stamp(at: datetime) -> str:
    """ISO 8601 in UTC with a fraction of varying length, as the real service writes it."""
    text = at.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{at.microsecond:06d}".rstrip("0") + "Z" if at.microsecond else f"{text}Z"
