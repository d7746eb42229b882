"""`manage.py sync`: what it says and how it ends when a flow cannot go on."""

from __future__ import annotations

import json
import os
import re
import signal
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from integrations import connections, metrics
from integrations.budget import store
from integrations.models import AuditEvent, Connection, Delivery, Sync
from integrations.running import utc_now
from tenants import schedule
from tenants.health_models import SyncHealth
from tenants.models import Customer
from tenants.schema import within
from tests import databases


def sync(*arguments: str) -> tuple[int, str, dict[str, dict[str, int]]]:
    """Exit code, what was said on the way, and the last line."""
    out, err, code = StringIO(), StringIO(), 0
    try:
        call_command("sync", "acme", *arguments, stdout=out, stderr=err)
    except SystemExit as error:
        code = int(str(error.code))
    return code, err.getvalue(), json.loads(out.getvalue().splitlines()[-1])


def test_all_goes_on_and_the_exit_code_is_0(make_world):
    world = make_world(suppliers=3, orders=0)
    code, said, counts = sync("--flow", "vendors", "--until-idle")
    assert (code, counts["vendors"]["written"]) == (0, 3)
    assert "vendors: poll done" in said
    assert len(world.titan("vendors")) >= 3


def test_what_it_did_is_in_the_metrics_and_in_the_overview_of_all_customers(make_world):
    databases.start_broker()
    store(settings.REDIS_URL)._client.delete(metrics.COUNTS)
    make_world(suppliers=3, orders=0)
    sync("--flow", "vendors", "--until-idle")
    assert 'connector_deliveries_total{flow="vendors",state="delivered"} 3.0' in metrics.exposition().decode()
    row = SyncHealth.objects.get(flow="vendors")
    assert (row.customer.schema_name, row.running, row.backlog) == ("acme", True, {})


def test_a_missing_arrangement_is_told_and_the_other_flow_is_polled(make_world):
    world = make_world(suppliers=3, orders=0)
    world.faults({"kind": "html", "path": "API_BUSINESS_PARTNER", "status": 403, "every": 1}, sap=True)
    code, said, _ = sync()
    assert code == 1
    assert "vendors: paused. SAP does not let us use business partners." in said
    assert "vendors: poll done" not in said
    assert "purchase-orders: poll done" in said


def test_once_the_arrangement_is_there_a_ping_lets_the_flow_go_on(make_world):
    world = make_world(suppliers=3, orders=0)
    world.faults({"kind": "html", "path": "API_BUSINESS_PARTNER", "status": 403, "every": 1}, sap=True)
    assert sync("--flow", "vendors")[0] == 1
    world.no_faults()
    with within(world.customer):
        connections.ping(Connection.objects.get(name="sap"), world.customer, now=utc_now())
    code, _, counts = sync("--flow", "vendors", "--until-idle")
    assert (code, counts["vendors"]["written"]) == (0, 3)


def test_a_failed_poll_is_told_with_its_reason(make_world, settings):
    make_world(suppliers=3, orders=0)
    settings.OUTGOING_ALLOW_PLAIN_HTTP = False
    code, said, _ = sync("--flow", "vendors")
    assert code == 1
    assert "vendors: the poll failed. 127.0.0.1: only https is allowed." in said


def test_a_flow_that_is_switched_off_is_no_trouble(make_world):
    world = make_world(suppliers=3, orders=0)
    with within(world.customer):
        Sync.objects.filter(flow="vendors").update(enabled=False)
    code, said, counts = sync("--flow", "vendors")
    assert (code, said, counts["vendors"]["read"]) == (0, "", 0)


def test_what_does_not_go_on_is_told_with_an_example_and_its_reason(make_world):
    make_world(suppliers=3, orders=2)
    code, said, counts = sync("--flow", "purchase-orders", "--until-idle")
    assert (code, counts["purchase-orders"]["waiting"]) == (0, 2)
    (line,) = [line for line in said.splitlines() if "for example" in line]
    assert line.startswith("purchase-orders: waiting, for example SAP order 45")
    assert re.search(r": Waits until vendors \d+ exists there\.$", line)


def test_full_finds_what_came_far_behind_and_doubles_nothing(make_world):
    world = make_world(suppliers=3, orders=2)
    sync("--until-idle")
    orders = {row["id"]: row["date"] for row in world.titan("purchase-orders")}
    number = world.control(world.sap, "rows?entity=PurchaseOrder")["rows"][0]["PurchaseOrder"]
    world.change("PurchaseOrder", number, {"PurchaseOrderDate": "2025-01-31"}, stamp="2025-01-31T08:00:00Z")
    assert sync("--until-idle")[2]["purchase-orders"]["written"] == 0
    counts = sync("--flow", "purchase-orders", "--full", "--until-idle")[2]["purchase-orders"]
    assert (counts["read"], counts["unchanged"], counts["written"]) == (2, 1, 1)
    after = {row["id"]: row["date"] for row in world.titan("purchase-orders")}
    assert after.keys() == orders.keys()
    assert [day[:10] for key, day in after.items() if orders[key] != day] == ["2025-01-31"]
    with within(world.customer):
        assert AuditEvent.objects.filter(action="sync.reset").count() == 1


