"""What has to be known of webhook calls before it is known whose they are. In public."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.db import models


def new_address() -> str:
    """A path that nobody guesses: 32 random bytes in url-safe base64."""
    return secrets.token_urlsafe(32)


class WebhookAddress(models.Model):
    """The webhook path of a connection with an app of its own. It only routes: the app's own key proves a call."""

    address = models.CharField(primary_key=True, max_length=60, default=new_address)
    customer = models.ForeignKey("tenants.Customer", on_delete=models.CASCADE, related_name="webhook_addresses")
    connection_id = models.UUIDField(unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "webhook addresses"

    def __str__(self) -> str:
        return f"webhook address of {self.connection_id}"


class WebhookRefusals(models.Model):
    """Refused calls, counted: one row per endpoint and reason, whatever their number.

    `header_names` are those of the newest call that was kept as a sample, without any value: from them one learns
    in which header ServiceTitan really sends its signature.
    """

    endpoint = models.CharField(max_length=60)
    reason = models.CharField(max_length=20)
    count = models.PositiveBigIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    header_names = models.JSONField(default=list)

    class Meta:
        verbose_name_plural = "webhook refusals"
        ordering: ClassVar = ["endpoint", "reason"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["endpoint", "reason"], name="webhook_refused_once")]

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.reason}"
