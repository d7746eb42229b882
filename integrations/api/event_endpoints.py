"""Event endpoints: where a customer's own programs are told what happens, with secrets that are shown once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, cast
from urllib.parse import urljoin
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import event_endpoints, outgoing
from integrations.api.event_deliveries import EXAMPLE as DELIVERY
from integrations.api.event_deliveries import EventDeliveryShown
from integrations.api.kernel import etags
from integrations.api.kernel.idempotency import Secretive
from integrations.api.kernel.members import Flag, Instant, Strict, Text, Whole
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import whole
from integrations.api.kernel.problems import Problem, invalid
from integrations.api.kernel.resource import Resource, route
from integrations.errors import IntegrationError
from integrations.models import EventEndpoint

EXAMPLE = {
    "id": "019535d9-3df7-79fb-b466-fa907fa17f9e",
    "name": "Ticket desk",
    "url": "https://hooks.example.com/ml-connector",
    "kinds": ["delivery.failed", "books.differ"],
    "enabled": True,
    "disabled_code": "",
    "disabled_reason": "",
    "disabled_at": None,
    "failures": 0,
    "failing_since": None,
    "secret_changed_at": "2026-03-02T08:00:00Z",
    "created_at": "2026-03-02T08:00:00Z",
}
MADE = {**EXAMPLE, "secret": "whsec_..."}


class EventEndpointShown(serializers.Serializer[EventEndpoint]):
    """An endpoint, without its secret."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    url = serializers.CharField()
    kinds = serializers.ListField(child=serializers.CharField(), help_text="Empty: all kinds.")
    enabled = serializers.BooleanField()
    disabled_code = serializers.CharField(help_text="gone or failing, if the product disabled it.")
    disabled_reason = serializers.CharField()
    disabled_at = serializers.DateTimeField(allow_null=True)
    failures = serializers.IntegerField(help_text="Tries in a row that have failed.")
    failing_since = serializers.DateTimeField(allow_null=True)
    secret_changed_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class EventEndpointMade(EventEndpointShown):
    """An endpoint with its secret, which is shown this once."""

    secret = serializers.CharField()


class EventEndpointChanges(Strict):
    """What may be changed of an endpoint."""

    url = Text(max_length=400, required=False)
    name = Text(max_length=80, required=False, allow_blank=True)
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(outgoing.KINDS)), required=False, max_length=len(outgoing.KINDS)
    )
    enabled = Flag(required=False)


class NewEventEndpoint(Strict):
    """An endpoint that is wanted. Without `kinds` it gets all of them."""

    url = Text(max_length=400)
    name = Text(max_length=80, required=False, allow_blank=True, default="")
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(outgoing.KINDS)), default=list, max_length=len(outgoing.KINDS)
    )


class SecretRotation(Strict):
    """How long the former secret goes on signing beside the new one."""

    overlap_seconds = Whole(
        min_value=0, max_value=int(event_endpoints.LONGEST_OVERLAP.total_seconds()), default=24 * 3600
    )


class Window(Strict):
    """What is sent again: everything written for the endpoint in this time that is in one of these states."""

    since = Instant()
    until = Instant()
    states = serializers.ListField(
        child=serializers.ChoiceField(choices=["failed", "given_up", "delivered"]),
        default=lambda: ["failed", "given_up"],
        max_length=3,
    )


class WindowReplayed(serializers.Serializer[Any]):
    """How many events are sent again."""

    count = serializers.IntegerField(help_text=f"At most {event_endpoints.MOST_REPLAYED}, the oldest ones.")


class EventEndpointList(Resource):
    """All endpoints."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read", "POST": "configure"}

    @describes("list_event_endpoints", "List event endpoints", answer=EventEndpointShown, paged=True, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """Endpoints, oldest first; a customer has at most ten. Whole addresses need the scope `configure`."""
        return whole(request, [_told(request, row) for row in EventEndpoint.objects.all()])

    def prepare(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Asks for the address outside of the transaction."""
        _check_address(self.body(NewEventEndpoint)["url"])

    @describes(
        "create_event_endpoint",
        "Add an event endpoint",
        answer=EventEndpointMade,
        body=NewEventEndpoint,
        status=201,
        example=MADE,
        body_example={"url": EXAMPLE["url"], "name": "Ticket desk", "kinds": EXAMPLE["kinds"]},
    )
    def post(self, request: Request) -> Response:
        """The secret is in this answer and nowhere else. The address must be public and https."""
        wanted, now = self.body(NewEventEndpoint), timezone.now()
        try:
            endpoint, secret = event_endpoints.create(**wanted, actor=self.actor, now=now, is_checked=True)
        except event_endpoints.TooMany as error:
            raise Problem("conflict", str(error)) from None
        return _secretive(endpoint, secret, 201)


