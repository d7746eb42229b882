"""Handles received webhook events of one connection: reads their objects again and wakes what waited for them."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg, BoolOr
from django.db.models import Max, Min, Q

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
"""Jobs, not events: a flood about a few of them is one batch."""
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
        until = clock()
        told = _told(account, until)
        if not told:
            break
        account.refresh_from_db(fields=["state"])
        if account.state == Connection.State.PAUSED:
            return clock() + PAUSED_LOOK
        lease.renew(clock())
        _Batch(account, lease, plan, clock, until, told).handle()
    waiting = InboundEvent.objects.filter(connection=account, due_at__isnull=False).order_by("due_at")
    return waiting.values_list("due_at", flat=True).first()


@dataclass(frozen=True, slots=True)
class _Told:
    """What all due events about one job say together, however many they are."""

    numbers: frozenset[str]
    is_replayed: bool
    tries: int


def _told(account: Connection, until: datetime) -> dict[str, _Told]:
    """The next jobs that due events are about, by id."""
    due = InboundEvent.objects.filter(connection=account, due_at__lte=until).values("object_id")
    grouped = due.annotate(
        numbers=ArrayAgg("object_number", distinct=True),
        replayed=BoolOr(Q(code=REPLAYED)),
        most=Max("tries"),
        since=Min("due_at"),
    ).order_by("since", "object_id")[:BATCH]
    return {row["object_id"]: _Told(frozenset(row["numbers"]), row["replayed"], row["most"]) for row in grouped}


class _Batch:
    """The due events about some jobs of one connection; each job is read once, and its events are closed together."""

    def __init__(
        self,
        account: Connection,
        lease: ClaimLease,
        plan: CustomerSchedule,
        clock: Callable[[], datetime],
        until: datetime,
        told: Mapping[str, _Told],
    ) -> None:
        self._account, self._lease, self._plan, self._clock = account, lease, plan, clock
        self._until, self._told = until, told

    def handle(self) -> None:
        """Reads the jobs that matter and closes the events; what cannot be read now is due later."""
        wanted = self._wanted()
        self._close(self._told.keys() - wanted, State.IGNORED, "not-used", "No record here depends on this job.")
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
        cached = Reference.objects.filter(connection=self._account, kind="job", row__id__in=_either(self._told))
        found = {str(number) for number in cached.values_list("row__id", flat=True)}
        keys = {
            number: {reference_key("job-by-id", number)} | {reference_key("job", each) for each in told.numbers}
            for number, told in self._told.items()
        }
        needed = _needed({key for each in keys.values() for key in each})
        # An event that does not tell the number may be about any job that is needed.
        any_job = any("" in told.numbers for told in self._told.values()) and _is_any_job_needed()
        for number, told in self._told.items():
            if keys[number] & needed or told.is_replayed or (any_job and "" in told.numbers):
                found.add(number)
        return found

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
        for number in ids:
            told = self._told[number]
            if told.tries + 1 >= MOST_TRIES:
                self._close([number], State.FAILED, code, reason)
                continue
            due_at = now + timedelta(seconds=wait or FIRST_WAIT * 2**told.tries)
            kept = REPLAYED if told.is_replayed else code
            self._update([number], code=kept, reason=reason, due_at=due_at, tries=told.tries + 1)

    def _close(self, ids: Iterable[str], state: str, code: str, reason: str, *, woken: int = 0) -> None:
        now = self._clock()
        self._update(ids, state=state, code=code, reason=reason, due_at=None, handled_at=now, woken=woken)

    def _update(self, ids: Iterable[str], **values: Any) -> None:
        """Events that came, or were replayed, after this batch was taken have a later due time, and stay."""
        due = InboundEvent.objects.filter(connection=self._account, state=State.RECEIVED, due_at__lte=self._until)
        if ids := list(ids):
            due.filter(object_id__in=ids).update(**values)


def _either(ids: Iterable[str]) -> list[Any]:
    """Ids as numbers and as text: JSON keeps them as they were read."""
    return [each for number in ids for each in (number, int(number))]


def _needed(keys: Collection[str]) -> set[str]:
    found = Delivery.objects.filter(needs__in=keys, state__in=OPEN).order_by()
    return set(found.values_list("needs", flat=True).distinct())


def _is_any_job_needed() -> bool:
    return Delivery.objects.filter(needs__startswith=reference_key("job", ""), state__in=OPEN).exists()


def _forget_other_numbers(account: Connection, rows: Mapping[str, Row]) -> None:
    """A job that was given another number is no longer found by the one before."""
    numbers = [str(row.get("jobNumber") or "") for row in rows.values()]
    same = Reference.objects.filter(connection=account, kind="job", row__id__in=_either(rows))
    same.exclude(key__in=numbers).delete()