def test_until_idle_reads_again_what_could_not_be_read_for_a_while(make_world):
    world = make_world(suppliers=3, orders=0)
    world.faults({"kind": "html", "path": "API_BUSINESS_PARTNER/A_Bus", "status": 503, "times": 2}, sap=True)
    code, _, counts = sync("--flow", "vendors", "--until-idle")
    assert (code, counts["vendors"]["written"]) == (0, 3)


def test_without_until_idle_one_poll_is_all(make_world):
    world = make_world(suppliers=3, orders=0)
    world.faults({"kind": "html", "path": "API_BUSINESS_PARTNER/A_Bus", "status": 503, "times": 1}, sap=True)
    code, said, counts = sync("--flow", "vendors")
    assert (code, counts["vendors"]["read"]) == (1, 0)
    assert "vendors: the poll failed. SAP answered HTTP 503" in said


def test_until_idle_waits_for_a_run_that_was_killed_while_it_polled(make_world):
    world = make_world(suppliers=3, orders=0)
    (vendors,) = world.make_due("vendors")
    own = {"customer_id": world.customer.pk, "sync_id": vendors.pk}
    assert len(schedule.claim(now=utc_now(), limit=1, lease_seconds=2, kinds=("poll",), **own)) == 1
    code, said, counts = sync("--flow", "vendors", "--until-idle")
    assert (code, counts["vendors"]["written"]) == (0, 3)
    assert said.startswith("Somebody else works on it, or was killed doing so: until ")


def test_a_time_that_is_over_before_the_work_is_an_exit_code_of_1(make_world):
    world = make_world(suppliers=3, orders=0)
    (vendors,) = world.make_due("vendors")
    own = {"customer_id": world.customer.pk, "sync_id": vendors.pk}
    assert len(schedule.claim(now=utc_now(), limit=1, lease_seconds=60, kinds=("poll",), **own)) == 1
    code, said, counts = sync("--flow", "vendors", "--until-idle", "--seconds", "0.5")
    assert (code, counts["vendors"]["read"]) == (1, 0)
    assert "Not finished after 0.5 seconds." in said


def test_sigterm_counts_as_well_and_ends_with_143(make_world, monkeypatch):
    def interrupted(claim: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    make_world(suppliers=3, orders=0)
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("integrations.management.commands.sync.run_claim", interrupted)
    code, said, counts = sync("--flow", "vendors")
    assert (code, counts["vendors"]["read"]) == (143, 0)
    assert said.startswith("Stopped. ")
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_customer_is_found_in_capitals_too_and_an_unknown_flow_names_those_there_are(make_world):
    make_world(suppliers=0, orders=0)
    with pytest.raises(CommandError, match="no sync for the flow nope. Flows: purchase-orders, vendors."):
        call_command("sync", "ACME", "--flow", "nope")


def test_a_suspended_customer_is_told(make_world):
    world = make_world(suppliers=0, orders=0)
    Customer.objects.filter(pk=world.customer.pk).update(suspended_at=utc_now())
    with pytest.raises(CommandError, match="The customer acme is suspended"):
        call_command("sync", "acme")


@pytest.mark.parametrize("seconds", ["-5", "0", "nan", "soon"])
def test_a_time_that_is_none_is_refused(seconds):
    with pytest.raises(CommandError, match="is not a number of seconds, at most 86400"):
        call_command("sync", "acme", "--seconds", seconds)


def test_ctrl_c_still_counts_and_ends_with_130(make_world, monkeypatch):
    def interrupted(claim: object) -> None:
        raise KeyboardInterrupt

    make_world(suppliers=3, orders=0)
    monkeypatch.setattr("integrations.management.commands.sync.run_claim", interrupted)
    code, said, counts = sync("--flow", "vendors")
    assert (code, counts["vendors"]["read"]) == (130, 0)
    assert said.startswith("Stopped. ")


def test_what_waits_for_the_other_system_is_not_waited_for_long(make_world):
    world = make_world(suppliers=3, orders=0)
    sync("--flow", "vendors", "--until-idle")
    with within(world.customer):
        newest = Delivery.objects.filter(sync__flow="vendors").first()
        assert newest is not None
        later = utc_now() + timedelta(minutes=5)
        Delivery.objects.filter(pk=newest.pk).update(
            state="waiting", closed_at=None, due_at=later, reason="Waits for it."
        )
    code, said, counts = sync("--flow", "vendors", "--until-idle", "--seconds", "20")
    assert (code, counts["vendors"]["waiting"], "Not finished" in said) == (0, 1, False)
    assert "vendors: waiting, for example" in said
