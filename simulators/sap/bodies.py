"""Bodies of writes: JSON to a tree of drafts, each value checked against its field."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Any

from simulators.sap.access import View
from simulators.sap.declare import EntitySet, Field
from simulators.sap.problems import ODataError, bad_request, unknown_property
from simulators.sap.tables import kind_of
from simulators.sap.values import INITIAL, TICKS, Value, date_of_millis, digits, parse_duration, parse_ticks
from simulators.wire import Request, as_object

_MILLIS = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/$")


@dataclass
class Draft:
    """What a caller wants written: values by column, dependent drafts by table, and what was ignored silently."""

    entity: EntitySet
    values: dict[str, Value] = field(default_factory=dict)
    kids: "dict[str, list[Draft]]" = field(default_factory=dict)
    navs: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)

    def text(self, column: str) -> str:
        """A text, or "" when it was not given."""
        return str(self.values.get(column, ""))

    def below(self, table: str) -> "list[Draft]":
        """The dependent drafts of one table."""
        return self.kids.get(table, [])

    def everything_ignored(self) -> Iterator[str]:
        """What was ignored here and below."""
        yield from self.ignored
        for drafts in self.kids.values():
            for draft in drafts:
                yield from draft.everything_ignored()


class BodyReader:
    """Reads bodies for one service. ``changing``: the body of a PATCH rather than of a POST."""

    def __init__(self, view: View, request: Request, *, changing: bool) -> None:
        self.view = view
        self.v2 = view.service.version == 2
        self.changing = changing
        self.text_decimals = self.v2 or "ieee754compatible=true" in request.headers.get("content-type", "").lower()

    def read(self, entity: EntitySet, body: Any) -> Draft:
        """A draft from a JSON object. Raises ODataError (400) for unknown names and wrong values."""
        try:
            members = as_object(body)
        except TypeError:
            raise bad_request("The request body is not a JSON object", "/IWBEP/CM_MGW_RT/176") from None
        draft = Draft(entity)
        for name, value in members.items():
            if name == "__metadata" or name.startswith("@") or name == "SAP__Messages":
                continue
            if name in entity.navs:
                self._nav(draft, name, value)
            else:
                self._field(draft, name, value)
        return draft

    def _nav(self, draft: Draft, name: str, value: Any) -> None:
        nav = draft.entity.navs[name]
        if isinstance(value, dict) and "__deferred" in value:
            return
        if self.changing:
            raise bad_request(f"Navigation property '{name}' cannot be changed here", "/IWBEP/CM_MGW_RT/176")
        rows = value.get("results", [value]) if isinstance(value, dict) else value
        if not isinstance(rows, list):
            raise bad_request(f"Property '{name}' has an invalid value", "/IWBEP/CM_MGW_RT/176")
        target = self.view.service.sets[nav.target]
        draft.navs[name] = nav.table
        kids = draft.kids.setdefault(nav.table, [])
        for row in rows:
            kid = self.read(target, row)
            if nav.where is not None:
                kid.values.setdefault(nav.where[0], nav.where[1])
            kids.append(kid)

    def _field(self, draft: Draft, name: str, value: Any) -> None:
        wanted = draft.entity.fields.get(name)
        if wanted is None:
            raise unknown_property(name, draft.entity.type_name)
        if not (wanted.updatable if self.changing else wanted.creatable):
            draft.ignored.append(name)
            return
        draft.values[wanted.column] = self.value(wanted, self.view.kind(draft.entity, wanted), value)

    def value(self, wanted: Field, kind: str, value: Any) -> Value:
        """A stored value from JSON. Raises ODataError (400) when it does not fit the field."""
        try:
            return self._value(wanted, kind, value)
        except (ValueError, ArithmeticError, TypeError):
            raise _invalid(wanted, value) from None

    def parameters(self, fields: Mapping[str, Field], given: Any) -> dict[str, Value]:
        """The parameters of an action. Raises ODataError (400) for unknown names and wrong values."""
        if not isinstance(given, dict):
            raise bad_request("Action parameters are not a JSON object", "/IWBEP/CM_MGW_RT/176")
        unknown = next((name for name in given if name not in fields), None)
        if unknown is not None:
            raise unknown_property(unknown, "Parameter")
        return {name: self.value(fields[name], kind_of(fields[name]), value) for name, value in given.items()}

    def _value(self, wanted: Field, kind: str, value: Any) -> Value:
        if value is None:
            if not wanted.nullable:
                raise ValueError(wanted.name)
            return INITIAL[kind]
        if wanted.edm == "Edm.String":
            return _text(wanted, kind, value)
        if wanted.edm == "Edm.Decimal":
            return self._decimal(wanted, value)
        if wanted.edm == "Edm.Boolean":
            if not isinstance(value, bool):
                raise ValueError(wanted.name)
            return value
        if not isinstance(value, str):
            raise ValueError(wanted.name)
        return _READ[wanted.edm](value)

    def _decimal(self, wanted: Field, value: Any) -> Decimal:
        if isinstance(value, bool) or isinstance(value, str) != self.text_decimals:
            raise ValueError(wanted.name)
        number = Decimal(value)
        scale = -int(number.normalize().as_tuple().exponent)
        whole = len(str(abs(int(number)))) if int(number) else 0
        allowed = 0 if not wanted.scale else 3 if wanted.scale == "v" else int(wanted.scale)
        if scale > allowed or whole > (wanted.precision or 99) - (0 if wanted.scale == "v" else allowed):
            raise ValueError(wanted.name)
        return number


def _text(wanted: Field, kind: str, value: Any) -> Value:
    if not isinstance(value, str) or len(value) > (wanted.max_length or 100_000):
        raise ValueError(wanted.name)
    if kind == "digits":
        if value and not value.isdigit():
            raise ValueError(wanted.name)
        return digits(value)
    if kind == "flag":
        return value == "X"
    if kind == "number":
        return Decimal(value.strip() or 0)
    return value.upper() if "U" in wanted.words else value


def _v2_date(text: str) -> date:
    match = _MILLIS.match(text)
    return date_of_millis(int(match[1])) if match else date.fromisoformat(text[:10])


def _v2_stamp(text: str) -> int:
    match = _MILLIS.match(text)
    return int(match[1]) * (TICKS // 1_000) if match else parse_ticks(text)


_READ: dict[str, Callable[[str], Value]] = {
    "Edm.DateTime": _v2_date,
    "Edm.DateTimeOffset": _v2_stamp,
    "Edm.Time": parse_duration,
    "Edm.Date": date.fromisoformat,
    "Edm.TimeOfDay": time.fromisoformat,
    "Edm.Guid": str,
}


def _invalid(wanted: Field, value: Any) -> ODataError:
    shown = str(value)[:40]
    return bad_request(f"Property '{wanted.name}' has invalid value '{shown}'", "/IWBEP/CM_MGW_RT/176", wanted.name)
