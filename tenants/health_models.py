"""How every customer's syncs are, in one public table: for the hosting team, who visits no schema for it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class SyncHealth(models.Model):
    """One sync of a customer, as its last run (or the pass of every five minutes) left it.

    `backlog` counts open deliveries by state, `failures` those that need a person by code. `connections` tells for
    each connection its system, state, pause code and calls per second. `oldest_open_at` is when the oldest open
    delivery was made. `fresh_at` of an idle sync is newer in the schedule index, which every poll writes.
    """

    customer = models.ForeignKey("tenants.Customer", on_delete=models.CASCADE, related_name="sync_health")
    sync_id = models.UUIDField(unique=True)
    flow = models.CharField(max_length=60)
    running = models.BooleanField()
    pause_code = models.CharField(max_length=40, blank=True, default="")
    fresh_at = models.DateTimeField(null=True, blank=True)
    failing_polls = models.PositiveIntegerField(default=0)
    backlog = models.JSONField(default=dict)
    failures = models.JSONField(default=dict)
    oldest_open_at = models.DateTimeField(null=True, blank=True)
    connections = models.JSONField(default=dict)
    books_agree = models.BooleanField(null=True, blank=True)
    books_compared_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["customer", "flow"]
        verbose_name_plural = "sync health"
        constraints: ClassVar = [models.UniqueConstraint(fields=["customer", "flow"], name="health_once")]

    def __str__(self) -> str:
        return f"{self.flow} of {self.customer_id}"
