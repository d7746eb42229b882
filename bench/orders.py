"""What does a delivered purchase order cost, against a bare loop that does the same without keeping anything?

CPU seconds are those of the side that is measured: both simulators are processes of their own, and what PostgreSQL
used is told beside it. Wall time is compared at several latencies, with as many calls side by side.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench import stage
from bench.bare import Loop
from bench.question import Figure, Options
from tests.journeys.world import World

ORDERS = 1_000
SIDE_BY_SIDE = 8
LATENCIES = (0.0, 0.05, 0.2)


@dataclass(frozen=True, slots=True)
class Cost:
    """What delivering all orders took: CPU of this process, CPU of PostgreSQL, wall time, all in seconds."""

    cpu: float
    database: float
    wall: float


def ask(options: Options) -> Iterable[Figure]:
    """CPU at no latency; wall time at every latency; statements."""
    orders = options.size(ORDERS, least=50)
    yield from _cpu(orders, options.rounds)
    yield _statements(orders)
    for latency in LATENCIES:
        yield from _wall(orders, latency, options.rounds)


def _cpu(orders: int, rounds: int) -> Iterator[Figure]:
    ratios, ours, bare, databases = [], [], [], []
    for _ in range(rounds):
        with stage.database(), stage.world(orders=orders, side_by_side=SIDE_BY_SIDE) as world:
            cost = deliver(world, orders)
            loop, _ = Loop.after(world, side_by_side=SIDE_BY_SIDE).run()
        ratios.append(cost.cpu / loop)
        ours.append(1000 * cost.cpu / orders)
        bare.append(1000 * loop / orders)
        databases.append(1000 * cost.database / orders)
    yield Figure(what="CPU per delivered order, ours to the bare loop", values=ratios, limit=1.5, row="cpu")
    yield Figure(what="CPU per delivered order, ours", values=ours, unit="ms")
    yield Figure(what="CPU per delivered order, the bare loop", values=bare, unit="ms")
    yield Figure(what="CPU of PostgreSQL per delivered order", values=databases, unit="ms")


def _wall(orders: int, latency: float, rounds: int) -> Iterator[Figure]:
    ratios = []
    for _ in range(rounds):
        with stage.database(), stage.world(orders=orders, latency=latency, side_by_side=SIDE_BY_SIDE) as world:
            cost = deliver(world, orders)
            ratios.append(cost.wall / Loop.after(world, side_by_side=SIDE_BY_SIDE).run()[1])
    aimed: dict[str, Any] = {"limit": 1.15, "row": "wall"} if latency == 0.05 else {}
    yield Figure(what=f"wall time at {latency * 1000:g} ms latency, ours to the bare loop", values=ratios, **aimed)


def _statements(orders: int) -> Figure:
    with stage.database(), stage.world(orders=orders, side_by_side=SIDE_BY_SIDE) as world:
        connection.queries_limit = 10**6
        with CaptureQueriesContext(connection) as queries:
            deliver(world, orders)
    return Figure(what="SQL statements per delivered order", values=[len(queries) / orders])


def deliver(world: World, orders: int) -> Cost:
    """Reads and delivers all orders of a world as workers do."""
    database, wall, cpu = stage.database_cpu(), time.perf_counter(), time.process_time()
    world.sync("purchase-orders")
    cost = Cost(time.process_time() - cpu, stage.database_cpu() - database, time.perf_counter() - wall)
    delivered = world.states("purchase-orders").get("delivered", 0)
    if delivered != orders:
        raise SystemExit(f"Only {delivered} of {orders} orders were delivered; nothing was measured.")
    return cost
