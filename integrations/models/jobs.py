"""What goes on for longer than a request: replays and dismissals of many records, and comparisons of both books."""

from __future__ import annotations

from django.db import models

from integrations.ids import new_id
from integrations.models.sync import Sync


class Progress(models.TextChoices):
    """Where a piece of long work stands. What is running is done in short tasks, one after the other."""

    RUNNING = "running"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"


class ReplayJob(models.Model):
    """A replay, or a dismissal, of every record that fits a selection; or new versions of what a map answers otherwise.

    `cursor` is where the next batch goes on; it is moved in the transaction that treats the batch, so that a job that
    was killed goes on where it was, and no record is treated twice. `expected` is what the preview counted; where
    `expected_exactly` is false there are more. Records that the job makes new versions of do not fit it again, since
    only what was made before `created_at` does.
    """

    class Action(models.TextChoices):
        REPLAY = "replay"
        DISMISS = "dismiss"
        REMAP = "remap"  # begun by whoever changed a value map: what was written under other values

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    action = models.CharField(max_length=8, choices=Action.choices, default=Action.REPLAY)
    selection = models.JSONField(default=dict)
    reason = models.TextField(blank=True, default="")
    state = models.CharField(max_length=8, choices=Progress.choices, default=Progress.RUNNING)
    expected = models.PositiveIntegerField(default=0)
    expected_exactly = models.BooleanField(default=True)
    seen = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    left_alone = models.PositiveIntegerField(default=0)
    cursor = models.JSONField(default=dict, blank=True)
    started_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.action} {self.state}: {self.done} of {self.expected}"


class ReconcileReport(models.Model):
    """A comparison of both books for one sync: what the source says, what the target holds, what the ledger knows.

    `months` holds, by month ("2026-03", "" for records without a date), records, amounts by currency (decimal texts)
    and digests of both sides, and the number of differences; `explained` counts records that need no counterpart, by
    reason. `cursor` is where the reading of the source goes on. `agree` is null until the whole source was read.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sync = models.ForeignKey(Sync, on_delete=models.CASCADE, related_name="reports")
    state = models.CharField(max_length=8, choices=Progress.choices, default=Progress.RUNNING)
    agree = models.BooleanField(null=True, blank=True)
    records = models.PositiveIntegerField(default=0)
    agreeing = models.PositiveIntegerField(default=0)
    differing = models.PositiveIntegerField(default=0)
    explained = models.JSONField(default=dict, blank=True)
    causes = models.JSONField(default=dict, blank=True)
    months = models.JSONField(default=dict, blank=True)
    cursor = models.JSONField(default=dict, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    started_by = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=60, blank=True, default="")
    error = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["sync"], condition=models.Q(state="running"), name="report_one_running")
        ]
        indexes = [models.Index(fields=["sync", "-id"], name="report_by_sync")]

    def __str__(self) -> str:
        return f"{self.sync.flow} {self.started_at:%Y-%m-%d %H:%M}"


class ReconcileDifference(models.Model):
    """One record on which the books do not agree, with its cause; `is_explained`: no fault, and named all the same.

    Amounts are those of both sides, in `currency`; null where a flow has none. A repair is begun through the ledger;
    whether it came to its end is told by the record's deliveries.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    report = models.ForeignKey(ReconcileReport, on_delete=models.CASCADE, related_name="differences")
    source_key = models.CharField(max_length=120)
    target_key = models.TextField(blank=True, default="")
    month = models.CharField(max_length=7, blank=True, default="")
    cause = models.CharField(max_length=60)
    is_explained = models.BooleanField(default=False)
    detail = models.TextField(blank=True, default="")
    currency = models.CharField(max_length=5, blank=True, default="")
    source_amount = models.DecimalField(max_digits=24, decimal_places=6, null=True, blank=True)
    target_amount = models.DecimalField(max_digits=24, decimal_places=6, null=True, blank=True)
    repaired_by = models.CharField(max_length=80, blank=True, default="")
    repaired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["report", "id"], name="difference_in_report"),
            models.Index(fields=["report", "cause", "id"], name="difference_by_cause"),
            models.Index(fields=["report", "is_explained", "id"], name="difference_faults_first"),
        ]

    def __str__(self) -> str:
        return f"{self.source_key}: {self.cause}"
