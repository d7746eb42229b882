"""The Celery app. Messages are JSON, carry keyword arguments only, and may be lost or come twice: leases decide."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

from celery import Celery, Task
from celery.signals import (
    before_task_publish,
    task_postrun,
    task_prerun,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
)

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


@before_task_publish.connect(weak=False)  # type: ignore[untyped-decorator]
def carry_the_correlation_id(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """What a task does is found under the id of the request or task that asked for it."""
    from tenants import correlation

    if headers is not None:
        correlation.stamp(headers)


@worker_init.connect(weak=False)  # type: ignore[untyped-decorator]
def load_once(**_: Any) -> None:
    """What every process of a worker needs is there before they are forked; no database session is."""
    from django.db import connections

    from integrations import catalogue

    catalogue.flows()
    catalogue.systems()
    connections.close_all()
    collect_seldom()


def collect_seldom() -> None:
    """What is loaded at the start is never garbage, and a batch makes many objects that die with it: measured, the
    collector's usual haste takes a tenth of a worker's time. Processes that are forked afterwards do likewise; had each
    of them to collect, it would copy all the memory that they share."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@worker_process_init.connect(weak=False)  # type: ignore[untyped-decorator]
def take_short_turns(**_: Any) -> None:
    """A thread whose call may leave now does not wait long for the one that computes: with Python's own 5 ms, calls of
    a connection near its limit left up to 75 ms late on a busy machine, many of them together, and were refused."""
    sys.setswitchinterval(0.0005)


@task_prerun.connect(weak=False)  # type: ignore[untyped-decorator]
def start_in_public(task_id: str = "", task: Any = None, **_: Any) -> None:
    """No task finds the schema of the customer that the one before worked for, nor its context.

    It does find the database session of the one before, unless that is too old (CONN_MAX_AGE) or broken: a session of
    its own for each task cost twice as much as a poll that brings nothing (see CELERY_DB_REUSE_MAX).
    """
    from django.db import close_old_connections

    from tenants import correlation, schema

    if not getattr(getattr(task, "request", None), "is_eager", True):
        close_old_connections()
    schema.use_public()
    correlation.begin(getattr(getattr(task, "request", None), correlation.MESSAGE_HEADER, None), task_id)


@task_postrun.connect(weak=False)  # type: ignore[untyped-decorator]
def leave_nothing(**_: Any) -> None:
    """A task's context ends with it, and its counts are handed on now and then."""
    from integrations import metrics
    from tenants import correlation

    correlation.end()
    metrics.hand_on_soon()


@worker_process_shutdown.connect(weak=False)  # type: ignore[untyped-decorator]
def hand_on_the_rest(**_: Any) -> None:
    """A worker process that is replaced leaves no count behind."""
    from integrations import metrics

    metrics.hand_on()
