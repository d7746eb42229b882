"""Event deliveries: which event went to which endpoint, every try, and sending one again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import event_endpoints, outgoing
from integrations.api.kernel.members import Instant, Strict
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import page
from integrations.api.kernel.resource import Resource, route
from integrations.models import EventAttempt, EventDelivery

EXAMPLE = {
    "id": "019535d9-4a11-7c3e-8b1c-0b9d7a6f5e42",
    "event": "019535d9-3df7-79fb-b466-fa907fa17f9e",
    "endpoint": "019535d9-3aaa-7123-9c1c-1b9d7a6f5e42",
    "kind": "delivery.failed",
    "subject": "019535d9-3bbb-7123-9c1c-1b9d7a6f5e42",
    "state": "failed",
    "tries": 1,
    "created_at": "2026-03-02T08:00:00Z",
    "due_at": "2026-03-02T08:00:05Z",
    "delivered_at": None,
    "attempts": [
        {
            "number": 1,
            "started_at": "2026-03-02T08:00:00Z",
            "duration_ms": 81,
            "status": 503,
            "code": "http-503",
            "answer": "Try again later.",
        }
    ],
}


class EventAttemptShown(serializers.Serializer[EventAttempt]):
    """One request to an endpoint."""

    number = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    duration_ms = serializers.IntegerField(allow_null=True)
    status = serializers.IntegerField(allow_null=True, help_text="Null: no answer came, or it is not over yet.")
    code = serializers.CharField(help_text="Empty: it was taken.")
    answer = serializers.CharField(help_text="The first 500 characters of what the endpoint said.")


class EventDeliveryShown(serializers.Serializer[EventDelivery]):
    """An event on its way to an endpoint. `event` is the webhook-id of its requests."""

    id = serializers.UUIDField()
    event = serializers.UUIDField(source="event_id")
    endpoint = serializers.UUIDField(source="endpoint_id")
    kind = serializers.CharField(source="event.kind")
    subject = serializers.CharField(source="event.subject", help_text="The id of what it is about.")
    state = serializers.ChoiceField(choices=EventDelivery.State.choices)
    tries = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True, help_text="When it is tried (again); null: it is not.")
    delivered_at = serializers.DateTimeField(allow_null=True)
    attempts = EventAttemptShown(many=True, source="attempts.all")


class EventDeliveryFilters(Strict):
    """Which deliveries."""

    endpoint = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(choices=EventDelivery.State.choices, required=False)
    kind = serializers.ChoiceField(choices=[*sorted(outgoing.KINDS), outgoing.TEST], required=False)
    created_from = Instant(required=False)
    created_before = Instant(required=False)


class EventDeliveryList(Resource):
    """All deliveries of events."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes(
        "list_event_deliveries",
        "List event deliveries",
        answer=EventDeliveryShown,
        paged=True,
        filters=EventDeliveryFilters,
        example=EXAMPLE,
    )
    def get(self, request: Request) -> Response:
        """The delivery log, newest first."""
        names = {"created_from": "created_at__gte", "created_before": "created_at__lt", "kind": "event__kind"}
        given: dict[str, Any] = {names.get(name, name): value for name, value in self.filters.items()}
        return page(request, _rows().filter(**given), order=("-created_at", "id"), show=EventDeliveryShown)


class OneEventDelivery(Resource):
    """One delivery of an event."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes("read_event_delivery", "Read an event delivery", answer=EventDeliveryShown, example=EXAMPLE)
    def get(self, request: Request, delivery_id: UUID) -> Response:
        """With every try."""
        return Response(EventDeliveryShown(_find(delivery_id)).data)


class EventReplay(Resource):
    """Sending an event again."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "operate"}

    @describes(
        "replay_event_delivery",
        "Send an event again",
        answer=EventDeliveryShown,
        status=202,
        example={**EXAMPLE, "state": "pending", "tries": 0},
    )
    def post(self, request: Request, delivery_id: UUID) -> Response:
        """Within seconds, under the same webhook-id. What is about to be sent anyway stays as it is."""
        event_endpoints.replay(_find(delivery_id), actor=self.actor, now=timezone.now())
        return Response(EventDeliveryShown(_find(delivery_id)).data, status=202)


def _rows() -> QuerySet[EventDelivery]:
    return EventDelivery.objects.select_related("event").prefetch_related("attempts")


def _find(delivery_id: UUID) -> EventDelivery:
    delivery = _rows().filter(pk=delivery_id).first()
    if delivery is None:
        raise Http404
    return delivery


routes = [
    route("event-deliveries", EventDeliveryList, "event-deliveries"),
    route("event-deliveries/<uuid:delivery_id>", OneEventDelivery, "event-delivery"),
    route("event-deliveries/<uuid:delivery_id>/replay", EventReplay, "event-delivery-replay"),
]
