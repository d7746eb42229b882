"""The app of the customers' schemas."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Each customer's schema: everything that moves a record."""

    name = "integrations"
    default_auto_field = "django.db.models.BigAutoField"
