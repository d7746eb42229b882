"""What is kept only so that pages answer at once, however many records there are: how each flow was, and numbers."""

from __future__ import annotations

from django.db import models

from integrations.ids import new_id
from integrations.models.sync import Sync


class Pulse(models.Model):
    """How one flow was in the quarter of an hour that began at `at`; kept for some days (integrations/pulse.py).

    `delivered` and `unchanged` count versions that were closed so; `other` those that ended otherwise. `lag_seconds` is
    the largest age that was seen of what is known of the source, null where the flow did not run.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sync = models.ForeignKey(Sync, on_delete=models.CASCADE, related_name="pulses", db_index=False)
    at = models.DateTimeField()
    delivered = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    other = models.PositiveIntegerField(default=0)
    lag_seconds = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["at"]
        constraints = [models.UniqueConstraint(fields=["sync", "at"], name="pulse_once")]
        indexes = [models.Index(fields=["at"], name="pulse_by_time")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.delivered}"


class RecordNumber(models.Model):
    """A number that a record has besides its key, as people type it: letters and digits, in upper case, without
    leading zeros (`document_index.normal`). Written with the record's versions, by one statement."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=60)
    sync = models.ForeignKey(Sync, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    source_key = models.CharField(max_length=120)

    class Meta:
        ordering = ["number"]
        constraints = [
            # Equality and the beginning of a number, whatever the database's collation is.
            models.UniqueConstraint(
                fields=["number", "sync", "source_key"],
                name="record_number_once",
                opclasses=["varchar_pattern_ops", "uuid_ops", "varchar_pattern_ops"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.source_key}"
