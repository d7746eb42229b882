"""Reference data: business units, SKUs, company codes and the like, as they were read last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import Count, Max, Q
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.kernel.members import Strict, Text
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import page, whole
from integrations.api.kernel.resource import Resource, route
from integrations.models import Reference

EXAMPLE = {
    "id": "019535d9-3df7-79fb-b466-fa907fa17f9e",
    "connection": "servicetitan",
    "kind": "business-unit",
    "key": "12",
    "name": "Plumbing",
    "row": {"id": 12, "name": "Plumbing", "active": True},
    "refreshed_at": "2026-03-02T08:00:00Z",
}


class ReferenceShown(serializers.Serializer[Reference]):
    """A row of a system, as it was read last."""

    id = serializers.UUIDField()
    connection = serializers.CharField(source="connection.name")
    kind = serializers.CharField()
    key = serializers.CharField()
    name = serializers.CharField()
    row = serializers.JSONField()
    refreshed_at = serializers.DateTimeField()


class KindShown(serializers.Serializer[Any]):
    """A kind of rows that is kept of a connection."""

    connection = serializers.CharField(source="connection__name")
    kind = serializers.CharField()
    rows = serializers.IntegerField()
    refreshed_at = serializers.DateTimeField(help_text="Of the row that was read last.")


class ReferenceFilters(Strict):
    """Which rows. `search`: the beginning of a key, a code, or a part of a name."""

    connection = Text(required=False, help_text="Name of the connection.")
    key = Text(required=False)
    search = Text(required=False)
    active = serializers.ChoiceField(choices=("true", "false"), required=False)


class KindList(Resource):
    """The kinds that are kept."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes(
        "list_reference_kinds",
        "List kinds of reference data",
        answer=KindShown,
        paged=True,
        example={
            "connection": "servicetitan",
            "kind": "business-unit",
            "rows": 12,
            "refreshed_at": "2026-03-02T08:00:00Z",
        },
    )
    def get(self, request: Request) -> Response:
        """What is kept of each connection, and how old it is. The list has one page."""
        rows = Reference.objects.order_by().values("connection__name", "kind")
        counted = rows.annotate(rows=Count("id"), refreshed_at=Max("refreshed_at")).order_by("connection__name", "kind")
        return whole(request, list(KindShown(counted, many=True).data))


class ReferenceList(Resource):
    """The rows of a kind."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes(
        "search_reference_data",
        "Search reference data",
        answer=ReferenceShown,
        paged=True,
        filters=ReferenceFilters,
        example=EXAMPLE,
    )
    def get(self, request: Request, kind: str) -> Response:
        """Rows of one kind, in the order of connections and keys."""
        rows = Reference.objects.filter(_asked(self.filters), kind=kind).select_related("connection")
        return page(request, rows, order=("connection_id", "key"), show=ReferenceShown)


def _asked(filters: Mapping[str, Any]) -> Q:
    names = {"connection": "connection__name", "key": "key"}
    asked = Q(**{names[name]: value for name, value in filters.items() if name in names})
    if "active" in filters:
        is_off = Q(row__active=False)
        asked &= is_off if filters["active"] == "false" else ~is_off
    if text := filters.get("search"):
        asked &= Q(key__startswith=text) | Q(name__icontains=text) | Q(row__code__iexact=text)
    return asked


routes = [
    route("reference-data", KindList, "reference-kinds"),
    route("reference-data/<slug:kind>", ReferenceList, "reference-data"),
]
