"""Delivers what is due of one sync, batch by batch, under one lease."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Min, QuerySet

from integrations.engine.checking import check, take_over
from integrations.engine.intents import commit_intents
from integrations.engine.linking import side_of
from integrations.engine.pausing import pause_for
from integrations.engine.planning import Directory, plan_batch
from integrations.engine.recording import Moves, named
from integrations.engine.sending import Outgoing, UnderWay, begin_batch, end_batch
from integrations.engine.settling import keep_evidence, settle, verify
from integrations.engine.work import DATABASE_AWAY, LeaseLost, Work, asking, backoff, ledger
from integrations.errors import IntegrationError, NeedsPerson, Rejected, Transient
from integrations.models import Connection, Delivery, Sync

log = logging.getLogger(__name__)
State = Delivery.State

OUR_MISTAKE = "An error in this product; the log has the details under this delivery's id."


def deliver(work: Work) -> int:
    """Delivers due batches until none is left or the task's time is up; returns how many deliveries it took up."""
    began_at, taken = work.clock(), 0
    take_over(work)
    with ThreadPoolExecutor(max_workers=max(1, work.limits.side_by_side)) as pool:
        # Whatever ends this: the calls that are under way have ended when the pool is left.
        flight = Flight(work, Directory(work), pool)
        try:
            while work.clock() - began_at <= timedelta(seconds=work.limits.task_seconds):
                batch = _due(work)
                if not batch and flight.under_way:
                    flight.land()  # what was under way may have left something to do
                    continue
                if not batch or not _still_running(work.sync):
                    break
                taken += len(batch)
                work.lease.renew(work.clock())
                _by_state(flight, batch)
            flight.land()
        except LeaseLost:
            flight.leave_evidence()
            raise
    return taken


@dataclass(slots=True)
class Flight:
    """Batches on their way. While the calls of one are made, the one before is settled and read back, and the next
    one is planned, so that a connection's budget is used without a pause."""

    work: Work
    directory: Directory
    pool: Executor
    under_way: UnderWay | None = None

    def begin(self, outgoing: Sequence[Outgoing]) -> None:
        """Sends a batch. A small one is settled at once, and so is one of records that are matched with each other."""
        before, self.under_way = self.under_way, begin_batch(self.work, outgoing, self.pool)
        self._settle(before)
        is_followed = bool(self.under_way.turns) and len(outgoing) >= self.work.limits.batch > 1
        if not is_followed or self.work.flow.match_before_create:
            self.land()

    def land(self) -> None:
        """Settles and reads back what is still under way."""
        before, self.under_way = self.under_way, None
        self._settle(before)

    def leave_evidence(self) -> None:
        """The lease is lost: what is answered to calls under way is kept beside their intents."""
        before, self.under_way = self.under_way, None
        if before is not None:
            before.wait()
            keep_evidence(before.batch, self.work.clock())

    @property
    def ids(self) -> list[UUID]:
        """The deliveries whose calls are being made."""
        return [item.delivery.id for item in self.under_way.batch] if self.under_way else []

    def _settle(self, ended: UnderWay | None) -> None:
        if ended is None:
            return
        deliveries, sent = [item.delivery for item in ended.batch], dict[UUID, Outgoing]()

        def settle_all(_: Sequence[Delivery]) -> None:
            end_batch(self.work, ended)
            sent.update(settle(self.work, ended.batch))

        if _together(self, deliveries, settle_all) and sent:
            written = [item.delivery for item in sent.values()]
            _together(self, written, lambda part: self.directory.add(verify(self.work, part, sent)))


def is_running(sync: Sync) -> bool:
    """Whether neither the sync nor one of its connections is switched off or paused."""
    accounts = (sync.source, sync.target)
    return sync.enabled and sync.state == Sync.State.ACTIVE and all(a.state == Connection.State.OK for a in accounts)


def _still_running(sync: Sync) -> bool:
    """Whether it still is, after whatever people did since the last batch."""
    if not is_running(sync):
        return False
    names = ("enabled", "state", "source__state", "target__state")
    row = Sync.objects.filter(pk=sync.pk).values_list(*names).first()
    if row is None:
        return False
    sync.enabled, sync.state, sync.source.state, sync.target.state = row
    return is_running(sync)


def next_due(sync: Sync, *, without: Collection[str] = ()) -> datetime | None:
    """When the next delivery of this sync is due, those in the states `without` aside; None if none is."""
    rows = Delivery.objects.filter(sync=sync, due_at__isnull=False).exclude(state__in=without)
    due: datetime | None = rows.aggregate(Min("due_at"))["due_at__min"]
    return due


