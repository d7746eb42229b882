"""The Celery app. Messages are JSON, carry keyword arguments only, and may be lost or come twice: leases decide."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, Task
from celery.signals import task_prerun

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connector.settings")


class KeywordTask(Task):  # type: ignore[misc]
    """A task that is only ever sent with keyword arguments, so that a signature can grow between two deployments."""

    abstract = True

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        """Sends the task. Raises TypeError for positional arguments."""
        if args:
            raise TypeError(f"{self.name} takes keyword arguments only.")
        return super().apply_async(args, kwargs, **options)


app = Celery("connector", task_cls=KeywordTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@task_prerun.connect(weak=False)  # type: ignore[untyped-decorator]
def start_in_public(**_: Any) -> None:
    """No task finds the schema of the customer that the one before worked for."""
    from tenants import schema

    schema.use_public()
