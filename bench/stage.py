"""What questions are asked on: a database of its own, both simulators as processes, a customer between them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.conf import settings

from devservices import programs
from devservices.processes import Supervisor
from integrations import connections
from integrations.models import Connection, Sync
from integrations.rates import Rate
from tenants import schedule
from tenants.models import Customer
from tenants.schema import within
from tests import databases
from tests.journeys.world import World

TICKS = os.sysconf("SC_CLK_TCK")
FLOWS = ("vendors", "cost-centers", "purchase-orders", "purchase-requisitions", "supplier-invoices")
"""What a customer of the targets has switched on."""
HURRIED = 10_000.0
"""Calls per second of a hurried world, far more than a connection may have."""


@contextmanager
def database() -> Iterator[databases.Copy]:
    """A migrated database with two customers (acme, globex), dropped at the end; calls to loopback are allowed."""
    settings.OUTGOING_ALLOW, settings.OUTGOING_ALLOW_PLAIN_HTTP = [programs.LOOPBACK], True
    databases.start_server()
    databases.start_broker()
    with databases.fresh_copy() as copy:
        yield copy


@contextmanager
def simulators(*, suppliers: int = 20, orders: int = 0) -> Iterator[tuple[str, str]]:
    """The addresses of SAP (with so much in it) and of ServiceTitan (tenant 1001), each a process of its own."""
    with tempfile.TemporaryDirectory() as folder, Supervisor(Path(folder)) as supervisor:
        sap, titan = Path(folder) / "sap.port", Path(folder) / "titan.port"
        size = ("--seed", "7", "--suppliers", str(suppliers), "--orders", str(orders), "--oddities", "0")
        supervisor.start(programs.simulator("sap", sap, *size))
        supervisor.start(programs.simulator("servicetitan", titan, "--seed", "7", "--tenant", "1001"))
        yield f"http://127.0.0.1:{sap.read_text()}", f"http://127.0.0.1:{titan.read_text()}"


@contextmanager
def world(*, orders: int, latency: float = 0.0, hurried: bool = True, **options: Any) -> Iterator[World]:
    """One customer whose vendors are delivered, with as many orders to come. `latency`: seconds of every answer.

    `hurried`: the budget is asked as ever, but never makes a call wait, so that times are those of the code.
    `options` are those of the ServiceTitan connection.
    """
    with simulators(orders=orders) as (source, target), ExitStack() as stack:
        if hurried:
            stack.enter_context(patch.object(connections, "rate_of", lambda row: Rate(HURRIED, 50)))
        there = World(Customer.objects.get(schema_name="acme"), source, target)
        there.connect(**options)
        there.sync("vendors")
        if latency:
            rule = {"kind": "delay", "seconds": latency, "times": 10**9}
            there.faults(rule)
            there.faults(rule, sap=True)
        yield there


def five_flows(world: World) -> None:
    """The customer of a connected world has FLOWS, each of which has done its first load."""
    with within(world.customer):
        source, target = (Connection.objects.get(system=name) for name in ("sap", "servicetitan"))
        for flow in set(FLOWS) - set(Sync.objects.values_list("flow", flat=True)):
            sync = Sync.objects.create(flow=flow, source=source, target=target, schedule={"every": "2m"})
            schedule.ensure(customer_id=world.customer.pk, sync_id=sync.pk)
    world.sync(*FLOWS)


def database_cpu() -> float:
    """CPU seconds that PostgreSQL has used so far, all of its processes together, ended ones included."""
    return sum(_cpu(pid) for pid in _server())


def tree_cpu(pid: int) -> float:
    """CPU seconds of a process and of all below it, ended ones included."""
    return _cpu(pid) + sum(tree_cpu(child) for child in _children(pid))


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:  # it has just ended
        return []


def _cpu(pid: int) -> float:
    """User and system time, those of ended children included."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(word) for word in words[11:15]) / TICKS


def database_memory() -> float:
    """MB that PostgreSQL's processes have in memory now, what they share counted once."""
    return sum(_pss(pid) for pid in _server()) / 1024


def _pss(pid: int) -> float:
    """In kB."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(float(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _server() -> list[int]:
    """PostgreSQL's processes."""
    data = Path(str(settings.DATABASES["default"]["HOST"])).parent / "data" / "postmaster.pid"
    server = int(data.read_text().split("\n", 1)[0])
    return [server, *_children(server)]
