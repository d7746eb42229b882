"""/books/: comparisons of both books, each difference with its cause and a repair; to print, as CSV and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.translation import gettext

from integrations import desk
from integrations.models import Delivery, Progress, ReconcileDifference, ReconcileReport, Sync
from integrations.portal import flow_words
from integrations.portal.doing import Done, carry_out
from integrations.portal.keyset import listed
from integrations.portal.live import live
from integrations.portal.pages import PageRequest, actor, page
from integrations.portal.words import cause_words, flow_title, system_title
from integrations.steering import HIDDEN
from integrations.todo import newest_reports

MOST_REPORTS = 35


@dataclass(frozen=True, slots=True)
class Month:
    """Sums of both sides of a month; `amounts` are (currency, at the source, at the target)."""

    key: str
    title: str
    here: int
    there: int
    amounts: tuple[tuple[str, str, str], ...]
    differences: int


@page(role="viewer")
def books(request: PageRequest) -> HttpResponse:
    """Every flow with its newest comparison, and those under way."""
    newest = {report.sync_id: report for report in newest_reports()}
    running = {row.sync_id: row for row in _reports().filter(state=Progress.RUNNING)}
    syncs = Sync.objects.select_related("source", "target").defer(*HIDDEN)
    stored = {sync.flow: sync for sync in syncs}
    in_order = [stored[name] for name in flow_words.in_order() if name in stored]
    no_fault = {pk: sum(report.explained.values()) for pk, report in newest.items()}
    rows = [
        (sync, flow_title(sync.flow), newest.get(sync.pk), running.get(sync.pk), no_fault.get(sync.pk))
        for sync in in_order
    ]
    shown = {"rows": rows, "agree": _agree(list(newest.values()))}
    return render(request, "portal/books/list.html", shown)


@page(role="viewer")
def flow_books(request: PageRequest, flow: str) -> HttpResponse:
    """The comparisons of one flow, newest first. They are few: older ones are removed."""
    sync = get_object_or_404(Sync, flow=flow)
    rows = _reports().filter(sync=sync).order_by("-id")[:MOST_REPORTS]
    return render(request, "portal/books/flow.html", {"sync": sync, "flow": flow_title(flow), "rows": rows})


@page(role="operator", methods=("POST",))
def start(request: PageRequest, flow: str) -> HttpResponse:
    """Begins a comparison, or shows the one that is under way."""
    sync = get_object_or_404(Sync, flow=flow)

    def do() -> Done:
        report = desk.start_comparison(sync, request.customer, actor=actor(request), now=timezone.now())
        return gettext("Both books are being compared. This page tells how far it is."), reverse(
            "book", args=[report.pk]
        )

    return carry_out(request, do, reverse("books"))


@page(role="viewer")
def book(request: PageRequest, report_id: UUID) -> HttpResponse:
    """One comparison: by month, and each difference with its cause."""
    report = _find(report_id)
    shown: dict[str, Any] = {
        "report": report,
        "running": report.state == Progress.RUNNING,
        "flow": flow_title(report.sync.flow),
        "here": system_title(report.sync.source.system),
        "there": system_title(report.sync.target.system),
        "months": _months(report),
        "causes": [
            (name, cause_words(name), n) for name, n in sorted(report.causes.items(), key=lambda item: -item[1])
        ],
        "explained": [(cause_words(name), n) for name, n in sorted(report.explained.items())],
        "month": request.GET.get("month", "all"),
        "cause": request.GET.get("cause", ""),
    }
    if not request.htmx:
        found = listed(request, _differences(report, request), order=("is_explained", "id"))
        shown |= {"differences": _with_records(report, found.rows), "cursor": found.cursor}
    return live(request, "portal/books/_state.html", "portal/books/book.html", shown)


@page(role="operator", methods=("POST",))
def stop(request: PageRequest, report_id: UUID) -> HttpResponse:
    """Ends a comparison after the page that is under way."""
    report, here = _find(report_id), reverse("book", args=[report_id])

    def do() -> Done:
        desk.stop_comparison(report, actor=actor(request), now=timezone.now())
        return gettext("Stopped. It says nothing about the books."), here

    return carry_out(request, do, here)


@page(role="operator", methods=("POST",))
def repair(request: PageRequest, report_id: UUID, difference_id: UUID) -> HttpResponse:
    """Reads the record at its source again and sends it through the ledger."""
    rows = ReconcileDifference.objects.select_related("report__sync__source", "report__sync__target")
    difference = get_object_or_404(rows, pk=difference_id, report=report_id)
    here = reverse("book", args=[report_id])

    def do() -> Done:
        done = desk.repair(difference, request.customer, actor=actor(request))
        words = {
            "changed": gettext("%(key)s has changed at its source; the change is on its way."),
            "replayed": gettext("%(key)s is sent again."),
        }
        return words[done] % {"key": difference.source_key}, f"{here}#d-{difference.pk}"

    return carry_out(request, do, here, calls_out=True)


def _reports() -> QuerySet[ReconcileReport]:
    return ReconcileReport.objects.select_related("sync").defer("months", "cursor")


def _find(report_id: UUID) -> ReconcileReport:
    rows = ReconcileReport.objects.select_related("sync__source", "sync__target")
    report = rows.filter(pk=report_id).first()
    if report is None:
        raise Http404
    return report


def _differences(report: ReconcileReport, request: PageRequest) -> QuerySet[ReconcileDifference]:
    """Faults first, then what is explained."""
    rows = ReconcileDifference.objects.filter(report=report)
    month, cause = request.GET.get("month", "all"), request.GET.get("cause", "")
    if month != "all":
        rows = rows.filter(month=month.replace("\x00", "")[:7])
    return rows.filter(cause=cause.replace("\x00", "")[:60]) if cause else rows


def _with_records(
    report: ReconcileReport, rows: list[ReconcileDifference]
) -> list[tuple[ReconcileDifference, Any, str]]:
    """Each with its record's newest version, where we know one, and its cause in words. One statement."""
    keys = [row.source_key for row in rows]
    newest = Delivery.objects.filter(sync=report.sync_id, source_key__in=keys).order_by("source_key", "-number")
    known = dict(newest.distinct("source_key").values_list("source_key", "pk"))
    return [(row, known.get(row.source_key), cause_words(row.cause)) for row in rows]


