"""From a claim of the schedule index to engine work: loads the sync, opens the clients, and sets the next due time.

Used by the Celery tasks and by `manage.py sync`; both go through claims, so they never work on a sync together.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from structlog.contextvars import bound_contextvars

from integrations import catalogue, connections, health, schedule_spec, telemetry
from integrations.engine import (
    Lease,
    LeaseLost,
    Limits,
    Loading,
    Note,
    Polled,
    Work,
    crash_loop,
    deliver,
    is_running,
    ledger,
    loading,
    next_due,
    poll,
    read_sync,
    withheld_for,
)
from integrations.flow import Row
from integrations.models import Connection, Sync
from tenants import schedule
from tenants.models import Customer
from tenants.schema import within

log = logging.getLogger(__name__)

MOST_TOGETHER, BATCH_SECONDS = 100, 30

PAUSED_LOOK = timedelta(minutes=5)
"""A paused sync is looked at so often; nothing is called before it was resumed."""

RECOVERY_LOOK = timedelta(seconds=5)
"""While sources are read again after a restore, what is to be sent looks so often whether it may be."""


def utc_now() -> datetime:
    """The only clock of the product."""
    return datetime.now(UTC)


@dataclass(slots=True)
class ClaimLease:
    """`engine.Lease` over a claim of the schedule index."""

    claim: schedule.Claim
    seconds: float

    @property
    def fence(self) -> int:
        return self.claim.fence

    @property
    def until(self) -> datetime:
        return self.claim.lease_until

    def renew(self, now: datetime) -> None:
        """Prolongs the lease; raises LeaseLost if somebody has taken over."""
        renewed = schedule.renew(self.claim, now=now, lease_seconds=self.seconds)
        if renewed is None:
            raise LeaseLost
        self.claim = renewed

    def hold(self) -> None:
        """Locks the claim's row until the transaction ends; raises LeaseLost."""
        if not schedule.holds(self.claim):
            raise LeaseLost


@dataclass(frozen=True, slots=True)
class CustomerSchedule:
    """`engine.Schedule` of one customer."""

    customer_id: int

    def make_due(self, sync_ids: Collection[UUID], now: datetime) -> None:
        """Deliveries of these syncs are due now."""
        schedule.make_due(customer_id=self.customer_id, sync_ids=sync_ids, kind="deliver", now=now)


def run_claim(claim: schedule.Claim, *, clock: Callable[[], datetime] = utc_now) -> Polled | None:
    """Does one claimed piece of work in the customer's schema and says when the next one is due.

    Returns what a poll did; None for anything else.
    """
    # What the claim knows of its customer spares two queries: whose keys, and which time zone. Begun within the schema
    # in which all else is done, since each change of schema is a statement too.
    customer = Customer(pk=claim.customer_id, schema_name=claim.schema_name, key_id=claim.key_id)
    with within(customer):
        begun = schedule.begin(claim, now=clock(), lease_seconds=settings.LEASE_SECONDS)
        if begun is None or begun.key_id is None:
            return None  # this message came twice, or too late, or the customer was removed
        claim, customer.key_id = begun, begun.key_id
        found = read_sync(claim.sync_id)
        if found is None:
            schedule.remove(customer_id=claim.customer_id, sync_id=claim.sync_id)
            return None  # the sync was removed
        sync, orphaned = found
        with (
            telemetry.working_for(claim.schema_name, sync.flow),
            bound_contextvars(customer=claim.schema_name, flow=sync.flow, sync=str(sync.pk)),
        ):
            return _work(claim, sync, clock, orphaned=orphaned)


def _work(claim: schedule.Claim, sync: Sync, clock: Callable[[], datetime], *, orphaned: bool) -> Polled | None:
    lease = ClaimLease(claim, settings.LEASE_SECONDS)
    hurry = "backfill" if sync.full_read_at is None else "schedule"  # a first load gives way to everything else
    work = work_for(sync, lease, CustomerSchedule(claim.customer_id), clock, priority=hurry)
    work.notes_later = not orphaned
    again_at, eventful, polled = None, claim.kind == "deliver", None
    try:
        if claim.kind == "poll":
            again_at, eventful, polled = _poll(work, claim)
        elif is_running(sync) and (behind := withheld_for(sync)):
            log.debug("nothing is sent before it is read again", extra={"flow": sync.flow, "waits_for": behind})
            again_at = work.clock() + RECOVERY_LOOK
        elif is_running(sync):
            crash_loop.beware(work, claim.begun)
            deliver(work)
        _keep_capabilities(work)
        _release(work, lease, again_at, polled.note if polled else None)
        if eventful:
            health.tell(claim.customer_id, [sync], now=clock())
    except KeyboardInterrupt:
        # No call is under way any more, and whoever comes next looks for what was begun.
        schedule.release(lease.claim, now=clock(), due_at=clock())
        raise
    except LeaseLost:
        log.warning("taken over by another worker", extra={"flow": sync.flow, "fence": lease.fence})
    finally:
        work.close()
    return polled


