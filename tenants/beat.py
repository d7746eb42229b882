"""Beat's rows: a handful, in public, whatever the number of customers. Due times are in the schedule index."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connections

from tenants import schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A task that runs every so many seconds. A message that nobody took within `expires` seconds is dropped.

    `expired`: what `expires` was in earlier versions. A row that still has it was not changed by anybody, and follows.
    """

    name: str
    task: str
    seconds: int
    expires: int
    description: str
    expired: tuple[int, ...] = ()


ROWS = (
    Row(
        name="tick",
        task="integrations.tasks.tick",
        seconds=1,
        # Far longer than a second: an old tick claims as well as a new one, and where workers are busy those that come
        # first are all old. With 5 seconds none of them would be done until a queue was empty.
        expires=60,
        description="Claims what is due in the schedule index and sends it to the workers.",
        expired=(5,),
    ),
    Row(
        name="tick-telling",
        task="integrations.tasks.tick_telling",
        seconds=2,
        expires=60,
        description="Claims endpoints with events to send, and customers to look at for alerts.",
        expired=(5,),
    ),
    Row(
        name="watch",
        task="integrations.tasks.watch",
        seconds=60,
        expires=60,
        description="Finds overdue polls over all customers, so that somebody is told.",
    ),
    Row(
        name="plan-nights",
        task="integrations.tasks.plan_nights",
        seconds=3600,
        expires=1800,
        description="Gives every new customer a night: reference data read anew, value maps and both books checked.",
    ),
    Row(
        name="seal-audits",
        task="integrations.tasks.seal_all",
        seconds=300,
        expires=300,
        description="Seals the rows of customers' audits that will not change any more.",
    ),
    Row(
        name="remove-old-data",
        task="integrations.tasks.purge_all",
        seconds=24 * 3600,
        expires=3600,
        description="Removes what is older than the days that it is kept.",
    ),
    Row(
        name="remove-customers",
        task="integrations.tasks.remove_customers",
        seconds=3600,
        expires=1800,
        description="Removes customers that are marked for deletion and whose waiting period is over.",
    ),
    Row(
        name="forget-expired",
        task="tenants.tasks.forget_expired",
        seconds=24 * 3600,
        expires=3600,
        description="Removes sessions, sign-in codes and counts of failed sign-ins that have ended.",
    ),
)


def ensure_rows(using: str = "default") -> None:
    """Creates the rows that are missing. One that an operator changed or disabled stays as it is.

    Called after every migration of public, so that rows of an installation follow this list with the next deployment.
    """
    connection = connections[using]
    if schema.current() != schema.PUBLIC:
        return
    if "django_celery_beat_periodictask" not in connection.introspection.table_names():
        return
    from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

    followed = 0
    for row in ROWS:
        interval, _ = IntervalSchedule.objects.using(using).get_or_create(
            every=row.seconds, period=IntervalSchedule.SECONDS
        )
        given = {"task": row.task, "interval": interval, "expire_seconds": row.expires, "description": row.description}
        rows = PeriodicTask.objects.using(using)
        rows.get_or_create(name=row.name, defaults=given)
        unchanged = rows.filter(name=row.name, expire_seconds__in=row.expired)
        followed += unchanged.update(expire_seconds=row.expires)
    if followed:
        PeriodicTasks.update_changed()  # a beat that is running reads its rows anew
