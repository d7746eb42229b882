"""Inbound events: webhook calls of ServiceTitan, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import inbound
from integrations.api.kernel.members import Instant, Strict, Text
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import page
from integrations.api.kernel.resource import Resource, route
from integrations.models import InboundEvent

EXAMPLE = {
    "id": "019535d9-3df7-79fb-b466-fa907fa17f9e",
    "connection": "019535d9-4a11-7c3e-8b1c-0b9d7a6f5e42",
    "tenant_id": "1234567",
    "occurrence": "8c1b0f5e-1b0a-4a55-9f0e-6a4f0d0c1f11",
    "type": "tn.jpm.job-scheduled",
    "object_kind": "job",
    "object_id": "88001",
    "object_number": "2117",
    "happened_at": "2026-03-02T08:00:00Z",
    "received_at": "2026-03-02T08:00:01Z",
    "state": "applied",
    "code": "",
    "reason": "Read again; 1 delivery goes on.",
    "woken": 1,
    "tries": 0,
    "due_at": None,
    "handled_at": "2026-03-02T08:00:02Z",
}


class InboundEventShown(serializers.Serializer[InboundEvent]):
    """An event, however often it was sent. What it said of its object is not kept: the object is read again instead."""

    id = serializers.UUIDField()
    connection = serializers.UUIDField(source="connection_id")
    tenant_id = serializers.CharField(help_text="ServiceTitan's tenant id.")
    occurrence = serializers.CharField(help_text="The same at every attempt; by it repeats are recognised.")
    type = serializers.CharField()
    object_kind = serializers.CharField(help_text="Empty: nothing here reads what this type is about.")
    object_id = serializers.CharField()
    object_number = serializers.CharField()
    happened_at = serializers.DateTimeField(allow_null=True)
    received_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=InboundEvent.State.choices)
    code = serializers.CharField()
    reason = serializers.CharField()
    woken = serializers.IntegerField(help_text="Deliveries that went on because of it.")
    tries = serializers.IntegerField()
    due_at = serializers.DateTimeField(allow_null=True, help_text="When it is handled (again); null: it is not.")
    handled_at = serializers.DateTimeField(allow_null=True)


class InboundEventFilters(Strict):
    """Which events."""

    connection = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(choices=InboundEvent.State.choices, required=False)
    type = Text(required=False)
    object_number = Text(required=False)
    received_from = Instant(required=False)
    received_before = Instant(required=False)


class InboundEventList(Resource):
    """All inbound events."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes(
        "list_inbound_events",
        "List inbound events",
        answer=InboundEventShown,
        paged=True,
        filters=InboundEventFilters,
        example=EXAMPLE,
    )
    def get(self, request: Request) -> Response:
        """Events of ServiceTitan that were proven to be theirs, newest first."""
        names = {"received_from": "received_at__gte", "received_before": "received_at__lt"}
        given: dict[str, Any] = {names.get(name, name): value for name, value in self.filters.items()}
        return page(
            request, InboundEvent.objects.filter(**given), order=("-received_at", "-id"), show=InboundEventShown
        )


class OneInboundEvent(Resource):
    """One inbound event."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes("read_inbound_event", "Read an inbound event", answer=InboundEventShown, example=EXAMPLE)
    def get(self, request: Request, event_id: UUID) -> Response:
        """One event, and what became of it."""
        return Response(InboundEventShown(_find(event_id)).data)


class Replay(Resource):
    """Replaying."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "operate"}

    @describes(
        "replay_inbound_event",
        "Replay an inbound event",
        answer=InboundEventShown,
        status=202,
        example={**EXAMPLE, "state": "received", "code": "replayed", "due_at": "2026-03-02T08:05:00Z"},
    )
    def post(self, request: Request, event_id: UUID) -> Response:
        """Has the event's object read again within seconds, whether or not anything depends on it. Doubles nothing."""
        event = inbound.replay_event(_find(event_id), actor=self.actor)
        return Response(InboundEventShown(event).data, status=202)


def _find(event_id: UUID) -> InboundEvent:
    event = InboundEvent.objects.filter(pk=event_id).first()
    if event is None:
        raise Http404
    return event


routes = [
    route("inbound-events", InboundEventList, "inbound-events"),
    route("inbound-events/<uuid:event_id>", OneInboundEvent, "inbound-event"),
    route("inbound-events/<uuid:event_id>/replay", Replay, "inbound-event-replay"),
]
