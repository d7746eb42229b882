"""Value maps looked at before they are changed: are they right, how far does a change reach, what may a code mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import map_files, reference_data
from integrations.api.kernel.members import Strict, Text, Whole
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import whole
from integrations.api.kernel.resource import Resource, route
from integrations.api.value_map_list import ID, MOST_ROWS, ROW, MapRow, known_map
from integrations.engine import Given, grouping, reach
from integrations.models import ValueMap


class MapChange(Strict):
    """A change that is not made yet: rows to save, keys to remove; judged by what was written in the last `days`."""

    rows = serializers.ListField(child=MapRow(), required=False, default=list, max_length=MOST_ROWS)
    removed = serializers.ListField(child=Text(max_length=map_files.KEY_LENGTH), required=False, default=list)
    days = Whole(required=False, default=30, min_value=1, max_value=365)


class FaultShown(serializers.Serializer[Any]):
    """A row whose value may not stand there."""

    key = serializers.CharField()
    value = serializers.CharField()
    fault = serializers.CharField()


class CheckedShown(serializers.Serializer[Any]):
    """What the live system says of a map's rows."""

    wrong = FaultShown(many=True)
    unchecked = serializers.ListField(child=serializers.CharField())


class TouchedShown(serializers.Serializer[Any]):
    """A record that would come out differently. Empty `after`: the map would have no value for it."""

    delivery = serializers.UUIDField()
    flow = serializers.CharField()
    source_key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    key = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class ReachShown(serializers.Serializer[Any]):
    """How far a change would reach."""

    records = serializers.DictField(child=serializers.IntegerField(), help_text="By flow.")
    woken = serializers.IntegerField(help_text="Records that wait for it now and would go on.")
    exactly = serializers.BooleanField(help_text="False: there may be more.")
    examples = TouchedShown(many=True)


class SuggestionShown(serializers.Serializer[Any]):
    """A value that a code may mean; 1 is the same code."""

    value = serializers.CharField()
    name = serializers.CharField()
    score = serializers.FloatField()
    reason = serializers.CharField()


class CodeFilters(Strict):
    """Of which code. Without a key: of all codes that records wait for."""

    key = Text(required=False)
    label = Text(required=False)  # type: ignore[assignment]


class CodeShown(serializers.Serializer[Any]):
    """A code and what it may mean, best first. Nothing of it is applied by itself."""

    key = serializers.CharField()
    suggestions = SuggestionShown(many=True)


class Check(Resource):
    """Holding a map against the live system."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "operate"}
    calls_out = ("POST",)

    @describes(
        "check_value_map",
        "Check a map against the live system",
        answer=CheckedShown,
        example={
            "wrong": [{**ROW, "fault": "cost-center 10101101 is mapped to 12: this business-unit is not active."}],
            "unchecked": [],
        },
    )
    def post(self, request: Request, value_map: str) -> Response:
        """Asks the live system for every value of the map. Changes nothing; the nightly check does this by itself."""
        rows = ValueMap.objects.filter(map=known_map(value_map)).order_by("key")
        checked = reference_data.check([Given(row.map, row.key, row.value) for row in rows])
        wrong = [{"key": given.key, "value": given.value, "fault": fault} for given, fault in checked.wrong.items()]
        return Response({"wrong": wrong, "unchecked": checked.unchecked})


class ReachPreview(Resource):
    """How far a change would reach."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "operate"}

    @describes(
        "preview_value_map",
        "See how far a change of a map reaches",
        answer=ReachShown,
        body=MapChange,
        example={
            "records": {"purchase-orders": 31},
            "woken": 4,
            "exactly": True,
            "examples": [
                {
                    "delivery": ID,
                    "flow": "purchase-orders",
                    "source_key": "4500001234",
                    "label": "SAP order 4500001234 from supplier 17300001",
                    "key": "10101101",
                    "before": "12",
                    "after": "13",
                }
            ],
        },
        body_example={"rows": [{**ROW, "value": "13"}], "removed": [], "days": 30},
    )
    def post(self, request: Request, value_map: str) -> Response:
        """Which of the last days' records would come out differently, and what waits for it. Changes nothing."""
        wanted, name = self.body(MapChange), known_map(value_map)
        since = timezone.now() - timedelta(days=wanted["days"])
        values = {row["key"]: row["value"] for row in wanted["rows"]}
        found = reach.reach(name, values, wanted["removed"], since=since)
        told = {"records": dict(found.records), "woken": found.woken, "exactly": found.is_exact}
        return Response(ReachShown({**told, "examples": found.examples}).data)


class SuggestionList(Resource):
    """What codes may mean."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes(
        "suggest_values",
        "Suggest values for codes",
        answer=CodeShown,
        paged=True,
        filters=CodeFilters,
        example={
            "key": "10101101",
            "suggestions": [{"value": "12", "name": "Plumbing", "score": 1.0, "reason": "the same code"}],
        },
    )
    def get(self, request: Request, value_map: str) -> Response:
        """For one code, or for all codes that records wait for. Judged by the reference data that is kept."""
        name = known_map(value_map)
        if key := self.filters.get("key"):
            found = {key: reference_data.suggest(name, key, self.filters.get("label", ""))}
        else:
            found = reference_data.suggest_all(name, sorted(grouping.open_needs(name)))
        return whole(request, [CodeShown({"key": k, "suggestions": s}).data for k, s in found.items()])


routes = [
    route("value-maps/<slug:value_map>/check", Check, "value-map-check"),
    route("value-maps/<slug:value_map>/reach", ReachPreview, "value-map-reach"),
    route("value-maps/<slug:value_map>/suggestions", SuggestionList, "value-map-suggestions"),
]
