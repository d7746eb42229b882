"""Comparisons of both books that are kept: page by page, resumable, with every difference and the sums of each month.

A page is saved in one transaction with the cursor behind it, under the job's lease: whoever goes on after a crash
counts no record twice. The source is read gently, by pages, with the connection's lowest priority.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from integrations.engine import telling
from integrations.engine.judging import Judge
from integrations.engine.reconciling import Difference, Verdict, compare
from integrations.engine.work import Lease, Work, digest, ledger
from integrations.errors import IntegrationError
from integrations.flow import Page
from integrations.models import Progress, ReconcileDifference, ReconcileReport, Sync
from integrations.sheet import cell

KEPT = 35
"""So many reports of a sync are kept: a month of nights, and some on demand."""
MOST_FAILURES = 6
WORD = 1 << 256


def begin(sync: Sync, *, by: str, now: datetime) -> tuple[ReconcileReport, bool]:
    """A new report to work on, or the one that is being worked on; whether it is new. The oldest ones are removed."""
    try:
        with transaction.atomic():
            report = ReconcileReport.objects.create(sync=sync, started_by=by[:80], started_at=now)
    except IntegrityError:
        return ReconcileReport.objects.get(sync=sync, state=Progress.RUNNING), False
    old = ReconcileReport.objects.filter(sync=sync).order_by("-id").values_list("pk", flat=True)[KEPT:]
    ReconcileReport.objects.filter(pk__in=list(old)).delete()
    return report, True


def stop(report: ReconcileReport, *, now: datetime) -> ReconcileReport:
    """Ends a comparison after the page that is under way; it says nothing about the books then."""
    with transaction.atomic():
        report = ReconcileReport.objects.select_for_update(of=("self",)).select_related("sync").get(pk=report.pk)
        if report.state == Progress.RUNNING:
            report.state, report.finished_at = Progress.STOPPED, now
            report.save(update_fields=["state", "finished_at"])
        return report


def go_on(work: Work, report_id: UUID, *, until: datetime) -> bool:
    """Compares pages until the time is up; whether there may be more. Raises the errors of both systems."""
    report = ReconcileReport.objects.get(pk=report_id)
    judge = Judge(work)
    if report.state != Progress.RUNNING:
        return False
    for page in work.flow.reader.pages(work.source, dict(report.cursor), overlap=0.0, full=not report.cursor):
        verdicts = compare(work, page.changes, judge)
        if not _save(work.lease, report_id, page, verdicts, work.clock()):
            return False
        if work.clock() > until:
            return True
        work.lease.renew(work.clock())
    return False


def failed(report_id: UUID, error: IntegrationError, *, lease: Lease, now: datetime) -> timedelta | None:
    """Notes an error of either system; how long to wait before the next try, None if there is none."""
    with ledger(lease):
        report = ReconcileReport.objects.select_for_update().get(pk=report_id)
        report.failures += 1
        report.error_code, report.error = error.code[:60], error.message
        if report.failures >= MOST_FAILURES:
            report.state, report.finished_at = Progress.FAILED, now
        report.save(update_fields=["failures", "error_code", "error", "state", "finished_at"])
        running = report.state == Progress.RUNNING
        return timedelta(seconds=30 * 2**report.failures) if running else None


def give_up(report_id: UUID, reason: str, *, now: datetime) -> None:
    """A comparison that met a mistake of ours ends; it says nothing about the books."""
    running = ReconcileReport.objects.filter(pk=report_id, state=Progress.RUNNING)
    running.update(state=Progress.FAILED, error_code="bug", error=reason, finished_at=now)


def _save(lease: Lease, report_id: UUID, page: Page, verdicts: Sequence[Verdict], now: datetime) -> bool:
    """One page and the cursor behind it; whether the comparison goes on."""
    with ledger(lease):
        report = ReconcileReport.objects.select_for_update(of=("self",)).select_related("sync").get(pk=report_id)
        if report.state != Progress.RUNNING:
            return False
        ReconcileDifference.objects.bulk_create(_rows(report, verdicts), batch_size=500)
        _count(report, verdicts)
        report.cursor, report.failures, report.error_code, report.error = page.cursor, 0, "", ""
        if not page.more:
            report.state, report.finished_at, report.agree = Progress.FINISHED, now, not report.differing
            telling.compared(report, now)
        report.save()
        return page.more


def _rows(report: ReconcileReport, verdicts: Sequence[Verdict]) -> list[ReconcileDifference]:
    return [
        _row(report, verdict, difference, is_explained)
        for verdict in verdicts
        for difference, is_explained in _all(verdict)
    ]


def _all(verdict: Verdict) -> Iterator[tuple[Difference, bool]]:
    yield from ((difference, False) for difference in verdict.differences)
    if verdict.explained is not None:
        yield verdict.explained, True


def _row(report: ReconcileReport, verdict: Verdict, difference: Difference, is_explained: bool) -> ReconcileDifference:
    return ReconcileDifference(
        report=report,
        **asdict(difference),
        is_explained=is_explained,
        month=verdict.figures.dated_on[:7],
        currency=verdict.figures.currency[:5],
        source_amount=verdict.figures.amount,
        target_amount=verdict.worth,
    )


def _count(report: ReconcileReport, verdicts: Sequence[Verdict]) -> None:
    report.records += len(verdicts)
    report.agreeing += sum(verdict.agrees for verdict in verdicts)
    for verdict in verdicts:
        report.differing += len(verdict.differences)
        for difference in verdict.differences:
            report.causes[difference.cause] = report.causes.get(difference.cause, 0) + 1
        if verdict.reason:
            report.explained[verdict.reason] = report.explained.get(verdict.reason, 0) + 1
        _count_month(report.months.setdefault(verdict.figures.dated_on[:7], _empty()), verdict)


def _empty() -> dict[str, Any]:
    side = {"records": 0, "amounts": {}, "digest": _hex(0), "digest_in_ledger": _hex(0)}
    return {"source": {**side, "amounts": {}}, "target": {**side, "amounts": {}}, "differences": 0}


def _count_month(month: dict[str, Any], verdict: Verdict) -> None:
    """Digests are sums over records, so that neither their order nor where the pages were cut matters."""
    source, target, currency = month["source"], month["target"], verdict.figures.currency
    month["differences"] += len(verdict.differences)
    source["records"] += 1
    target["records"] += len(verdict.target_keys)
    _add_amount(source, currency, verdict.figures.amount)
    _add_amount(target, currency, verdict.worth)
    _add_mark(source, verdict.source_key, *verdict.source_marks)
    for key, (now, known) in zip(verdict.target_keys, verdict.target_marks, strict=True):
        _add_mark(target, key, now, known)


def _add_amount(side: dict[str, Any], currency: str, amount: Decimal | None) -> None:
    if amount is not None:
        side["amounts"][currency] = f"{Decimal(side['amounts'].get(currency, '0')) + amount:f}"


def _add_mark(side: dict[str, Any], key: str, now: str, known: str) -> None:
    for name, mark in (("digest", now), ("digest_in_ledger", known)):
        added = int(digest({"key": key, "mark": mark}), 16) if mark else 0
        side[name] = _hex((int(side[name], 16) + added) % WORD)


def _hex(number: int) -> str:
    return f"{number:064x}"


COLUMNS = (
    "source_key", "target_key", "month", "cause", "is_explained", "detail", "currency", "source_amount",
    "target_amount", "repaired_by", "repaired_at",
)  # fmt: skip
"""What is told of a difference in a file."""


def lines(report: ReconcileReport) -> Iterator[list[str]]:
    """The differences of a report, a line each; what a spreadsheet would take for a formula is marked as text."""
    rows = ReconcileDifference.objects.filter(report=report).order_by("id").values_list(*COLUMNS)
    for row in rows.iterator(chunk_size=2000):
        yield [cell(value) for value in row]
