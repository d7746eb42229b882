"""Deliveries: what has to reach the other side, what became of it, and what people do about it."""

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

from integrations import desk
from integrations.api.kernel.members import Instant, Reason, Strict, Text
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import page
from integrations.api.kernel.resource import Resource, route
from integrations.engine import Selection
from integrations.engine.previewing import preview
from integrations.models import Delivery, Step
from integrations.running import comparison_of

ID = "019535d9-3df7-79fb-b466-fa907fa17f9e"
EXAMPLE = {
    "id": ID,
    "flow": "purchase-orders",
    "key": "4500001234",
    "number": 2,
    "state": "quarantined",
    "code": "unmapped-cost-center",
    "reason": "No value is mapped for cost-center 10101101.",
    "needs": "map:cost-center:10101101",
    "label": "SAP order 4500001234 from supplier 17300001",
    "why": "changed",
    "started_by": "schedule",
    "tries": 1,
    "created_at": "2026-03-02T08:00:00Z",
    "due_at": None,
    "closed_at": None,
}
STEP = {
    "position": 1,
    "action": "create",
    "state": "done",
    "target_key": "5001",
    "part": "",
    "side": "target",
    "body": {"memo": "SAP 4500001234 is already ordered"},
    "lookups": [{"kind": "map", "name": "cost-center", "key": "10101101", "value": "12"}],
    "done_at": "2026-03-02T08:00:09Z",
}
WHOLE = {**EXAMPLE, "run": ID, "payload": {"PurchaseOrder": "4500001234"}, "notes": [], "steps": [STEP]}
PREVIEW = {
    "delivery": ID,
    "key": "4500001234",
    "label": "SAP order 4500001234 from supplier 17300001",
    "outcome": "write",
    "code": "",
    "reason": "",
    "writes": [
        {
            "action": "patch",
            "key": "5001",
            "part": "",
            "side": "target",
            "changes": [{"member": "requiredOn", "before": "2026-03-09", "after": "2026-03-16"}],
        }
    ],
    "notes": [],
}
OUTCOMES = ("write", "unchanged", "wait", "person", "not-transferable")


class DeliveryShown(serializers.Serializer[Delivery]):
    """One version of one source record."""

    id = serializers.UUIDField()
    flow = serializers.CharField(source="sync.flow")
    key = serializers.CharField(source="source_key", help_text="The record's key at its source.")
    number = serializers.IntegerField(help_text="Versions of one record are numbered.")
    state = serializers.ChoiceField(choices=Delivery.State.choices)
    code = serializers.CharField(help_text="Stable, for grouping and for programs.")
    reason = serializers.CharField()
    needs = serializers.CharField(help_text="What it waits for, e.g. map:cost-center:10101101.")
    label = serializers.CharField()  # type: ignore[assignment]
    why = serializers.CharField(help_text="Why this version was made: new, changed, mapping, replay, re-read, ...")
    started_by = serializers.CharField()
    tries = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


class StepShown(serializers.Serializer[Step]):
    """One write that a delivery needs. `lookups`: each value-map row, link and reference row that was used."""

    position = serializers.IntegerField()
    action = serializers.CharField()
    state = serializers.ChoiceField(choices=Step.State.choices)
    target_key = serializers.CharField()
    part = serializers.CharField()
    side = serializers.CharField()
    body = serializers.JSONField()
    lookups = serializers.JSONField()
    done_at = serializers.DateTimeField(allow_null=True)


class WholeDeliveryShown(DeliveryShown):
    """A delivery with the row as it was read, its story and its writes."""

    run = serializers.UUIDField(source="run_id", allow_null=True)
    payload = serializers.JSONField(help_text="The source row, as it was read.")
    notes = serializers.JSONField(help_text="Its story, sentence by sentence: {at, text}.")
    steps = StepShown(many=True)


class DeliveryFilters(Strict):
    """Which deliveries."""

    flow = Text(required=False)
    state = serializers.ChoiceField(choices=Delivery.State.choices, required=False)
    key = Text(required=False, help_text="The beginning of a source key.")
    code = Text(required=False)
    needs = Text(required=False)
    reason = Text(required=False, help_text="A part of the reason.")
    created_from = Instant(required=False)
    created_before = Instant(required=False)


class ChangedShown(serializers.Serializer[Any]):
    """A member of the target record: now (null where there is none), and as it would be."""

    member = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class ProposedShown(serializers.Serializer[Any]):
    """A write that would be made. An empty key: a new record."""

    action = serializers.CharField()
    key = serializers.CharField()
    part = serializers.CharField()
    side = serializers.CharField()
    changes = ChangedShown(many=True)


class PreviewShown(serializers.Serializer[Any]):
    """What would become of one record, against the target as it is now."""

    delivery = serializers.UUIDField()
    key = serializers.CharField(source="source_key")
    label = serializers.CharField()  # type: ignore[assignment]
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    code = serializers.CharField()
    reason = serializers.CharField()
    writes = ProposedShown(many=True)
    notes = serializers.ListField(child=serializers.CharField())