def _release(work: Work, lease: ClaimLease, again_at: datetime | None, note: Note | None) -> None:
    """Gives the claim back. What an idle poll notes is written in the same statement. Raises LeaseLost."""
    sync, now = work.sync, work.clock()
    if note is not None:
        fresh_at, also, given = sync.fresh_at, note.statement, note.given
        if not schedule.release(lease.claim, now=now, due_at=again_at, fresh_at=fresh_at, also=also, given=given):
            raise LeaseLost
        return
    with ledger(lease):
        # Whatever became due meanwhile was committed before this lock was given.
        due_at = again_at or next_due(sync)
        now = work.clock()
        if not is_running(sync):
            due_at = now + PAUSED_LOOK
        schedule.release(lease.claim, now=now, due_at=due_at, fresh_at=sync.fresh_at)


class NoLease:
    """For work that only reads: it holds nothing and can write nothing to the ledger."""

    fence = 0
    until = datetime.min.replace(tzinfo=UTC)

    def renew(self, now: datetime) -> None:
        """There is nothing to renew."""

    def hold(self) -> None:
        """Raises LeaseLost: nothing may be written."""
        raise LeaseLost


def loading_of(sync: Sync, now: datetime) -> Loading | None:
    """How far a first load or a full read of a sync is; None while none is under way."""
    return loading(sync, catalogue.flows()[sync.flow].reader, now)


def comparison_of(sync: Sync) -> Work:
    """Work that only reads from both systems, after everything else that wants to go out."""
    return work_for(sync, NoLease(), CustomerSchedule(0), utc_now, read_only=True, priority="backfill")


def work_for(
    sync: Sync,
    lease: Lease,
    plan: CustomerSchedule,
    clock: Callable[[], datetime],
    *,
    read_only: bool = False,
    priority: str = "schedule",
    watch: Callable[[], None] | None = None,
) -> Work:
    """What the engine needs to work on this sync. `priority`: see `connections.budget_of`; `watch`: `open_client`."""
    given: dict[str, Any] = {"read_only": read_only, "priority": priority, "watch": watch}
    return Work(
        sync=sync,
        flow=catalogue.flows()[sync.flow],
        lease=lease,
        schedule=plan,
        clock=clock,
        open_source=lambda: connections.open_client(sync.source, **given),
        open_target=lambda: connections.open_client(sync.target, **given),
        lookup=lambda client, kind, keys: _lookup(sync.target, client, kind, keys),
        lookup_source=lambda client, kind, keys: _lookup(sync.source, client, kind, keys),
        limits=_limits(sync),
    )


def _poll(work: Work, claim: schedule.Claim) -> tuple[datetime, bool, Polled | None]:
    """When to poll again, whether this poll is worth telling (it brought something, failed, or ended failures), and
    what it did, if the sync is running."""
    eventful, polled = False, None
    if is_running(work.sync):
        failing = work.sync.failures > 0
        polled = poll(work, crash_loop.not_to_be_read(claim.begun))
        eventful = failing or polled.failed or polled.run is not None
        outcome = "failed" if polled.failed else "changed" if polled.run else "idle"
        telemetry.count("connector_polls", work.sync.flow, outcome)
        if polled.again_at is not None:
            return polled.again_at, eventful, polled
    zone = ZoneInfo(claim.time_zone)
    return schedule_spec.parse(work.sync.schedule).next_due(work.clock(), zone), eventful, polled


def _keep_capabilities(work: Work) -> None:
    """What a client learned of its system on the way, so that the next one need not ask.

    It is added to what is stored by now (a ping may have come between), unless that is about another system.
    """
    for side, row in (("source", work.sync.source), ("target", work.sync.target)):
        learned = getattr(work.opened.get(side), "capabilities", None) or {}
        news = {name: value for name, value in learned.items() if row.capabilities.get(name) != value}
        if not news:
            continue
        with transaction.atomic():
            same = Connection.objects.select_for_update().filter(pk=row.pk, base_url=row.base_url)
            for stored in same.values_list("capabilities", flat=True):
                row.capabilities = {**stored, **news}
                same.update(capabilities=row.capabilities)


def _lookup(account: Connection, client: Any, kind: str, keys: Sequence[str]) -> Mapping[str, Row]:
    rows: Mapping[str, Row] = catalogue.systems()[account.system].lookup(client, kind, keys)
    return rows


def _batch(account: Connection) -> int:
    """As many writes as leave within half a minute, a hundred at most: what is settled together costs less each."""
    return max(1, min(MOST_TOGETHER, int(BATCH_SECONDS * connections.rate_of(account).per_second)))


def _limits(sync: Sync) -> Limits:
    answered = catalogue.flows()[sync.flow].source_writer is not None
    written = [sync.target, sync.source] if answered else [sync.target]  # what a write may go to
    options = [connections.effective_options(account) for account in written]
    return Limits(
        batch=int(sync.options.get("batch", 0)) or _batch(sync.target),
        side_by_side=min(int(one["side_by_side"]) for one in options),
        call_seconds=max(connections.timeouts(account).total for account in written),
        list_lag_seconds=max(float(one.get("list_lag_seconds", 0)) for one in options),
        task_seconds=settings.WORK_SECONDS,
    )
