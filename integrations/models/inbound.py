"""Webhook calls that reached a customer."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from integrations.ids import new_id
from integrations.models.connection import Connection


class InboundEvent(models.Model):
    """One event of ServiceTitan, however often it was sent: a hint that an object is to be read again.

    The body is not kept. `occurrence` is the vendor's name for what happened, the same at every attempt; `object_id`
    and `object_number` name the object. `due_at` is when a received event is looked at (again); null: never.
    """

    class State(models.TextChoices):
        RECEIVED = "received"
        APPLIED = "applied"  # the object was read again
        IGNORED = "ignored"  # nothing here depends on it; the reason says why
        FAILED = "failed"  # the object could not be read; replaying tries again

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="inbound_events")
    tenant_id = models.CharField(max_length=20)
    occurrence = models.CharField(max_length=200)
    event_id = models.CharField(max_length=200, blank=True, default="")
    type = models.CharField(max_length=200)
    object_kind = models.CharField(max_length=40, blank=True, default="")
    object_id = models.CharField(max_length=40, blank=True, default="")
    object_number = models.CharField(max_length=60, blank=True, default="")
    happened_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.RECEIVED)
    code = models.CharField(max_length=60, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    woken = models.PositiveIntegerField(default=0, help_text="Deliveries that went on because of it.")
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-received_at"]
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "occurrence"], name="inbound_once"),
        ]
        indexes = [
            models.Index(fields=["connection", "due_at"], condition=Q(due_at__isnull=False), name="inbound_due"),
            models.Index(fields=["-received_at", "-id"], name="inbound_newest"),
            models.Index(fields=["state", "-received_at", "-id"], name="inbound_by_state"),
            models.Index(fields=["object_number"], condition=~Q(object_number=""), name="inbound_by_number"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.object_number or self.object_id}".strip()
