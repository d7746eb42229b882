"""What people do with a flow: switch it on, change its schedule, pause, resume, run now, start over.

To be called in the customer's schema and in a transaction; each says in the audit who did it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from integrations import catalogue, environments, schedule_spec, sync_options
from integrations.audit import Actor, record
from integrations.engine import holds_up_others, is_running, ledger
from integrations.models import Connection, Delivery, Link, Sync
from integrations.refusals import CannotBeDone, Fault
from integrations.restoring import note_on_new
from integrations.tokens import PAUSED_BY_PERSON
from tenants import schedule
from tenants.models import Customer

BY_PERSON = PAUSED_BY_PERSON
"""The pause code of what somebody has paused; only somebody resumes it."""


HIDDEN = tuple(f"{end}__{name}" for end in ("source", "target") for name in ("credentials", "token"))
"""What is left in the database where only a sync is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """What starting over would mean. `known`: records that were read before, and are then read again."""

    known: int
    linked: int
    on_their_way: int
    need_a_person: int
    last_full_read_at: datetime | None


def locked(flow: str) -> Sync | None:
    """The sync of a flow, for a change in this transaction; None if there is none.

    Workers lock a sync after its row of the schedule, and both in a ledger transaction. Whoever takes the ledger's
    lock first, as here, never waits for one of them in a circle.
    """
    with ledger():
        rows = Sync.objects.select_related("source", "target").select_for_update(of=("self",))
        return rows.defer(*HIDDEN).filter(flow=flow).first()


def faults(flow: str, source: Connection | None, target: Connection | None, wanted: Mapping[str, Any]) -> list[Fault]:
    """Everything that is wrong with a sync as it is wanted (`schedule`, `options`, `enabled`)."""
    declared = catalogue.flows()[flow]
    found: list[Fault] = []
    for name, end, system in (("source", source, declared.source_system), ("target", target, declared.target_system)):
        if end is None or end.system != system:
            found.append((name, f"This is a connection to {system}."))
    if source and target and (sentence := environments.mixed(source, target)):
        found.append(("target", sentence))
    try:
        schedule_spec.parse(wanted["schedule"])
    except ValueError as error:
        found.append(("schedule", str(error)))
    said = list(sync_options.faults(flow, wanted["options"]))
    if not said and wanted["enabled"]:
        said += sync_options.disagreements(flow, wanted["options"])
    return found + [(f"options/{name}", sentence) for name, sentence in said]


def switch_on(sync: Sync, customer: Customer, *, actor: Actor, now: datetime) -> Sync:
    """Saves a new sync, and makes it due. Its members have no `faults`. Raises CannotBeDone if there is one already."""
    note_on_new(sync, customer)
    try:
        with transaction.atomic():
            sync.save(force_insert=True)
    except IntegrityError:
        raise CannotBeDone(f"The flow {sync.flow} is switched on already: change it instead.") from None
    set_due(sync, customer, now)
    detail = {"source": sync.source.name, "target": sync.target.name, "schedule": sync.schedule}
    _record(sync, "switched-on", actor, {**detail, "options": sync.options, "enabled": sync.enabled})
    return sync


def change(sync: Sync, customer: Customer, changes: Mapping[str, Any], *, actor: Actor, now: datetime) -> None:
    """Another schedule, other options, enabled or not. They have no `faults`."""
    before = {name: getattr(sync, name) for name in changes}
    if before == changes:
        return
    for name, value in changes.items():
        setattr(sync, name, value)
    sync.save(update_fields=list(changes))
    set_due(sync, customer, now)
    _record(sync, "changed", actor, {"before": before, "after": dict(changes)})


def set_due(sync: Sync, customer: Customer, now: datetime) -> None:
    """An interval begins now; a local time waits for its moment, unless all flows wait for this one after a restore."""
    spec = schedule_spec.parse(sync.schedule)
    at_once = isinstance(spec, schedule_spec.Every) or holds_up_others(sync)
    due_at = now if at_once else schedule_spec.next_due(sync.schedule, now, customer.time_zone)
    # What others wait for goes first within a customer.
    priority = 1 + catalogue.in_order(catalogue.flows()).index(sync.flow)
    schedule.ensure(customer_id=customer.pk, sync_id=sync.pk, kinds=["poll"], due_at=due_at, priority=priority)
    schedule.ensure(customer_id=customer.pk, sync_id=sync.pk, kinds=["deliver"], priority=priority)
    if not at_once:
        schedule.move(customer_id=customer.pk, sync_id=sync.pk, kind="poll", due_at=due_at)
    elif sync.enabled:
        schedule.make_due(customer_id=customer.pk, sync_ids=[sync.pk], kind="poll", now=now)


def follow_clock(customer: Customer, now: datetime) -> None:
    """Local times mean another moment since the customer's time zone was changed."""
    for sync in Sync.objects.all():
        if isinstance(schedule_spec.parse(sync.schedule), schedule_spec.LocalTime):
            set_due(sync, customer, now)


def pause(sync: Sync, *, reason: str, actor: Actor) -> None:
    """Nothing is read or written any more after the batch that is under way. A pause by a person replaces another."""
    sync.state, sync.pause_code, sync.pause_reason = Sync.State.PAUSED, BY_PERSON, reason
    sync.save(update_fields=["state", "pause_code", "pause_reason"])
    _record(sync, "paused", actor, {"reason": reason})


