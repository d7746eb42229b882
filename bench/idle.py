"""What does a poll cost that brings nothing new?"""

from __future__ import annotations

import time
from collections.abc import Iterable

from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench import stage
from bench.question import Figure, Options
from integrations.models import Sync
from integrations.running import run_claim, utc_now
from tenants import schedule
from tests.journeys.world import LEASE, World

ORDERS = 60
POLLS = 20


def ask(options: Options) -> Iterable[Figure]:
    """CPU, statements and remote calls of one poll of purchase orders, by a worker that has polled before."""
    cpu, statements, calls = [], [], []
    with stage.database(), stage.world(orders=ORDERS) as world:
        world.sync("purchase-orders")
        world.sync("purchase-orders")
        for _ in range(options.rounds):
            spent = [_poll(world)[0] for _ in range(POLLS)]
            cpu.append(1000 * sum(spent) / POLLS)
            world.clear_log()
            statements.append(float(_poll(world, counting=True)[1]))
            calls.append(float(len(world.calls()) + len(world.calls(sap=True))))
    yield Figure(what="worker CPU of a poll that brings nothing new", values=cpu, unit="ms", limit=10, row="idle")
    yield Figure(what="SQL statements of a poll that brings nothing new", values=statements, limit=6, row="idle")
    yield Figure(what="remote calls of a poll that brings nothing new", values=calls, limit=1, row="idle")


def _poll(world: World, *, counting: bool = False) -> tuple[float, int]:
    """CPU seconds and SQL statements from the claim's message to its release."""
    sync: Sync = world.rows(Sync, flow="purchase-orders")[0]
    schedule.make_due(customer_id=world.customer.pk, sync_ids=[sync.pk], kind="poll", now=utc_now())
    (claim,) = schedule.claim(
        now=utc_now(), limit=1, lease_seconds=LEASE, kinds=["poll"], customer_id=world.customer.pk, sync_id=sync.pk
    )
    began = time.process_time()
    if not counting:
        run_claim(claim)
        return time.process_time() - began, 0
    with CaptureQueriesContext(connection) as queries:
        run_claim(claim)
    return 0.0, len(queries)
