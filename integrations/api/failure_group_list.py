"""Failures by their cause, each with the one fix for all of its records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

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
    "is_exact": True,
    "oldest_at": "2026-03-02T08:00:00Z",
    "example": "019535d9-3df7-79fb-b466-fa907fa17f9e",
    "reason": "No value is mapped for cost-center 10101101.",
    "fix": {
        "kind": "map-value",
        "words": "Map cost-center 10101101: saving it lets all of them go on.",
        "map": "cost-center",
        "flow": "",
        "key": "10101101",
    },
}


class FixShown(serializers.Serializer[Any]):
    """What mends the group. `kind` says what can be done here, e.g. map-value, link, deliver, replay."""

    kind = serializers.CharField()
    words = serializers.CharField()
    map = serializers.CharField()
    flow = serializers.CharField()
    key = serializers.CharField()


class FailureGroupShown(serializers.Serializer[Any]):
    """Records of one flow that the same cause holds up. It closes itself as they go on."""

    flow = serializers.CharField()
    state = serializers.ChoiceField(choices=("waiting", "quarantined"))
    code = serializers.CharField()
    needs = serializers.CharField()
    records = serializers.IntegerField(help_text="Counted up to 10,000.")
    is_exact = serializers.BooleanField(help_text="Whether there are no more records than that.")
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
        return whole(request, list(FailureGroupShown(wanted, many=True).data))


routes = [route("failure-groups", FailureGroupList, "failure-groups")]
