"""Do 1,000 customers with five flows each fit on one machine, and does one of them with a backlog delay the others?

Everything runs here: PostgreSQL, the broker, both simulators, beat, and one worker with two processes. Customers are
made as ever; what their first loads would leave behind (cursors, capabilities) is copied from one that has loaded.
Every poll then really asks SAP. How late a poll is: from when it was due until it was done, looked at every half
second over all customers; the worst is told.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import connection

from bench import stage
from bench.question import Curve, Figure, Options
from devservices import programs, urls, valkey
from devservices.processes import Supervisor
from integrations.models import Connection, Delivery, Sync
from integrations.running import utc_now
from tenants import schedule
from tenants.models import Customer
from tenants.provision import create_customer
from tenants.schema import within
from tests import databases
from tests.journeys.world import World

LONG = True
CUSTOMERS, BACKLOG = 1_000, 50_000
FLOWS = ("vendors", "cost-centers", "purchase-orders", "purchase-requisitions", "supplier-invoices")
INSTANCE = "bench"
SECONDS, BRIEF = 300, 150  # how long is looked at each: the ten minutes of every two minutes in halves, then the curve
SETTLING = 20  # seconds until the first polls after a change count


def ask(options: Options) -> Iterable[Figure | Curve]:
    """The worst delay of a poll, without and with a backlog, and as polls come more often."""
    many, seconds, brief = options.size(CUSTOMERS, 5), options.size(SECONDS, 40), options.size(BRIEF, 30)
    with _installation() as (world, start):
        _first(world)
        _copy(world, many - 1)
        worker = start()
        _spread(120)
        note = f"{many:,} customers, 5 flows"
        plain = _watched(seconds, worker)
        yield Figure(
            what="worst delay of a poll, every 2 minutes",
            values=[plain["late"]],
            unit="s",
            limit=10,
            note=note,
            row="fleet",
        )
        yield Figure(what="polls per second", values=[plain["polls"]], note=note)
        yield Figure(what="CPU of the workers for them", values=[plain["worker"]], unit="cores", note=note)
        yield Figure(what="CPU of PostgreSQL for them", values=[plain["database"]], unit="cores", note=note)
        _backlog(world, options.size(BACKLOG, 100))
        busy = _watched(seconds, worker, but=world.customer)
        yield Figure(
            what="worst delay of others' polls, beside a backlog", values=[busy["late"]], unit="s", limit=10, note=note
        )
        done = world.states("purchase-orders").get("delivered", 0)
        yield Figure(what=f"of a backlog of {options.size(BACKLOG, 100):,} delivered meanwhile", values=[float(done)])
        _end_backlog(world)
        late, used = {120: plain["late"]}, {120: plain["worker"]}
        for every in (90, 60):
            _poll_every(every)
            found = _watched(brief, worker)
            late[every], used[every] = found["late"], found["worker"]
            yield Figure(what=f"worst delay of a poll, every {every} s", values=[found["late"]], unit="s", note=note)
            yield Figure(what=f"polls per second, every {every} s", values=[found["polls"]])
    lines = {"worst delay, s": _points(many, late), "workers, cores": _points(many, used)}
    yield Curve(name="polls-more-often", title=note, x="polls asked for per second", y="seconds, cores", lines=lines)


def _points(many: int, values: dict[int, float]) -> list[tuple[float, float]]:
    return sorted((many * len(FLOWS) / every, value) for every, value in values.items())


@contextmanager
def _installation() -> Iterator[tuple[World, Callable[[], int]]]:
    """A customer between two simulators, and what starts beat and worker; that tells the worker's process id."""
    valkey.start(INSTANCE)
    valkey.empty(INSTANCE)
    try:
        with (
            stage.database() as copy,
            stage.simulators(orders=20) as (sap, titan),
            tempfile.TemporaryDirectory() as folder,
            Supervisor(Path(folder), environment=_environment(copy)) as supervisor,
        ):

            def start() -> int:
                supervisor.start(programs.beat(supervisor))
                return supervisor.start(programs.worker(supervisor))

            yield World(Customer.objects.get(schema_name="acme"), sap, titan), start
    finally:
        valkey.stop(INSTANCE)


def _environment(copy: databases.Copy) -> dict[str, str]:
    here = {"OUTGOING_ALLOW": programs.LOOPBACK, "OUTGOING_ALLOW_PLAIN_HTTP": "on", "LOG_LEVEL": "WARNING"}
    return {**copy.environment, **here, "BROKER_URL": urls.broker_url(INSTANCE), "REDIS_URL": ""}


