"""The set of a history: customers, an SAP system each, one ServiceTitan with a tenant for each, one clock."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from uuid import UUID

import time_machine
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django_tenants.utils import schema_context

from integrations import connections, ids, sync_options
from integrations.budget import LocalBudget
from integrations.engine import delivering
from integrations.models import Connection, Sync, ValueMap
from simulators.faults import Rule
from simulators.sap.app import SapSimulator
from simulators.sap.store import Row
from simulators.servicetitan.simulator import ServiceTitan
from simulators.simulator import Simulator
from simulators.wire import Request
from tenants import schedule
from tenants.health_models import SyncHealth
from tenants.models import Customer, ScheduledWork, ServiceTitanTenant
from tests.faults.campaign import spoiling, stage, wire
from tests.faults.campaign.intents import Intents
from tests.faults.campaign.profiles import Profile, profile_of
from tests.faults.campaign.threads import InTurn
from tests.journeys.requests import OPTIONS as REQUEST_OPTIONS
from tests.journeys.world import World

BEGINNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LIST_LAG = 180
SAP = {"acme": 7001, "globex": 7002}
TITAN = 7100
TENANTS = {"acme": 1001, "globex": 1002}
WEBHOOK_KEY = "canary-webhook-key-of-at-least-32-chars"
MADE_BY_PEOPLE = "10101102"
"""The cost center that is not mapped at the beginning: somebody will have to."""

OWN_WAYS: Mapping[str, Mapping[str, Any]] = {
    "purchase-order-requests": REQUEST_OPTIONS,
    "vendors-to-sap": {
        "grouping": "BP02",
        "company_code": "1710",
        "reconciliation_account": "21100000",
        "purchasing_organization": "1710",
        "currency": "USD",
        "payment_terms": "NT30",
    },
}
"""Options of flows beside those of every order."""


class Here(World):
    """A customer's world whose simulators are asked without a socket."""

    simulators: dict[str, Simulator]

    def control(self, base: str, path: str, body: Any = None, method: str = "") -> Any:
        method = method or ("GET" if body is None else "POST")
        sent = b"" if body is None else json.dumps(body).encode()
        answer = self.simulators[base].handle(Request.of(method, f"/_control/{path}", {}, sent))
        assert answer.status < 300, answer.body
        return answer.json() if answer.body else None

    def stored(self, table: str) -> list[Row]:
        """The documents of a table of SAP, as they are stored."""
        sap = self.simulators[self.sap]
        assert isinstance(sap, SapSimulator)
        return list(sap.store[table].everything())

    def switch_on(self, flow: str, options: Mapping[str, Any], every: str) -> None:
        """A further flow, beside the two that `connect` switches on."""
        ends = {account.system: account for account in Connection.objects.all()}
        from integrations import catalogue

        declared = catalogue.flows()[flow]
        sync = Sync.objects.create(
            flow=flow,
            source=ends[declared.source_system],
            target=ends[declared.target_system],
            schedule={"every": every},
            options=dict(options),
        )
        schedule.ensure(customer_id=self.customer.pk, sync_id=sync.pk, due_at=None)


@dataclass
class Set:
    """Everything of one history. `told` collects its record, line by line; `struck` counts what happened in it."""

    seed: int
    profile: Profile
    clock: Any
    told: list[str] = field(default_factory=list)
    worlds: dict[str, Here] = field(default_factory=dict)
    simulators: dict[int, Simulator] = field(default_factory=dict)
    budgets: dict[str, LocalBudget] = field(default_factory=dict)
    intents: Intents = field(default_factory=Intents)
    mangles: list[int] = field(default_factory=list)
    ignores: list[str] = field(default_factory=list)
    busiest: Counter[str] = field(default_factory=Counter)
    most: dict[str, int] = field(default_factory=dict)
    struck: Counter[str] = field(default_factory=Counter)
    rules: list[tuple[str, Rule]] = field(default_factory=list)

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
        vars(mine).update(
            shared, book=lambda calls=1, taken=None, **more: one.book(calls, taken or mine._priority, **more)
        )
        return mine

    def check_write(self, request: Request) -> UUID | None:
        """A write may only leave if its own intent was committed before; the intent's id."""
        port = int(request.headers["host"].rpartition(":")[2])
        (name,) = [
            name
            for name in self.worlds
            if SAP[name] == port or (port == TITAN and f"/{TENANTS[name]}/" in request.path)
        ]
        return self.intents.of(name, request)


@contextmanager
def stage_set(seed: int) -> Iterator[Set]:
    """The set of a seed: empty tables, new simulators, syncs switched on and due."""
    random.seed(seed)
    profile = profile_of(seed)
    with time_machine.travel(BEGINNING, tick=False) as clock, ExitStack() as stack:
        made = Set(seed, profile, clock)
        numbers = SimpleNamespace(randbits=random.Random(f"{seed}/ids").getrandbits)
        keys = {"production": [], "sandbox": [WEBHOOK_KEY]}
        stack.enter_context(patch.object(ids, "secrets", numbers))
        stack.enter_context(patch.object(connections, "budget_of", made.budget))
        stack.enter_context(patch.object(settings, "READ_SECONDS", spoiling.READ_SECONDS))
        stack.enter_context(patch.object(settings, "ST_WEBHOOK_KEYS", keys))
        stack.enter_context(patch.object(delivering, "ThreadPoolExecutor", InTurn))
        lag = random.Random(f"{seed}/lag").choice(profile.lags)
        made.simulators = _simulators(seed, profile, lag)
        stack.callback(wire.install(_wire(made, lag)))
        _empty()
        for name in list(SAP)[: profile.customers]:
            made.worlds[name] = _customer(name, made, random.Random(f"{seed}/{name}"))
        yield made


