"""Who may call the API of a customer, and what was answered to calls that must happen once only."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from integrations.ids import new_id
from tenants.models import AnsweredCall


class ApiKey(models.Model):
    """A program's way in. What it may do is its `scope` and all scopes below it (read < operate < configure).

    Its secrets are rows of their own, so that a new one can be valid beside the old one while it is being replaced.
    `last_used_at` is written at most once a minute.
    """

    class Scope(models.TextChoices):
        READ = "read"
        OPERATE = "operate"
        CONFIGURE = "configure"

        def reaches(self, needed: str) -> bool:
            """Whether this scope includes the needed one."""
            order = [str(scope) for scope in ApiKey.Scope]
            return order.index(self) >= order.index(needed)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=80)
    scope = models.CharField(max_length=10, choices=Scope.choices)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [models.Index(fields=["-created_at", "-id"], name="api_key_by_age")]

    def __str__(self) -> str:
        return self.name


class ApiKeySecret(models.Model):
    """One secret of a key, of which only the SHA-256 (hex) is kept, and its first characters for people.

    A plain hash is right here: a secret is 256 random bits, so there is nothing to guess that salt or slowness would
    make more expensive, and each request is looked up by it. `valid_until` is set once there is a newer one.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="secrets")
    digest = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return self.prefix


class ApiCall(AnsweredCall):
    """A POST on the customer's host that came with an Idempotency-Key."""

    class Meta(AnsweredCall.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["actor", "key"], name="api_call_once")]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="api_call_by_age")]
