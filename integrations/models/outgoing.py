"""What a customer's own programs are told: events, the addresses they go to, and every try to deliver one.

`integrations/outgoing.py` writes events, `integrations/event_sending.py` sends them.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from integrations.fields import EncryptedJSONField
from integrations.ids import new_id


class EventEndpoint(models.Model):
    """An address of the customer's that events are posted to.

    `kinds` names the kinds it gets; empty means all of them. `secrets` is a list of `{"secret": "whsec_...",
    "until": ISO time or ""}`, newest first: a request is signed with each one that has not ended. `failures` counts
    tries in a row that failed, since `failing_since`; nothing is sent before `rest_until`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    url = models.URLField(max_length=400)
    name = models.CharField(max_length=80, blank=True, default="")
    kinds = models.JSONField(default=list, blank=True)
    enabled = models.BooleanField(default=True)
    disabled_code = models.CharField(max_length=20, blank=True, default="")
    disabled_reason = models.TextField(blank=True, default="")
    disabled_at = models.DateTimeField(null=True, blank=True)
    secrets = EncryptedJSONField(default=list, blank=True)
    secret_changed_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    rest_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.name or str(self.id)


class Event(models.Model):
    """Something that happened, told once: its id is the `webhook-id` of every request that tells it.

    At most one event has a given `dedupe`, unless that is empty.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=200)
    data = models.JSONField()
    dedupe = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["dedupe"], condition=~Q(dedupe=""), name="event_once")]
        indexes = [models.Index(fields=["created_at"], name="event_by_time")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class EventDelivery(models.Model):
    """One event on its way to one endpoint.

    `fence` grows with every try, and a try moves `due_at` on to the end of its own lease in the same statement: nobody
    else takes it up meanwhile, and whoever comes back late finds another fence.
    """

    class State(models.TextChoices):
        PENDING = "pending"  # not tried yet, or to be sent again by hand
        FAILED = "failed"  # tried, and due again at due_at
        DELIVERED = "delivered"
        GIVEN_UP = "given_up"

    OPEN = (State.PENDING, State.FAILED)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(EventEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    tries = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "event deliveries"
        constraints = [models.UniqueConstraint(fields=["event", "endpoint"], name="event_delivery_once")]
        indexes = [
            models.Index(fields=["endpoint", "due_at"], condition=Q(due_at__isnull=False), name="event_delivery_due"),
            models.Index(fields=["endpoint", "-created_at"], name="event_delivery_log"),
            models.Index(fields=["-created_at", "id"], name="event_delivery_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.state}"


class EventAttempt(models.Model):
    """One request to an endpoint; its row is committed before the request leaves. `status` None: no answer came.

    `answer` holds the beginning of what the endpoint said, redacted.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    delivery = models.ForeignKey(EventDelivery, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    code = models.CharField(max_length=40, blank=True, default="")
    answer = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["delivery", "number"]
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="event_attempt_once")]

    def __str__(self) -> str:
        return f"{self.number} {self.status or self.code}"
