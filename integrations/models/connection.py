"""A customer's account at one system."""

from __future__ import annotations

from django.db import models

from integrations.fields import EncryptedJSONField, EncryptedTextField
from integrations.ids import new_id


class Connection(models.Model):
    """Environment, base URL, encrypted credentials, encrypted token cache and health of one account.

    `options` holds what is not secret (sap_client_number, servicetitan_tenant_id, list_lag_seconds, ...).
    `capabilities` is what the last ping found. A paused connection is not called until a person acts.
    """

    class Environment(models.TextChoices):
        SANDBOX = "sandbox"
        PRODUCTION = "production"

    class State(models.TextChoices):
        OK = "ok"
        PAUSED = "paused"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    system = models.CharField(max_length=40)
    name = models.CharField(max_length=80, unique=True)
    environment = models.CharField(max_length=10, choices=Environment.choices)
    base_url = models.URLField(max_length=400)
    ca_bundle = models.TextField(blank=True, default="")
    options = models.JSONField(default=dict, blank=True)
    capabilities = models.JSONField(default=dict, blank=True)

    credentials = EncryptedJSONField(default=dict, blank=True)
    credentials_changed_at = models.DateTimeField(null=True, blank=True)
    token = EncryptedTextField(default="", blank=True)
    token_expires_at = models.DateTimeField(null=True, blank=True)
    token_renew_at = models.DateTimeField(null=True, blank=True)

    state = models.CharField(max_length=10, choices=State.choices, default=State.OK)
    pause_code = models.CharField(max_length=40, blank=True, default="")
    pause_reason = models.TextField(blank=True, default="")
    checked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.environment})"
