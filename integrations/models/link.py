"""The crosswalk between both systems, the customer's value maps, and the cache of reference data."""

from __future__ import annotations

from django.db import models

from integrations.ids import new_id
from integrations.models.connection import Connection


class Link(models.Model):
    """Source key to target key, and line to line.

    `observed` is what the flow observed in the target as read back after the last write; `previous` lists
    target keys this link had before (a record that was created again, or linked otherwise by a person). A link
    without a target leads nowhere: it was handed to another flow, or a person has taken it apart.
    """

    class Origin(models.TextChoices):
        CREATED = "created"
        ADOPTED = "adopted"
        FOUND = "found"
        MANUAL = "manual"
        UNLINKED = "unlinked"  # a person has taken it apart: nothing is made before a person says what is to be

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    flow = models.CharField(max_length=60)
    source_key = models.CharField(max_length=120)
    target_key = models.CharField(max_length=120)
    generation = models.PositiveSmallIntegerField(default=1)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.CREATED)
    observed = models.JSONField(default=dict, blank=True)
    digest = models.CharField(max_length=64, blank=True, default="")
    lines = models.JSONField(default=dict, blank=True)
    previous = models.JSONField(default=list, blank=True)
    delivery_id = models.UUIDField(null=True, blank=True)
    linked_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["flow", "source_key"]
        constraints = [models.UniqueConstraint(fields=["flow", "source_key"], name="link_source")]
        indexes = [
            models.Index(fields=["flow", "target_key"], name="link_target"),
            # Most links were created; those that came about otherwise are the ones that are looked for.
            models.Index(
                fields=["origin", "flow", "source_key"], condition=~models.Q(origin="created"), name="link_by_origin"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_key} -> {self.target_key}"


class ValueMap(models.Model):
    """One row of the customer's table from one code to another, e.g. cost-center 10101101 to business unit 12.

    A key that ends with a star is a rule: a prefix ("10*") or the default ("*"), see `mapping_rules`. Since
    `missing_since` the value is no longer there, or no longer active, in the system that it names.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    map = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    value = models.CharField(max_length=200)
    label = models.CharField(max_length=200, blank=True, default="")
    missing_since = models.DateTimeField(null=True, blank=True)
    updated_by = models.CharField(max_length=80, blank=True, default="")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["map", "key"]
        constraints = [models.UniqueConstraint(fields=["map", "key"], name="value_map_key")]
        indexes = [
            models.Index(fields=["key"], name="value_map_by_key", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["value"], name="value_map_by_value"),
        ]

    def __str__(self) -> str:
        return f"{self.map}: {self.key} -> {self.value}"


class Reference(models.Model):
    """A row of a system's reference data (business unit, job, inventory location, ...), cached per connection."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="references")
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    name = models.CharField(max_length=200, blank=True, default="")
    row = models.JSONField()
    refreshed_at = models.DateTimeField()

    class Meta:
        ordering = ["kind", "key"]
        constraints = [models.UniqueConstraint(fields=["connection", "kind", "key"], name="reference_key")]
        indexes = [
            models.Index(fields=["key"], name="reference_by_key", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["name"], name="reference_by_name", opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
