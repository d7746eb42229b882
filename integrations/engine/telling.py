"""What the engine tells the customer's own programs (`integrations.outgoing`), each from one place.

Everything here runs inside a ledger transaction, so that what is told happened, and was told once. A batch costs a
statement or two however large it is, and where nobody wants to know only that is asked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from integrations import outgoing
from integrations.models import Delivery, ReconcileReport, Sync
from integrations.outgoing import Told


def failed(deliveries: Collection[Delivery], now: datetime) -> None:
    """These deliveries have just gone to quarantine."""
    if not deliveries:
        return
    outgoing.look_at_alerts(now)
    if not outgoing.is_wanted(outgoing.DELIVERY_FAILED):
        return
    flows = dict(Sync.objects.filter(pk__in={d.sync_id for d in deliveries}).values_list("pk", "flow"))
    outgoing.emit_all(
        outgoing.DELIVERY_FAILED, [Told(str(d.pk), _failure(d, flows[d.sync_id])) for d in deliveries], now=now
    )


def completed(runs: Collection[Sequence[Any]], now: datetime) -> None:
    """These runs have just been completed. A run that is opened again, and completed again, is told of once."""
    names = ("run", "flow", "started_at", "read", "unchanged", "written", "skipped", "quarantined")
    outgoing.emit_all(
        outgoing.RUN_COMPLETED,
        [Told(str(run[0]), dict(zip(names, run, strict=True)), dedupe=f"run.completed:{run[0]}") for run in runs],
        now=now,
    )


def paused(sync: Sync, code: str, reason: str, now: datetime | None = None) -> None:
    """A flow was paused since a scope or an arrangement is missing."""
    data = {"flow": sync.flow, "sync": sync.pk, "code": code, "reason": reason}
    outgoing.emit(outgoing.SYNC_STALLED, subject=str(sync.pk), data=data, now=now)
    outgoing.look_at_alerts(now)


def compared(report: ReconcileReport, now: datetime) -> None:
    """A comparison has come to its end. Told once for each report that found differences."""
    outgoing.look_at_alerts(now)
    if report.agree is not False:
        return
    data = {
        "report": report.pk,
        "flow": report.sync.flow,
        "records": report.records,
        "agreeing": report.agreeing,
        "differing": report.differing,
        "causes": report.causes,
        "started_at": report.started_at,
    }
    dedupe = f"books.differ:{report.pk}"
    outgoing.emit(outgoing.BOOKS_DIFFER, subject=str(report.pk), data=data, dedupe=dedupe, now=now)


def _failure(delivery: Delivery, flow: str) -> dict[str, Any]:
    return {
        "delivery": delivery.pk,
        "flow": flow,
        "key": delivery.source_key,
        "number": delivery.number,
        "label": delivery.label,
        "code": delivery.code,
        "reason": delivery.reason,
    }
