"""What does a tick cost as customers grow, and is a quiet customer delayed by one with a backlog?

Each customer has five flows polled every two minutes, so that 1/120 of all rows is due in each second. The rows of the
schedule index are real, their schemas are not: a tick looks at nothing else.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection

from bench import stage
from bench.question import Curve, Figure, Options
from tenants import schedule

CUSTOMERS = (1_000, 2_500, 5_000, 10_000)
FLOWS, EVERY, TICKS = 5, 120, 30
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def ask(options: Options) -> Iterable[Figure | Curve]:
    """Wall and PostgreSQL CPU of a tick that claims what one second brings, and the turns of quiet customers."""
    points, sizes = {}, [options.size(size, least=60) for size in CUSTOMERS]
    with stage.database():
        have = 0
        for customers in sizes:
            _add(have, customers)
            have = customers
            points[customers] = _tick()
        first = _first_turn_of_quiet()
    cost = {size: 1000 * one for size, one in points.items()}
    yield Figure(
        what=f"a tick over {sizes[0]:,} customers with 5 flows every 2 minutes", values=[cost[sizes[0]]], unit="ms"
    )
    yield Figure(what=f"a tick over {sizes[-1]:,} such customers", values=[cost[sizes[-1]]], unit="ms")
    yield Figure(what="claims ahead of the last quiet customer, of 50 quiet ones beside a busy one", values=[first])
    lines = {"a tick": [(float(size), value) for size, value in cost.items()]}
    yield Curve(name="tick-cost", title="A tick every second", x="customers with 5 flows", y="ms per tick", lines=lines)


def _add(have: int, customers: int) -> None:
    """Customers without schemas, with a poll row and a deliver row per flow."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO public.tenants_customer (schema_name, key_id, name, time_zone, created_at) "
            "SELECT 'c' || n, gen_random_uuid(), 'c' || n, 'UTC', now() FROM generate_series(%s, %s) n",
            [have + 1, customers],
        )
        cursor.execute(
            "INSERT INTO public.tenants_scheduledwork (customer_id, sync_id, kind, queue, priority, due_at, fence) "
            "SELECT c.id, gen_random_uuid(), kind, 'default', 5, "
            "CASE WHEN kind = 'poll' THEN %s + random() * interval '120 s' END, 0 "
            "FROM public.tenants_customer c, generate_series(1, %s), unnest(ARRAY['poll', 'deliver']) kind "
            "WHERE c.schema_name ~ '^c[0-9]+$' AND substr(c.schema_name, 2)::int > %s",
            [NOON, FLOWS, have],
        )
        cursor.execute("ANALYZE public.tenants_scheduledwork")


def _tick() -> float:
    """Seconds of one tick, on average over half a minute; what it claims is released at once, as idle polls are."""
    schedule.claim(now=NOON, limit=100_000, lease_seconds=0.001)
    spent = 0.0
    for second in range(1, TICKS + 1):
        now = NOON + timedelta(seconds=second)
        began = time.perf_counter()
        claims = schedule.claim(now=now, limit=settings.TICK_LIMIT * 10, lease_seconds=300)
        spent += time.perf_counter() - began
        for claim in claims:
            schedule.release(claim, now=now, due_at=now + timedelta(seconds=EVERY))
    return spent / TICKS


def _first_turn_of_quiet() -> float:
    """How many claims go ahead of the last of fifty customers with one due row, beside one with a thousand due rows."""
    now = NOON + timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE public.tenants_scheduledwork SET due_at = NULL, lease_until = NULL")
        cursor.execute("SELECT id FROM public.tenants_customer ORDER BY id LIMIT 51")
        busy, *quiet = [row[0] for row in cursor.fetchall()]
    for _ in range(1000):
        schedule.ensure(customer_id=busy, sync_id=uuid.uuid4(), kinds=["deliver"], due_at=now - timedelta(hours=1))
    for customer in quiet:
        schedule.ensure(customer_id=customer, sync_id=uuid.uuid4(), kinds=["poll"], due_at=now)
    claims = schedule.claim(now=now, limit=settings.TICK_LIMIT, lease_seconds=300)
    return float(max(place for place, claim in enumerate(claims) if claim.customer_id != busy))
