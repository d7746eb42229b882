"""Rows as JSON in either version."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from simulators.sap.access import View
from simulators.sap.declare import EntitySet, Field
from simulators.sap.query import select
from simulators.sap.selection import Expansion, Selection
from simulators.sap.store import Getter, Row
from simulators.sap.values import decimal_text, duration, iso_ticks, millis_of_date

Write = Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def _v2_date(value: date | None) -> str | None:
    return None if value is None else f"/Date({millis_of_date(value)})/"


def _v2_stamp(value: int | None) -> str | None:
    return None if value is None else f"/Date({value // 10_000}+0000)/"


def _v4_date(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _v4_stamp(value: int | None) -> str | None:
    return None if value is None else iso_ticks(value)


def _v4_time(value: time) -> str:
    return value.isoformat("seconds")


def _flag_text(value: bool) -> str:
    return "X" if value else ""


def _rate_text(value: Decimal) -> str:
    return f"{value:.5f}"


_FROM_OTHER_KIND: dict[tuple[str, str], Write] = {
    ("Edm.String", "flag"): _flag_text,
    ("Edm.String", "number"): _rate_text,
}
_V2: dict[str, Write] = {
    "Edm.Decimal": decimal_text,
    "Edm.DateTime": _v2_date,
    "Edm.DateTimeOffset": _v2_stamp,
    "Edm.Time": duration,
}
_V4: dict[str, Write] = {"Edm.Date": _v4_date, "Edm.DateTimeOffset": _v4_stamp, "Edm.TimeOfDay": _v4_time}


@dataclass(frozen=True)
class Style:
    """How an answer is written: the base of its addresses, and decimals as text if asked for (V4)."""

    base: str
    decimals_as_text: bool = False


class Renderer:
    """Writes rows of one service. ``base`` is the absolute address of the service root."""

    def __init__(self, view: View, style: Style) -> None:
        self.view = view
        self.style = style
        self._known: dict[int, list[tuple[str, Getter, Write]]] = {}
        self.v2 = view.service.version == 2

    def rows(self, rows: Iterable[Row], selection: Selection) -> list[dict[str, Any]]:
        """Many rows."""
        columns = self._columns(selection)
        one = self._v2_row if self.v2 else self._v4_row
        return [one(row, selection, columns) for row in rows]

    def row(self, row: Row, selection: Selection) -> dict[str, Any]:
        """One row."""
        return self.rows([row], selection)[0]

    def write(self, entity: EntitySet, field: Field) -> Write:
        """How values of a field are written."""
        other = _FROM_OTHER_KIND.get((field.edm, self.view.kind(entity, field)))
        if other is not None:
            return other
        if self.style.decimals_as_text and field.edm == "Edm.Decimal":
            return decimal_text
        return (_V2 if self.v2 else _V4).get(field.edm, _same)

    def _columns(self, selection: Selection) -> list[tuple[str, Getter, Write]]:
        known = self._known.get(id(selection))
        if known is None:
            known = self._known[id(selection)] = self._chosen(selection)
        return known

    def _chosen(self, selection: Selection) -> list[tuple[str, Getter, Write]]:
        entity = selection.entity
        names = selection.fields if selection.fields is not None else list(entity.fields)
        fields = [entity.fields[name] for name in names]
        return [(each.name, self.view.reader(entity, each), self.write(entity, each)) for each in fields]

    def _v2_row(self, row: Row, selection: Selection, columns: list[tuple[str, Getter, Write]]) -> dict[str, Any]:
        uri = self.uri(row, selection.entity)
        shown: dict[str, Any] = {
            "__metadata": {"id": uri, "uri": uri, "type": f"{self.view.service.namespace}.{selection.entity.type_name}"}
        }
        for name, read, write in columns:
            shown[name] = write(read(row))
        for name in selection.links or ():
            shown[name] = {"__deferred": {"uri": f"{uri}/{name}"}}
        for name, expansion in selection.expanded.items():
            below = self._expanded(row, expansion)
            shown[name] = {"results": below} if expansion.nav.many else next(iter(below), None)
        return shown

    def _v4_row(self, row: Row, selection: Selection, columns: list[tuple[str, Getter, Write]]) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        if "etag" in selection.entity.words:
            shown["@odata.etag"] = etag(row)
        for name, read, write in columns:
            shown[name] = write(read(row))
        if selection.messages:
            shown["SAP__Messages"] = []
        for name, expansion in selection.expanded.items():
            below = self._expanded(row, expansion)
            shown[name] = below if expansion.nav.many else next(iter(below), None)
        return shown

    def _expanded(self, row: Row, expansion: Expansion) -> list[dict[str, Any]]:
        rows = self.view.follow(row, expansion.nav)
        if expansion.wanted is not None:
            rows = select(rows, expansion.wanted).rows
        return self.rows(rows, expansion.selection)

    def uri(self, row: Row, entity: EntitySet) -> str:
        """The address of a row."""
        return f"{self.style.base}/{entity.name}({self.key_text(row, entity)})"

    def key_text(self, row: Row, entity: EntitySet) -> str:
        """The key predicate of a row."""
        parts = [(each.name, self._literal(each, self.view.reader(entity, each)(row))) for each in entity.keys]
        return parts[0][1] if len(parts) == 1 else ",".join(f"{name}={text}" for name, text in parts)

    def _literal(self, field: Field, value: Any) -> str:
        if field.edm == "Edm.DateTime":
            return f"datetime'{value.isoformat()}T00%3A00%3A00'"
        if field.edm == "Edm.DateTimeOffset" and self.v2:
            return f"datetimeoffset'{quote(iso_ticks(value)[:19])}Z'"
        if field.edm == "Edm.Date":
            return str(value.isoformat())
        return "'" + quote(str(value).replace("'", "''"), safe="'") + "'"


def etag(row: Row) -> str:
    """A weak tag that changes with every change of the document."""
    root = row.root()
    carriers = root.children("RequisitionItem") if root.table.name == "Requisition" else [root]
    stamps = [each["LastChangeDateTime"] or 0 for each in carriers if "LastChangeDateTime" in each.table.initial]
    return f'W/"SADL-{max(stamps, default=0)}-{row.table.name}"'
