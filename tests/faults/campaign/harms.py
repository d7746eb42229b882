"""Moves that make a situation which chance alone seldom makes: a refusal of the database, a commit that comes late."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from django_tenants.utils import schema_context

from integrations.models import Sync
from integrations.systems.sap.objects import PURCHASE_ORDERS
from tests.faults.campaign.moves import Move
from tests.faults.campaign.outside import free_orders
from tests.faults.campaign.workings import REFUSALS, busy, go_on, tick

if TYPE_CHECKING:
    from tests.faults.campaign.history import History


def database(h: History, move: Move) -> None:
    """The database refuses one of the next statements of a worker that stand in a transaction."""
    worker = h.workers[move.a % len(h.workers)]
    if worker.is_idle and move.c % 2:
        h.outside(move)
        h.made.pass_time(121)
        tick(h, Move("tick", 1, 0, 0))
    busy(h, worker, ("deliver", "poll")[move.c % 2])
    if worker.is_idle:
        return
    code = list(REFUSALS)[move.b % len(REFUSALS)]
    statements = 1 + move.c // 8 % 25
    h.made.tell(f"statement {statements} of {worker.name} in a transaction meets {REFUSALS[code]}")
    worker.refuse(statements, code)
    if move.c % 4:
        go_on(h, worker, 10_000)


def expire(h: History, move: Move) -> None:
    """A worker that reads a source stands still between two calls for longer than tokens live, and goes on."""
    worker, here = h.workers[move.a % len(h.workers)], h._here(move.b)
    if worker.is_idle:
        here.make_due(h.made.profile.flows[move.c % len(h.made.profile.flows)])
        tick(h, Move("tick", 1, 0, 0))
        busy(h, worker, "poll")
    for _ in range(200):
        if worker.is_idle or (worker.is_at_call and move.c % 3):
            break
        worker.step()
        move = move._replace(c=move.c + 1)
    if worker.is_idle:
        return
    seconds = h.made.profile.token_seconds + 1
    h.made.tell(f"{worker.name} is held up for {seconds} s")
    h.made.pass_time(seconds)
    go_on(h, worker, 2 + move.b % 20)


def behind(h: History, move: Move) -> None:
    """A change of an order is read; then one becomes visible that was made before it, and took long to commit.

    What was read up to is the stamp of the first one, so only who looks behind it sees the other.
    """
    worker, here, chance = h.workers[move.a % len(h.workers)], h._here(move.b), random.Random(move.c)
    rows = [row["PurchaseOrder"] for row in free_orders(here) if not row["PurchaseOrderDeletionCode"]]
    if not worker.is_idle or len(rows) < 2:
        return
    first, late = chance.sample(rows, 2)
    stamp = h.made.now()
    h.made.pass_time(chance.choice([20, 90, 200]))
    here.change("PurchaseOrderItem", [first, "10"], {"OrderQuantity": str(chance.randrange(1, 10))})
    h.made.tell(f"{here.customer.schema_name}: order {first} changes, and {late} did so before")
    h.made.pass_time(61)
    here.make_due("purchase-orders")
    tick(h, Move("tick", 1, 0, 0))
    for _ in [message for message in h.messages if message["kind"] == "poll"]:
        busy(h, worker, "poll")
        go_on(h, worker, 100_000)
    written = stamp.isoformat("T", "seconds")
    here.change("PurchaseOrderItem", [late, "10"], {"OrderQuantity": str(chance.randrange(10, 20))}, stamp=written)
    with schema_context(here.customer.schema_name):
        cursor = Sync.objects.get(flow="purchase-orders").cursor
    is_behind = PURCHASE_ORDERS.seconds_behind(written.replace("+00:00", "Z"), cursor) > 0
    h.made.struck["a commit behind the watermark"] += is_behind
    h.made.tell(f"the change of {late} can be seen")