def _wire(made: Set, lag: float) -> wire.Wire:
    return wire.Wire(
        made.simulators,
        made.tell,
        made.pass_time,
        made.check_write,
        made.intents.answered,
        made.mangles,
        made.ignores,
        made.struck,
        lag,
        busiest=made.busiest,
    )


def _simulators(seed: int, profile: Profile, lag: float) -> dict[int, Simulator]:
    found: dict[int, Simulator] = {}
    for number, port in enumerate(list(SAP.values())[: profile.customers]):
        sap = SapSimulator()
        much = {"suppliers": profile.suppliers, "orders": profile.orders, "cost_centers": 3}
        nothing = {"requisitions": 0, "invoices": 0, "oddities": 0}
        sap.reset({"seed": seed % 97 + number, **much, **nothing})
        if profile.token_seconds:
            sap.change_settings({"token_seconds": profile.token_seconds, "auth_methods": ["oauth"]})
        if profile.page:
            sap.change_settings({"v2_page_size": profile.page, "v4_page_size": profile.page})
        found[port] = sap
    titan = ServiceTitan(7, list(TENANTS.values())[: profile.customers], materials=20)
    lives = {"token_seconds": profile.token_seconds} if profile.token_seconds else {}
    titan.change_settings({"list_lag_seconds": lag, **lives, **profile.switches})
    if profile.has_webhooks:
        titan.webhooks.configure({"url": "http://connector/webhooks/servicetitan/sandbox/", "key": WEBHOOK_KEY})
    found[TITAN] = titan
    return found


def _customer(name: str, made: Set, chance: random.Random) -> Here:
    profile = made.profile
    customer = Customer.objects.get(schema_name=name)
    base = f"http://127.0.0.1:{SAP[name]}"
    here = Here(customer=customer, sap=base, servicetitan=f"http://127.0.0.1:{TITAN}", tenant=TENANTS[name])
    here.simulators = {f"http://127.0.0.1:{port}": each for port, each in made.simulators.items()}
    here.connect(list_lag_seconds=LIST_LAG, side_by_side=2, calls_per_second=profile.calls)
    with schema_context(name):
        orders = Sync.objects.get(flow="purchase-orders").options
        for flow in profile.flows:
            if flow not in ("vendors", "purchase-orders"):
                own = OWN_WAYS.get(flow) or (orders if flow == "purchase-requisitions" else {})
                here.switch_on(flow, own, profile.every)
        if profile.token_seconds:
            _sign_in_by_token()
        _choose(profile, chance)
        _map(here, orders["catch_all_sku"])
        for account in Connection.objects.all():
            rate, of = connections.rate_of(account), f" ['{here.tenant}']" if account.system != "sap" else " []"
            made.most[f"{TITAN if account.system != 'sap' else SAP[name]}{of}"] = int(rate.per_second) + rate.burst
            if profile.has_webhooks and account.system != "sap":
                connections.ping(account, customer, now=made.now())
    here.make_due(*profile.flows)
    return here


def _sign_in_by_token() -> None:
    """SAP's communication user is an OAuth client."""
    for account in Connection.objects.filter(system="sap"):
        known = account.credentials.reveal()
        account.credentials = {"client_id": known["username"], "client_secret": known["password"]}
        account.options = {**account.options, "auth_method": "oauth"}
        account.save()


def _choose(profile: Profile, chance: random.Random) -> None:
    """Options and schedules; a flow that this history has no use for is not there."""
    Sync.objects.exclude(flow__in=profile.flows).delete()
    for sync in Sync.objects.order_by("flow"):
        own = profile.options if sync.flow in ("purchase-orders", "purchase-requisitions") else {}
        sync.options = {
            **sync.options,
            **own,
            **profile.own.get(sync.flow, {}),
            "batch": chance.choice(profile.batches),
        }
        sync.schedule = {"every": profile.every}
        sync.save(update_fields=["options", "schedule"])
    refused = [told for sync in Sync.objects.all() for told in sync_options.disagreements(sync.flow, sync.options)]
    assert not refused, refused  # no customer has flows that API and pages would not take


def _map(here: Here, catch_all: str) -> None:
    ValueMap.objects.filter(map="cost-center", key=MADE_BY_PEOPLE).delete()
    ValueMap.objects.create(map="material", key="*", value=catch_all)


def _empty() -> None:
    """Every table of a history's customers, and what public tables hold of them. Triggers would keep the audit."""
    own = [model._meta.db_table for model in apps.get_app_config("integrations").get_models()]
    tables = [f"{name}.{table}" for name in SAP for table in own]
    tables += [f"public.{model._meta.db_table}" for model in (ScheduledWork, ServiceTitanTenant, SyncHealth)]
    statements = "; ".join(f"DELETE FROM {table}" for table in tables)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statements)
