"""Handles received webhook events of one connection: reads their objects again and wakes what waited for them."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, QuerySet

from integrations import catalogue, connections, engine
from integrations.engine import LeaseLost, ledger
from integrations.errors import IntegrationError, Transient, reference_key
from integrations.flow import Row
from integrations.inbound import REPLAYED
from integrations.models import Connection, Delivery, InboundEvent, Reference
from integrations.running import PAUSED_LOOK, ClaimLease, CustomerSchedule, utc_now
from tenants import schedule
from tenants.models import Customer
from tenants.schema import within

log = logging.getLogger(__name__)
State = InboundEvent.State

BATCH = 500
MOST_TRIES = 8
FIRST_WAIT = 5.0
"""Seconds until an object that is not shown yet is looked for again; doubled each time."""
OPEN = (Delivery.State.WAITING, Delivery.State.QUARANTINED)


def run_claim(claim: schedule.Claim, *, clock: Callable[[], datetime] = utc_now) -> None:
    """Handles what was received for one connection, batch by batch, and says when something is due again."""
    begun = schedule.begin(claim, now=clock(), lease_seconds=settings.LEASE_SECONDS)
    customer = Customer.objects.filter(pk=claim.customer_id).first()
    if begun is None or customer is None:
        return  # this message came twice, or too late
    with within(customer):
        account = Connection.objects.filter(pk=claim.sync_id).first()
        if account is None:
            schedule.remove(customer_id=claim.customer_id, sync_id=claim.sync_id)
            return  # the connection was removed
        lease = ClaimLease(begun, settings.LEASE_SECONDS)
        try:
            due_at = _handle_due(account, lease, CustomerSchedule(customer.pk), clock)
            with ledger(lease):
                schedule.release(lease.claim, now=clock(), due_at=due_at)
        except LeaseLost:
            log.warning("taken over by another worker", extra={"connection": account.name, "fence": lease.fence})


def _handle_due(
    account: Connection, lease: ClaimLease, plan: CustomerSchedule, clock: Callable[[], datetime]
) -> datetime | None:
    """When this connection's events are due again; None: when the next one comes."""
    began_at = clock()
    while clock() - began_at <= timedelta(seconds=settings.WORK_SECONDS):
        events = list(_due(account, clock())[:BATCH])
        if not events:
            break
        account.refresh_from_db(fields=["state"])
        if account.state == Connection.State.PAUSED:
            return clock() + PAUSED_LOOK
        lease.renew(clock())
        _Batch(account, lease, plan, clock, events).handle()
    waiting = InboundEvent.objects.filter(connection=account, due_at__isnull=False).order_by("due_at")
    return waiting.values_list("due_at", flat=True).first()


def _due(account: Connection, now: datetime) -> QuerySet[InboundEvent]:
    return InboundEvent.objects.filter(connection=account, due_at__lte=now).order_by("due_at", "id")


