"""Beat's rows: a handful, in public, whatever the number of customers. Due times are in the schedule index."""

from __future__ import annotations

import json

from django.db import connections

from tenants import schema

TICK = "integrations.tasks.tick"
TICK_SECONDS = 1
TICK_EXPIRES_SECONDS = 5  # ticks that nobody took do not pile up


def ensure_rows(using: str = "default") -> None:
    """Creates the rows that are missing. One that an operator changed or disabled stays as it is."""
    connection = connections[using]
    if schema.current() != schema.PUBLIC:
        return
    if "django_celery_beat_periodictask" not in connection.introspection.table_names():
        return
    from django_celery_beat.models import IntervalSchedule, PeriodicTask

    interval, _ = IntervalSchedule.objects.using(using).get_or_create(
        every=TICK_SECONDS, period=IntervalSchedule.SECONDS
    )
    PeriodicTask.objects.using(using).get_or_create(
        name="tick",
        defaults={
            "task": TICK,
            "interval": interval,
            "kwargs": json.dumps({}),
            "expire_seconds": TICK_EXPIRES_SECONDS,
            "description": "Claims what is due in the schedule index and sends it to the workers.",
        },
    )