def _agree(reports: list[ReconcileReport]) -> bool | None:
    return all(report.agree for report in reports) if reports else None


def _months(report: ReconcileReport) -> list[Month]:
    return [_month(key, sums) for key, sums in sorted(report.months.items(), reverse=True)]


def _month(key: str, sums: dict[str, Any]) -> Month:
    here, there = sums["source"], sums["target"]
    currencies = sorted({*here["amounts"], *there["amounts"]})
    amounts = tuple((name, here["amounts"].get(name, "0"), there["amounts"].get(name, "0")) for name in currencies)
    return Month(key, _named(key), here["records"], there["records"], amounts, sums["differences"])


def _named(key: str) -> str:
    """2026-03 as March 2026."""
    year, _, month = key.partition("-")
    if not (year.isdecimal() and month.isdecimal() and 1 <= int(month) <= 12):
        return gettext("Without a date")
    return f"{MONTHS[int(month)]} {year}"


routes = [
    path("books/", books, name="books"),
    path("books/flows/<slug:flow>/", flow_books, name="flow-books"),
    path("books/flows/<slug:flow>/compare/", start, name="book-start"),
    path("books/<uuid:report_id>/", book, name="book"),
    path("books/<uuid:report_id>/stop/", stop, name="book-stop"),
    path("books/<uuid:report_id>/differences/<uuid:difference_id>/repair/", repair, name="book-repair"),
]
