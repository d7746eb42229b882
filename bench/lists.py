"""How fast are the lists of the API and of the desk with 1,000,000 deliveries; does one read or sort a whole table?"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench import desk_lists, plans, stage
from bench.question import Figure, Options
from integrations.models import Connection, Sync
from tenants.models import Customer
from tenants.schema import within
from tests.api.caller import Caller, caller_of

LONG = True
ROWS = 1_000_000
PATHS = (
    "deliveries",
    "deliveries?state=delivered",
    "deliveries?state=quarantined",
    "deliveries?flow=purchase-orders",
    "deliveries?flow=vendors",
    "deliveries?flow=vendors&state=waiting",
    "deliveries?key=4500123",
    "deliveries?key=45",
    "deliveries?code=rejected",
    "deliveries?needs=map:cost-center:7",
    "deliveries?created_from=2026-01-02T00:00:00Z&created_before=2026-01-02T01:00:00Z",
    "attempts",
    "links",
    "links?flow=purchase-orders",
    "links?target_key=500",
    "failure-groups",
    "runs",
    "value-maps",
    "value-maps/cost-center/suggestions",
    "bills",
    "bills?origin=none",
    "reconcile-reports",
    "freshness",
)

ID = "(lpad(to_hex(1767225600000 + i), 12, '0') || '7' || substr(md5(i::text), 1, 19))::uuid"
STATE = """CASE WHEN i %% 200 = 0 THEN 'quarantined' WHEN i %% 400 = 1 THEN 'waiting' WHEN i %% 50 = 2 THEN 'superseded'
    WHEN i %% 9 = 3 THEN 'unchanged' ELSE 'delivered' END"""
CODE = "CASE WHEN i %% 200 = 0 THEN CASE WHEN i %% 400 = 0 THEN 'rejected' ELSE 'unmapped' END ELSE '' END"
NEEDS = "CASE WHEN i %% 400 = 200 THEN 'map:cost-center:' || (i / 400) %% 50 ELSE '' END"
FILL = (
    f"""INSERT INTO integrations_delivery (id, sync_id, source_key, number, state, code, reason, needs, why, started_by,
        priority, stamp, digest, label, payload, notes, tries, created_at)
    SELECT {ID}, CASE WHEN i %% 100 = 0 THEN %(few)s ELSE %(many)s END::uuid, (4500000000 + i)::text, 1, {STATE},
        {CODE}, 'No value is mapped.', {NEEDS}, 'new', 'schedule', 1, '', md5(i::text), 'SAP order ' || i,
        '{{"PurchaseOrder": "4500000001"}}', '[]', 1, timestamptz '2026-01-01' + i * interval '1 second'
    FROM generate_series(1, %(rows)s) i""",  # noqa: S608 - constants of ours
    f"""INSERT INTO integrations_step (id, delivery_id, position, action, state, target_key, marker, part, side,
        generation, body, expect, lookups)
    SELECT {ID}, {ID}, 1, 'create', 'done', i::text, '', '', 'target', 1, '{{}}', '{{}}', '[]'
    FROM generate_series(1, %(rows)s) i""",  # noqa: S608 - constants of ours
    f"""INSERT INTO integrations_attempt (id, step_id, kind, outcome, resolution, fence, intended_at, code, reason)
    SELECT {ID}, {ID}, 'write', 'answered', '', 1, timestamptz '2026-01-01' + i * interval '1 second', '', ''
    FROM generate_series(1, %(rows)s) i""",  # noqa: S608 - constants of ours
    f"""INSERT INTO integrations_link (id, flow, source_key, target_key, generation, origin, observed, digest, lines,
        previous, linked_at)
    SELECT {ID}, CASE WHEN i %% 100 = 0 THEN 'vendors' ELSE 'purchase-orders' END, (4500000000 + i)::text, i::text, 1,
        'created', '{{}}', '', '{{}}', '[]', now()
    FROM generate_series(1, %(rows)s) i""",  # noqa: S608 - constants of ours
    f"""INSERT INTO integrations_reference (id, connection_id, kind, key, name, row, refreshed_at)
    SELECT {ID}, %(account)s::uuid, 'ap-bills', i::text, 'AP bill ' || i,
        json_build_object('id', i, 'billAmount', '10.00', 'status', 'Unreconciled')::jsonb, now()
    FROM generate_series(1, %(rows)s / 10) i""",  # noqa: S608 - likewise
    "ANALYZE",
)


def ask(options: Options) -> Iterable[Figure]:
    """Milliseconds of a page of fifty (its first and its third), statements, and plans that go through a table."""
    settings.API_CALLS_PER_MINUTE = 1_000_000
    rows, statements = options.size(ROWS, 1000), 0
    slowest, plans = list[float](), list[str]()
    with stage.database():
        customer = Customer.objects.get(schema_name="acme")
        with within(customer):
            _fill(rows)
            desk_lists.fill(customer, rows)
        api = caller_of(customer)
        for path in PATHS:
            took, plan, number = _page(api, path, options.rounds)
            slowest, statements = [*slowest, max(took)], max(statements, number)
            plans += plan
            yield Figure(what=f"/{path}", values=took, unit="ms", note="; ".join([f"{number} statements", *plan]))
        yield Figure(what=f"slowest page of any list, {rows} deliveries", values=[max(slowest)], unit="ms", limit=300)
        yield Figure(what="lists that read or sort a whole table", values=[float(len(plans))], limit=0)
        yield Figure(what="statements of the list with the most", values=[float(statements)], limit=20)
        yield from desk_lists.figures(customer, options.rounds)


def _fill(rows: int) -> None:
    ends = [Connection.objects.create(name=n, system=n, environment="sandbox") for n in ("sap", "servicetitan")]
    many, few = (
        Sync.objects.create(flow=flow, source=ends[0], target=ends[1], schedule={"every": "2m"})
        for flow in ("purchase-orders", "vendors")
    )
    given: dict[str, Any] = {"rows": rows, "many": str(many.pk), "few": str(few.pk), "account": str(ends[1].pk)}
    with connection.cursor() as cursor:
        for statement in FILL:
            cursor.execute(statement, given if "%(" in statement else None)


def _page(api: Caller, path: str, rounds: int) -> tuple[list[float], list[str], int]:
    """How long, what went through a whole table, and how many statements."""
    first, third = path, path
    for _ in range(2):
        third = api.get(third).json()["next"] or third
    took = [_time(api, each) for each in (first, third) for _ in range(rounds)]
    with CaptureQueriesContext(connection) as captured, plans.asked() as statements:
        api.get(third)
    with within(Customer.objects.get(schema_name="acme")):
        found = [bad for statement in statements for bad in plans.explain(*statement)]
    return took, found, len(captured)


def _time(api: Caller, path: str) -> float:
    began = time.perf_counter()
    answer = api.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.content!r}")
    return 1000 * (time.perf_counter() - began)