class RereadShown(serializers.Serializer[Any]):
    """What the source said."""

    key = serializers.CharField()
    found = serializers.ChoiceField(choices=("changed", "unchanged", "gone"))


class DeliveryList(Resource):
    """All deliveries."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes(
        "list_deliveries", "List deliveries", answer=DeliveryShown, paged=True, filters=DeliveryFilters, example=EXAMPLE
    )
    def get(self, request: Request) -> Response:
        """Deliveries, newest first, without what they carry."""
        rows = deliveries().filter(selection_of(self.filters).condition()).defer("payload", "notes")
        return page(request, rows, order=("-created_at", "-id"), show=DeliveryShown)


class OneDelivery(Resource):
    """One delivery."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes("read_delivery", "Read a delivery", answer=WholeDeliveryShown, example=WHOLE)
    def get(self, request: Request, delivery_id: UUID) -> Response:
        """One delivery with its source row, its story and its writes. Exchanges are listed under attempts."""
        return Response(WholeDeliveryShown(find(delivery_id)).data)


class Replay(Resource):
    """Replaying one record."""

    @describes("replay_delivery", "Replay a record", answer=DeliveryShown, status=202, example=EXAMPLE)
    def post(self, request: Request, delivery_id: UUID) -> Response:
        """Sends the record's newest version through the ledger again, and answers the version that goes on.

        Repeating it changes nothing more; what is at the target already is not written twice.
        """
        newest = desk.replay_one(find(delivery_id), self.customer, actor=self.actor, now=timezone.now())
        return Response(DeliveryShown(newest).data, status=202)


class Dismissal(Resource):
    """Dismissing one delivery."""

    @describes(
        "dismiss_delivery",
        "Dismiss a delivery",
        answer=DeliveryShown,
        body=Reason,
        example={**EXAMPLE, "state": "dismissed", "code": "dismissed", "reason": "Entered by hand."},
        body_example={"reason": "Entered by hand."},
    )
    def post(self, request: Request, delivery_id: UUID) -> Response:
        """Closes this version. The record's next change at its source is delivered as any other."""
        reason = self.body(Reason)["reason"]
        found, actor = find(delivery_id), self.actor
        closed = desk.dismiss_one(found, self.customer, reason=reason, actor=actor, now=timezone.now())
        return Response(DeliveryShown(closed).data)


class WritePreview(Resource):
    """What a replay would write."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "operate"}
    calls_out = ("POST",)

    @describes("preview_delivery", "See what a replay would write", answer=PreviewShown, example=PREVIEW)
    def post(self, request: Request, delivery_id: UUID) -> Response:
        """Plans the version against the target as it is now, and changes nothing. Calls the remote systems."""
        delivery = find(delivery_id)
        return Response(previews_of([delivery])[0])


class RereadOne(Resource):
    """Reading a record at its source again."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "operate"}
    calls_out = ("POST",)

    @describes(
        "reread_delivery",
        "Read a record at its source again",
        answer=RereadShown,
        example={"key": "4500001234", "found": "changed"},
    )
    def post(self, request: Request, delivery_id: UUID) -> Response:
        """Reads the one record now. What changed is a new version and goes on; "gone" alone deletes nothing."""
        delivery = find(delivery_id)
        found = desk.read_again(delivery.sync, delivery.source_key, self.customer, actor=self.actor)
        return Response({"key": delivery.source_key, "found": found})


def deliveries() -> QuerySet[Delivery]:
    """All of them, with what their form shows."""
    return Delivery.objects.select_related("sync")


def find(delivery_id: UUID) -> Delivery:
    """One of them. Raises Http404."""
    found = deliveries().select_related("sync__source", "sync__target").prefetch_related("steps").filter(pk=delivery_id)
    delivery = found.first()
    if delivery is None:
        raise Http404
    return delivery


def selection_of(filters: Mapping[str, Any]) -> Selection:
    """The filters of a list as a selection."""
    many = {"flow": "flows", "state": "states", "code": "codes"}
    times = {"created_from": "since", "created_before": "until"}
    given: dict[str, Any] = {many[name]: (value,) for name, value in filters.items() if name in many}
    given |= {times.get(name, name): value for name, value in filters.items() if name not in many}
    return Selection(**given)


def previews_of(found: list[Delivery]) -> list[Any]:
    """What these would write, as JSON; all of one flow."""
    work = comparison_of(found[0].sync)
    try:
        return list(PreviewShown(preview(work, found), many=True).data)
    finally:
        work.close()


routes = [
    route("deliveries", DeliveryList, "deliveries"),
    route("deliveries/<uuid:delivery_id>", OneDelivery, "delivery"),
    route("deliveries/<uuid:delivery_id>/replay", Replay, "delivery-replay"),
    route("deliveries/<uuid:delivery_id>/dismiss", Dismissal, "delivery-dismissal"),
    route("deliveries/<uuid:delivery_id>/preview", WritePreview, "delivery-preview"),
    route("deliveries/<uuid:delivery_id>/re-read", RereadOne, "delivery-reread"),
]
