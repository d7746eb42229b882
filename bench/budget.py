"""How much of a connection's budget does a backlog use, without a single 429, and what does asking for it cost?

The backlog's orders go to a ServiceTitan that answers after 200 ms and refuses whatever exceeds 60 calls a second, by a
connection with 60 calls a second and 16 of them side by side.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from bench import stage
from bench.question import Figure, Options
from integrations.budget import SharedBudget
from integrations.rates import Rate
from tests.journeys.world import World

RATE = 60
LATENCY = 0.2
SIDE_BY_SIDE = 16
ASKED = 5_000


def ask(options: Options) -> Iterable[Figure]:
    """Use of the budget between the first write and the last, refusals, and the CPU of one request for a call."""
    orders = options.size(900, least=200)
    used, refused = [], []
    for _ in range(options.rounds):
        there = {"side_by_side": SIDE_BY_SIDE, "calls_per_second": RATE}
        with stage.database(), stage.world(orders=orders, latency=LATENCY, hurried=False, **there) as world:
            world.control(world.servicetitan, "settings", {"calls_per_second": RATE})
            world.clear_log()
            world.sync("purchase-orders")  # what was refused is due again later, and is no longer measured
            share, refusals = _seen(world)
        used.append(100 * share)
        refused.append(float(refusals))
    yield Figure(what="use of a 60/s budget by a backlog", values=used, unit="%", limit=95, at_least=True, row="budget")
    yield Figure(what="calls refused with 429, in all rounds", values=[sum(refused)], limit=0, row="budget")
    yield Figure(
        what="CPU of asking the budget, per call", values=[_asking() for _ in range(options.rounds)], unit="ms"
    )


def _seen(world: World) -> tuple[float, int]:
    """Which share of the calls that were allowed between the first write and the last was made, and the refusals."""
    seen = world.control(world.servicetitan, "log")["requests"]
    writes = [number for number, call in enumerate(seen) if call["method"] == "POST" and "purchase" in call["path"]]
    calls = seen[writes[0] : writes[-1] + 1]
    first, last = (datetime.fromisoformat(calls[end]["at"]) for end in (0, -1))
    allowed = RATE * (last - first).total_seconds()
    return (len(calls) - 1) / allowed, sum(call["status"] == 429 for call in seen)


def _asking() -> float:
    budget = SharedBudget("bench", Rate(1_000_000.0, 50), url=settings.REDIS_URL)
    budget.acquire()
    began = time.process_time()
    for _ in range(ASKED):
        budget.acquire()
    return 1000 * (time.process_time() - began) / ASKED
