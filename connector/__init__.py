"""The Django project: settings, urls, celery. Wiring only, no behaviour."""

from connector.celery import app as celery_app

__all__ = ["celery_app"]
