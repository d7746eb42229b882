"""A flow that a customer switched on, and its runs."""

from __future__ import annotations

from django.db import models

from integrations.ids import new_id
from integrations.models.connection import Connection


class Sync(models.Model):
    """A flow between two connections: schedule, cursor, options, enabled or paused.

    `cursor` belongs to the flow's reader and is moved in the transaction that saves the rows it stands for.
    `fresh_at` is when the source last said that nothing newer exists. `lateness_seconds` is the largest delay
    behind the watermark seen lately: the overlap of the next poll grows with it.

    `restored_at` is when the ledger was put back from a backup, `restored_from` the last moment that it knew then, and
    `recovered_at` when the whole source had been read again: a record that appears later cannot have been sent before.
    """

    class State(models.TextChoices):
        ACTIVE = "active"
        PAUSED = "paused"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    flow = models.CharField(max_length=60, unique=True)
    source = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="syncs_out")
    target = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="syncs_in")
    enabled = models.BooleanField(default=True)
    schedule = models.JSONField(default=dict)
    options = models.JSONField(default=dict, blank=True)

    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    pause_code = models.CharField(max_length=40, blank=True, default="")
    pause_reason = models.TextField(blank=True, default="")

    cursor = models.JSONField(default=dict, blank=True)
    polled_at = models.DateTimeField(null=True, blank=True)
    fresh_at = models.DateTimeField(null=True, blank=True)
    full_read_at = models.DateTimeField(null=True, blank=True)
    lateness_seconds = models.FloatField(default=0)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")
    restored_at = models.DateTimeField(null=True, blank=True)
    restored_from = models.DateTimeField(null=True, blank=True)
    recovered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["flow"]

    def __str__(self) -> str:
        return self.flow


class Run(models.Model):
    """One poll of a Sync that read something new or failed.

    read = unchanged + written + skipped + quarantined + still open. `completed` only when nothing is open.
    """

    class State(models.TextChoices):
        READING = "reading"
        DELIVERING = "delivering"
        COMPLETED = "completed"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sync = models.ForeignKey(Sync, on_delete=models.CASCADE, related_name="runs")
    started_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.READING)
    read = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    quarantined = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=40, blank=True, default="")
    error = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-started_at"]
        indexes = [
            models.Index(fields=["sync", "-started_at"], name="run_by_sync"),
            models.Index(fields=["sync"], condition=models.Q(state="reading"), name="run_reading"),
        ]

    def __str__(self) -> str:
        return f"{self.sync.flow} {self.started_at:%Y-%m-%d %H:%M:%S}"

    @property
    def open(self) -> int:
        """Deliveries of this run that have not come to an end."""
        return self.read - self.unchanged - self.written - self.skipped - self.quarantined
