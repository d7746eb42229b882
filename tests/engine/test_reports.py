"""Comparisons that are kept: resumable, with every difference and the sums of each month."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.engine import LeaseLost, dismiss, reports
from integrations.engine.reports import KEPT
from integrations.errors import Transient
from integrations.figures import Figures
from integrations.flow import Row
from integrations.models import ReconcileDifference, ReconcileReport
from tests.engine.test_reconciling import Priced
from tests.engine.world import Lease, World


class Dated(Priced):
    """Priced things that belong to a month."""

    def figures(self, record: Row) -> Any:
        return Figures(record.get("day", ""), Decimal(record["price"]), "USD")


@pytest.fixture
def books(world: World) -> World:
    world.flows["things"] = Dated()
    for index, key in enumerate("abcde", 1):
        world.source.put(key, name=key, price="10", day=f"2026-0{1 + index % 2}-15")
        world.go()
        world.target.records[str(index)]["price"] = "10"
    world.target.records["1"]["name"] = "edited"
    world.source.put("z", name="new", price="7")
    return world


def begin(world: World) -> ReconcileReport:
    return reports.begin(world.sync(), by="ann", now=world.clock())[0]


def run(world: World, report: ReconcileReport, *, at_once: bool = True) -> ReconcileReport:
    until = world.clock() + timedelta(seconds=60 if at_once else -1)
    while reports.go_on(world.work(), report.pk, until=until):
        pass
    report.refresh_from_db()
    return report


def test_a_report_keeps_differences_with_their_causes_and_amounts(books: World) -> None:
    report = run(books, begin(books))
    assert (report.state, report.agree, report.records, report.agreeing, report.differing) == (
        "finished",
        False,
        6,
        4,
        2,
    )
    assert report.causes == {"changed in right": 1, "late": 1}
    found = [
        (d.source_key, d.target_key, d.cause, d.month, d.source_amount, d.target_amount)
        for d in ReconcileDifference.objects.order_by("source_key")
    ]
    assert found == [
        ("a", "1", "changed in right", "2026-02", Decimal(10), Decimal(10)),
        ("z", "", "late", "", Decimal(7), None),
    ]


def test_months_have_counts_amounts_and_digests_of_both_sides(books: World) -> None:
    months = run(books, begin(books)).months
    assert sorted(months) == ["", "2026-01", "2026-02"]
    january, february = months["2026-01"], months["2026-02"]
    assert (january["source"]["records"], january["source"]["amounts"]) == (2, {"USD": "20"})
    assert (january["target"]["records"], january["target"]["amounts"]) == (2, {"USD": "20"})
    assert january["source"]["digest"] == january["source"]["digest_in_ledger"]
    assert january["target"]["digest"] == january["target"]["digest_in_ledger"]
    assert february["target"]["digest"] != february["target"]["digest_in_ledger"]
    assert (january["differences"], february["differences"]) == (0, 1)


def test_pages_and_interruptions_change_nothing_of_a_report(books: World) -> None:
    def resumable(client: Any, cursor: Any, *, overlap: float, full: bool = False) -> Any:
        """As the reader, from the row behind the cursor on."""
        pages = list(type(reader).pages(reader, client, {}, overlap=overlap, full=full))
        yield from (page for page in pages if page.cursor["at"] > cursor.get("at", ""))

    reader = books.flows["things"].reader
    whole = run(books, begin(books))
    books.source.page_size = 2
    books.flows["things"].reader = type("Resumable", (), {"pages": staticmethod(resumable)})()
    pieces = run(books, begin(books), at_once=False)
    assert pieces.pk != whole.pk
    for name in ("records", "agreeing", "differing", "causes", "months", "agree"):
        assert getattr(pieces, name) == getattr(whole, name), name


def test_a_report_says_nothing_about_the_books_before_it_is_finished(books: World) -> None:
    report = begin(books)
    assert report.agree is None
    report = reports.stop(report, now=books.clock())
    assert not reports.go_on(books.work(), report.pk, until=books.clock())
    report.refresh_from_db()
    assert (report.state, report.agree, report.records) == ("stopped", None, 0)


def test_a_worker_that_was_taken_over_saves_no_page(books: World) -> None:
    report, lease = begin(books), Lease(books.clock)
    work = books.work(lease=lease)
    lease.lost = True
    with pytest.raises(LeaseLost):
        reports.go_on(work, report.pk, until=books.clock())
    assert not ReconcileDifference.objects.exists()


def test_what_is_explained_is_listed_and_no_disagreement(world: World) -> None:
    world.source.put("a", name="a", refuse=True)
    world.go()
    dismiss(world.newest(), by="ann", reason="not ours", schedule=world.schedule, now=world.clock())
    report = run(world, begin(world))
    (one,) = ReconcileDifference.objects.all()
    assert (report.agree, report.explained, one.cause, one.is_explained, one.detail) == (
        True,
        {"dismissed": 1},
        "dismissed",
        True,
        "not ours",
    )


def test_an_error_is_noted_and_tried_again_until_it_is_enough(world: World) -> None:
    report, lease = begin(world), Lease(world.clock)
    waits = [
        reports.failed(report.pk, Transient("busy"), lease=lease, now=world.clock())
        for _ in range(reports.MOST_FAILURES)
    ]
    report.refresh_from_db()
    assert (waits[0], waits[-1], report.state, report.error) == (timedelta(seconds=60), None, "failed", "busy")


def test_only_the_last_reports_are_kept(world: World) -> None:
    for _ in range(KEPT + 3):
        reports.stop(begin(world), now=world.clock())
    assert ReconcileReport.objects.count() == KEPT
