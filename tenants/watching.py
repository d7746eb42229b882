"""Which customers have to be looked at for alerts: one row each in the schedule index.

Nothing here visits a customer's schema. A row is due when its own evaluation said so, when something happened
(`look_soon`), or when a poll of the customer is overdue (`watch`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from tenants import schedule

OVERDUE = timedelta(minutes=5)
"""A poll that is so late is a reason to look; the customer's own threshold decides whether it is an alert."""

ADD = """
    INSERT INTO public.tenants_scheduledwork (customer_id, sync_id, kind, queue, priority, due_at, fence)
    SELECT DISTINCT p.customer_id, %(whole)s::uuid, 'alerts', 'default', 5, %(now)s::timestamptz, 0
    FROM public.tenants_scheduledwork p
    WHERE p.kind IN ('poll', 'events') AND NOT EXISTS (
        SELECT FROM public.tenants_scheduledwork a WHERE a.customer_id = p.customer_id AND a.kind = 'alerts')
    ON CONFLICT DO NOTHING
"""
# A row that is due soon enough is left alone: it is neither written nor locked by what happens a thousand times.
SOON = """
    UPDATE public.tenants_scheduledwork
    SET due_at = least(due_at, %(at)s), woken_at = CASE WHEN lease_until IS NOT NULL THEN %(at)s END
    WHERE kind = 'alerts' AND customer_id = ANY(%(customers)s)
      AND CASE WHEN lease_until IS NULL THEN due_at IS NULL OR due_at > %(at)s ELSE woken_at IS NULL END
"""
LATE = """
    SELECT DISTINCT p.customer_id FROM public.tenants_scheduledwork p
    WHERE p.due_at < %(late)s AND p.kind = 'poll' AND (p.lease_until IS NULL OR p.lease_until < %(now)s)
"""


def look_soon(*, customer_id: int, at: datetime) -> None:
    """This customer is evaluated at `at`, if not earlier. Cheap to call again and again."""
    _look_soon([customer_id], at)


def watch(*, now: datetime) -> int:
    """Adds the rows of customers who have none yet, and wakes those with an overdue poll; returns how many are overdue.

    Three statements, however many customers there are.
    """
    with connection.cursor() as cursor:
        cursor.execute(ADD, {"whole": schedule.ALERTS, "now": now})
        cursor.execute(LATE, {"late": now - OVERDUE, "now": now})
        late = [customer for (customer,) in cursor.fetchall()]
    if late:
        _look_soon(late, now)
    return len(late)


def _look_soon(customers: list[int], at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SOON, {"customers": customers, "at": at})
