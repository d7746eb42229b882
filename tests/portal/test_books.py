"""Books in the portal: the newest comparison of each flow, each difference with its cause, and a repair for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from integrations.models import AuditEvent, ReconcileDifference, ReconcileReport
from tenants import schema
from tenants.models import Customer, Role
from tests.api.books import BEGINNING
from tests.api.records import work
from tests.portal.desk import Desk, enter, words

SIDE = {"records": 30, "amounts": {"USD": "120500.00"}, "digest": "", "digest_in_ledger": ""}
MONTHS = {"2026-03": {"source": SIDE, "target": {**SIDE, "amounts": {"USD": "120499.00"}}, "differences": 2}}


@pytest.fixture
def made(acme) -> dict[str, Any]:
    return work(acme)


@pytest.fixture
def desk(acme, made) -> Desk:
    return enter(acme)


def compared(customer: Customer, made: dict[str, Any], *, differing: int = 2, **values: Any) -> ReconcileReport:
    with schema.within(customer):
        given = {"state": "finished", "agree": not differing, "records": 30, "agreeing": 30 - differing}
        report = ReconcileReport.objects.create(
            sync=made["orders"],
            started_by="ml-connector",
            started_at=BEGINNING,
            finished_at=BEGINNING,
            differing=differing,
            causes={"amounts differ": differing} if differing else {},
            explained={"rounding": 1},
            months=MONTHS,
            **{**given, **values},
        )
        for number in range(differing):
            differs(report, f"45000001{number:02}")
        differs(report, "4500000001", cause="rounding", is_explained=True)
    return report


def differs(report: ReconcileReport, key: str, **values: Any) -> None:
    given = {"cause": "amounts differ", "month": "2026-03", "currency": "USD", "detail": "by 1.00"}
    amounts = {"source_amount": Decimal("10.5"), "target_amount": Decimal("9.50")}
    ReconcileDifference.objects.create(report=report, source_key=key, **{**given, **amounts, **values})


def test_books_that_agree_say_so_at_once(desk, made, acme):
    compared(acme, made, differing=0)
    assert "Yes, both books agree." in desk.page("/books/")


def test_a_flow_whose_books_differ_says_in_how_much(desk, made, acme):
    compared(acme, made)
    text = desk.page("/books/")
    assert "Not in everything." in text
    assert "2 differences" in text


def test_a_comparison_that_was_stopped_says_nothing_about_the_books(desk, made, acme):
    compared(acme, made, differing=0)
    compared(acme, made, state="stopped", agree=None)
    assert "Yes, both books agree." in desk.page("/books/")


def test_a_report_shows_months_and_faults_before_what_is_explained(desk, made, acme):
    report = compared(acme, made)
    page = desk.get(f"/books/{report.pk}/")
    text = words(page)
    assert "March 2026" in text
    assert "120500.00 USD" in text
    assert "120499.00 USD" in text
    assert [one.cause for one, *_ in page.context["differences"]] == ["amounts differ", "amounts differ", "rounding"]
    assert "10.5 / 9.5 USD" in text


def test_each_difference_leads_to_its_record(desk, made, acme):
    report = compared(acme, made)
    assert f'/records/{made["held"][0].pk}/"' in desk.get(f"/books/{report.pk}/").content.decode()


@pytest.mark.parametrize(
    ("query", "number"),
    [("cause=rounding", 1), ("cause=amounts differ", 2), ("month=2026-03", 3), ("month=", 0), ("month=%00", 0)],
)
def test_differences_are_narrowed(desk, made, acme, query, number):
    report = compared(acme, made)
    assert len(desk.get(f"/books/{report.pk}/?{query}").context["differences"]) == number


def test_a_long_report_has_pages_and_costs_the_same(desk, made, acme):
    report = compared(acme, made)
    few = desk.statements(f"/books/{report.pk}/")
    with schema.within(acme):
        for number in range(500):
            differs(report, str(number), is_explained=number % 2 == 0)
    assert desk.statements(f"/books/{report.pk}/") == few
    seen, path = list[str](), f"/books/{report.pk}/"
    while path:
        context = desk.get(path).context
        seen += [one.source_key for one, *_ in context["differences"]]
        path = f"/books/{report.pk}/?cursor={context['cursor']}" if context["cursor"] else ""
    assert len(seen) == len(set(seen)) == 503


def test_a_comparison_is_begun_once_and_stopped(desk, made, acme):
    for _ in range(2):
        answer = desk.post("/books/flows/purchase-orders/compare/")
        assert "Being compared" in words(answer)
    with schema.within(acme):
        report = ReconcileReport.objects.get()
        assert report.started_by == "operator@acme.test"
    assert "Stopped." in words(desk.post(f"/books/{report.pk}/stop/"))
    with schema.within(acme):
        actions = list(AuditEvent.objects.order_by("sequence").values_list("action", flat=True))
        assert actions[-1] == "comparison.stopped"
        assert ReconcileReport.objects.get().state == "stopped"


def test_a_viewer_reads_and_neither_compares_nor_repairs(acme, made):
    report, viewer = compared(acme, made), enter(acme, Role.VIEWER)
    page = viewer.get(f"/books/{report.pk}/").content.decode()
    assert "/repair/" not in page
    with schema.within(acme):
        difference = ReconcileDifference.objects.filter(is_explained=False)[0]
    assert viewer.post(f"/books/{report.pk}/differences/{difference.pk}/repair/").status_code == 403
    assert viewer.post("/books/flows/purchase-orders/compare/").status_code == 403
    with schema.within(acme):
        assert ReconcileReport.objects.count() == 1


def test_a_repair_that_cannot_ask_its_source_says_why(desk, made, acme):
    report = compared(acme, made)
    with schema.within(acme):
        difference = ReconcileDifference.objects.filter(is_explained=False)[0]
        sync = made["orders"]
        sync.source.state, sync.source.pause_reason = "paused", "SAP refused the credentials."
        sync.source.save()
    answer = desk.post(f"/books/{report.pk}/differences/{difference.pk}/repair/")
    assert answer.status_code == 200
    with schema.within(acme):
        assert ReconcileDifference.objects.get(pk=difference.pk).repaired_at is None


def test_a_difference_of_another_report_is_not_found(desk, made, acme):
    report, other = compared(acme, made), compared(acme, made)
    with schema.within(acme):
        difference = ReconcileDifference.objects.filter(report=other)[0]
    assert desk.post(f"/books/{report.pk}/differences/{difference.pk}/repair/").status_code == 404


def test_the_files_of_a_report_open_for_whoever_reads_the_page(acme, made):
    report, viewer = compared(acme, made), enter(acme, Role.VIEWER)
    lines = viewer.get(f"/api/v1/reconcile-reports/{report.pk}/differences/csv").content.decode().splitlines()
    assert len(lines) == 4
    assert viewer.get(f"/api/v1/reconcile-reports/{report.pk}").json()["differing"] == 2


def test_a_comparison_that_ends_while_it_is_watched_leads_to_its_result(desk, made, acme):
    answer = desk.post("/books/flows/purchase-orders/compare/")
    path, seen = desk.browser.at.removeprefix("http://acme.localhost"), answer.context["seen"]
    asked = {"HX-Request": "true"}
    assert desk.get(f"{path}?seen={seen}", **asked).status_code == 204
    with schema.within(acme):
        ReconcileReport.objects.update(state="finished", agree=True, finished_at=BEGINNING)
    part = desk.get(f"{path}?seen={seen}", **asked)
    assert "Show months and differences" in words(part)
    assert "data-live" not in part.content.decode()
