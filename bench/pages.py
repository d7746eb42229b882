"""How long does a page of the portal take with 1,000,000 deliveries, and does any of them read a whole table?"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench import lists, plans, stage
from bench.question import Figure, Options
from integrations import pulse
from integrations.models import Alert, ReconcileDifference, ReconcileReport, ReplayJob, Sync
from tenants.models import Customer, Role
from tenants.schema import within
from tests.portal.desk import Desk, enter
from tests.portal.routes import ids_of, routes

LONG = True
LIMIT = 100
DIFFERENCES = 20_000

MORE = (
    "/records/?q=4500123456",
    "/records/?q=45",
    "/records/?q=123456",
    "/records/?q=INV123456",
    "/records/?q=9999999999",
    "/records/?state=person",
    "/records/?state=waiting",
    "/records/?state=open",
    "/records/?state=delivered&flow=vendors",
    "/records/?since=2026-01-03&until=2026-01-03",
    "/records/?since=2026-01-03&until=2026-01-03&state=person&flow=purchase-orders",
    "/records/?code=unmapped&needs=map:cost-center:7",
    "/tasks/many/?flow=purchase-orders&state=quarantined&code=rejected",
)
"""Beside every page that the portal's urls name: the same ones, asked as people do."""

FILL = (
    "UPDATE integrations_delivery SET closed_at = created_at WHERE state IN ('delivered', 'unchanged', 'superseded')",
    """INSERT INTO integrations_recordnumber (id, number, sync_id, source_key)
    SELECT gen_random_uuid(), 'INV' || substr(source_key, 5), sync_id, source_key FROM integrations_delivery""",
    "VACUUM ANALYZE integrations_delivery",
    "ANALYZE",
)


def ask(options: Options) -> Iterable[Figure]:
    """Milliseconds of server time of each page, its statements, and plans that go through a table."""
    rows, slow, plans, statements = options.size(lists.ROWS, 1000), list[str](), list[str](), 0
    with stage.database():
        customer = Customer.objects.get(schema_name="acme")
        with within(customer):
            _fill(rows)
        desk = enter(customer, Role.OWNER)
        for path in _paths(desk, customer):
            took = _times(desk, path, options.rounds)
            if not took:
                continue
            number, bad = _statements(desk, customer, path)
            statements, plans = max(statements, number), [*plans, *bad]
            slow += [path] if sorted(took)[len(took) // 2] > LIMIT else []
            note = "; ".join([f"{number} statements", *bad])
            yield Figure(what=path[:90], values=took, unit="ms", limit=LIMIT, note=note)
    yield Figure(what=f"pages over {LIMIT} ms, {rows} deliveries", values=[float(len(slow))], limit=0)
    yield Figure(what="pages that read or sort a whole table", values=[float(len(plans))], limit=0)
    yield Figure(what="statements of the page with the most", values=[float(statements)], limit=40)


def _fill(rows: int) -> None:
    """The lists' rows, closed and with numbers; a report with many differences, alerts, jobs, and how flows were."""
    lists._fill(rows)
    with connection.cursor() as cursor:
        for statement in FILL:
            cursor.execute(statement)
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=rows)
    sync = Sync.objects.get(flow="purchase-orders")
    Sync.objects.update(fresh_at=now)
    given = {"started_by": "bench", "started_at": now, "finished_at": now, "state": "finished", "agree": False}
    report = ReconcileReport.objects.create(sync=sync, differing=DIFFERENCES, causes={"late": DIFFERENCES}, **given)
    differing = (
        ReconcileDifference(report=report, source_key=str(4_500_000_000 + n), cause="late", is_explained=n % 2 == 0)
        for n in range(min(DIFFERENCES, rows))
    )
    ReconcileDifference.objects.bulk_create(differing, batch_size=1000)
    Alert.objects.create(kind="sync-stalled", cause="c", subject="vendors", first_seen_at=now, last_seen_at=now)
    ReplayJob.objects.create(selection={"flows": ["vendors"]}, started_by="bench", created_at=now)
    pulse.take(now=now)


def _paths(desk: Desk, customer: Customer) -> Iterator[str]:
    """Every address that the portal's urls name, with what there is of this customer; then those of `MORE`."""
    given = {**ids_of(customer), "slug": ["purchase-orders", "cost-center"], "str": ["vendors"]}
    yield from dict.fromkeys(path for route in routes() for path in route.paths(given))
    yield from MORE
    for path in ("/records/", "/records/?state=delivered"):
        following = re.search(r'rel="next" href="([^"]+)"', desk.get(path).content.decode())
        if following:
            yield f"/records/{unescape(following[1])}"


def _times(desk: Desk, path: str, rounds: int) -> list[float]:
    """Nothing for an address that shows no page: what is only done, or of another kind of thing."""
    client = desk.browser.clients[desk.host]
    if client.get(path).status_code != 200:
        return []
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        answer: Any = client.get(path)
        if answer.streaming:
            next(iter(answer.streaming_content))
        took.append(1000 * (time.perf_counter() - began))
    return took


def _statements(desk: Desk, customer: Customer, path: str) -> tuple[int, list[str]]:
    with CaptureQueriesContext(connection) as captured, plans.asked() as statements:
        desk.browser.clients[desk.host].get(path)
    with within(customer):
        found = [bad for statement in statements for bad in plans.explain(*statement)]
    return len(captured), found