def _due(work: Work) -> list[Delivery]:
    """The next batch: unsettled writes first, then by priority and time."""
    unsettled, pending = _unsettled(work), _pending(work)
    return list(unsettled[: work.limits.batch]) or list(pending[: work.limits.batch])


def _unsettled(work: Work) -> QuerySet[Delivery]:
    due = Delivery.objects.filter(sync=work.sync, due_at__lte=work.clock(), state__in=Delivery.UNSETTLED)
    return due.order_by("due_at", "source_key")


def _pending(work: Work) -> QuerySet[Delivery]:
    due = Delivery.objects.filter(sync=work.sync, due_at__lte=work.clock(), state__in=Delivery.PLANNABLE)
    return due.order_by("priority", "due_at", "source_key")


def first_due(work: Work) -> Delivery | None:
    """What is taken up first, without what it carries."""
    return _unsettled(work).defer("payload").first() or _pending(work).defer("payload").first()


def _by_state(flight: Flight, batch: Sequence[Delivery]) -> None:
    """Checks, verifies, sends, in this order: what one of them leaves for the next is taken along."""
    groups: list[tuple[set[str], Callable[[Sequence[Delivery]], Any]]] = [
        ({State.CHECKING}, lambda group: check(flight.work, group)),
        ({State.VERIFYING}, lambda group: flight.directory.add(verify(flight.work, group))),
        (set(Delivery.PLANNABLE), lambda group: _send(flight, group)),
    ]
    for states, handle in groups:
        group = [d for d in batch if d.state in states and d.due_at is not None]
        if group and not _together(flight, group, handle):
            return  # what is in memory may differ from the ledger; the next batch is read from there


def _send(flight: Flight, group: Sequence[Delivery]) -> None:
    """Plans, commits the intents, and sends."""
    work = flight.work
    planned = plan_batch(work, group, flight.directory)
    for side in {write.side for p in planned if p.plan for write in p.plan.writes[:1]} | {"target"}:
        with asking(side):
            side_of(work, side).client.prepare()  # a token, before anything is said to be under way
    outgoing = commit_intents(work, planned)
    if outgoing:
        flight.begin(outgoing)


def _together(flight: Flight, group: Sequence[Delivery], handle: Callable[[Sequence[Delivery]], Any]) -> bool:
    """Runs a step of a whole group; whether it was done.

    An error of a read that all of them need sends all of them back to wait. What is refused, or is our own
    mistake, may be about one of them only: they go on one by one.
    """
    work = flight.work
    try:
        handle(group)
        return True
    except Rejected as error:
        _alone(flight, group, handle, error)
    except IntegrationError as error:
        told = {"flow": work.sync.flow, "code": error.code, "reason": error.message, **named(group)}
        log.warning("batch put off", extra=told)
        _put_off(work, group, error)
    except (LeaseLost, *DATABASE_AWAY):
        raise
    except Exception:
        log.exception("our own mistake in a batch", extra={"flow": work.sync.flow, **named(group)})
        _alone(flight, group, handle, NeedsPerson(OUR_MISTAKE, code="bug"))
    return False


def _alone(
    flight: Flight, group: Sequence[Delivery], handle: Callable[[Sequence[Delivery]], Any], error: NeedsPerson
) -> None:
    """What cannot be done with one delivery costs no other one. What may have been sent is looked for first."""
    work = flight.work
    take_over(work, but=flight.ids)
    due = Delivery.objects.filter(id__in=[d.id for d in group], due_at__lte=work.clock())
    if len(group) > 1:
        for delivery in due:
            _together(flight, [delivery], handle)
        return
    with ledger(work.lease):
        moves = Moves(work.clock())
        for delivery in due.defer("payload"):
            moves.move(delivery, State.QUARANTINED, code=error.code, reason=error.message)
        moves.save()


def _put_off(work: Work, group: Sequence[Delivery], error: IntegrationError) -> None:
    """Nothing was written: every delivery keeps its state and is due again after a wait."""
    now = work.clock()
    wait = error.retry_after if isinstance(error, Transient) and error.retry_after else None
    with ledger(work.lease):
        pause_for(error, work.sync, work.sync.source if error.side == "source" else work.sync.target)
        moves = Moves(now)
        unsent = {*Delivery.PLANNABLE, State.CHECKING, State.VERIFYING}
        for delivery in Delivery.objects.filter(id__in=[d.id for d in group], state__in=unsent).defer("payload"):
            delivery.tries += 1
            due_at = now + timedelta(seconds=wait or backoff(str(delivery.id), delivery.tries))
            told = {"code": error.code, "reason": error.message, "needs": delivery.needs}
            moves.move(delivery, delivery.state, **told, due_at=due_at)
        moves.save()
