"""The database fails in the middle: full, read-only, deadlocked, gone. Work pauses, and goes on by itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, InterfaceError, OperationalError, connection, connections
from django.test import Client

from integrations import readiness, tasks
from integrations.models import Attempt, Delivery, Run
from integrations.running import utc_now
from tenants import schedule
from tests.databases import Copy
from tests.journeys.conftest import MakeWorld, make_world
from tests.journeys.world import World

__all__ = ["make_world"]

ORDERS = 12
TABLES = ("attempt", "step", "delivery", "link", "run")
CODES = {
    "53100": "the disk is full",
    "40P01": "a deadlock",
    "40001": "a transaction that could not be serialised",
    "25006": "read-only for a moment, as after a switch to another server",
    "57P01": "the session is ended",
    "53200": "out of memory",
}
FAULT = """
    CREATE SEQUENCE public.fault_turn;
    CREATE FUNCTION public.fault() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE turn bigint;
    BEGIN
        turn := nextval('public.fault_turn');
        IF turn % {every} = 0 AND turn <= {every} * {times} THEN
            IF '{code}' = '57P01' THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); END IF;
            RAISE EXCEPTION 'injected' USING ERRCODE = '{code}';
        END IF;
        RETURN NULL;
    END $$;
"""
TRIGGER = "CREATE TRIGGER fault AFTER INSERT OR UPDATE ON {} FOR EACH STATEMENT EXECUTE FUNCTION public.fault()"


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(datetime.now(UTC), tick=True) as traveller:
        yield traveller


def let_fail(code: str, *, every: int, times: int) -> None:
    """From now on every n-th statement that changes the ledger fails, so many times."""
    with connection.cursor() as cursor:
        cursor.execute(FAULT.format(code=code, every=every, times=times))
        for table in (*(f"acme.integrations_{name}" for name in TABLES), "public.tenants_scheduledwork"):
            cursor.execute(TRIGGER.format(table))


def go_on(world: World, clock: Any, *, rounds: int) -> int:
    """Whoever ticks and works, round after round; a task that fails is left to its lease. Returns how many failed."""
    failed = 0
    flows = ("vendors", "purchase-orders")
    syncs = world.make_due(*flows)
    for _ in range(rounds):
        for sync in syncs:
            try:
                due = [sync.pk]
                for kind in schedule.KINDS:
                    schedule.make_due(customer_id=world.customer.pk, sync_ids=due, kind=kind, now=utc_now())
                world.work_on(sync)
            except (DatabaseError, InterfaceError):
                failed += 1
                connections.close_all()
        clock.shift(timedelta(minutes=10))
        done = world.states("purchase-orders"), world.states("vendors")
        if [set(states) for states in done] == [{"delivered"}, {"delivered"}]:
            break
    return failed


@pytest.mark.parametrize("code", CODES)
def test_a_failing_database_costs_nothing_but_time(
    make_world: MakeWorld, own_database: Copy, clock: Any, code: str
) -> None:
    world = make_world(suppliers=6, orders=ORDERS, invoices=0)
    world.faults({"kind": "lose_answer", "method": "POST", "every": 5, "path": "/tenant/"})
    let_fail(code, every=7, times=6)
    assert go_on(world, clock, rounds=30) >= 3
    assert world.states("purchase-orders") == {"delivered": ORDERS}
    numbers = Counter(re.findall(r"\b45\d{8}\b", order["summary"])[0] for order in world.titan("purchase-orders"))
    assert (len(numbers), set(numbers.values())) == (ORDERS, {1})
    keys = [str(pairs.get("sap-supplier")) for row in world.titan("vendors") for pairs in row["_external"].values()]
    assert len(keys) == len(set(keys)) == 6
    assert not world.rows(Delivery, code="bug")
    assert not world.rows(Run, error_code="bug")
    assert not world.rows(Attempt, kind="write", outcome="unknown", resolution="")


def test_a_read_only_database_is_told_and_nothing_is_called_a_mistake_of_ours(
    make_world: MakeWorld, own_database: Copy, clock: Any
) -> None:
    world = make_world(suppliers=3, orders=4, invoices=0)
    _read_only(own_database, "on")
    assert readiness.checked()["database"] == "is read-only: nothing can be noted, so nothing is sent"
    assert Client().get("/readyz").status_code == 503
    world.clear_log()
    with pytest.raises((DatabaseError, InterfaceError)):
        world.sync("vendors")
    assert world.titan("vendors") == []
    _read_only(own_database, "off")
    assert readiness.checked()["database"] == "ok"
    assert go_on(world, clock, rounds=10) == 0
    assert world.states("purchase-orders") == {"delivered": 4}
    assert not world.rows(Delivery, code="bug")


def test_a_full_disk_is_told_by_the_tick_that_does_not_come_and_passes_by_itself(
    make_world: MakeWorld, own_database: Copy, clock: Any
) -> None:
    world = make_world(suppliers=3, orders=4, invoices=0)
    tasks.tick()
    assert readiness.checked()["beat"] == "ok"
    with connection.cursor() as cursor:
        cursor.execute(FAULT.format(code="53100", every=1, times=10**6))
        cursor.execute(TRIGGER.format("public.tenants_scheduledwork"))
    clock.shift(timedelta(seconds=readiness.TICK_SECONDS + 5))
    with pytest.raises(OperationalError, match="injected"):
        tasks.tick()
    told = readiness.checked()
    assert re.fullmatch(
        r"the last tick was 3\d seconds ago: beat or all workers are down, or the database's disk is full", told["beat"]
    )
    assert (told["database"], Client().get("/readyz").status_code) == ("ok", 503)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER fault ON public.tenants_scheduledwork")
    assert go_on(world, clock, rounds=10) == 0
    tasks.tick()
    assert readiness.checked()["beat"] == "ok"
    assert world.states("purchase-orders") == {"delivered": 4}
    assert not world.rows(Run, error_code="bug")


def _read_only(database: Copy, value: str) -> None:
    """As an administrator, or a switch to a standby, does it; for new sessions."""
    with connection.cursor() as cursor:
        cursor.execute("SET transaction_read_only = off" if value == "off" else "SELECT 1")
        cursor.execute("SET default_transaction_read_only = off")
        cursor.execute(f'ALTER DATABASE "{database.name}" SET default_transaction_read_only = {value}')
    connections.close_all()
