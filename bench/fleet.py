"""Do 1,000 customers with five flows each fit on one machine, and does one of them with a backlog delay the others?

Everything runs here: PostgreSQL, the broker, both simulators, beat, two worker processes for ticks and polls, one for
deliveries and upkeep, one for events and alerts. Customers are made as ever; what their first loads would leave behind
(cursors, capabilities) is copied from one that has loaded. Every poll then really asks SAP. How late a poll is: from
when it was due until it was done, looked at every half second over all customers; the worst is told.

Nothing is measured before beat's first round, which is everybody's upkeep at once, is done; the rounds after it, every
five minutes, are a part of what is measured. Nights are not: it is noon for all customers.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import redis
from django.db import connection
from django.db.models import Count
from django_celery_beat.models import PeriodicTask

from bench import fleet_customers, stage
from bench.question import Curve, Figure, Options
from devservices import programs, urls, valkey
from devservices.processes import Program, Supervisor
from integrations.models import Connection, Delivery, Sync
from integrations.running import utc_now
from tenants import schedule
from tenants.health_models import SyncHealth
from tenants.models import Customer
from tenants.schema import within
from tests import databases
from tests.journeys.world import World

LONG = True
CUSTOMERS, BACKLOG = 1_000, 50_000
INSTANCE = "bench"
SECONDS, BRIEF = 300, 150  # how long is looked at each: the ten minutes of every two minutes in halves, then the curve
BRIEFEST = 20  # seconds that are looked at while nothing is due
OFTEN = (120, 90, 60)
SETTLING = 20  # seconds until the first polls after a change count
MOST_UPKEEP = 900  # seconds that the first round of upkeep may take
BUCKET = 5  # seconds that a point of the picture of fairness stands for
WORKERS = {"poller": ("2", "tick,poll,inbound"), "deliverer": ("1", "deliver,job"), "teller": ("1", "events,alerts")}


@dataclass(slots=True, kw_only=True)
class Seen:
    """Of a while: the worst delay in seconds, polls per second, cores in use; the delays by the second."""

    late: float = 0.0
    polls: float = 0.0
    workers: float = 0.0
    database: float = 0.0
    delays: list[tuple[float, float]] = field(default_factory=list)


def ask(options: Options) -> Iterable[Figure | Curve]:
    """The worst delay of a poll, without and with a backlog, and as polls come more often."""
    many, seconds, brief = options.size(CUSTOMERS, 5), options.size(SECONDS, 30), options.size(BRIEF, 20)
    with _installation() as (world, start, environment):
        world.connect()
        stage.five_flows(world)  # the first loads are done once for all,
        world.sync(*stage.FLOWS)  # and so is the look after them, which finds what changed meanwhile
        began = time.perf_counter()
        fleet_customers.make(world.customer, many - 1, environment)
        note = f"{many:,} customers, 5 flows"
        yield Figure(what="making the customers", values=[time.perf_counter() - began], unit="s", note=note)
        workers = start()
        yield Figure(what="their first round of upkeep", values=[_upkept(many)], unit="s", note=note)
        still = _watched(BRIEFEST, workers)
        yield Figure(what="CPU of the workers while nothing is due", values=[still.workers], unit="cores", note=note)
        seen = {OFTEN[0]: _every(OFTEN[0], seconds, workers)}
        yield from _told(seen[OFTEN[0]], OFTEN[0], note, still)
        _backlog(world, options.size(BACKLOG, 100))
        busy = _watched(seconds, workers, but=world.customer)
        yield Figure(
            what="worst delay of others' polls, beside a backlog", values=[busy.late], unit="s", limit=10, note=note
        )
        states = _backlog_states(world)
        others = ", ".join(f"{count} {state}" for state, count in states.items() if state != "delivered")
        delivered = f"of a backlog of {options.size(BACKLOG, 100):,} delivered meanwhile"
        yield Figure(what=delivered, values=[float(states.get("delivered", 0))], note=others)
        _end_backlog(world)
        for every in OFTEN[1:]:
            seen[every] = _every(every, brief, workers)
            yield from _told(seen[every], every, note, still)
        yield Figure(what="memory of PostgreSQL", values=[stage.database_memory()], unit="MB", note=note)
    yield from _curves(many, seen, busy, note)


def _told(seen: Seen, every: int, note: str, still: Seen) -> Iterator[Figure]:
    aimed: dict[str, Any] = {"limit": 10, "row": "fleet"} if every == OFTEN[0] else {}
    yield Figure(what=f"worst delay of a poll, every {every} s", values=[seen.late], unit="s", note=note, **aimed)
    yield Figure(what=f"polls per second, every {every} s", values=[seen.polls])
    yield Figure(what=f"CPU of the workers, every {every} s", values=[seen.workers], unit="cores")
    yield Figure(what=f"CPU of PostgreSQL, every {every} s", values=[seen.database], unit="cores")
    if seen.polls:
        each = 1000 * (seen.workers - still.workers) / seen.polls
        what = f"CPU of the workers per poll, every {every} s, beyond what they use while nothing is due"
        yield Figure(what=what, values=[each], unit="ms")


def _curves(many: int, seen: dict[int, Seen], busy: Seen, note: str) -> Iterator[Curve]:
    asked = {every: many * len(stage.FLOWS) / every for every in seen}
    lines = {
        "worst delay, s": sorted((asked[every], one.late) for every, one in seen.items()),
        "workers, cores": sorted((asked[every], one.workers) for every, one in seen.items()),
        "PostgreSQL, cores": sorted((asked[every], one.database) for every, one in seen.items()),
    }
    yield Curve(name="polls-more-often", title=note, x="polls asked for per second", y="seconds, cores", lines=lines)
    delays = {"alone": _bucketed(seen[OFTEN[0]].delays), "beside a backlog": _bucketed(busy.delays)}
    yield Curve(name="fleet-fairness", title=note, x="seconds", y="worst delay of a poll, s", lines=delays)


def _bucketed(delays: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The worst of every few seconds."""
    worst = dict[float, float]()
    for at, late in delays:
        bucket = BUCKET * (at // BUCKET)
        worst[bucket] = max(late, worst.get(bucket, 0.0))
    return sorted(worst.items())


@contextmanager
def _installation() -> Iterator[tuple[World, Callable[[], list[int]], dict[str, str]]]:
    """A customer between two simulators; what starts beat and workers, and tells the workers' process ids."""
    valkey.start(INSTANCE)
    valkey.empty(INSTANCE)
    try:
        with (
            stage.database() as copy,
            stage.simulators(orders=20) as (sap, titan),
            tempfile.TemporaryDirectory() as folder,
            Supervisor(Path(folder), environment=_environment(copy)) as supervisor,
        ):

            def start() -> list[int]:
                # Upkeep is due at once, instead of five minutes after the database was made.
                PeriodicTask.objects.filter(name="seal-audits").update(last_run_at=utc_now() - timedelta(hours=1))
                supervisor.start(programs.beat(supervisor))
                return [supervisor.start(_worker(supervisor, name)) for name in WORKERS]

            yield World(Customer.objects.get(schema_name="acme"), sap, titan), start, _environment(copy)
    finally:
        valkey.stop(INSTANCE)


def _worker(supervisor: Supervisor, name: str) -> Program:
    processes, queues = WORKERS[name]
    command = [*programs.celery("worker"), "--concurrency", processes, "--queues", queues, "--hostname", f"{name}@%h"]
    command += ["--loglevel", "INFO", "--without-gossip", "--without-mingle"]
    return Program(name, command, ready=programs.says(supervisor, name, " ready."))


def _environment(copy: databases.Copy) -> dict[str, str]:
    here = {"OUTGOING_ALLOW": programs.LOOPBACK, "OUTGOING_ALLOW_PLAIN_HTTP": "on", "LOG_LEVEL": "WARNING"}
    return {**copy.environment, **here, "BROKER_URL": urls.broker_url(INSTANCE), "REDIS_URL": ""}


def _upkept(many: int) -> float:
    """Seconds until everybody's upkeep was done once. Raises SystemExit if that takes too long."""
    broker, began = redis.Redis.from_url(urls.redis_url(INSTANCE)), time.monotonic()
    while SyncHealth.objects.count() < many * len(stage.FLOWS) or broker.llen("job"):
        time.sleep(1)
        if time.monotonic() - began > MOST_UPKEEP:
            raise SystemExit(f"Upkeep was not done after {MOST_UPKEEP} seconds; nothing was measured.")
    return time.monotonic() - began


def _every(every: int, seconds: float, workers: Sequence[int]) -> Seen:
    """All customers' syncs are polled so often from now on: what was seen."""
    for customer in Customer.objects.exclude(schema_name="globex"):
        with within(customer):
            Sync.objects.update(schedule={"every": f"{every}s"})
    _spread(every)
    return _watched(seconds, workers)


def _watched(seconds: float, workers: Sequence[int], *, but: Customer | None = None) -> Seen:
    """What was seen of all polls for so long, those of one customer left out."""
    time.sleep(SETTLING)
    seen, began, polls = Seen(), time.monotonic(), _begun()
    cpu, database = sum(map(stage.tree_cpu, workers)), stage.database_cpu()
    while (passed := time.monotonic() - began) < seconds:
        seen.delays.append((passed, _latest(but.pk if but else 0)))
        time.sleep(0.5)
    seen.late = max(late for _, late in seen.delays)
    seen.polls = (_begun() - polls) / passed
    seen.workers = (sum(map(stage.tree_cpu, workers)) - cpu) / passed
    seen.database = (stage.database_cpu() - database) / passed
    return seen


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
    return float(_one("SELECT coalesce(sum(fence), 0) / 2.0 FROM public.tenants_scheduledwork WHERE kind = 'poll'"))


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


def _backlog_states(world: World) -> dict[str, int]:
    with within(world.customer):
        counted = Delivery.objects.filter(source_key__startswith="B").values_list("state").annotate(Count("pk"))
        return dict(counted.order_by("state"))


def _end_backlog(world: World) -> None:
    with within(world.customer):
        Sync.objects.filter(flow="purchase-orders").update(enabled=False)


def _spread(seconds: int) -> None:
    """All polls are due evenly over the next round, instead of when the schedule said before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE public.tenants_scheduledwork SET due_at = now() + random() * %s * interval '1 s' "
            "WHERE kind = 'poll' AND lease_until IS NULL AND due_at IS NOT NULL",
            [seconds],
        )
