"""The set of a history: two customers, an SAP system each, one ServiceTitan with a tenant for each, one clock."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import time_machine
from django.conf import settings
from django.db import connection
from django_tenants.utils import schema_context

from integrations import connections, ids
from integrations.budget import LocalBudget
from integrations.engine import delivering
from integrations.models import Attempt, Connection, Sync, ValueMap
from simulators.sap.app import SapSimulator
from simulators.servicetitan.simulator import ServiceTitan
from simulators.simulator import Simulator
from simulators.wire import Request
from tenants.models import Customer
from tests.faults.campaign import stage, wire
from tests.journeys.world import World

BEGINNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
READ_SECONDS = 30
LIST_LAG = 180
CALLS = 20
SAP = {"acme": 7001, "globex": 7002}
TITAN = 7100
TENANTS = {"acme": 1001, "globex": 1002}
FLOWS = ("vendors", "purchase-orders")
TABLES = ("attempt", "step", "delivery", "run", "sync", "reference", "connection", "link", "valuemap")


class Here(World):
    """A customer's world whose simulators are asked without a socket."""

    simulators: dict[str, Simulator]

    def control(self, base: str, path: str, body: Any = None, method: str = "") -> Any:
        method = method or ("GET" if body is None else "POST")
        sent = b"" if body is None else json.dumps(body).encode()
        answer = self.simulators[base].handle(Request.of(method, f"/_control/{path}", {}, sent))
        assert answer.status < 300, answer.body
        return answer.json() if answer.body else None


@dataclass
class Set:
    """Everything of one history. `told` collects its record, line by line."""

    seed: int
    clock: Any
    told: list[str] = field(default_factory=list)
    worlds: dict[str, Here] = field(default_factory=dict)
    budgets: dict[str, LocalBudget] = field(default_factory=dict)
    strange_writes: list[str] = field(default_factory=list)
    mangles: list[int] = field(default_factory=list)
    busiest: Counter[str] = field(default_factory=Counter)

    def tell(self, line: str) -> None:
        worker = stage.current()
        self.told.append(f"{self.now():%d %H:%M:%S.%f} {worker.name if worker else '-'}: {line}")

    def now(self) -> datetime:
        return datetime.now(UTC)

    def pass_time(self, seconds: float) -> None:
        self.clock.shift(seconds)

    def budget(self, row: Connection, *, priority: str = "schedule") -> LocalBudget:
        """The connection's one budget over all workers, on the history's clock."""
        rate = connections.rate_of(row)
        one = self.budgets.setdefault(str(row.pk), LocalBudget(rate))
        mine = LocalBudget(rate, priority=priority, sleep=self.pass_time)
        shared = {"blocked": one.blocked, "is_blocked": one.is_blocked}
        vars(mine).update(shared, book=lambda calls=1, taken=None: one.book(calls, taken or mine._priority))
        return mine

    def check_write(self, request: Request) -> None:
        """A write may only leave if its intent was committed before."""
        if not Attempt.objects.filter(kind="write", outcome="unknown").exists():
            self.strange_writes.append(f"{request.method} {request.path} left without an intent")


class InTurn:
    """Stands for the threads of a batch: its calls are made in the worker's own thread, at once or at the very last.

    Which of the two is drawn, so that a batch may be planned before or after the calls of the one ahead of it.
    """

    def __init__(self, max_workers: int) -> None:
        self.waiting: list[Later] = []

    def __enter__(self) -> InTurn:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        """Calls that are under way are made to their end, unless the process is gone."""
        if kind is None or issubclass(kind, Exception):
            for later in self.waiting:
                later.result()

    def submit(self, call: Callable[[], None]) -> Later:
        later = Later(call)
        self.waiting.append(later)
        if random.random() < 0.5:
            later.result()
        return later


@dataclass
class Later:
    """A future whose work is done by whoever asks for its result first."""

    call: Callable[[], None]
    is_done: bool = False

    def result(self) -> None:
        if not self.is_done:
            self.is_done = True
            self.call()


@contextmanager
def stage_set(seed: int) -> Iterator[Set]:
    """The set of a seed: empty tables, new simulators, syncs switched on and due."""
    random.seed(seed)
    with time_machine.travel(BEGINNING, tick=False) as clock, ExitStack() as stack:
        made = Set(seed, clock)
        numbers = SimpleNamespace(randbits=random.Random(f"{seed}/ids").getrandbits)
        stack.enter_context(patch.object(ids, "secrets", numbers))
        stack.enter_context(patch.object(connections, "budget_of", made.budget))
        stack.enter_context(patch.object(settings, "READ_SECONDS", READ_SECONDS))
        stack.enter_context(patch.object(delivering, "ThreadPoolExecutor", InTurn))
        simulators = _simulators(seed)
        line = wire.Wire(simulators, made.tell, made.pass_time, made.check_write, made.mangles, made.busiest)
        stack.callback(wire.install(line))
        _empty()
        for name in SAP:
            made.worlds[name] = _customer(name, simulators, random.Random(f"{seed}/{name}"))
        yield made


def _simulators(seed: int) -> dict[int, Simulator]:
    found: dict[int, Simulator] = {}
    for number, port in enumerate(SAP.values()):
        sap = SapSimulator()
        much = {"suppliers": 3, "orders": 4, "requisitions": 0, "invoices": 0, "cost_centers": 3, "oddities": 0}
        sap.reset({"seed": seed % 97 + number, **much})
        found[port] = sap
    titan = ServiceTitan(7, list(TENANTS.values()), materials=20)
    titan.change_settings({"list_lag_seconds": random.Random(f"{seed}/lag").choice([0, 60, LIST_LAG - 5])})
    found[TITAN] = titan
    return found


def _customer(name: str, simulators: dict[int, Simulator], chance: random.Random) -> Here:
    customer = Customer.objects.get(schema_name=name)
    base = f"http://127.0.0.1:{SAP[name]}"
    here = Here(customer=customer, sap=base, servicetitan=f"http://127.0.0.1:{TITAN}", tenant=TENANTS[name])
    here.simulators = {f"http://127.0.0.1:{port}": each for port, each in simulators.items()}
    here.connect(list_lag_seconds=LIST_LAG, side_by_side=2, calls_per_second=CALLS)
    with schema_context(name):
        for sync in Sync.objects.all():
            sync.options = {**sync.options, "batch": chance.choice([1, 3, 50])}
            sync.save(update_fields=["options"])
        ValueMap.objects.filter(map="cost-center", key="10101102").delete()  # somebody will have to map it
        ValueMap.objects.create(
            map="material", key="*", value=Sync.objects.get(flow="purchase-orders").options["catch_all_sku"]
        )
    here.make_due(*FLOWS)
    return here


def _empty() -> None:
    with connection.cursor() as cursor:
        for name in SAP:
            for table in TABLES:
                cursor.execute(f"DELETE FROM {name}.integrations_{table}")
        cursor.execute("DELETE FROM public.tenants_scheduledwork")
        cursor.execute("DELETE FROM public.tenants_servicetitantenant")
