"""One record brought into order again: read anew at its source, then sent through the ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from integrations.engine import Reread, replay, reread
from integrations.errors import NeedsPerson
from integrations.models import Delivery, ReconcileDifference, Sync
from integrations.running import CustomerSchedule, NoLease, utc_now, work_for
from tenants.models import Customer


def read_again(customer: Customer, sync: Sync, key: str, *, by: str, clock: Callable[[], datetime] = utc_now) -> Reread:
    """Reads one record at its source now; what changed there goes on. Raises the source's errors."""
    work = work_for(sync, NoLease(), CustomerSchedule(customer.pk), clock, read_only=True, priority="webhook")
    try:
        return reread(work, [key], by=by)[key]
    finally:
        work.close()


def repair(
    customer: Customer, difference: ReconcileDifference, *, by: str, clock: Callable[[], datetime] = utc_now
) -> str:
    """Reads a difference's record again and sends it through the ledger; what became of that, in a word.

    "changed": what changed at the source is on its way; "replayed": what was known is on its way again. Doing it twice
    changes nothing more. Raises the source's errors, and NeedsPerson for a record that the source does not have.
    """
    sync = difference.report.sync
    found = read_again(customer, sync, difference.source_key, by=by, clock=clock)
    if found == "gone":
        raise NeedsPerson("Its source does not have it any more; nothing was changed.", code="gone")
    if found == "unchanged" and Delivery.objects.filter(sync=sync, source_key=difference.source_key).exists():
        replay(sync, difference.source_key, by=by, schedule=CustomerSchedule(customer.pk), now=clock())
    ReconcileDifference.objects.filter(pk=difference.pk).update(repaired_by=by[:80], repaired_at=clock())
    return "changed" if found == "changed" else "replayed"
