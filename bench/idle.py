"""What does a poll cost that brings nothing new? Each of the five flows is asked, and the dearest is what is told.

A worker that has polled before; its CPU is that of this process, from the claim's message to its release. Remote calls
are counted per entity: a flow that reads two of SAP's entities makes one call of each.
"""

from __future__ import annotations

import time
from collections import Counter
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
    """CPU, statements and remote calls of one poll, by flow; then the dearest of each."""
    cpu, statements, calls = dict[str, list[float]](), dict[str, float](), dict[str, float]()
    database = 0.0
    with stage.database(), stage.world(orders=ORDERS) as world:
        stage.five_flows(world)
        for flow in stage.FLOWS:
            world.sync(flow)
            before = stage.database_cpu()
            cpu[flow] = [_cpu(world, flow) for _ in range(options.rounds)]
            database += stage.database_cpu() - before
            world.clear_log()
            statements[flow] = float(_poll(world, flow, counting=True)[1])
            asked = Counter(world.calls(sap=True) + world.calls())
            calls[flow] = float(max(asked.values()))
            note = f"{statements[flow]:g} statements, {asked.total()} calls to {len(asked)} entities"
            yield Figure(what=f"worker CPU of an idle poll, {flow}", values=cpu[flow], unit="ms", note=note)
    polls = POLLS * options.rounds * len(stage.FLOWS)
    yield Figure(what="CPU of PostgreSQL for an idle poll, on average", values=[1000 * database / polls], unit="ms")
    dearest = max(cpu, key=lambda flow: sum(cpu[flow]))
    yield Figure(what="worker CPU of an idle poll", values=cpu[dearest], unit="ms", limit=10, note=dearest, row="idle")
    yield Figure(what="SQL statements of it", values=[max(statements.values())], limit=6, row="idle")
    yield Figure(what="remote calls of it, per entity", values=[max(calls.values())], limit=1, row="idle")


def _cpu(world: World, flow: str) -> float:
    """Milliseconds of a poll, on average over `POLLS`."""
    return 1000 * sum(_poll(world, flow)[0] for _ in range(POLLS)) / POLLS


def _poll(world: World, flow: str, *, counting: bool = False) -> tuple[float, int]:
    """CPU seconds and SQL statements from the claim's message to its release."""
    sync: Sync = world.rows(Sync, flow=flow)[0]
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
