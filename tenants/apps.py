"""The app of the public schema."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class TenantsConfig(AppConfig):
    """Customers, domains, people and their memberships, and the schedule index."""

    name = "tenants"
    verbose_name = "Customers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Database sessions have limits; the handful of beat rows is ensured whenever public has been migrated."""
        from tenants.database_sessions import set_limits

        connection_created.connect(set_limits)
        post_migrate.connect(_ensure_beat_rows, sender=self)


def _ensure_beat_rows(using: str, **_: Any) -> None:
    from tenants.beat import ensure_rows

    ensure_rows(using)
