"""How many webhook calls are accepted a second, and what does a flood of 10,000 cost afterwards?

Calls go over loopback to the product's web process (gunicorn, two processes), signed, each another occurrence, over
eight connections at once. Held against them is the same process with a view that verifies the signature and does no
more. A flood is then handled as the worker does it.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from django_tenants.utils import schema_context

from bench import stage
from bench.question import Figure, Options
from devservices import programs
from devservices.processes import Program, Supervisor
from integrations import connections
from integrations.inbound_reading import run_claim
from integrations.models import Connection, InboundEvent, Reference
from integrations.running import utc_now
from tenants import schedule
from tests import databases
from tests.integrations.webhook_calls import HEADER, KEY, encoded, signature
from tests.journeys.world import LEASE, World

FLOOD = 10_000
SIDE_BY_SIDE = 8
PATH = "/webhooks/servicetitan/sandbox/"
A_MINUTE = FLOOD / 60

Call = tuple[bytes, str]


def ask(options: Options) -> Iterable[Figure]:
    """Calls per second, also of a view that only verifies; how long one call takes; what handling a flood costs."""
    much = options.size(FLOOD // 4, least=200)
    rates, ratios, medians = [], [], []
    with stage.database() as copy, stage.world(orders=1) as world:
        _prove(world)
        for _ in range(options.rounds):
            with _web(copy, "tests.settings") as url:
                rate = _per_second(url, _calls(much))
                medians.append(1000 * statistics.median(_one_by_one(url, _calls(200))))
            with _web(copy, "bench.verify_only_settings") as url:
                bare = _per_second(url, _calls(much))
            rates.append(rate)
            ratios.append(bare / rate)
        handled, called = zip(*(_handle(world, options.size(FLOOD)) for _ in range(options.rounds)), strict=True)
    yield Figure(what="webhook calls accepted", values=rates, unit="/s", limit=A_MINUTE, at_least=True)
    yield Figure(what="time per accepted call against a view that only verifies", values=ratios, unit="x")
    yield Figure(what="median time to the answer, one call at a time", values=medians, unit="ms", limit=20)
    yield Figure(what=f"handling {options.size(FLOOD)} events about 10 jobs", values=handled, unit="s CPU")
    yield Figure(what="remote calls for them", values=called, limit=2)


def _prove(world: World) -> None:
    with schema_context(world.customer.schema_name):
        connections.ping(Connection.objects.get(system="servicetitan"), world.customer)


@contextmanager
def _web(copy: databases.Copy, settings: str) -> Iterator[str]:
    """The web process with these settings on this database; its address."""
    port = programs.free_port(0)
    options = ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "8", "--no-control-socket"]
    environment = {**copy.environment, "ST_WEBHOOK_KEYS_SANDBOX": KEY, "LOG_LEVEL": "ERROR"}
    environment["DJANGO_SETTINGS_MODULE"] = settings
    health = f"http://127.0.0.1:{port}/healthz"
    with tempfile.TemporaryDirectory() as folder, Supervisor(Path(folder), environment=environment) as supervisor:
        command = [sys.executable, "-m", "gunicorn", "connector.wsgi:application", *options]
        supervisor.start(Program("web", command, ready=lambda: programs.answers(health)))
        yield f"http://127.0.0.1:{port}"


def _calls(count: int, *, jobs: Sequence[str] = ("88001",)) -> list[Call]:
    """So many events, each another one, with their signatures."""
    now, salt = datetime.now(UTC).isoformat(), os.urandom(6).hex()
    bodies = [
        encoded(
            {
                "specversion": "1.0",
                "id": f"{salt}-{number}",
                "type": "tn.jpm.job-updated",
                "time": now,
                "userassignedid": f"{salt}/{number}",
                "data": {"job": {"id": int(jobs[number % len(jobs)]), "jobNumber": "2117"}, "tenantId": 1001},
            }
        )
        for number in range(count)
    ]
    return [(body, signature(body)) for body in bodies]


def _per_second(url: str, calls: Sequence[Call]) -> float:
    shares = [calls[start::SIDE_BY_SIDE] for start in range(SIDE_BY_SIDE)]
    began = time.perf_counter()
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        list(pool.map(lambda share: _one_by_one(url, share), shares))
    return len(calls) / (time.perf_counter() - began)


def _one_by_one(url: str, calls: Sequence[Call]) -> list[float]:
    """Seconds of each call over one connection. Raises SystemExit where one was not accepted."""
    line = http.client.HTTPConnection("127.0.0.1", urlsplit(url).port, timeout=60)
    spent = []
    for body, signed in calls:
        began = time.perf_counter()
        line.request("POST", PATH, body, {"Host": "localhost", HEADER: signed, "Content-Type": "application/json"})
        answer = line.getresponse()
        answer.read()
        spent.append(time.perf_counter() - began)
        if answer.status != 200:
            raise SystemExit(f"A call was answered with {answer.status}; nothing was measured.")
    line.close()
    return spent


def _handle(world: World, count: int) -> tuple[float, float]:
    """CPU seconds of a worker that finds so many events about ten jobs that are kept, and its remote calls."""
    jobs = world.titan("jobs")[:10]
    (account,) = world.rows(Connection, system="servicetitan")
    now = utc_now()
    with schema_context(world.customer.schema_name):
        InboundEvent.objects.all().delete()
        for job in jobs:
            given = {"row": job, "refreshed_at": now}
            Reference.objects.update_or_create(connection=account, kind="job", key=job["jobNumber"], defaults=given)
        InboundEvent.objects.bulk_create(
            [
                InboundEvent(
                    connection=account,
                    tenant_id="1001",
                    occurrence=f"{number}",
                    type="tn.jpm.job-updated",
                    object_kind="job",
                    object_id=str(jobs[number % 10]["id"]),
                    object_number=jobs[number % 10]["jobNumber"],
                    received_at=now,
                    due_at=now,
                )
                for number in range(count)
            ],
            batch_size=1000,
        )
    schedule.wake(customer_id=world.customer.pk, sync_id=account.pk, kind="inbound", now=now, priority=1)
    world.clear_log()
    (claim,) = schedule.claim(now=utc_now(), limit=1, lease_seconds=LEASE, kinds=["inbound"])
    began = time.process_time()
    run_claim(claim)
    spent = time.process_time() - began
    left = [row.state for row in world.rows(InboundEvent) if row.state != "applied"]
    if left:
        raise SystemExit(f"{len(left)} events were not handled: {json.dumps(sorted(set(left)))}; nothing was measured.")
    return spent, float(len([path for _, path in world.calls() if "token" not in path]))
