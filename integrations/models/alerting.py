"""What people are told when something stays wrong, and what the customer chose to be told of."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from integrations.ids import new_id


def _between(least: int, most: int) -> list[MinValueValidator | MaxValueValidator]:
    return [MinValueValidator(least), MaxValueValidator(most)]


class AlertSettings(models.Model):
    """The customer's one row: who gets mail, and from when on something is worth one.

    `recipients` are mail addresses; with `to_owners` the customer's owners get it as well. `muted` names kinds of
    alerts of which no mail is sent. `marks` is the evaluation's own memory: since when a cursor has not moved.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    recipients = models.JSONField(default=list, blank=True)
    to_owners = models.BooleanField(default=True)
    muted = models.JSONField(default=list, blank=True)
    failures_over = models.PositiveIntegerField(default=10, validators=_between(1, 1_000_000))
    failed_polls = models.PositiveSmallIntegerField(default=5, validators=_between(1, 100))
    overdue_minutes = models.PositiveSmallIntegerField(default=30, validators=_between(5, 10_080))
    stalled_hours = models.PositiveSmallIntegerField(default=6, validators=_between(1, 720))
    expiry_days = models.PositiveSmallIntegerField(default=14, validators=_between(1, 365))
    marks = models.JSONField(default=dict, blank=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="alert_settings_once")]

    def __str__(self) -> str:
        return "Alert settings"


class Alert(models.Model):
    """Something that is wrong now, or was. At most one alert of a cause is open.

    `count` says how many things are concerned (records in quarantine, differences). `told_at` and `recovery_told_at`
    say when mail about it was sent.
    """

    class State(models.TextChoices):
        OPEN = "open"
        ACKNOWLEDGED = "acknowledged"  # a person knows; it ends when the cause does
        RECOVERED = "recovered"

    ACTIVE = (State.OPEN, State.ACKNOWLEDGED)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=40)
    cause = models.CharField(max_length=200)
    subject = models.CharField(max_length=200)
    detail = models.TextField(blank=True, default="")
    count = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    recovered_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=120, blank=True, default="")
    told_at = models.DateTimeField(null=True, blank=True)
    recovery_told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-first_seen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["cause"], condition=Q(state__in=["open", "acknowledged"]), name="alert_one_open"
            )
        ]
        indexes = [models.Index(fields=["-first_seen_at", "id"], name="alert_by_time")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
