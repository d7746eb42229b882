"""Attempts: every exchange with a remote system on behalf of a delivery, redacted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.kernel.members import Strict
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import page
from integrations.api.kernel.resource import Resource, route
from integrations.models import Attempt

ID = "019535d9-3df7-79fb-b466-fa907fa17f9e"
EXAMPLE = {
    "id": ID,
    "delivery": ID,
    "step": 1,
    "action": "create",
    "kind": "write",
    "outcome": "answered",
    "resolution": "",
    "status": 200,
    "code": "",
    "reason": "",
    "intended_at": "2026-03-02T08:00:08Z",
    "finished_at": "2026-03-02T08:00:09Z",
}
WHOLE = {**EXAMPLE, "exchange": {"method": "POST", "status": 200}}


class AttemptShown(serializers.Serializer[Attempt]):
    """An exchange. A write is noted before it leaves, as unknown; `resolution`: what a look has found out since."""

    id = serializers.UUIDField()
    delivery = serializers.UUIDField(source="step.delivery_id")
    step = serializers.IntegerField(source="step.position")
    action = serializers.CharField(source="step.action")
    kind = serializers.ChoiceField(choices=Attempt.Kind.choices)
    outcome = serializers.ChoiceField(choices=Attempt.Outcome.choices)
    resolution = serializers.CharField()
    status = serializers.IntegerField(allow_null=True, help_text="HTTP status.")
    code = serializers.CharField()
    reason = serializers.CharField()
    intended_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class WholeAttemptShown(AttemptShown):
    """An attempt with its request and answer, without secrets; null once they were removed by age."""

    exchange = serializers.JSONField(allow_null=True)


class AttemptFilters(Strict):
    """Which attempts."""

    delivery = serializers.UUIDField(required=False)


class AttemptList(Resource):
    """All attempts."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes(
        "list_attempts", "List attempts", answer=AttemptShown, paged=True, filters=AttemptFilters, example=EXAMPLE
    )
    def get(self, request: Request) -> Response:
        """Attempts, newest first, of one delivery or of all."""
        rows = Attempt.objects.select_related("step").defer("exchange", "step__body", "step__expect", "step__lookups")
        if "delivery" in self.filters:
            rows = rows.filter(step__delivery=self.filters["delivery"])
        return page(request, rows, order=("-id",), show=AttemptShown)


class OneAttempt(Resource):
    """One attempt."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes("read_attempt", "Read an attempt", answer=WholeAttemptShown, example=WHOLE)
    def get(self, request: Request, attempt_id: UUID) -> Response:
        """One attempt with its request and answer."""
        attempt: Any = Attempt.objects.select_related("step").filter(pk=attempt_id).first()
        if attempt is None:
            raise Http404
        return Response(WholeAttemptShown(attempt).data)


routes = [
    route("attempts", AttemptList, "attempts"),
    route("attempts/<uuid:attempt_id>", OneAttempt, "attempt"),
]
