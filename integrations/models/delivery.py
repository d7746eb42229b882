"""One version of one source record on its way, the writes it needs, and every exchange on its behalf."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import Q

from integrations.ids import new_id
from integrations.models.sync import Run, Sync


class Delivery(models.Model):
    """One version of one source record that has to reach the target: the queue row, the to-do, what one replays.

    Versions of one source key are numbered. At most one is open; a newer one that arrives while the open one
    has an unfinished write stands `behind` it and takes over when that write is settled. `lookups` is what one that
    needed no write had asked; of those with writes, the steps hold it.
    """

    class State(models.TextChoices):
        PENDING = "pending"  # due at due_at
        SENDING = "sending"  # an intent is committed, its outcome is not
        CHECKING = "checking"  # outcome unknown: looked for at due_at, before anything is sent again
        VERIFYING = "verifying"  # answered, but not yet seen in a read-back
        WAITING = "waiting"  # a link is missing, woken when it appears; or something else, looked at when due
        QUARANTINED = "quarantined"  # a person is needed
        BEHIND = "behind"  # an older version's write is not settled yet
        DELIVERED = "delivered"
        UNCHANGED = "unchanged"  # the target already was as it should be
        SUPERSEDED = "superseded"  # a newer version took its place
        NOT_TRANSFERABLE = "not_transferable"
        DISMISSED = "dismissed"

    OPEN = (State.PENDING, State.SENDING, State.CHECKING, State.VERIFYING, State.WAITING, State.QUARANTINED)
    UNSETTLED = (State.SENDING, State.CHECKING, State.VERIFYING)
    PLANNABLE = (State.PENDING, State.WAITING, State.QUARANTINED)
    """What is planned (again) when it is due. A quarantined one is due where what it needs may appear by itself."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sync = models.ForeignKey(Sync, on_delete=models.CASCADE, related_name="deliveries")
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, blank=True, related_name="deliveries")
    source_key = models.CharField(max_length=120)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING)
    code = models.CharField(max_length=60, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    needs = models.CharField(max_length=240, blank=True, default="")
    why = models.CharField(max_length=40, default="changed")
    started_by = models.CharField(max_length=80, default="schedule")
    priority = models.PositiveSmallIntegerField(default=1)
    stamp = models.CharField(max_length=60, blank=True, default="")
    digest = models.CharField(max_length=64)
    label = models.CharField(max_length=200, blank=True, default="")
    payload = models.JSONField()
    notes = models.JSONField(default=list, blank=True)
    lookups = models.JSONField(null=True, blank=True, default=None)
    tries = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["sync", "source_key", "number"], name="delivery_version"),
            models.UniqueConstraint(
                fields=["sync", "source_key"],
                condition=Q(state__in=["pending", "sending", "checking", "verifying", "waiting", "quarantined"]),
                name="delivery_one_open",
            ),
        ]
        indexes = [
            models.Index(fields=["sync", "priority", "due_at"], condition=Q(due_at__isnull=False), name="delivery_due"),
            models.Index(fields=["needs"], condition=~Q(needs=""), name="delivery_needs"),
            models.Index(fields=["sync", "state", "-created_at"], name="delivery_by_state"),
            models.Index(fields=["-created_at", "-id"], name="delivery_by_time"),
            models.Index(fields=["sync", "-created_at"], name="delivery_of_sync"),
            models.Index(fields=["state", "-created_at"], name="delivery_in_state"),
            models.Index(fields=["code", "-created_at"], condition=~Q(code=""), name="delivery_by_code"),
            models.Index(
                fields=["sync", "state", "code", "needs", "created_at"],
                condition=Q(state__in=["waiting", "quarantined"]),
                name="delivery_failing",
            ),
            # Equality and the beginning of a key, whatever the database's collation is.
            models.Index(fields=["source_key"], name="delivery_by_key", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["sync", "source_key"], condition=Q(state="behind"), name="delivery_behind"),
            models.Index(
                fields=["sync", "due_at"],
                condition=Q(state__in=["sending", "checking", "verifying"]),
                name="delivery_unsettled",
            ),
            GinIndex(
                fields=["lookups"],
                condition=Q(lookups__isnull=False),
                name="delivery_lookups",
                opclasses=["jsonb_path_ops"],
            ),
            BrinIndex(fields=["closed_at"], name="delivery_closed", pages_per_range=16, autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.source_key} #{self.number}"


class Step(models.Model):
    """One write that a Delivery needs, in order. Intent, marker, attempts and link belong to it."""

    class State(models.TextChoices):
        OPEN = "open"
        DONE = "done"
        DROPPED = "dropped"  # planned, then no longer needed

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    action = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    target_key = models.CharField(max_length=120, blank=True, default="")
    marker = models.CharField(max_length=60, blank=True, default="")
    part = models.CharField(max_length=60, blank=True, default="")
    side = models.CharField(max_length=8, default="target")
    generation = models.PositiveSmallIntegerField(default=1)
    body = models.JSONField()
    expect = models.JSONField()
    lookups = models.JSONField(default=list, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["delivery", "position"]
        constraints = [models.UniqueConstraint(fields=["delivery", "position"], name="step_position")]
        indexes = [
            GinIndex(fields=["lookups"], name="step_lookups", opclasses=["jsonb_path_ops"]),
            models.Index(fields=["marker"], condition=~Q(marker=""), name="step_by_marker"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.action}"


class Attempt(models.Model):
    """One exchange with a remote system on behalf of a Step: request, answer, outcome, redacted.

    A write's row is committed with outcome `unknown` before the request leaves (the intent). If its writer
    dies, nobody looks for the record before `check_after`.
    """

    class Kind(models.TextChoices):
        WRITE = "write"
        LOOK = "look"
        LATE = "late"  # an answer that reached a former owner: evidence, never a second result

    class Outcome(models.TextChoices):
        UNKNOWN = "unknown"
        NOT_SENT = "not_sent"
        ANSWERED = "answered"
        REFUSED = "refused"
        FOUND = "found"
        NOT_FOUND = "not_found"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="attempts")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.WRITE)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.UNKNOWN)
    resolution = models.CharField(max_length=10, choices=Outcome.choices, blank=True, default="")
    fence = models.BigIntegerField()
    intended_at = models.DateTimeField()
    check_after = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    code = models.CharField(max_length=60, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    exchange = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["intended_at"]
        indexes = [
            models.Index(fields=["step", "intended_at"], name="attempt_by_step"),
            models.Index(
                fields=["step"],
                condition=Q(kind="write", outcome="unknown", resolution="") | Q(resolution="not_found"),
                name="attempt_in_question",
            ),
            # For the seals. Unlike another kind of index, this one leaves the closing update as cheap as it was.
            BrinIndex(fields=["finished_at"], name="attempt_finished", pages_per_range=16, autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome}"