class _Batch:
    """Some events of one connection; each object of theirs is read once."""

    def __init__(
        self,
        account: Connection,
        lease: ClaimLease,
        plan: CustomerSchedule,
        clock: Callable[[], datetime],
        events: Sequence[InboundEvent],
    ) -> None:
        self._account, self._lease, self._plan, self._clock = account, lease, plan, clock
        self._events: dict[str, list[InboundEvent]] = {}
        for event in events:
            self._events.setdefault(event.object_id, []).append(event)

    def handle(self) -> None:
        """Reads the objects that matter and closes the events; what cannot be read now is due later."""
        wanted = self._wanted()
        self._close(self._events.keys() - wanted, State.IGNORED, "not-used", "No record here depends on this job.")
        if not wanted:
            return
        try:
            rows = self._read(wanted)
        except IntegrationError as error:
            log.warning("webhook events put off", extra={"connection": self._account.name, "code": error.code})
            if isinstance(error, Transient):
                self._later(wanted, error.code, error.message, error.retry_after)
            else:
                self._close(wanted, State.FAILED, error.code, error.message)
            return
        self._arrived(rows)
        self._later(wanted - rows.keys(), "not-found", "ServiceTitan does not show this job (yet).", None)

    def _wanted(self) -> set[str]:
        """The jobs that a cached row or an open delivery is about, and those that a person replays."""
        ids = self._events.keys()
        cached = Reference.objects.filter(connection=self._account, kind="job", row__id__in=_either(ids))
        found = {str(number) for number in cached.values_list("row__id", flat=True)}
        open_needs = _needed(self._needs())
        every = any(event.object_number == "" for events in self._events.values() for event in events)
        anything = every and _any_job_is_needed()
        for number, events in self._events.items():
            keys = {reference_key("job-by-id", number)} | {reference_key("job", e.object_number) for e in events}
            unnumbered = anything and any(event.object_number == "" for event in events)
            if keys & open_needs or unnumbered or any(event.code == REPLAYED for event in events):
                found.add(number)
        return found

    def _needs(self) -> set[str]:
        needs = {reference_key("job-by-id", number) for number in self._events}
        return needs | {reference_key("job", e.object_number) for events in self._events.values() for e in events}

    def _read(self, ids: Collection[str]) -> dict[str, Row]:
        client = connections.open_client(self._account, read_only=True, priority="webhook")
        try:
            lookup = catalogue.systems()[self._account.system].lookup
            return {str(row["id"]): row for row in lookup(client, "job-by-id", sorted(ids)).values()}
        finally:
            client.session.close()

    def _arrived(self, rows: Mapping[str, Row]) -> None:
        """Keeps the rows as read, and wakes what waited for them, in one transaction."""
        now = self._clock()
        by_number = {str(row.get("jobNumber") or ""): row for row in rows.values()}
        by_number.pop("", None)
        with ledger(self._lease):
            _forget_other_numbers(self._account, rows)
            also = [reference_key("job-by-id", number) for number in rows]
            woken = engine.arrived(self._account, "job", by_number, also=also, schedule=self._plan, now=now)
            counts: dict[int, list[str]] = defaultdict(list)
            for number, row in rows.items():
                keys = (reference_key("job-by-id", number), reference_key("job", str(row.get("jobNumber") or "")))
                counts[sum(woken.get(key, 0) for key in keys)].append(number)
            for count, numbers in counts.items():
                reason = f"Read again; {count} {'delivery goes' if count == 1 else 'deliveries go'} on."
                self._close(numbers, State.APPLIED, "", reason, woken=count)

    def _later(self, ids: Collection[str], code: str, reason: str, wait: float | None) -> None:
        """Looked at again, later each time; given up after some tries."""
        now = self._clock()
        for events in (self._events[number] for number in ids):
            tries = max(event.tries for event in events) + 1
            if tries >= MOST_TRIES:
                self._update(events, state=State.FAILED, code=code, reason=reason, due_at=None, handled_at=now)
                continue
            due_at = now + timedelta(seconds=wait or FIRST_WAIT * 2 ** (tries - 1))
            kept = REPLAYED if any(event.code == REPLAYED for event in events) else code
            self._update(events, code=kept, reason=reason, due_at=due_at, tries=tries)

    def _close(self, ids: Iterable[str], state: str, code: str, reason: str, *, woken: int = 0) -> None:
        events = [event for number in ids for event in self._events[number]]
        self._update(
            events,
            state=state,
            code=code,
            reason=reason,
            due_at=None,
            handled_at=self._clock(),
            woken=F("woken") + woken,
        )

    def _update(self, events: Collection[InboundEvent], **values: Any) -> None:
        """What somebody replays meanwhile stays theirs: it has another due time by then."""
        if events:
            still = {"pk__in": [event.pk for event in events], "state": State.RECEIVED}
            InboundEvent.objects.filter(**still, due_at__lte=max(e.due_at for e in events if e.due_at)).update(**values)


def _either(ids: Iterable[str]) -> list[Any]:
    """Ids as numbers and as text: JSON keeps them as they were read."""
    return [each for number in ids for each in (number, int(number))]


def _needed(keys: Collection[str]) -> set[str]:
    found = Delivery.objects.filter(needs__in=keys, state__in=OPEN).order_by()
    return set(found.values_list("needs", flat=True).distinct())


def _any_job_is_needed() -> bool:
    return Delivery.objects.filter(needs__startswith=reference_key("job", ""), state__in=OPEN).exists()


def _forget_other_numbers(account: Connection, rows: Mapping[str, Row]) -> None:
    """A job that was given another number is no longer found by the one before."""
    numbers = [str(row.get("jobNumber") or "") for row in rows.values()]
    same = Reference.objects.filter(connection=account, kind="job", row__id__in=_either(rows))
    same.exclude(key__in=numbers).delete()