def resume(sync: Sync, customer: Customer, *, actor: Actor, now: datetime) -> None:
    """Ends a pause, whatever caused it, and looks at once. One that is not paused stays as it is."""
    if sync.state != Sync.State.PAUSED:
        return
    before = {"code": sync.pause_code, "reason": sync.pause_reason}
    sync.state, sync.pause_code, sync.pause_reason = Sync.State.ACTIVE, "", ""
    sync.save(update_fields=["state", "pause_code", "pause_reason"])
    for kind in schedule.KINDS:
        schedule.make_due(customer_id=customer.pk, sync_ids=[sync.pk], kind=kind, now=now)
    _record(sync, "resumed", actor, {"was": before})


def run_now(sync: Sync, customer: Customer, *, actor: Actor, now: datetime) -> None:
    """The next worker that is free looks for changes. Raises CannotBeDone for a sync that does not run."""
    if not is_running(sync):
        raise CannotBeDone(why_not_running(sync))
    schedule.make_due(customer_id=customer.pk, sync_ids=[sync.pk], kind="poll", now=now)
    _record(sync, "run", actor, {})


def why_not_running(sync: Sync) -> str:
    """Why nothing is read or written, in one sentence; "" for a sync that runs."""
    if not sync.enabled:
        return "This flow is switched off: enable it first."
    if sync.state == Sync.State.PAUSED:
        return f"This flow is paused ({sync.pause_reason or sync.pause_code}): resume it first."
    for account in (sync.source, sync.target):
        if account.state == Connection.State.PAUSED:
            todo = "resume it first" if account.pause_code == BY_PERSON else "repair and ping it first"
            return f"The connection {account.name} is paused ({account.pause_reason}): {todo}."
    return ""


def preview_restart(sync: Sync) -> Restart:
    """What `restart` would read again. Nothing is changed."""
    deliveries = Delivery.objects.filter(sync=sync)
    open_states = [state for state in Delivery.OPEN if state != Delivery.State.QUARANTINED]
    return Restart(
        known=deliveries.values("source_key").distinct().count(),
        linked=Link.objects.filter(flow=sync.flow).count(),
        on_their_way=deliveries.filter(state__in=open_states).count(),
        need_a_person=deliveries.filter(state=Delivery.State.QUARANTINED).count(),
        last_full_read_at=sync.full_read_at,
    )


def restart(sync: Sync, customer: Customer, *, reason: str, actor: Actor, now: datetime) -> None:
    """Forgets how far the source was read, so that everything is read again; a reading that is under way is ended.

    Nothing is doubled: what is known is recognised by its digest, and links stay.
    """
    with ledger():
        before = {"cursor": sync.cursor, "full_read_at": sync.full_read_at and sync.full_read_at.isoformat()}
        schedule.take_away(customer_id=customer.pk, sync_id=sync.pk, kind="poll", now=now)
        sync.cursor, sync.full_read_at = {}, None
        sync.save(update_fields=["cursor", "full_read_at"])
        _record(sync, "reset", actor, {"reason": reason, "before": before})


def pause_connection(account: Connection, *, reason: str, actor: Actor) -> None:
    """Nothing is called any more after the batch that is under way, until a person resumes it. In a transaction.

    Raises CannotBeDone for one that somebody has paused already.
    """
    state = {"state": Connection.State.PAUSED, "pause_code": BY_PERSON, "pause_reason": reason}
    if not Connection.objects.filter(pk=account.pk).exclude(pause_code=BY_PERSON).update(**state):
        raise CannotBeDone(f"The connection {account.name} is paused by a person already.")
    detail = {"code": BY_PERSON, "reason": reason}
    record(actor=actor, action="connection.paused", subject=account.name, subject_id=str(account.pk), detail=detail)


def resume_connection(account: Connection, customer: Customer, *, actor: Actor, now: datetime) -> None:
    """Ends a pause by a person; what uses the connection is looked at once. In a transaction. Raises CannotBeDone."""
    paused = Connection.objects.filter(pk=account.pk, state=Connection.State.PAUSED, pause_code=BY_PERSON)
    if not paused.update(state=Connection.State.OK, pause_code="", pause_reason=""):
        raise CannotBeDone(f"The connection {account.name} is not paused by a person: ping it, that ends other pauses.")
    syncs = [sync.pk for sync in users(account)]
    for kind in schedule.KINDS:
        schedule.make_due(customer_id=customer.pk, sync_ids=syncs, kind=kind, now=now)
    detail = {"code": BY_PERSON, "reason": account.pause_reason}
    record(actor=actor, action="connection.resumed", subject=account.name, subject_id=str(account.pk), detail=detail)


def users(account: Connection) -> list[Sync]:
    """The syncs that use a connection, by flow."""
    found = Sync.objects.filter(source=account.pk) | Sync.objects.filter(target=account.pk)
    return list(found.select_related("source", "target").defer(*HIDDEN).order_by("flow"))


def _record(sync: Sync, verb: str, actor: Actor, detail: Mapping[str, Any]) -> None:
    record(actor=actor, action=f"sync.{verb}", subject=sync.flow, subject_id=str(sync.pk), detail=detail)
