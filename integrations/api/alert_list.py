"""Alerts: what stays wrong, what was wrong, and whom it is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import alerting
from integrations.api.kernel import etags
from integrations.api.kernel.members import Flag, Instant, Strict, Text, Whole
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import page
from integrations.api.kernel.problems import Mistake, Problem
from integrations.api.kernel.resource import Resource, route
from integrations.models import Alert, AlertSettings

EXAMPLE = {
    "id": "019535d9-3df7-79fb-b466-fa907fa17f9e",
    "kind": "failures-over-threshold",
    "subject": "purchase-orders",
    "detail": "Most frequent: unmapped (37).",
    "count": 37,
    "state": "open",
    "advice": "Fix the most frequent cause once; everything that waits for it goes on.",
    "runbook": "docs/runbook/failures-over-threshold.md",
    "first_seen_at": "2026-03-02T08:00:00Z",
    "last_seen_at": "2026-03-02T09:00:00Z",
    "recovered_at": None,
    "acknowledged_at": None,
    "acknowledged_by": "",
    "told_at": "2026-03-02T08:01:00Z",
}
SETTINGS = {
    "recipients": ["desk@acme.example.com"],
    "to_owners": True,
    "muted": [],
    "failures_over": 10,
    "failed_polls": 5,
    "overdue_minutes": 30,
    "stalled_hours": 6,
    "expiry_days": 14,
}
KINDS = sorted(alerting.KINDS)


class AlertShown(serializers.Serializer[Alert]):
    """Something that is wrong, or was. At most one alert of a cause is not recovered."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=KINDS)
    subject = serializers.CharField(help_text="Which flow, connection, key or endpoint.")
    detail = serializers.CharField()
    count = serializers.IntegerField(help_text="How many records it concerns.")
    state = serializers.ChoiceField(choices=Alert.State.choices)
    advice = serializers.SerializerMethodField(help_text="What to do first.")
    runbook = serializers.SerializerMethodField(help_text="The page of the documentation that says more.")
    first_seen_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    recovered_at = serializers.DateTimeField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.CharField()
    told_at = serializers.DateTimeField(allow_null=True, help_text="When mail about it was sent.")

    def get_advice(self, alert: Alert) -> str:
        """One sentence."""
        return alerting.KINDS[alert.kind].advice

    def get_runbook(self, alert: Alert) -> str:
        """A path."""
        return alerting.KINDS[alert.kind].page


class AlertFilters(Strict):
    """Which alerts."""

    kind = serializers.ChoiceField(choices=KINDS, required=False)
    state = serializers.ChoiceField(choices=Alert.State.choices, required=False)
    first_seen_from = Instant(required=False)
    first_seen_before = Instant(required=False)


class AlertSettingsShown(serializers.Serializer[AlertSettings]):
    """Who gets mail, and from when on something is worth one."""

    recipients = serializers.ListField(child=serializers.CharField())
    to_owners = serializers.BooleanField()
    muted = serializers.ListField(child=serializers.CharField())
    failures_over = serializers.IntegerField()
    failed_polls = serializers.IntegerField()
    overdue_minutes = serializers.IntegerField()
    stalled_hours = serializers.IntegerField()
    expiry_days = serializers.IntegerField()


class AlertSettingsChanges(Strict):
    """What may be changed; what is left out stays."""

    recipients = serializers.ListField(
        child=Text(max_length=254), required=False, max_length=20, help_text="Mail addresses."
    )
    to_owners = Flag(required=False, help_text="Whether the customer's owners get mail as well.")
    muted = serializers.ListField(
        child=serializers.ChoiceField(choices=KINDS),
        required=False,
        max_length=len(KINDS),
        help_text="Kinds of which no mail is sent.",
    )
    failures_over = Whole(required=False, min_value=1, max_value=1_000_000)
    failed_polls = Whole(required=False, min_value=1, max_value=100)
    overdue_minutes = Whole(required=False, min_value=5, max_value=10_080)
    stalled_hours = Whole(required=False, min_value=1, max_value=720)
    expiry_days = Whole(required=False, min_value=1, max_value=365)


class AlertList(Resource):
    """All alerts."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes("list_alerts", "List alerts", answer=AlertShown, paged=True, filters=AlertFilters, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """Alerts, newest first. They are made and ended by the product, every few minutes where something is wrong."""
        names = {"first_seen_from": "first_seen_at__gte", "first_seen_before": "first_seen_at__lt"}
        given: dict[str, Any] = {names.get(name, name): value for name, value in self.filters.items()}
        return page(request, Alert.objects.filter(**given), order=("-first_seen_at", "id"), show=AlertShown)


class OneAlert(Resource):
    """One alert."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes("read_alert", "Read an alert", answer=AlertShown, example=EXAMPLE)
    def get(self, request: Request, alert_id: UUID) -> Response:
        """One alert."""
        return Response(AlertShown(_find(alert_id)).data)


class AlertAcknowledgement(Resource):
    """Somebody takes care."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "operate"}

    @describes(
        "acknowledge_alert",
        "Acknowledge an alert",
        answer=AlertShown,
        example={**EXAMPLE, "state": "acknowledged", "acknowledged_by": "olga@acme.example.com"},
    )
    def post(self, request: Request, alert_id: UUID) -> Response:
        """It ends when its cause does, as before. One that has ended stays as it is."""
        alert = alerting.acknowledge(_find(alert_id), actor=self.actor, now=timezone.now())
        return Response(AlertShown(alert).data)


class OneAlertSettings(Resource):
    """The customer's choices."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read", "PATCH": "configure"}

    @describes("read_alert_settings", "Read the alert settings", answer=AlertSettingsShown, example=SETTINGS)
    def get(self, request: Request) -> Response:
        """The defaults, where nothing was chosen."""
        return _settings(alerting.current_settings())

    @describes(
        "change_alert_settings",
        "Change the alert settings",
        answer=AlertSettingsShown,
        body=AlertSettingsChanges,
        example=SETTINGS,
        body_example={"recipients": ["desk@acme.example.com"]},
        if_match=True,
    )
    def patch(self, request: Request) -> Response:
        """Takes effect at the next look, within a minute or two."""
        changes = self.body(AlertSettingsChanges)
        etags.require(request, _etag(alerting.locked_settings()))
        try:
            return _settings(alerting.change_settings(changes, actor=self.actor, now=timezone.now()))
        except ValidationError as error:
            wrong = [Mistake(f"/{name}", "invalid", " ".join(said)) for name, said in error.message_dict.items()]
            raise Problem("invalid-request", wrong[0].detail, errors=wrong) from None


def _find(alert_id: UUID) -> Alert:
    alert = Alert.objects.filter(pk=alert_id).first()
    if alert is None:
        raise Http404
    return alert


def _etag(chosen: AlertSettings) -> str:
    return etags.etag(AlertSettingsShown(chosen).data)


def _settings(chosen: AlertSettings) -> Response:
    return Response(AlertSettingsShown(chosen).data, headers={"ETag": _etag(chosen)})


routes = [
    route("alerts", AlertList, "alerts"),
    route("alerts/<uuid:alert_id>", OneAlert, "alert"),
    route("alerts/<uuid:alert_id>/acknowledge", AlertAcknowledgement, "alert-acknowledgement"),
    route("alert-settings", OneAlertSettings, "alert-settings"),
]
