"""What a delivered purchase order costs, against a bare loop; and what a poll costs that brings nothing new.

The bare loop reads the same pages from SAP and posts the same bodies to ServiceTitan with the same number of calls side
by side. It keeps nothing, reads nothing back and survives nothing. Both simulators are processes of their own, so the
CPU seconds are those of the side that is measured; PostgreSQL's are not in them.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import requests
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from devservices import programs
from devservices.processes import Supervisor
from integrations.models import Attempt, Sync
from integrations.running import run_claim, utc_now
from tenants import schedule
from tenants.models import Customer
from tests import databases
from tests.journeys.world import LEASE, World

SIDE_BY_SIDE = 8
PAGE = 50


def run(*, orders: int, rounds: int) -> None:
    """Prints one line per question, with the figure of every round behind it."""
    settings.OUTGOING_ALLOW, settings.OUTGOING_ALLOW_PLAIN_HTTP = [programs.LOOPBACK], True
    databases.start_server()
    databases.start_broker()
    ratios, idle_cpu, statements = [], [], []
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}: {orders} orders ...", file=sys.stderr)
        with databases.fresh_copy(), _world(orders) as world:
            ours, bare = _delivered(world, orders), _bare(world, orders)
            ratios.append(ours / bare)
            print(f"  {1000 * ours / orders:.2f} ms against {1000 * bare / orders:.2f} ms of CPU", file=sys.stderr)
            cpu, count = _idle(world)
            idle_cpu.append(1000 * cpu)
            statements.append(count)
    _line("CPU per delivered order, ratio to a bare loop", ratios, 1.5)
    _line("CPU of a poll that brings nothing new, ms", idle_cpu, 10)
    _line("SQL statements of a poll that brings nothing new", statements, 6)


def _line(question: str, figures: Sequence[float], target: float) -> None:
    middle = statistics.median(figures)
    verdict = "reached" if middle <= target else "not reached"
    spread = f"{min(figures):.2f} to {max(figures):.2f}"
    print(f"{verdict}: {question}: {middle:.2f} ({spread}), target {target:g}")


@contextmanager
def _world(orders: int) -> Iterator[World]:
    """One customer, its vendors delivered, with as many orders to come."""
    with tempfile.TemporaryDirectory() as folder, Supervisor(Path(folder)) as supervisor:
        sap, titan = Path(folder) / "sap.port", Path(folder) / "titan.port"
        size = ("--seed", "7", "--suppliers", "20", "--orders", str(orders), "--oddities", "0")
        supervisor.start(programs.simulator("sap", sap, *size))
        supervisor.start(programs.simulator("servicetitan", titan, "--seed", "7", "--tenant", "1001"))
        source, target = (f"http://127.0.0.1:{port.read_text()}" for port in (sap, titan))
        world = World(Customer.objects.get(schema_name="acme"), source, target)
        world.connect(side_by_side=SIDE_BY_SIDE)
        world.sync("vendors")
        yield world


def _delivered(world: World, orders: int) -> float:
    began = time.process_time()
    world.sync("purchase-orders")
    spent = time.process_time() - began
    delivered = world.states("purchase-orders").get("delivered", 0)
    if delivered != orders:
        raise SystemExit(f"Only {delivered} of {orders} orders were delivered; nothing was measured.")
    return spent


def _bare(world: World, orders: int) -> float:
    """CPU seconds of reading the same orders and posting the same bodies."""
    sent = world.rows(Attempt, kind="write", step__action="create", step__delivery__sync__flow="purchase-orders")
    exchanges = [attempt.exchange for attempt in sent]
    reads = [path for method, path in world.calls(sap=True) if method == "GET" and path.endswith("PurchaseOrder")]
    token = _token(world)
    began = time.process_time()
    with requests.Session() as session:
        session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=SIDE_BY_SIDE))
        for number in range(-(-orders // PAGE)):
            _read(session, world.sap + reads[0], number)
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            answers = list(pool.map(lambda e: _post(session, e["url"], e["request_body"], token), exchanges))
    if len(answers) != orders or any(status != 200 for status in answers):
        raise SystemExit("The bare loop was refused; nothing was measured.")
    return time.process_time() - began


def _read(session: requests.Session, url: str, number: int) -> None:
    expand = "_PurchaseOrderItem($expand=_PurOrdAccountAssignment,_PurchaseOrderScheduleLineTP,_DeliveryAddress)"
    params = {"$top": str(PAGE), "$skip": str(number * PAGE), "$expand": expand}
    answer = session.get(url, params=params, auth=("CONNECTOR", "canary-sap-password"), timeout=60)
    answer.raise_for_status()
    json.loads(answer.content)


def _post(session: requests.Session, url: str, body: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}", "ST-App-Key": "ak1.canary-app-key"}
    payload = json.loads(body)
    answer = session.post(url, json=payload, headers=headers, timeout=60)
    json.loads(answer.content)
    return answer.status_code


def _token(world: World) -> str:
    form = {"grant_type": "client_credentials", "client_id": "cid.canary-1001", "client_secret": "cs1.canary-1001"}
    answer = requests.post(f"{world.servicetitan}/connect/token", data=form, timeout=60)
    return str(answer.json()["access_token"])


def _idle(world: World) -> tuple[float, int]:
    """CPU seconds and SQL statements of one poll of purchase orders that brings nothing new."""
    world.sync("purchase-orders")
    sync: Sync = world.rows(Sync, flow="purchase-orders")[0]
    figures = []
    for counted in (False, True):
        schedule.make_due(customer_id=world.customer.pk, sync_ids=[sync.pk], kind="poll", now=utc_now())
        (claim,) = schedule.claim(
            now=utc_now(), limit=1, lease_seconds=LEASE, kinds=["poll"], customer_id=world.customer.pk, sync_id=sync.pk
        )
        began = time.process_time()
        with CaptureQueriesContext(connection) as queries:
            run_claim(claim)
        figures.append(len(queries) if counted else time.process_time() - began)
    return figures[0], int(figures[1])
