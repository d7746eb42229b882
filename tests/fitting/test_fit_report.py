"""Fit reports over real HTTP: what they find, what they say has to be done, and that they write nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django_tenants.utils import schema_context

from integrations import catalogue, fitting
from integrations.fitting import making, sampling
from integrations.http import HttpRequest
from integrations.models import AuditEvent, Connection, Delivery, FitReport, Link, Sync, ValueMap
from integrations.running import utc_now
from tenants.models import Customer
from tests.fitting.making import OLGA, begin, by_key, unmap, work
from tests.journeys.world import World

Made = Callable[..., FitReport]
Lines = Callable[..., dict[str, Any]]
SAP_OF_ORDERS = ("API_PURCHASEORDER_2", "API_PURCHASEORDER_PROCESS_SRV")


def stored(world: World, model: Any, **where: Any) -> Any:
    with schema_context(world.customer.schema_name):
        return model.objects.get(**where)


def change(world: World, system: str, **members: Any) -> None:
    with schema_context(world.customer.schema_name):
        row = Connection.objects.get(system=system)
        for name, value in members.items():
            setattr(row, name, value)
        row.save()


def in_sap(world: World, entity: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = world.control(world.sap, f"rows?entity={entity}")["rows"]
    return rows


def writes_of(world: World) -> set[tuple[str, str]]:
    """What was asked besides reading, of both systems."""
    return {call for sap in (True, False) for call in world.calls(sap=sap) if call[0] not in ("GET", "HEAD")}


def test_two_accounts_with_everything_mapped_fit_and_nothing_was_written(world: World, make_report: Made) -> None:
    world.clear_log()
    before = json.dumps([world.titan("vendors"), world.titan("purchase-orders")])
    report = make_report(world)
    assert (report.state, report.verdict, report.steps, report.because) == ("finished", "fits", [], [])
    assert writes_of(world) == {("POST", "/connect/token")}
    assert json.dumps([world.titan("vendors"), world.titan("purchase-orders")]) == before
    with schema_context(world.customer.schema_name):
        assert (Delivery.objects.count(), Link.objects.count()) == (0, 0)
        (event,) = AuditEvent.objects.all()
    assert (event.action, event.actor_label) == ("fit-report.started", OLGA.label)


def test_every_service_scope_and_change_field_has_a_line(world: World, report_of: Lines) -> None:
    lines: Any = report_of(world)
    assert lines["sap:Reading purchase orders"]["detail"] == "Works with OData V4; orders are read by time of change."
    assert lines["servicetitan:Writing receipts"]["state"] == "works"
    assert lines["servicetitan:Reading budget codes"]["state"] == "works"
    assert lines["changes:sap:supplier invoices"]["detail"] == (
        "Found by SuplrInvcLstChgDteTmeTxt; everything is read again once a day. "
        "This tenant offers SuplrInvcLstChgDteTmeTxt, CreationDate, PostingDate."
    )
    assert lines["clock:sap"]["state"] == lines["clock:servicetitan"]["state"] == "works"
    assert lines["volume:purchase-orders"]["detail"].startswith("30 records. The first load takes about a minute.")
    assert lines["vendors:none"]["records"] == 12
    assert lines["notice:supplier-invoices"]["title"] == "Receipts move stock"


def test_the_first_run_is_shown_as_a_diff(world: World, report_of: Lines) -> None:
    run = report_of(world)["run:purchase-orders"]
    assert run["detail"] == "Of 30 records looked at: 30 created."
    (example, *_) = run["more"]
    assert (example["key"], example["outcome"]) == ("4500000001", "create")
    (write,) = example["writes"]
    members = {change["member"]: change for change in write["changes"]}
    assert members["vendorId"]["before"] is None
    assert members["vendorId"]["after"].startswith("? vendors 173")
    assert "is already ordered" in members["memo"]["after"]


def test_codes_without_a_value_are_counted_with_what_they_hold_up_and_suggestions(
    world: World, make_report: Made
) -> None:
    unmap(world, "cost-center", "10101101", "10101102")
    unmap(world, "plant", "1710")
    items = in_sap(world, "PurchaseOrderItem")
    at_plant = {row["PurchaseOrder"] for row in items if row["Plant"] == "1710"}
    report = make_report(world, "vendors", "purchase-orders")
    lines = by_key(report)
    assert report.verdict == "after-steps"
    assert lines["maps:plant"]["records"] == len(at_plant)
    assert [code["code"] for code in lines["maps:plant"]["more"]] == ["1710"]
    assert lines["maps:plant"]["title"] == "1 plant (location) without a value"
    centers = {code["code"]: code for code in lines["maps:cost-center"]["more"]}
    assert set(centers) == {"10101101", "10101102"}
    unit = next(row for row in world.titan("business-units") if row["accountCode"] == "10101101")
    assert centers["10101101"]["hints"][0]["value"] == str(unit["id"])
    assert centers["10101101"]["hints"][0]["reason"] == "the same code"
    # What holds up most comes first.
    assert [step["keys"] for step in report.steps] == [["maps:plant"], ["maps:cost-center"]]
    assert report.steps[0]["flows"] == ["purchase-orders"]


def test_vendors_match_exactly_weakly_or_not_at_all(world: World, make_report: Made) -> None:
    partners = in_sap(world, "BusinessPartner")
    addresses = {row["BusinessPartner"]: row for row in in_sap(world, "BusinessPartnerAddress")}
    one, other = sorted((row for row in partners if row["Supplier"]), key=lambda row: row["Supplier"])[:2]
    exact = {"name": one["OrganizationBPName1"], "address": {"zip": addresses[one["BusinessPartner"]]["PostalCode"]}}
    weak = {"name": f"{other['OrganizationBPName1']}s", "deliveryOption": "Email"}
    for values in (exact, weak):
        world.control(world.servicetitan, "add", {"tenant": world.tenant, "kind": "vendors", "values": values})
    report = make_report(world, "vendors")
    lines = by_key(report)
    assert (lines["vendors:exact"]["records"], lines["vendors:weak"]["records"]) == (1, 1)
    assert lines["vendors:none"]["records"] == 10
    assert lines["vendors:electronic"]["records"] == 1
    assert weak["name"] in lines["vendors:electronic"]["detail"]
    assert [step["keys"] for step in report.steps] == [["vendors:weak"]]
    assert other["Supplier"] in lines["vendors:weak"]["more"][0]["text"]


def test_a_missing_scenario_is_named_with_its_number_and_what_waits_for_it(world: World, make_report: Made) -> None:
    for service in SAP_OF_ORDERS:
        world.control(world.sap, "arrangements", {service: "html"})
    report = make_report(world, "vendors", "purchase-orders")
    line = by_key(report)["sap:Reading purchase orders"]
    assert (line["state"], line["who"], line["flows"]) == ("missing", "sap", ["purchase-orders"])
    assert "SAP_COM_0053 (Purchase Order Integration)" in line["fix"]
    assert "Communication Arrangements" in line["fix"]
    assert report.verdict == "after-steps"
    assert [step["who"] for step in report.steps] == ["sap", "you"]
    assert report.facts["vendors"]["outcomes"] == {"create": 12}


def test_a_missing_scope_is_named_with_where_to_click(world: World, report_of: Lines) -> None:
    world.control(
        world.servicetitan,
        "credentials",
        {"tenant": world.tenant, "without_scopes": ["tn.inv.receipts:r", "tn.inv.receipts:w"]},
    )
    lines = report_of(world)
    line = lines["servicetitan:Reading receipts"]
    assert (line["state"], line["who"], line["flows"]) == ("missing", "servicetitan", ["supplier-invoices"])
    assert "tn.inv.receipts:r" in line["fix"]
    assert "API Application Access" in line["fix"]
    assert lines["servicetitan:Writing receipts"]["state"] == "missing"


def test_what_a_tenant_has_not_licensed_is_told_apart(world: World, report_of: Lines) -> None:
    gone = {"kind": "status", "status": 404, "body": {}, "method": "GET"}
    world.faults({**gone, "path": "budget-codes"}, {**gone, "path": "/inventory/v2/tenant/1001/receipts"})
    lines = report_of(world)
    assert lines["servicetitan:Reading budget codes"]["state"] == "not-licensed"
    assert lines["servicetitan:Reading budget codes"]["flows"] == []
    receipts = lines["servicetitan:Reading receipts"]
    assert (receipts["state"], receipts["flows"]) == ("not-licensed", ["supplier-invoices"])


def test_a_wrong_password_is_one_line_and_the_rest_is_not_tried(world: World, make_report: Made) -> None:
    change(world, "sap", credentials={"username": "CONNECTOR", "password": "canary-wrong"})
    world.clear_log()
    report = make_report(world, "vendors")
    assert (report.verdict, len(world.calls(sap=True)) <= 2) == ("unknown", True)
    assert [line["title"] for line in report.findings if line["area"] == "sap"] == ["Signing in"]
    assert report.steps[0]["keys"] == ["sap:Signing in"]
    assert "could not sign in to SAP" in by_key(report)["volume:vendors"]["detail"]
    assert stored(world, Connection, system="sap").state == "ok"


def test_clocks_that_differ_are_a_step(world: World, make_report: Made) -> None:
    world.control(world.sap, "clock", {"advance": 900})
    report = make_report(world, "vendors")
    line = by_key(report)["clock:sap"]
    assert line["state"] == "attention"
    assert re.search(r"differ by (899|90\d) seconds", line["detail"])
    assert [step["who"] for step in report.steps] == ["host"]


def test_a_tenant_without_business_units_cannot_take_orders_yet(world: World, make_report: Made) -> None:
    for unit in world.titan("business-units"):
        world.edit("business-units", unit["id"], active=False)
    report = make_report(world, "vendors", "purchase-orders")
    line = by_key(report)["units"]
    assert (line["state"], line["flows"]) == ("missing", ["purchase-orders"])
    assert report.verdict == "after-steps"


def test_a_mixed_pair_is_a_step_ahead_of_all_others(world: World, make_report: Made) -> None:
    change(world, "servicetitan", environment="production")
    report = make_report(world, "vendors")
    assert report.steps[0]["keys"] == ["environment"]
    assert by_key(report)["environment"]["detail"] == (
        "sap is sandbox, servicetitan is production: sandbox and production never mix."
    )


def test_an_older_release_says_which_change_fields_it_lacks(world: World, report_of: Lines) -> None:
    world.control(world.sap, "settings", {"release": "2021"})
    line = report_of(world)["changes:sap:supplier invoices"]
    assert line["state"] == "works"
    assert "Its release lacks SuplrInvcLstChgDteTmeTxt" in line["detail"]


def test_orders_in_a_currency_of_no_business_unit_do_not_fit(world: World, make_report: Made) -> None:
    for unit in world.titan("business-units"):
        world.edit("business-units", unit["id"], currency="JPY")
    report = make_report(world, "vendors", "purchase-orders")
    assert report.verdict == "does-not-fit"
    (because,) = report.because
    assert "business units keep theirs in JPY" in because


class Hostile:
    """A reader that writes, whatever it is told."""

    def __init__(self, method: str) -> None:
        self.method = method

    def pages(self, client: Any, cursor: Any, *, overlap: float, full: bool = False) -> Any:
        body = {"BusinessPartner": "1"}
        client.session.send(HttpRequest(method=self.method, url="/sap/opu/odata/sap/X/A", json=body))
        return iter(())


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE", "MERGE"])
def test_no_write_leaves_even_where_a_flow_tries(
    world: World, make_report: Made, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(type(catalogue.flows()["vendors"]), "reader", Hostile(method))
    world.clear_log()
    report = make_report(world, "vendors")
    assert report.facts["vendors"] == {
        "problem": "Only reading is allowed here: nothing was sent.",
        "code": "read-only",
    }
    assert writes_of(world) == {("POST", "/connect/token")}


def test_no_secret_stands_in_a_report(world: World, make_report: Made) -> None:
    report = make_report(world)
    whole = {field.name: str(getattr(report, field.attname)) for field in FitReport._meta.concrete_fields}
    assert "canary" not in json.dumps(whole).replace(world.sap, "").lower()


def test_a_report_is_made_step_by_step_and_goes_on_in_another_task(
    world: World, make_report: Made, settings: Any
) -> None:
    settings.WORK_SECONDS = 0
    report = work(world, begin(world, "vendors"), most=1)
    assert (report.state, report.steps_done, report.steps_all) == ("running", 1, 4)
    assert set(report.facts) == {"sap"}
    assert (fitting.seconds_left(report, utc_now()) or 0) > 0
    assert begin(world, "vendors").pk == report.pk
    report = work(world, report)
    assert (report.state, report.verdict, report.cursor) == ("finished", "fits", {})


def test_a_stopped_report_asks_nothing_more(world: World, settings: Any) -> None:
    from integrations import desk

    settings.WORK_SECONDS = 0
    report = work(world, begin(world, "vendors"), most=1)
    with schema_context(world.customer.schema_name):
        from django.db import transaction

        with transaction.atomic():
            desk.stop_fit_report(report, actor=OLGA, now=utc_now())
    world.clear_log()
    report = work(world, report)
    assert (report.state, report.verdict, report.steps_done) == ("stopped", "", 1)
    assert world.calls() == world.calls(sap=True) == []


def test_a_report_keeps_within_its_calls(world: World, make_report: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "CALLS", 40)
    world.clear_log()
    report = make_report(world)
    assert report.state == "finished"
    assert report.calls <= 40
    assert len(world.calls()) + len(world.calls(sap=True)) == report.calls


def test_of_very_much_the_newest_are_looked_at(
    world: World, make_report: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "MOST_RECORDS", 10)
    monkeypatch.setattr(sampling, "AT_ONCE", 5)
    report = make_report(world, "vendors", "purchase-orders")
    facts = report.facts["purchase-orders"]
    assert (facts["total"], facts["read"], facts["cut"]) == (30, 10, True)
    assert facts["since"] == (utc_now() - sampling.LATELY).date().isoformat()
    line = by_key(report)["volume:purchase-orders"]["detail"]
    assert f"A sample of 10 was looked at, of those since {facts['since']}." in line


def test_a_second_report_says_what_is_settled_and_what_is_new(world: World, make_report: Made) -> None:
    unmap(world, "cost-center", "10101101")
    first = make_report(world, "vendors", "purchase-orders")
    unit = next(row for row in world.titan("business-units") if row["accountCode"] == "10101101")
    with schema_context(world.customer.schema_name):
        ValueMap.objects.create(map="cost-center", key="10101101", value=str(unit["id"]))
    unmap(world, "plant", "1710")
    second = make_report(world, "vendors", "purchase-orders")
    with schema_context(world.customer.schema_name):
        before = fitting.previous(second)
    assert before == first
    both = ([fitting.Finding.of(row) for row in one.findings] for one in (second, first))
    found = fitting.compare(*both)
    assert [one.key for one in found.settled] == ["maps:cost-center"]
    assert [one.key for one in found.new] == ["maps:plant"]
    assert found.still == []


def test_what_could_not_be_reached_is_tried_again_then_told(world: World, make_report: Made, settings: Any) -> None:
    world.faults({"kind": "status", "status": 503, "body": {}, "method": "GET", "path": "A_BusinessPartner$"}, sap=True)
    report = work(world, begin(world, "vendors"), most=1)
    assert report.state == "running"
    assert report.failures == 1
    assert "503" in report.error or report.error


def test_two_customers_see_their_own_reports_only(world: World, make_report: Made, globex: Customer) -> None:
    report = make_report(world, "vendors")
    with schema_context(globex.schema_name):
        assert not FitReport.objects.filter(pk=report.pk).exists()


def test_a_flow_that_is_switched_on_is_judged_with_its_own_options(world: World, make_report: Made) -> None:
    with schema_context(world.customer.schema_name):
        Sync.objects.filter(flow="purchase-orders").update(options={})
        assert fitting.usual_flows() == ["vendors", "purchase-orders"]
    report = make_report(world, "vendors", "purchase-orders")
    lines = by_key(report)
    assert lines["run:purchase-orders:no-sku"]["records"] == 10
    assert "catch_all_sku" in lines["run:purchase-orders:no-sku"]["fix"]
    assert lines["maps:order-type"]["records"] == 30
    assert "default_order_type" in lines["maps:order-type"]["fix"]
