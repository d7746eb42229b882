"""Value maps: the customer's tables from one code to another, checked against the live systems when they are saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import catalogue, desk, map_files, reference_data
from integrations.api.kernel.members import Strict, Text
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import page, whole
from integrations.api.kernel.problems import Mistake, Problem
from integrations.api.kernel.resource import Resource, route
from integrations.engine import Given
from integrations.models import ValueMap

ID = "019535d9-3df7-79fb-b466-fa907fa17f9e"
ROW = {"key": "10101101", "value": "12", "label": "Plumbing"}
EXAMPLE = {
    **ROW,
    "id": ID,
    "map": "cost-center",
    "missing_since": None,
    "updated_by": "olga@acme.example.com",
    "updated_at": "2026-03-02T08:00:00Z",
}
MOST_ROWS, FILE_LIMIT = 1000, 10 * 1024 * 1024


class ValueMapShown(serializers.Serializer[Any]):
    """A map that flows ask. `kind`: what its values name in the system where it leads, empty for words."""

    name = serializers.CharField()
    kind = serializers.CharField()
    flows = serializers.ListField(child=serializers.CharField())
    words = serializers.ListField(child=serializers.CharField(), help_text="Values that are words of ours.")
    takes_rules = serializers.BooleanField(help_text="Whether a key may be a prefix (10*) or the default (*).")
    rows = serializers.IntegerField()
    vanished = serializers.IntegerField(help_text="MapRows whose value is no longer there, or no longer active.")


class MapRowShown(serializers.Serializer[ValueMap]):
    """A row of a map."""

    id = serializers.UUIDField()
    map = serializers.CharField()
    key = serializers.CharField(help_text="A code, a prefix (10*) or the default (*).")
    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    missing_since = serializers.DateTimeField(allow_null=True)
    updated_by = serializers.CharField()
    updated_at = serializers.DateTimeField()


class MapRowFilters(Strict):
    """Which rows."""

    key = Text(required=False)
    value = Text(required=False)


class MapRow(Strict):
    """A row as it is wanted. `label` empty: as it is."""

    key = Text(max_length=map_files.KEY_LENGTH)
    value = Text(max_length=map_files.VALUE_LENGTH)
    label = Text(  # type: ignore[assignment]
        max_length=map_files.VALUE_LENGTH, required=False, default="", allow_blank=True
    )


class MapRows(Strict):
    """Rows to save: all of them or none."""

    rows = serializers.ListField(child=MapRow(), min_length=1, max_length=MOST_ROWS)


class MapFile(Strict):
    """A CSV file: columns key, value and label."""

    csv = serializers.CharField(trim_whitespace=False)


class SavedShown(serializers.Serializer[Any]):
    """What came of saving. `deliveries` go on, or are sent again; `unchecked`: could not be held against a system."""

    rows = serializers.IntegerField()
    deliveries = serializers.IntegerField()
    job = serializers.UUIDField(
        allow_null=True, help_text="The replay job that sends the others again, if there are more than some hundred."
    )
    unchecked = serializers.ListField(child=serializers.CharField())


class MapList(Resource):
    """All maps."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes(
        "list_value_maps",
        "List value maps",
        answer=ValueMapShown,
        paged=True,
        example={
            "name": "cost-center",
            "kind": "business-unit",
            "flows": ["cost-centers", "purchase-orders"],
            "words": [],
            "takes_rules": True,
            "rows": 12,
            "vanished": 0,
        },
    )
    def get(self, request: Request) -> Response:
        """Every map that a flow asks, by name. The list has one page."""
        counted = ValueMap.objects.order_by().values("map").annotate(rows=Count("id"), vanished=VANISHED)
        counts = {row["map"]: row for row in counted}
        return whole(request, [_map(name, counts.get(name, {})) for name in _maps()])


class RowList(Resource):
    """The rows of a map."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read", "POST": "configure"}

    @describes(
        "list_value_map_rows",
        "List a map's rows",
        answer=MapRowShown,
        paged=True,
        filters=MapRowFilters,
        example=EXAMPLE,
    )
    def get(self, request: Request, value_map: str) -> Response:
        """Rows in the order of their keys."""
        rows = ValueMap.objects.filter(map=known_map(value_map), **self.filters)
        return page(request, rows, order=("key",), show=MapRowShown)

    def prepare(self, request: Request, value_map: str) -> Any:
        """The rows, found to be right at the live system."""
        return _checked(_given(value_map, self.body(MapRows)["rows"]), "/rows")

    @describes(
        "save_value_map_rows",
        "Save rows of a map",
        answer=SavedShown,
        body=MapRows,
        example={"rows": 1, "deliveries": 412, "job": None, "unchecked": []},
        body_example={"rows": [ROW]},
    )
    def post(self, request: Request, value_map: str) -> Response:
        """Adds and changes rows, all or none, once their values were found in the live system.

        What waited for them goes on; what was written under another value is sent again, the newest at once and,
        where there are many, the others by a job.
        """
        return _saved(self)


class OneRow(Resource):
    """One row of a map."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read", "DELETE": "configure"}

    @describes("read_value_map_row", "Read a row of a map", answer=MapRowShown, example=EXAMPLE)
    def get(self, request: Request, value_map: str, row_id: UUID) -> Response:
        """One row."""
        return Response(MapRowShown(_find(value_map, row_id)).data)

    @describes("remove_value_map_row", "Remove a row of a map", status=204)
    def delete(self, request: Request, value_map: str, row_id: UUID) -> Response:
        """What a rule that stays answers otherwise is sent again; what nothing answers stays as it was written."""
        desk.remove_value(_find(value_map, row_id), self.customer, actor=self.actor, now=timezone.now())
        return Response(status=204)


