"""Who did what to a customer's set-up and records, and the seals over it. Rows are added, never changed."""

from __future__ import annotations

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from integrations.ids import new_id


class IdentityField(models.BigIntegerField):  # type: ignore[type-arg]
    """A number that PostgreSQL counts up by itself (GENERATED ALWAYS AS IDENTITY). Its column is made by a migration.

    Numbers are drawn before a transaction commits, so a smaller one may become visible after a greater one, and one
    whose transaction failed is never seen.
    """

    generated = True  # Django leaves it out of INSERT and UPDATE, and
    db_returning = True  # reads it back

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "editable": False, "unique": True})

    def deconstruct(self) -> Any:
        """Without what is always so."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {key: value for key, value in kwargs.items() if key not in ("editable", "unique")}


class AuditEvent(models.Model):
    """One deed: who, what, to which thing, with which values before and after; never a secret.

    The database refuses to change a row, and to remove one outside of retention (migration 0002_audit).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sequence = IdentityField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=80, blank=True)
    actor_label = models.CharField(max_length=200, blank=True)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=240)
    subject_id = models.CharField(max_length=120, blank=True)
    detail = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    correlation_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-sequence"]
        indexes = [
            models.Index(fields=["at"], name="audit_by_time"),
            models.Index(fields=["subject_id", "-sequence"], name="audit_by_subject"),
            models.Index(fields=["actor_id", "-sequence"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.action} {self.subject}"


class AuditSeal(models.Model):
    """A link of the customer's chain of seals: `mac` is over all of it and the link before (integrations/seals).

    `kind` seal: `rows` holds, for each row sealed, its id and a MAC of its content, 16 bytes each. `kind` purge: what
    retention removed, up to and including `last`. `first` and `last` are the order of the rows: numbers of events,
    filled with zeros, or times of closing (UTC, ISO 8601, microseconds). `key` names the key, without telling it.
    """

    class Kind(models.TextChoices):
        SEAL = "seal"
        PURGE = "purge"

    position = models.BigIntegerField(primary_key=True, editable=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    what = models.CharField(max_length=12)
    at = models.DateTimeField()
    first = models.CharField(max_length=40, blank=True)
    last = models.CharField(max_length=40)
    count = models.PositiveIntegerField()
    rows = models.BinaryField(default=bytes)
    key = models.CharField(max_length=16)
    previous = models.CharField(max_length=64, blank=True)
    mac = models.CharField(max_length=64)

    class Meta:
        ordering = ["position"]
        indexes = [models.Index(fields=["what", "kind", "last"], name="audit_seal_by_rows")]

    def __str__(self) -> str:
        return f"{self.position} {self.kind} of {self.what}"


class RetentionRule(models.Model):
    """For how many days this customer keeps a class of data; 0 for ever. Without a row: as the installation does."""

    data = models.CharField(primary_key=True, max_length=20)
    days = models.PositiveIntegerField()

    class Meta:
        ordering = ["data"]

    def __str__(self) -> str:
        return f"{self.data}: {self.days or 'for ever'}"