class OneEventEndpoint(Resource):
    """One endpoint."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read", "PATCH": "configure", "DELETE": "configure"}

    @describes("read_event_endpoint", "Read an event endpoint", answer=EventEndpointShown, example=EXAMPLE)
    def get(self, request: Request, endpoint_id: UUID) -> Response:
        """Without its secret, which nobody can show again. The whole address needs the scope `configure`."""
        return Response(_told(request, found := _find(endpoint_id)), headers={"ETag": _etag(found)})

    def prepare(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Asks for a new address outside of the transaction."""
        url = self.body(EventEndpointChanges).get("url") if request.method == "PATCH" else None
        if url:
            _check_address(url)

    @describes(
        "change_event_endpoint",
        "Change an event endpoint",
        answer=EventEndpointShown,
        body=EventEndpointChanges,
        example=EXAMPLE,
        body_example={"enabled": True},
        if_match=True,
    )
    def patch(self, request: Request, endpoint_id: UUID) -> Response:
        """Enabling it sends what is still due. Nothing new is written for a disabled one."""
        changes, endpoint = self.body(EventEndpointChanges), _find(endpoint_id, lock=True)
        etags.require(request, _etag(endpoint))
        event_endpoints.change(endpoint, changes, actor=self.actor, now=timezone.now(), is_checked=True)
        return _shown(_find(endpoint_id))

    @describes("remove_event_endpoint", "Remove an event endpoint", status=204, if_match=True)
    def delete(self, request: Request, endpoint_id: UUID) -> Response:
        """Removes it with its delivery log."""
        endpoint = _find(endpoint_id, lock=True)
        etags.require(request, _etag(endpoint))
        event_endpoints.remove(endpoint, actor=self.actor)
        return Response(status=204)


class EventEndpointRotation(Resource):
    """A new secret for an endpoint."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "configure"}

    @describes(
        "rotate_event_endpoint_secret",
        "Give an event endpoint a new secret",
        answer=EventEndpointMade,
        body=SecretRotation,
        example=MADE,
        body_example={"overlap_seconds": 86400},
    )
    def post(self, request: Request, endpoint_id: UUID) -> Response:
        """Requests bear both signatures for the overlap, a day unless you say otherwise; 0 if it was stolen."""
        overlap = timedelta(seconds=self.body(SecretRotation)["overlap_seconds"])
        endpoint = _find(endpoint_id)
        secret = event_endpoints.rotate(endpoint, actor=self.actor, now=timezone.now(), overlap=overlap)
        return _secretive(_find(endpoint_id), secret, 200)


class EventEndpointTest(Resource):
    """A test event."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "operate"}

    @describes(
        "test_event_endpoint",
        "Send a test event",
        answer=EventDeliveryShown,
        status=202,
        example={**DELIVERY, "kind": "endpoint.test", "attempts": []},
    )
    def post(self, request: Request, endpoint_id: UUID) -> Response:
        """Sent within seconds, whatever the endpoint asked for. Its delivery says what came of it."""
        try:
            delivery = event_endpoints.send_test(_find(endpoint_id), actor=self.actor, now=timezone.now())
        except IntegrationError as error:
            raise Problem("conflict", error.message) from None
        return Response(EventDeliveryShown(delivery).data, status=202)


class EventWindowReplay(Resource):
    """Sending a time window again."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "operate"}

    @describes(
        "replay_event_window",
        "Send the events of a time window again",
        answer=WindowReplayed,
        body=Window,
        status=202,
        example={"count": 17},
        body_example={"since": "2026-03-02T08:00:00Z", "until": "2026-03-03T08:00:00Z"},
    )
    def post(self, request: Request, endpoint_id: UUID) -> Response:
        """Each under its own webhook-id, so that a receiver recognises what it had already."""
        window = self.body(Window)
        if window["since"] >= window["until"]:
            raise invalid("/until", "before-since", "until lies after since.")
        endpoint = _find(endpoint_id)
        count = event_endpoints.replay_window(endpoint, **window, actor=self.actor, now=timezone.now())
        return Response({"count": count}, status=202)


def _check_address(url: str) -> None:
    try:
        event_endpoints.check_address(url)
    except IntegrationError as error:
        raise invalid("/url", error.code, error.message) from None


def _find(endpoint_id: UUID, *, lock: bool = False) -> EventEndpoint:
    rows = EventEndpoint.objects.select_for_update() if lock else EventEndpoint.objects.all()
    endpoint = rows.filter(pk=endpoint_id).first()
    if endpoint is None:
        raise Http404
    return endpoint


def _etag(endpoint: EventEndpoint) -> str:
    return etags.etag(str(endpoint.pk), endpoint.url, endpoint.name, endpoint.kinds, endpoint.enabled)


def _told(request: Request, endpoint: EventEndpoint) -> dict[str, Any]:
    """What a caller may see: many addresses open by themselves whatever is behind them, so readers see the host."""
    data = dict(EventEndpointShown(endpoint).data)
    if not cast(Any, request).scope.reaches("configure"):
        data["url"] = urljoin(endpoint.url, "/...")
    return data


def _shown(endpoint: EventEndpoint) -> Response:
    return Response(EventEndpointShown(endpoint).data, headers={"ETag": _etag(endpoint)})


def _secretive(endpoint: EventEndpoint, secret: str, status: int) -> Secretive:
    data = {**EventEndpointShown(endpoint).data, "secret": secret}
    where = {"Location": f"/api/v1/event-endpoints/{endpoint.pk}"}
    return Secretive(data, made=str(endpoint.pk), status=status, headers=where)


routes = [
    route("event-endpoints", EventEndpointList, "event-endpoints"),
    route("event-endpoints/<uuid:endpoint_id>", OneEventEndpoint, "event-endpoint"),
    route("event-endpoints/<uuid:endpoint_id>/rotate-secret", EventEndpointRotation, "event-endpoint-rotation"),
    route("event-endpoints/<uuid:endpoint_id>/test", EventEndpointTest, "event-endpoint-test"),
    route("event-endpoints/<uuid:endpoint_id>/replay", EventWindowReplay, "event-endpoint-replay"),
]
