"""OData V2 and V4 as SAP speaks them: values, literals, envelopes, $select and $expand. No I/O.

Both dialects are read into one shape (JSON types of an SAP row, see `parse`):

- text, guid: str; item: str without leading zeros ("10"); flag: V2 String(1) "X" or blank as bool
- decimal: plain decimal str without trailing zeros ("1511.63"); bool: bool
- date: "YYYY-MM-DD" or None (initial); time: "HH:MM:SS"; stamp: ISO 8601 in UTC with the digits the source gave

Wire forms: OData V2 "JSON verbose" and V4 "JSON minimal" as served by SAP Gateway; SAP KBA 3360429.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from integrations.errors import Transient
from integrations.systems.sap.entity import Child, Entity, Kind
from integrations.systems.sap.stamps import EPOCH, in_utc

Version = Literal["v2", "v4"]

OPEN_END = "9999-12-31"
LARGEST_EXPONENT = 60
"""Written out, a number of a few characters ("1e999999999") would fill the memory."""

_V2_DATE = re.compile(r"^/Date\((-?\d+)([+-]\d+)?\)/$")
_V2_TIME = re.compile(r"^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?$")
# Initial dates appear as year 1 (in V2 even days before it, which no date of ours can be); nothing real is that old.
_OLDEST_YEAR = 1000
_OLDEST_MS = -30_610_224_000_000


@dataclass(frozen=True, slots=True)
class Envelope:
    """The rows of a list answer and its next link, "" on the last page; `total` only if it was asked for."""

    rows: list[dict[str, Any]]
    next: str
    total: int | None = None


class Dialect:
    """What V2 and V4 have in common. Use the instances V2 and V4."""

    version: Version
    counted: tuple[str, str]
    """The parameter that asks for the number of all rows of a filter beside a page of them."""

    def literal(self, kind: Kind, value: str) -> str:
        """A value of the shape above as it stands in a URL."""
        raise NotImplementedError

    def parse(self, kind: Kind, raw: Any) -> Any:
        """A value of an answer in the shape above. Raises Transient for a value that its type cannot have."""
        try:
            return self._parse(kind, raw)
        except (ValueError, InvalidOperation, OverflowError, TypeError, AttributeError):
            raise Transient(f"SAP sent a value that is no {kind}: {str(raw)[:60]!r}", code="malformed-value") from None

    def envelope(self, body: Any) -> Envelope:
        """The rows of a list answer. Raises Transient if it is none: "could not read" never looks like "empty"."""
        raise NotImplementedError

    def single(self, body: Any) -> dict[str, Any]:
        """The entity of a single-entity answer."""
        raise NotImplementedError

    def rendered(self, kind: Kind, value: Any) -> Any:
        """A value of the shape above as it stands in the body of a write."""
        raise NotImplementedError

    def projection(self, entity: Entity, without: frozenset[str]) -> tuple[tuple[str, str], ...]:
        """$select and $expand of everything the entity declares.

        `without` are the fields and navigations that the tenant's release lacks, as "EntityType.Name".
        """
        raise NotImplementedError

    def nested(self, raw: Mapping[str, Any], child: Child) -> Envelope:
        """The expanded rows of a navigation, as a list of at most one for a to-one."""
        raise NotImplementedError

    def row(self, entity: Entity, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The declared fields of one entity, without its children. A field that is absent is None."""
        found: dict[str, Any] = {}
        for name, source, kind in entity.fields:
            value = raw.get(source)
            if kind == "text" and type(value) is str:  # most fields of most rows
                found[name] = value
            else:
                found[name] = self.parse(kind, value) if source in raw else None
        return found

    def _parse(self, kind: Kind, raw: Any) -> Any:
        if kind in ("text", "guid"):
            return "" if raw is None else str(raw)
        if kind == "item":
            return "" if raw is None else str(raw).strip().lstrip("0")
        if kind == "bool":
            return as_flag(raw)
        if kind == "flag":
            return as_flag(raw)
        if raw is None or raw == "":
            return None
        if kind == "decimal":
            return plain(raw)
        return self._moment(kind, str(raw))

    def _moment(self, kind: Kind, text: str) -> str | None:
        raise NotImplementedError


class _V2(Dialect):
    version: Version = "v2"
    counted = ("$inlinecount", "allpages")

    def literal(self, kind: Kind, value: str) -> str:
        if kind == "date":
            return f"datetime'{value}T00:00:00'"
        if kind == "stamp":
            return f"datetimeoffset'{value}'"
        if kind == "time":
            hours, minutes, seconds = value.split(":")
            return f"time'PT{hours}H{minutes}M{seconds}S'"
        if kind == "guid":
            return f"guid'{value}'"
        return value if kind in ("decimal", "bool") else quoted("X" if kind == "flag" and value == "true" else value)

    def rendered(self, kind: Kind, value: Any) -> Any:
        if value is None or kind == "bool":
            return value
        if kind == "date":
            moment = datetime.fromisoformat(value).replace(tzinfo=UTC)
            return f"/Date({round((moment - EPOCH).total_seconds()) * 1000})/"
        return ("X" if value else "") if kind == "flag" else str(value)

    def envelope(self, body: Any) -> Envelope:
        data = _member(body, "d")
        if isinstance(data, list):
            return Envelope(_rows(data), "")
        return Envelope(_rows(_member(data, "results")), str(data.get("__next") or ""), _total(data.get("__count")))

    def single(self, body: Any) -> dict[str, Any]:
        data = _member(body, "d")
        return data if isinstance(data, dict) else {}

    def projection(self, entity: Entity, without: frozenset[str]) -> tuple[tuple[str, str], ...]:
        params = [("$select", ",".join(_paths(entity, "", without)))]
        expands = _navigations(entity, "", without)
        return (*params, ("$expand", ",".join(expands))) if expands else tuple(params)

    def nested(self, raw: Mapping[str, Any], child: Child) -> Envelope:
        value = raw.get(child.navigation)
        if isinstance(value, dict) and "results" in value:
            return Envelope(_rows(value["results"]), str(value.get("__next") or ""))
        if isinstance(value, dict) and "__deferred" in value:
            raise Transient(f"SAP did not expand {child.navigation}.", code="malformed-answer")
        return _nested(value)

    def _moment(self, kind: Kind, text: str) -> str | None:
        if kind == "time":
            hours, minutes, seconds = _match(_V2_TIME, text).groups()
            return f"{int(hours or 0):02}:{int(minutes or 0):02}:{int(seconds or 0):02}"
        # The offset in /Date(ms+offset)/ only tells the zone of the writer; the milliseconds are UTC.
        milliseconds = int(_match(_V2_DATE, text)[1])
        if milliseconds < _OLDEST_MS:
            return None
        moment = EPOCH + timedelta(milliseconds=milliseconds)
        return moment.date().isoformat() if kind == "date" else moment.isoformat(timespec="milliseconds")[:23] + "Z"


