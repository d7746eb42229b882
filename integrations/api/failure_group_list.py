"""Failures by their cause, each with the one fix for all of its records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import reference_data
from integrations.api.kernel.members import Strict, Text
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import whole
from integrations.api.kernel.resource import Resource, route
from integrations.engine import grouping
from integrations.models import Delivery

EXAMPLE = {
    "flow": "purchase-orders",
    "state": "quarantined",
    "code": "unmapped-cost-center",
    "needs": "map:cost-center:10101101",
    "records": 812,
    "oldest_at": "2026-03-02T08:00:00Z",
    "example": "019535d9-3df7-79fb-b466-fa907fa17f9e",
    "reason": "No value is mapped for cost-center 10101101.",
    "fix": {
        "kind": "map-value",
        "words": "Map cost-center 10101101: saving it lets all of them go on.",
        "map": "cost-center",
        "flow": "",
        "key": "10101101",
        "suggestions": [{"value": "12", "name": "Plumbing", "score": 1.0, "reason": "the same code"}],
    },
}
MOST_SUGGESTED = 20
"""Suggestions are looked up for so many groups, the largest ones."""


class SuggestionShown(serializers.Serializer[Any]):
    """A value that a code may mean; 1 is the same code."""

    value = serializers.CharField()
    name = serializers.CharField()
    score = serializers.FloatField()
    reason = serializers.CharField()


class FixShown(serializers.Serializer[Any]):
    """What mends the group. `kind` says what can be done here, e.g. map-value, link, deliver, replay."""

    kind = serializers.CharField()
    words = serializers.CharField()
    map = serializers.CharField()
    flow = serializers.CharField()
    key = serializers.CharField()
    suggestions = SuggestionShown(many=True)


class FailureGroupShown(serializers.Serializer[Any]):
    """Records of one flow that the same cause holds up. It closes itself as they go on."""

    flow = serializers.CharField()
    state = serializers.ChoiceField(choices=("waiting", "quarantined"))
    code = serializers.CharField()
    needs = serializers.CharField()
    records = serializers.IntegerField()
    oldest_at = serializers.DateTimeField()
    example = serializers.UUIDField(help_text="The oldest of its deliveries.")
    reason = serializers.CharField(help_text="Of the example.")
    fix = FixShown()


class FailureGroupFilters(Strict):
    """Which groups."""

    flow = Text(required=False)
    code = Text(required=False)
    state = serializers.ChoiceField(choices=[Delivery.State.WAITING, Delivery.State.QUARANTINED], required=False)


class FailureGroupList(Resource):
    """All groups."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes(
        "list_failure_groups",
        "List failures by cause",
        answer=FailureGroupShown,
        paged=True,
        filters=FailureGroupFilters,
        example=EXAMPLE,
    )
    def get(self, request: Request) -> Response:
        """What waits or needs a person, grouped by cause, the largest group first. The list has one page."""
        flows, codes = ((self.filters[name],) if name in self.filters else () for name in ("flow", "code"))
        found = grouping.groups(flows=flows, codes=codes)
        wanted = [group for group in found if self.filters.get("state", group.state) == group.state]
        return whole(request, [_shown(group, place < MOST_SUGGESTED) for place, group in enumerate(wanted)])


def _shown(group: grouping.Group, is_suggested: bool) -> dict[str, Any]:
    fix = {name: getattr(group.fix, name) for name in ("kind", "words", "map", "flow", "key")}
    found = reference_data.suggest(group.fix.map, group.fix.key) if is_suggested and group.fix.map else ()
    members = ("flow", "state", "code", "needs", "records", "oldest_at", "example", "reason")
    row = {**{name: getattr(group, name) for name in members}, "fix": {**fix, "suggestions": found}}
    return dict(FailureGroupShown(row).data)


routes = [route("failure-groups", FailureGroupList, "failure-groups")]