def _first(world: World) -> None:
    """The customer whose first loads are done for all."""
    world.connect()
    with within(world.customer):
        source, target = (Connection.objects.get(system=name) for name in ("sap", "servicetitan"))
        for flow in set(FLOWS) - set(Sync.objects.values_list("flow", flat=True)):
            sync = Sync.objects.create(flow=flow, source=source, target=target, schedule={"every": "2m"})
            schedule.ensure(customer_id=world.customer.pk, sync_id=sync.pk)
    world.sync(*FLOWS)


def _copy(world: World, many: int) -> None:
    """So many customers like the first one; nothing of theirs is due yet."""
    with within(world.customer):
        accounts, syncs = list(Connection.objects.all()), list(Sync.objects.select_related("source"))
    later = utc_now() + timedelta(days=1)
    for number in range(many):
        customer = create_customer(schema_name=f"fleet_{number:04}", name=f"Customer {number}")
        with within(customer):
            kept = {account.pk: _like(account) for account in accounts}
            for sync in syncs:
                mine = _like(sync, source=kept[sync.source_id], target=kept[sync.target_id])
                schedule.ensure(customer_id=customer.pk, sync_id=mine.pk, kinds=["poll"], due_at=later)
                schedule.ensure(customer_id=customer.pk, sync_id=mine.pk, kinds=["deliver"])


def _like(row: Any, **other: Any) -> Any:
    """A row like this one, in the schema in use."""
    names = [field.name for field in row._meta.concrete_fields if not field.primary_key and field.name not in other]
    return type(row).objects.create(**{name: getattr(row, name) for name in names}, **other)


def _watched(seconds: float, worker: int, *, but: Customer | None = None) -> dict[str, float]:
    """What was seen of all polls for so long, those of one customer left out: see `ask`."""
    time.sleep(SETTLING)
    began, polls, cpu, database = time.monotonic(), _begun(), stage.tree_cpu(worker), stage.database_cpu()
    late = 0.0
    while (passed := time.monotonic() - began) < seconds:
        late = max(late, _latest(but.pk if but else 0))
        time.sleep(0.5)
    return {
        "late": late,
        "polls": (_begun() - polls) / passed,
        "worker": (stage.tree_cpu(worker) - cpu) / passed,
        "database": (stage.database_cpu() - database) / passed,
    }


def _latest(but: int) -> float:
    return float(
        _one(
            "SELECT coalesce(extract(epoch FROM max(%s - due_at)), 0) FROM public.tenants_scheduledwork "
            "WHERE kind = 'poll' AND due_at <= %s AND customer_id <> %s",
            [now := utc_now(), now, but],
        )
    )


def _begun() -> float:
    """Each poll moves the fence twice: when it is claimed, and when it begins."""
    return float(_one("SELECT coalesce(sum(fence), 0) / 2 FROM public.tenants_scheduledwork WHERE kind = 'poll'"))


def _one(statement: str, given: Sequence[Any] = ()) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchone()[0]


def _backlog(world: World, many: int) -> None:
    """So many orders of the first customer that have yet to be delivered, due at once, at 60 calls a second."""
    fields = [field for field in Delivery._meta.concrete_fields if not field.primary_key]
    given = {"source_key": "'B' || n", "number": "1", "state": "'pending'", "due_at": "now()", "run_id": "NULL"}
    given |= {"payload": "jsonb_set(d.payload, '{PurchaseOrder}', to_jsonb('B' || n))", "closed_at": "NULL"}
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(given.get(str(field.column), f'd."{field.column}"') for field in fields)
    with within(world.customer):
        sync = Sync.objects.get(flow="purchase-orders")
        account = Connection.objects.get(system="servicetitan")
        account.options["calls_per_second"] = 60
        account.save(update_fields=["options"])
        one = Delivery.objects.filter(sync=sync, state="delivered").values_list("pk", flat=True)[0]
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO integrations_delivery (id, {columns}) SELECT gen_random_uuid(), {values} "  # noqa: S608 - names of ours
                "FROM integrations_delivery d, generate_series(1, %s) n WHERE d.id = %s",
                [many, one],
            )
    schedule.make_due(customer_id=world.customer.pk, sync_ids=[sync.pk], kind="deliver", now=utc_now())


def _end_backlog(world: World) -> None:
    with within(world.customer):
        Sync.objects.filter(flow="purchase-orders").update(enabled=False)


def _poll_every(seconds: int) -> None:
    """All customers' syncs from now on."""
    for customer in Customer.objects.filter(schema_name__startswith="fleet_"):
        with within(customer):
            Sync.objects.update(schedule={"every": f"{seconds}s"})
    _spread(seconds)


def _spread(seconds: int) -> None:
    """All polls are due evenly over the next round, instead of when the schedule said before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE public.tenants_scheduledwork SET due_at = now() + random() * %s * interval '1 s' "
            "WHERE kind = 'poll' AND lease_until IS NULL AND due_at IS NOT NULL",
            [seconds],
        )