class CsvFile(Resource):
    """A map as a file."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read", "POST": "configure"}
    body_limit = FILE_LIMIT

    @describes("export_value_map", "Export a map as CSV", media_type="text/csv")
    def get(self, request: Request, value_map: str) -> HttpResponse:
        """All rows of the map: UTF-8, columns key, value and label."""
        name = known_map(value_map)
        disposition = f'attachment; filename="{name}.csv"'
        text = map_files.written(name)
        return HttpResponse(text, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition})

    def prepare(self, request: Request, value_map: str) -> Any:
        """The rows of the file, found to be right at the live system."""
        try:
            lines = map_files.read(known_map(value_map), self.body(MapFile)["csv"])
        except map_files.WrongFile as wrong:
            raise Problem(
                "invalid-request",
                f"The file has {len(wrong.problems)} mistakes; nothing was changed.",
                errors=[Mistake("/csv", "wrong-line", problem) for problem in wrong.problems[:200]],
            ) from None
        return _checked([line.given for line in lines], "/csv", [line.number for line in lines])

    @describes(
        "import_value_map",
        "Import a map from CSV",
        answer=SavedShown,
        body=MapFile,
        example={"rows": 2, "deliveries": 0, "job": None, "unchecked": []},
        body_example={"csv": "key,value,label\n10101101,12,Plumbing\n10*,13,All others\n"},
    )
    def post(self, request: Request, value_map: str) -> Response:
        """Adds and changes rows; rows that the file leaves out stay. With any mistake nothing is changed."""
        return _saved(self)


VANISHED = Count("id", filter=Q(missing_since__isnull=False))


def _maps() -> list[str]:
    return sorted({name for flow in catalogue.flows().values() for name in flow.maps})


def known_map(value_map: str) -> str:
    """The name, if a flow asks such a map. Raises Http404."""
    if value_map not in _maps():
        raise Http404
    return value_map


def _map(name: str, counts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "kind": catalogue.map_kind(name),
        "flows": [flow.name for flow in catalogue.flows().values() if name in flow.maps],
        "words": catalogue.map_words(name),
        "takes_rules": not catalogue.is_exact(name),
        "rows": counts.get("rows", 0),
        "vanished": counts.get("vanished", 0),
    }


def _find(value_map: str, row_id: UUID) -> ValueMap:
    row = ValueMap.objects.filter(map=known_map(value_map), pk=row_id).first()
    if row is None:
        raise Http404
    return row


def _given(value_map: str, rows: Sequence[Mapping[str, str]]) -> list[Given]:
    return [Given(known_map(value_map), row["key"], row["value"], row["label"]) for row in rows]


def _checked(values: list[Given], where: str, lines: Sequence[int] = ()) -> tuple[list[Given], list[str]]:
    """The values and what could not be checked. Raises Problem with every row that is wrong."""
    checked = reference_data.check(values)
    if not checked.wrong:
        return values, checked.unchecked
    wrong = [(place, checked.wrong[given]) for place, given in enumerate(values) if given in checked.wrong]
    mistakes = [
        Mistake(where, "wrong-value", f"line {lines[place]}: {fault}")
        if lines
        else Mistake(f"{where}/{place}/value", "wrong-value", fault)
        for place, fault in wrong[:200]
    ]
    raise Problem("invalid-request", f"{len(wrong)} rows are wrong; nothing was changed.", errors=mistakes)


def _saved(view: Resource) -> Response:
    values, unchecked = view.prepared
    saved = desk.save_values(values, view.customer, actor=view.actor, now=timezone.now())
    job = str(saved.jobs[0].pk) if saved.jobs else None
    return Response({"rows": len(values), "deliveries": saved.deliveries, "job": job, "unchecked": unchecked})


routes = [
    route("value-maps", MapList, "value-maps"),
    route("value-maps/<slug:value_map>/rows", RowList, "value-map-rows"),
    route("value-maps/<slug:value_map>/rows/<uuid:row_id>", OneRow, "value-map-row"),
    route("value-maps/<slug:value_map>/csv", CsvFile, "value-map-csv"),
]
