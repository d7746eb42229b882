"""The app of the customers' schemas."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Each customer's schema: everything that moves a record."""

    name = "integrations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Who comes in by a customer's host is noted in their audit; who signs up gets one; requests are counted."""
        from django.core.signals import request_finished

        from integrations import metrics, sign_ins, sign_ups

        sign_ins.listen()
        sign_ups.listen()
        request_finished.connect(metrics.hand_on_soon, dispatch_uid="metrics")