class _V4(Dialect):
    version: Version = "v4"
    counted = ("$count", "true")

    def literal(self, kind: Kind, value: str) -> str:
        return quoted(value) if kind in ("text", "item") else value

    def rendered(self, kind: Kind, value: Any) -> Any:
        if value is None or kind == "bool":
            return value
        return Decimal(str(value)) if kind == "decimal" else str(value)

    def envelope(self, body: Any) -> Envelope:
        rows = _rows(_member(body, "value"))
        return Envelope(rows, str(body.get("@odata.nextLink") or ""), _total(body.get("@odata.count")))

    def single(self, body: Any) -> dict[str, Any]:
        return body if isinstance(body, dict) else {}

    def projection(self, entity: Entity, without: frozenset[str]) -> tuple[tuple[str, str], ...]:
        params = [("$select", ",".join(_names(entity, without)))]
        if children := _children(entity, without):
            params.append(("$expand", ",".join(self._expand(child, without) for child in children)))
        return tuple(params)

    def _expand(self, child: Child, without: frozenset[str]) -> str:
        options = ";".join(f"{name}={value}" for name, value in self.projection(child.entity, without))
        return f"{child.navigation}({options})"

    def nested(self, raw: Mapping[str, Any], child: Child) -> Envelope:
        found = _nested(raw.get(child.navigation))
        return Envelope(found.rows, str(raw.get(f"{child.navigation}@odata.nextLink") or ""))

    def _moment(self, kind: Kind, text: str) -> str | None:
        if kind == "time":
            return text[:8]
        if text.startswith("0000-00-00"):
            return None
        found = date.fromisoformat(text).isoformat() if kind == "date" else in_utc(text)
        return None if int(found[:4]) < _OLDEST_YEAR else found


V2: Dialect = _V2()
V4: Dialect = _V4()


def quoted(text: str) -> str:
    """A string literal of either dialect."""
    return "'" + text.replace("'", "''") + "'"


def plain(raw: Any) -> str:
    """A number as a plain decimal text without trailing zeros: "120.000" and 1.2E+2 are both "120"."""
    number = raw if isinstance(raw, Decimal) else Decimal(str(raw).strip())
    if not number.is_finite() or abs(number.adjusted()) > LARGEST_EXPONENT:
        raise ValueError("a number that no field of SAP can hold")
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def as_flag(raw: Any) -> bool:
    """A boolean of either dialect; V2 has some of them as String(1), "X" or blank."""
    return raw is True or (isinstance(raw, str) and raw.strip().lower() in ("x", "true"))


def _match(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    found = pattern.match(text)
    if found is None:
        raise ValueError(text)
    return found


def _member(body: Any, name: str) -> Any:
    if not isinstance(body, dict) or name not in body:
        raise Transient(f"SAP's answer holds no {name!r}.", code="malformed-answer")
    return body[name]


def _rows(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(type(row) is dict for row in value):
        raise Transient("SAP's answer holds no list of records.", code="malformed-answer")
    return value


def _total(value: Any) -> int | None:
    """A number of rows, which V2 writes as a text; None where there is none."""
    text = str(value)[:20]
    return int(text) if text.isdecimal() else None


def _nested(value: Any) -> Envelope:
    if value is None:
        return Envelope([], "")
    return Envelope(_rows(value if isinstance(value, list) else [value]), "")


def _names(entity: Entity, without: frozenset[str]) -> list[str]:
    names = dict.fromkeys(one.source for one in entity.fields)
    return [name for name in names if f"{entity.type}.{name}" not in without]


def _children(entity: Entity, without: frozenset[str]) -> list[Child]:
    return [child for child in entity.children if f"{entity.type}.{child.navigation}" not in without]


def _paths(entity: Entity, prefix: str, without: frozenset[str]) -> Sequence[str]:
    found = [prefix + name for name in _names(entity, without)]
    for child in _children(entity, without):
        found += _paths(child.entity, f"{prefix}{child.navigation}/", without)
    return found


def _navigations(entity: Entity, prefix: str, without: frozenset[str]) -> Sequence[str]:
    found: list[str] = []
    for child in _children(entity, without):
        path = prefix + child.navigation
        found += _navigations(child.entity, path + "/", without) or [path]
    return found
