"""How fresh each flow is, measured at its source, and what each connection uses of its rate budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import freshness
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import whole
from integrations.api.kernel.resource import Resource, route


class FreshnessShown(serializers.Serializer[Any]):
    """One flow. Until `fresh_at` its source is known to have nothing newer."""

    flow = serializers.CharField(source="sync.flow")
    running = serializers.BooleanField(help_text="Neither switched off nor paused, nor one of its connections.")
    fresh_at = serializers.DateTimeField(allow_null=True)
    age_seconds = serializers.FloatField(allow_null=True)
    watermark = serializers.CharField(help_text="The newest change stamp that was read, as the source wrote it.")
    polled_at = serializers.DateTimeField(source="sync.polled_at", allow_null=True)
    next_poll_at = serializers.DateTimeField(allow_null=True)
    late_seconds = serializers.FloatField(help_text="How long the next poll is overdue.")
    failures = serializers.IntegerField(source="sync.failures", help_text="Polls that failed in a row.")
    last_error = serializers.CharField(source="sync.last_error")
    on_their_way = serializers.IntegerField()
    waiting = serializers.IntegerField()
    quarantined = serializers.IntegerField()
    is_exact = serializers.BooleanField(help_text="Whether these counts are; each state is counted up to 10,000.")
    oldest_open_at = serializers.DateTimeField(allow_null=True)


class UseShown(serializers.Serializer[Any]):
    """A connection's rate budget. What was used is of about the last minute, null while that cannot be told."""

    connection = serializers.CharField(source="connection.name")
    system = serializers.CharField(source="connection.system")
    calls_per_second = serializers.FloatField()
    side_by_side = serializers.IntegerField()
    calls = serializers.IntegerField(allow_null=True)
    waits = serializers.IntegerField(allow_null=True, help_text="Calls that had to wait for the budget.")
    blocked_until = serializers.DateTimeField(allow_null=True, help_text="After a 429 nobody calls before.")


class FreshnessList(Resource):
    """All flows that are switched on."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes(
        "list_freshness",
        "How fresh each flow is",
        answer=FreshnessShown,
        paged=True,
        example={
            "flow": "purchase-orders",
            "running": True,
            "fresh_at": "2026-03-02T08:00:00Z",
            "age_seconds": 42.0,
            "watermark": "2026-03-02T07:58:11.1230000Z",
            "polled_at": "2026-03-02T08:00:02Z",
            "next_poll_at": "2026-03-02T08:02:00Z",
            "late_seconds": 0.0,
            "failures": 0,
            "last_error": "",
            "on_their_way": 3,
            "waiting": 1,
            "quarantined": 0,
            "is_exact": True,
            "oldest_open_at": "2026-03-02T07:59:58Z",
        },
    )
    def get(self, request: Request) -> Response:
        """Every sync with the age of what it knows, and what is under way. The list has one page."""
        found = freshness.freshness(self.customer, now=timezone.now())
        return whole(request, list(FreshnessShown(found, many=True).data))


class BudgetList(Resource):
    """All connections' rate budgets."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes(
        "list_budget_use",
        "What connections use of their rate budget",
        answer=UseShown,
        paged=True,
        example={
            "connection": "servicetitan",
            "system": "servicetitan",
            "calls_per_second": 10.0,
            "side_by_side": 4,
            "calls": 214,
            "waits": 12,
            "blocked_until": None,
        },
    )
    def get(self, request: Request) -> Response:
        """Every connection. The list has one page."""
        return whole(request, list(UseShown(freshness.use(), many=True).data))


routes = [
    route("freshness", FreshnessList, "freshness"),
    route("budget-use", BudgetList, "budget-use"),
]
