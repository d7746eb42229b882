"""The fit report in the portal: begun, watched, read, compared, handed to the SAP colleague."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import schema_context

from integrations.models import AuditEvent, Connection, FitReport, ValueMap
from tenants.models import Customer, Role
from tests.fitting.making import work, world  # noqa: F401 - the fixture
from tests.journeys.world import World
from tests.portal.desk import Desk, enter, words

FLOWS = ["vendors", "purchase-orders"]


@pytest.fixture
def desk(world: World, acme: Customer) -> Desk:  # noqa: F811 - the fixture
    return enter(acme)


def pair(acme: Customer) -> dict[str, Any]:
    with schema_context(acme.schema_name):
        return {row.system: str(row.pk) for row in Connection.objects.all()}


def begun(desk: Desk, acme: Customer, *flows: str) -> FitReport:
    client = desk.browser.clients[desk.host]
    answer = client.post("/fit/", {**pair(acme), "flows": list(flows or FLOWS)})
    assert answer.status_code == 303
    with schema_context(acme.schema_name):
        report = FitReport.objects.latest("id")
    assert answer.headers["Location"] == f"/fit/{report.pk}/"
    return report


def made(desk: Desk, acme: Customer, world: World) -> FitReport:  # noqa: F811
    return work(world, begun(desk, acme))


def test_a_report_is_begun_watched_and_read(desk: Desk, acme: Customer, world: World) -> None:  # noqa: F811
    report = begun(desk, acme)
    text = desk.page(f"/fit/{report.pk}/")
    assert "Asking SAP 0 / 5" in text
    work(world, report)
    text = desk.page(f"/fit/{report.pk}/")
    assert "It fits" in text
    assert "Everything that these flows need is there. Nothing was written." in text
    assert "Works with OData V4; orders are read by time of change." in text
    assert "Would create a new record" in text
    assert "It fits" in desk.page("/fit/")
    with schema_context(acme.schema_name):
        assert AuditEvent.objects.get().action == "fit-report.started"


def test_while_it_is_made_the_page_asks_for_its_part_alone(
    desk: Desk,
    acme: Customer,
    world: World,  # noqa: F811
    settings: Any,
) -> None:
    settings.WORK_SECONDS = 0
    report = work(world, begun(desk, acme), most=1)
    here = f"/fit/{report.pk}/"
    page = desk.get(here)
    assert b'data-live="2"' in page.content
    seen = page.context["seen"]
    assert desk.get(f"{here}?seen={seen}", HX_REQUEST="true", **{"HX-Request": "true"}).status_code == 204
    part = desk.get(f"{here}?seen=other", **{"HX-Request": "true"})
    assert b"<html" not in part.content
    assert "1 / 5" in words(part)
    assert "minute left" in words(part)
    work(world, report)
    ended = desk.get(f"{here}?seen={seen}", **{"HX-Request": "true"})
    assert (ended.status_code, ended.headers["HX-Refresh"]) == (204, "true")


def test_what_has_to_be_done_stands_first_with_codes_and_suggestions(
    desk: Desk,
    acme: Customer,
    world: World,  # noqa: F811
) -> None:
    with schema_context(acme.schema_name):
        ValueMap.objects.filter(map="cost-center").delete()
    report = made(desk, acme, world)
    text = desk.page(f"/fit/{report.pk}/")
    assert "It fits after these steps" in text
    assert "1 step" in text
    assert "On the page Maps, “Cost centers”: say" in text
    assert "the same code" in text


def test_it_is_compared_with_the_one_before(desk: Desk, acme: Customer, world: World) -> None:  # noqa: F811
    with schema_context(acme.schema_name):
        ValueMap.objects.filter(map="plant").delete()
    first = made(desk, acme, world)
    assert "Since the report before" not in desk.page(f"/fit/{first.pk}/")
    second = made(desk, acme, world)
    text = desk.page(f"/fit/{second.pk}/")
    assert "Since the report before" in text
    assert "still there" in text


def test_the_sap_colleague_gets_a_page_of_what_is_theirs(desk: Desk, acme: Customer, world: World) -> None:  # noqa: F811
    for name in ("API_PURCHASEORDER_2", "API_PURCHASEORDER_PROCESS_SRV"):
        world.control(world.sap, "arrangements", {name: "html"})
    report = made(desk, acme, world)
    text = desk.page(f"/fit/{report.pk}/for-sap/")
    assert "SAP_COM_0053 (Purchase Order Integration)" in text
    assert "What to set up in SAP" in text
    assert "tn.inv" not in text
    assert "canary" not in text


def test_it_can_be_stopped(desk: Desk, acme: Customer, world: World) -> None:  # noqa: F811
    report = begun(desk, acme)
    text = words(desk.post(f"/fit/{report.pk}/stop/"))
    assert "Stopped. Nothing was written." in text
    assert "it says nothing about whether the systems fit" in text
    assert desk.get(f"/fit/{report.pk}/for-sap/").status_code == 404


def test_without_flows_or_with_a_strange_connection_nothing_begins(desk: Desk, acme: Customer, world: World) -> None:  # noqa: F811
    assert "Choose at least one flow." in words(desk.post("/fit/", **pair(acme)))
    given = {**pair(acme), "sap": pair(acme)["servicetitan"], "flows": "vendors"}
    assert "Choose a connection to SAP S/4HANA." in words(desk.post("/fit/", **given))
    with schema_context(acme.schema_name):
        assert not FitReport.objects.exists()


def test_who_may_do_what(acme: Customer, world: World) -> None:  # noqa: F811
    operator, viewer = enter(acme), enter(acme, Role.VIEWER)
    report = begun(operator, acme)
    assert [viewer.get(path).status_code for path in ("/fit/", f"/fit/{report.pk}/")] == [200, 200]
    assert viewer.post("/fit/", **pair(acme), flows="vendors").status_code == 403
    assert viewer.post(f"/fit/{report.pk}/stop/").status_code == 403


def test_another_customer_finds_nothing(desk: Desk, acme: Customer, globex: Customer, world: World) -> None:  # noqa: F811
    report, stranger = made(desk, acme, world), enter(globex, Role.OWNER)
    assert "Connect both systems first" in stranger.page("/fit/")
    for path in ("", "for-sap/"):
        assert stranger.get(f"/fit/{report.pk}/{path}").status_code == 404
    assert stranger.post(f"/fit/{report.pk}/stop/").status_code == 404
    assert stranger.post("/fit/", **pair(acme), flows="vendors").status_code == 422
    with schema_context(globex.schema_name):
        assert not FitReport.objects.exists()


def test_no_secret_stands_on_a_page(desk: Desk, acme: Customer, world: World) -> None:  # noqa: F811
    report = made(desk, acme, world)
    for path in ("/fit/", f"/fit/{report.pk}/", f"/fit/{report.pk}/for-sap/"):
        assert "canary" not in desk.get(path).content.decode()
